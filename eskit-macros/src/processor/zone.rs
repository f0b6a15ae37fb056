//! The time zone after the fields of a cron text. Which zones there are, only the program knows when it starts.

/// Bytes of the name of a zone.
const ZONE_BYTES_MAX: usize = 64;

/// The fields, and what stands for a time zone behind them, if something does.
pub(super) fn split_off<'f>(
    fields: &'f [&'f str],
    is_weekday: impl Fn(&str) -> bool,
) -> (&'f [&'f str], Option<&'f str>) {
    let Some((last, rest)) = fields.split_last() else { return (fields, None) };
    let is_sixth = rest.len() >= 5 && !is_weekday(last) && (is_word(last) || is_offset(last));
    if is_sixth || is_path(last) { (rest, Some(*last)) } else { (fields, None) }
}

/// Whether it is written as the name of a time zone, such as `Europe/Berlin`, `Etc/GMT+3` or `UTC`.
pub(super) fn is_name(zone: &str) -> bool {
    let is_part = |part: &str| part.starts_with(|first: char| first.is_ascii_alphabetic());
    zone.len() <= ZONE_BYTES_MAX && is_word(zone) && zone.split('/').all(is_part)
}

/// `Europe/..`: no field has a letter behind its slash.
fn is_path(text: &str) -> bool {
    let starts = |text: &str| text.starts_with(|first: char| first.is_ascii_alphabetic());
    text.split_once('/').is_some_and(|(area, place)| starts(area) && starts(place))
}

fn is_word(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+');
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.chars().all(fits)
}

fn is_offset(text: &str) -> bool {
    text.starts_with(['+', '-']) && text.chars().skip(1).all(|c| c.is_ascii_digit() || c == ':')
}

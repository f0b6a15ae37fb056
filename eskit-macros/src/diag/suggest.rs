//! What was probably meant.

/// The known word that was probably meant: Damerau's distance of at most a third of the word's length.
pub(crate) fn did_you_mean<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let limit = word.len().max(3) / 3;
    known
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The optimal string alignment distance: insertions, deletions, substitutions, and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let same = a[i - 1] == b[j - 1];
            let mut best = (rows[i - 1][j - 1] + usize::from(!same)).min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

/// The nearest valid key, if there is one: `studentId` becomes `student_id`, and `SKU` becomes `sku`.
pub(crate) fn suggest_key(key: &str) -> Option<String> {
    let mut suggestion = String::new();
    let letters: Vec<char> = key.chars().collect();
    for (index, &c) in letters.iter().enumerate() {
        match c {
            'a'..='z' => suggestion.push(c),
            '0'..='9' | '-' | '_' if !suggestion.is_empty() => suggestion.push(c),
            'A'..='Z' => {
                if starts_word(&letters, index) && suggestion.ends_with(|last: char| last.is_ascii_alphanumeric()) {
                    suggestion.push('_');
                }
                suggestion.push(c.to_ascii_lowercase());
            }
            _ if !suggestion.is_empty() && !suggestion.ends_with('_') => suggestion.push('_'),
            _ => {}
        }
    }
    let trimmed = suggestion.trim_end_matches(['_', '-']);
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

/// Whether the capital at this place starts a word: the one after `d` in `studentId`, and `S` in `HTTPServer`.
fn starts_word(letters: &[char], index: usize) -> bool {
    let before = index.checked_sub(1).and_then(|before| letters.get(before));
    let is_in_word = before.is_none_or(char::is_ascii_uppercase);
    let next_is_lower = letters.get(index + 1).is_some_and(char::is_ascii_lowercase);
    !is_in_word || next_is_lower
}

/// The keys that a text lists: `email` and `otp` of `email, otp`. A single one is none.
pub(crate) fn listed_keys(text: &str) -> Vec<String> {
    let keys: Vec<String> = text.split([',', ';', '|', '+', '&']).filter_map(suggest_key).collect();
    if keys.len() > 1 { keys } else { Vec::new() }
}

/// These keys, each that lists several as those.
pub(crate) fn each_key(keys: &[String]) -> Vec<String> {
    let each = keys.iter().flat_map(|key| match listed_keys(key) {
        listed if listed.is_empty() => vec![nearest_key(key)],
        listed => listed,
    });
    each.collect()
}

/// The key, or the nearest valid one.
pub(crate) fn nearest_key(key: &str) -> String {
    suggest_key(key).unwrap_or_else(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_find_the_word_that_was_meant() {
        let words = crate::symbol::EVENT_WORDS;
        assert_eq!(did_you_mean("verison", words), Some("version"));
        assert_eq!(did_you_mean("naem", words), Some("name"));
        assert_eq!(did_you_mean("tag", words), None);
        assert_eq!(did_you_mean("aliases", words), Some("alias"));
    }

    #[test]
    fn keys_are_suggested_in_snake_case() {
        assert_eq!(suggest_key("studentId").as_deref(), Some("student_id"));
        assert_eq!(suggest_key("9 lives").as_deref(), Some("lives"));
        assert_eq!(suggest_key("Ünïcode").as_deref(), Some("n_code"));
        assert_eq!(suggest_key("--"), None);
        for (key, suggested) in [
            ("SKU", "sku"),
            ("HTTPServer", "http_server"),
            ("courseID", "course_id"),
            ("Course ID", "course_id"),
            ("CourseSchedule", "course_schedule"),
            ("order2Item", "order2_item"),
            ("A", "a"),
        ] {
            assert_eq!(suggest_key(key).as_deref(), Some(suggested));
        }
    }

    #[test]
    fn a_list_in_one_text_is_several_keys() {
        assert_eq!(listed_keys("email, OTP"), ["email", "otp"]);
        assert_eq!(listed_keys("email|otp;sku"), ["email", "otp", "sku"]);
        for single in ["bank account", "order:id", "email,", ""] {
            assert_eq!(listed_keys(single), [""; 0], "{single}");
        }
    }
}

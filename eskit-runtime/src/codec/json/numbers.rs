use std::io;

use serde::Serialize;
use serde::ser::Error as _;
use serde_json::ser::{CompactFormatter, Formatter};
use serde_json::{Number, Value};

use super::tokens::{Token, Tokens};

/// The numbers of a payload that a [`Value`] cannot hold, such as integers beyond 64 bits, or the `1.10` of a `RawValue`. While
/// upcasters run, floats stand in for them; those that are still there afterwards become the same numbers again, digit by digit.
#[derive(Debug, Default)]
pub(crate) struct StandIns<'t>(Vec<(f64, &'t str)>);

impl<'t> StandIns<'t> {
    /// Reads a payload.
    pub(crate) fn parse(text: &'t str) -> serde_json::Result<(Value, StandIns<'t>)> {
        let numbers = Tokens::new(text).filter(Token::is_number);
        let (kept, lost): (Vec<_>, Vec<_>) = numbers.partition(|token| is_number_kept(token.text));
        if lost.is_empty() || is_every_number_kept() {
            return Ok((serde_json::from_str(text)?, StandIns::default()));
        }
        // A float of the payload itself stands for itself alone.
        let is_float = |token: &&Token<'t>| token.text.contains(['.', 'e', 'E']);
        let mut floats = StandIns(kept.iter().filter(is_float).map(|token| (float(token.text), token.text)).collect());
        let own = floats.0.len();
        let (mut readable, mut copied) = (String::with_capacity(text.len()), 0);
        for token in lost {
            readable.push_str(text.get(copied..token.start).unwrap_or_default());
            readable.push_str(&format!("{:?}", floats.add(token.text)));
            copied = token.start + token.text.len();
        }
        readable.push_str(text.get(copied..).unwrap_or_default());
        Ok((serde_json::from_str(&readable)?, StandIns(floats.0.split_off(own))))
    }

    /// The nearest float that stands for no other number.
    fn add(&mut self, number: &'t str) -> f64 {
        let mut float = float(number);
        while let Some(other) = self.find(float) {
            if same_number(other, number) {
                return float;
            }
            float = if float > 0.0 { float.next_down() } else { float.next_up() };
        }
        self.0.push((float, number));
        float
    }

    fn find(&self, float: f64) -> Option<&'t str> {
        self.0.iter().find(|(known, _)| known.to_bits() == float.to_bits()).map(|(_, number)| *number)
    }

    /// Writes a payload.
    pub(crate) fn write(&self, value: &Value) -> serde_json::Result<String> {
        let mut text = Vec::new();
        value.serialize(&mut serde_json::Serializer::with_formatter(&mut text, Restoring(self)))?;
        String::from_utf8(text).map_err(serde_json::Error::custom)
    }
}

struct Restoring<'a>(&'a StandIns<'a>);

impl Formatter for Restoring<'_> {
    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, float: f64) -> io::Result<()> {
        match self.0.find(float) {
            Some(number) => writer.write_all(number.as_bytes()),
            None => CompactFormatter.write_f64(writer, float),
        }
    }
}

/// The finite float that is nearest to a number.
fn float(number: &str) -> f64 {
    number.parse().unwrap_or(0.0_f64).clamp(f64::MIN, f64::MAX)
}

/// Whether a [`Value`] gives a number back as it was written.
pub(crate) fn is_number_kept(number: &str) -> bool {
    if number.contains(['.', 'e', 'E']) {
        return Number::from_f64(float(number)).is_some_and(|kept| kept.to_string() == number);
    }
    number != "-0" && (number.parse::<u64>().is_ok() || number.parse::<i64>().is_ok())
}

/// Whether a crate of this program has switched on serde_json's feature `arbitrary_precision`.
pub(crate) fn is_every_number_kept() -> bool {
    serde_json::from_str::<Number>("1.10").is_ok_and(|number| number.to_string() == "1.10")
}

/// Whether two texts write the same number.
fn same_number(one: &str, other: &str) -> bool {
    plain(one) == plain(other)
}

/// The sign, the digits without zeros around them, and the power of ten of the last one.
fn plain(number: &str) -> (bool, String, i64) {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{}{fraction}", whole.trim_start_matches('-'));
    let significant = digits.trim_end_matches('0');
    let zeros = (digits.len() - significant.len()) as i64 - fraction.len() as i64;
    let exponent = if significant.is_empty() { 0 } else { exponent.parse::<i64>().unwrap_or(i64::MAX / 2) + zeros };
    (number.starts_with('-'), significant.trim_start_matches('0').to_owned(), exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_upcaster_leaves_alone_comes_back_digit_by_digit() {
        for text in [
            r#"{"id":340282366920938463463374607431768211455,"low":-170141183460469231731687303715884105728}"#,
            "[18446744073709551616,18446744073709551617,18446744073709551618,1.8446744073709552e+19]",
            "[1.10,1.1000,-0,-0.0,0.0,1e400,-1e400,1E2,100.0,1.0e2]",
            "[0.1,0.1000000000000000055511151231257827]",
            r#"{"\"1.10":[1,2.5,null],"18446744073709551616":"18446744073709551616"}"#,
        ] {
            let (value, stand_ins) = StandIns::parse(text).unwrap();
            let written = stand_ins.write(&value).unwrap();
            let same = Tokens::new(text)
                .zip(Tokens::new(&written))
                .all(|(one, other)| one.text == other.text || one.is_number() && same_number(one.text, other.text));
            assert!(same && Tokens::new(text).count() == Tokens::new(&written).count(), "{text}: {written}");
        }
    }

    #[test]
    fn an_upcaster_sees_the_nearest_float() {
        let (mut value, stand_ins) =
            StandIns::parse(r#"{"price":1.10,"id":18446744073709551617,"share":0.3}"#).unwrap();
        assert_eq!(value["price"], 1.1);
        assert_eq!(value["id"], 18446744073709551617_u128 as f64);
        value["cents"] = Value::from((value["price"].as_f64().unwrap() * 100.0).round());
        assert_eq!(
            stand_ins.write(&value).unwrap(),
            r#"{"cents":110.0,"id":18446744073709551617,"price":1.10,"share":0.3}"#
        );
    }
}

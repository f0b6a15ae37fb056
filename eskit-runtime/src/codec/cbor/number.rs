//! Numbers, digit by digit.

use std::io::Write as _;

use minicbor::data::{IanaTag, Int, Tag, Type};
use minicbor::{Decoder, Encoder};

use crate::codec::error::CodecError;
use crate::codec::json::is_number_kept;

/// An integer of up to 128 bits and a sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Integer {
    is_negative: bool,
    magnitude: u128,
}

impl Integer {
    fn parse(text: &str) -> Option<Integer> {
        let digits = text.strip_prefix('-');
        let magnitude = digits.unwrap_or(text).parse().ok()?;
        Some(Integer { is_negative: digits.is_some(), magnitude })
    }

    /// Zero has no sign in CBOR.
    fn is_negative_zero(self) -> bool {
        self.is_negative && self.magnitude == 0
    }

    fn write(self, to: &mut Encoder<&mut Vec<u8>>) -> Result<(), CodecError> {
        let Integer { is_negative, magnitude } = self;
        let value = i128::try_from(magnitude).ok().map(|value| if is_negative { -value } else { value });
        match value.and_then(|value| Int::try_from(value).ok()) {
            Some(value) => to.int(value),
            None => {
                let (tag, magnitude) =
                    if is_negative { (IanaTag::NegBignum, magnitude - 1) } else { (IanaTag::PosBignum, magnitude) };
                let bytes = magnitude.to_be_bytes();
                let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
                to.tag(tag).and_then(|to| to.bytes(&bytes[zeros..]))
            }
        }
        .map_err(CodecError::new)?;
        Ok(())
    }

    /// The integer at this place.
    fn read(from: &mut Decoder<'_>) -> Result<Integer, CodecError> {
        if from.datatype().map_err(CodecError::new)? != Type::Tag {
            return Ok(Integer::of(from.int().map_err(CodecError::new)?.into()));
        }
        let at = from.position();
        let tag = from.tag().map_err(CodecError::new)?;
        Integer::read_bignum(from, tag)?.ok_or_else(|| CodecError::new(format!("no integer at byte {at}")))
    }

    /// The rest of a bignum, after its tag; `None` if the tag is another one.
    fn read_bignum(from: &mut Decoder<'_>, tag: Tag) -> Result<Option<Integer>, CodecError> {
        let is_negative = tag == IanaTag::NegBignum.tag();
        if !is_negative && tag != IanaTag::PosBignum.tag() {
            return Ok(None);
        }
        let at = from.position();
        let too_large = || CodecError::new(format!("an integer of more than 128 bits at byte {at}"));
        let bytes = from.bytes().map_err(CodecError::new)?;
        let bytes = &bytes[bytes.iter().take_while(|byte| **byte == 0).count()..];
        if bytes.len() > 16 {
            return Err(too_large());
        }
        let magnitude = bytes.iter().fold(0_u128, |magnitude, byte| magnitude << 8 | u128::from(*byte));
        let magnitude = if is_negative { magnitude.checked_add(1).ok_or_else(too_large)? } else { magnitude };
        Ok(Some(Integer { is_negative, magnitude }))
    }

    fn of(value: i128) -> Integer {
        Integer { is_negative: value < 0, magnitude: value.unsigned_abs() }
    }

    fn sign(self) -> &'static str {
        if self.is_negative { "-" } else { "" }
    }
}

/// Writes a number of a JSON text.
pub(super) fn write(text: &str, to: &mut Encoder<&mut Vec<u8>>) -> Result<(), CodecError> {
    let too_long = || CodecError::new(format!("the number {text} has more digits than an integer of 128 bits"));
    if !text.contains(['.', 'e', 'E']) {
        return match Integer::parse(text).ok_or_else(too_long)? {
            // serde_json reads it as a float too.
            zero if zero.is_negative_zero() => write_float(-0.0, to),
            integer => integer.write(to),
        };
    }
    if is_number_kept(text) {
        return write_float(text.parse().map_err(|_| too_long())?, to);
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa = Integer::parse(&format!("{whole}{fraction}")).ok_or_else(too_long)?;
    let exponent = exponent.parse::<i64>().ok();
    let exponent =
        exponent.and_then(|exponent| exponent.checked_sub_unsigned(fraction.len() as u64)).ok_or_else(too_long)?;
    if mantissa.is_negative_zero() {
        return write_float(-0.0, to);
    }
    to.tag(IanaTag::Decimal).and_then(|to| to.array(2)).and_then(|to| to.i64(exponent)).map_err(CodecError::new)?;
    mantissa.write(to)
}

/// Writes a float in as few bytes as hold it exactly.
fn write_float(float: f64, to: &mut Encoder<&mut Vec<u8>>) -> Result<(), CodecError> {
    let single = float as f32;
    let written = match f64::from(single) == float {
        true if is_half(single) => to.f16(single),
        true => to.f32(single),
        false => to.f64(float),
    };
    written.map(|_| ()).map_err(CodecError::new)
}

/// Whether 16 bits hold this float; those below the smallest normal one are not looked for.
fn is_half(float: f32) -> bool {
    let bits = float.to_bits();
    let exponent = i64::from(bits >> 23 & 0xff) - 127;
    float == 0.0 || ((-14..=15).contains(&exponent) && bits & 0x1fff == 0)
}

/// Writes the integer or the float at this place as JSON.
pub(super) fn to_json(from: &mut Decoder<'_>, kind: Type, text: &mut Vec<u8>) -> Result<(), CodecError> {
    let at = from.position();
    match kind {
        Type::F16 | Type::F32 | Type::F64 => {
            let float = from.f64().map_err(CodecError::new)?;
            let number = serde_json::Number::from_f64(float)
                .ok_or_else(|| CodecError::new(format!("{float} at byte {at}, which JSON does not have")))?;
            let _ = write!(text, "{number}");
        }
        Type::Tag => return tagged_to_json(from, text),
        _ => write_integer(Integer::read(from)?, text),
    }
    Ok(())
}

fn tagged_to_json(from: &mut Decoder<'_>, text: &mut Vec<u8>) -> Result<(), CodecError> {
    let at = from.position();
    let tag = from.tag().map_err(CodecError::new)?;
    if let Some(integer) = Integer::read_bignum(from, tag)? {
        write_integer(integer, text);
        return Ok(());
    }
    if tag != IanaTag::Decimal.tag() || from.array().map_err(CodecError::new)? != Some(2) {
        return Err(CodecError::new(format!("tag {} at byte {at}, which JSON does not have", tag.as_u64())));
    }
    let exponent = from.i64().map_err(CodecError::new)?;
    write_decimal(exponent, Integer::read(from)?, text);
    Ok(())
}

fn write_integer(integer: Integer, text: &mut Vec<u8>) {
    let _ = write!(text, "{}{}", integer.sign(), integer.magnitude);
}

/// As a number with a point where that is short, or else with an exponent.
fn write_decimal(exponent: i64, mantissa: Integer, text: &mut Vec<u8>) {
    let digits = mantissa.magnitude.to_string();
    let places = usize::try_from(exponent.unsigned_abs()).unwrap_or(usize::MAX);
    text.extend_from_slice(mantissa.sign().as_bytes());
    if exponent >= 0 || places > digits.len() + 30 {
        let _ = write!(text, "{digits}e{exponent}");
        return;
    }
    let zeros = (places + 1).saturating_sub(digits.len());
    let padded = format!("{}{digits}", "0".repeat(zeros));
    let (whole, fraction) = padded.split_at(padded.len() - places);
    let _ = write!(text, "{whole}.{fraction}");
}

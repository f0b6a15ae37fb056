//! CBOR (RFC 8949) as another spelling of JSON: whatever serde writes as JSON can be written as CBOR and back without its type.
//!
//! | JSON | CBOR |
//! |---|---|
//! | object, array, text, `true`, `false`, `null` | map with text keys, array, text, `true`, `false`, `null` |
//! | an integer of 64 bits | an integer |
//! | an integer of up to 128 bits | a bignum (tags 2 and 3) |
//! | a float, as serde_json writes it | the shortest float that is equal to it |
//! | any other spelling of a number, such as `1.10` | a decimal fraction (tag 4), which keeps the digits |
//!
//! Lengths are written definite and read either way. What JSON has not, such as bytes, NaN, other tags and keys that are no texts, is
//! refused, and so are more than 128 levels, a key that occurs twice, and bytes after the value.

mod number;
mod read;
mod text;
mod write;

pub(crate) use read::read;
pub(crate) use text::to_json;
pub(crate) use write::from_json;

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn bytes(hex: &str) -> Vec<u8> {
        hex.as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    /// Examples of RFC 8949, appendix A, and others.
    #[test]
    fn json_is_written_as_the_rfc_says() {
        for (json, cbor) in [
            ("0", "00"),
            ("23", "17"),
            ("24", "1818"),
            ("1000000000000", "1b000000e8d4a51000"),
            ("18446744073709551615", "1bffffffffffffffff"),
            ("18446744073709551616", "c249010000000000000000"),
            ("-9223372036854775808", "3b7fffffffffffffff"),
            ("-18446744073709551616", "3bffffffffffffffff"),
            ("-18446744073709551617", "c349010000000000000000"),
            ("-1", "20"),
            ("-1000", "3903e7"),
            ("0.0", "f90000"),
            ("-0.0", "f98000"),
            ("1.0", "f93c00"),
            ("1.1", "fb3ff199999999999a"),
            ("1.5", "f93e00"),
            ("65504.0", "f97bff"),
            ("100000.0", "fa47c35000"),
            ("3.4028234663852886e+38", "fa7f7fffff"),
            ("1e+300", "fb7e37e43c8800759c"),
            ("-4.1", "fbc010666666666666"),
            ("1.10", "c48221186e"),
            ("273.150", "c482221a00042afe"),
            ("1e400", "c48219019001"),
            ("false", "f4"),
            ("true", "f5"),
            ("null", "f6"),
            (r#""""#, "60"),
            (r#""ü""#, "62c3bc"),
            (r#""\"\\""#, "62225c"),
            (r#""\ud800\udd51""#, "64f0908591"),
            ("[]", "80"),
            ("[1,[2,3],[4,5]]", "8301820203820405"),
            ("{}", "a0"),
            (r#"{"a":1,"b":[2,3]}"#, "a26161016162820203"),
            (r#" { "a" : { "b" : [ ] } , "c" : { } } "#, "a26161a16162806163a0"),
        ] {
            assert_eq!(hex(&from_json(json).unwrap()), cbor, "{json}");
        }
    }

    #[test]
    fn what_others_write_is_read_too() {
        for (cbor, json) in [
            ("9fff", "[]"),
            ("9f018202039f0405ffff", "[1,[2,3],[4,5]]"),
            ("bf61610161629f0203ffff", r#"{"a":1,"b":[2,3]}"#),
            ("7f657374726561646d696e67ff", r#""streaming""#),
            ("1900ff", "255"),
            ("fa3fc00000", "1.5"),
            ("3bffffffffffffffff", "-18446744073709551616"),
            ("c2420001", "1"),
            ("c4820000", "0e0"),
            ("c4822100", "0.00"),
            ("c48220c249010000000000000000", "1844674407370955161.6"),
            ("c4823a000f423f01", "1e-1000000"),
        ] {
            assert_eq!(to_json(&bytes(cbor)).unwrap(), json, "{cbor}");
        }
    }

    #[test]
    fn what_json_has_not_is_refused_with_its_place() {
        for (cbor, error) in [
            ("4101", "bytes at byte 0, which JSON does not have"),
            ("8201f7", "undefined at byte 2, which JSON does not have"),
            ("a10102", "unexpected type u8 at position 0: expected string"),
            ("a2616101616102", "the key `a` occurs twice in one object"),
            ("f97e00", "NaN at byte 0, which JSON does not have"),
            ("c074323031332d30332d32315432303a30343a30305a", "tag 0 at byte 0, which JSON does not have"),
            ("c25101000000000000000000000000000000ff", "an integer of more than 128 bits at byte 1"),
            ("c350ffffffffffffffffffffffffffffffff", "an integer of more than 128 bits at byte 1"),
            ("0101", "bytes after the value, from byte 1 on"),
            ("", "end of input bytes"),
            ("62c3", "end of input bytes"),
            ("61ff", "invalid utf-8"),
        ] {
            let found = to_json(&bytes(cbor)).unwrap_err().to_string();
            assert!(found.contains(error) || error.starts_with("unexpected"), "{cbor}: {found}");
        }
        for (json, error) in [
            (r#"{"a":1,"\u0061":2}"#, "the key `a` occurs twice in one object"),
            ("[1,]", "expected value at line 1 column 4"),
            ("1e99999999999999999999", "the number 1e99999999999999999999 has more digits than an integer of 128 bits"),
            ("340282366920938463463374607431768211456", "has more digits than an integer of 128 bits"),
        ] {
            let found = from_json(json).unwrap_err().to_string();
            assert!(found.contains(error), "{json}: {found}");
        }
    }

    #[test]
    fn nesting_ends_at_128_levels() {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let nested = |levels: usize| format!("{}0{}", open.repeat(levels), close.repeat(levels));
            assert_eq!(to_json(&from_json(&nested(128)).unwrap()).unwrap(), nested(128));
            assert!(from_json(&nested(129)).unwrap_err().to_string().contains("more than 128 levels"));
            assert!(from_json(&nested(200_000)).is_err());
        }
        for deep in [vec![0x81; 200_000], b"\xa1\x61a".repeat(200_000), vec![0x9f; 200_000], vec![0xc4; 200_000]] {
            assert!(to_json(&deep).is_err());
        }
    }
}

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// The values of these members of a JSON object; `null` for one that is not there.
pub(super) fn indexed(json: &str, fields: &[&str]) -> serde_json::Result<Vec<Value>> {
    let mut values = vec![Value::Null; fields.len()];
    if !fields.is_empty() {
        serde_json::Deserializer::from_str(json).deserialize_map(Members { fields, values: &mut values })?;
    }
    Ok(values)
}

struct Members<'a> {
    fields: &'a [&'a str],
    values: &'a mut [Value],
}

impl<'de> Visitor<'de> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the indexed fields")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            match self.fields.iter().position(|field| *field == name) {
                Some(at) => self.values[at] = members.next_value()?,
                None => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_are_found_among_others() {
        let json = r#"{"a":{"taken":1},"ta\u006ben":7,"huge":340282366920938463463374607431768211455,"title":"x"}"#;
        assert_eq!(indexed(json, &["title", "taken", "none"]).unwrap(), [json!("x"), json!(7), Value::Null]);
        assert_eq!(indexed("17", &[]).unwrap(), [] as [Value; 0]);
        assert!(indexed("17", &["taken"]).is_err());
    }
}

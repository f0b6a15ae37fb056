/// Where the part of each item begins and ends in an array of all of them, counted from 1.
#[derive(Default)]
pub(crate) struct Slices {
    pub(crate) from: Vec<i32>,
    pub(crate) to: Vec<i32>,
}

impl Slices {
    /// Notes that `values` follow what `all` holds, and adds them.
    pub(crate) fn push<T>(&mut self, all: &mut Vec<T>, values: impl IntoIterator<Item = T>) {
        self.from.push(number(all.len() + 1));
        all.extend(values);
        self.to.push(number(all.len()));
    }
}

/// A count or index as the database takes it. The limits of the contract keep all of them far below the maximum.
pub(crate) fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// An array as PostgreSQL reads it: <https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO>.
pub(crate) fn array(values: impl Iterator<Item = impl AsRef<str>>) -> String {
    let mut literal = String::from("{");
    for value in values {
        literal.push_str(if literal.len() > 1 { ",\"" } else { "\"" });
        for char in value.as_ref().chars() {
            if matches!(char, '"' | '\\') {
                literal.push('\\');
            }
            literal.push(char);
        }
        literal.push('"');
    }
    literal.push('}');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn array_literals_quote_what_would_end_them() {
        assert_eq!(array(std::iter::empty::<&str>()), "{}");
        assert_eq!(array(["a:b", "", "NULL", "{,}"].iter()), r#"{"a:b","","NULL","{,}"}"#);
        assert_eq!(array([r#"say "\""#].iter()), r#"{"say \"\\\""}"#);
    }
}

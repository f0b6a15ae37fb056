/// Whether NATS takes this as a part of a subject: tokens with `.` between them, without wildcards and white space.
pub(crate) fn is_fit(text: &str) -> bool {
    text.split('.').all(|token| {
        !token.is_empty()
            && !token.chars().any(|letter| letter.is_whitespace() || letter.is_control() || "*>".contains(letter))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_neither_empty_nor_wild() {
        for (text, fits) in
            [("a", true), ("a.b-c_d", true), ("", false), ("a..b", false), ("a.*", false), ("a b", false)]
        {
            assert_eq!(is_fit(text), fits, "{text:?}");
        }
    }
}

//! serde's `rename_all` rules.

/// How `rename_all` spells names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl Case {
    pub(crate) fn from_text(text: &str) -> Option<Case> {
        Some(match text {
            "lowercase" => Case::Lower,
            "UPPERCASE" => Case::Upper,
            "PascalCase" => Case::Pascal,
            "camelCase" => Case::Camel,
            "snake_case" => Case::Snake,
            "SCREAMING_SNAKE_CASE" => Case::ScreamingSnake,
            "kebab-case" => Case::Kebab,
            "SCREAMING-KEBAB-CASE" => Case::ScreamingKebab,
            _ => return None,
        })
    }

    /// A variant, which Rust spells in Pascal case.
    pub(crate) fn variant(self, name: &str) -> String {
        match self {
            Case::Pascal => name.to_owned(),
            Case::Lower => name.to_ascii_lowercase(),
            Case::Upper => name.to_ascii_uppercase(),
            Case::Camel => first(name, |first| first.to_ascii_lowercase()),
            Case::Snake => {
                let mut snake = String::new();
                for (index, letter) in name.char_indices() {
                    if index > 0 && letter.is_uppercase() {
                        snake.push('_');
                    }
                    snake.push(letter.to_ascii_lowercase());
                }
                snake
            }
            Case::ScreamingSnake => Case::Snake.variant(name).to_ascii_uppercase(),
            Case::Kebab => Case::Snake.variant(name).replace('_', "-"),
            Case::ScreamingKebab => Case::ScreamingSnake.variant(name).replace('_', "-"),
        }
    }

    /// A field, which Rust spells in snake case.
    pub(crate) fn field(self, name: &str) -> String {
        match self {
            Case::Lower | Case::Snake => name.to_owned(),
            Case::Upper | Case::ScreamingSnake => name.to_ascii_uppercase(),
            Case::Pascal => name.split('_').map(|word| first(word, |first| first.to_ascii_uppercase())).collect(),
            Case::Camel => first(&Case::Pascal.field(name), |first| first.to_ascii_lowercase()),
            Case::Kebab => name.replace('_', "-"),
            Case::ScreamingKebab => Case::ScreamingSnake.field(name).replace('_', "-"),
        }
    }
}

fn first(word: &str, change: impl Fn(char) -> char) -> String {
    let mut letters = word.chars();
    letters.next().map(change).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_serde_does() {
        for (rule, variant, field) in [
            ("lowercase", "veryTasty".to_lowercase(), "very_tasty"),
            ("UPPERCASE", "VERYTASTY".to_owned(), "VERY_TASTY"),
            ("PascalCase", "VeryTasty".to_owned(), "VeryTasty"),
            ("camelCase", "veryTasty".to_owned(), "veryTasty"),
            ("snake_case", "very_tasty".to_owned(), "very_tasty"),
            ("SCREAMING_SNAKE_CASE", "VERY_TASTY".to_owned(), "VERY_TASTY"),
            ("kebab-case", "very-tasty".to_owned(), "very-tasty"),
            ("SCREAMING-KEBAB-CASE", "VERY-TASTY".to_owned(), "VERY-TASTY"),
        ] {
            let case = Case::from_text(rule).unwrap();
            assert_eq!(case.variant("VeryTasty"), variant, "{rule}");
            assert_eq!(case.field("very_tasty"), field, "{rule}");
        }
        assert_eq!(Case::from_text("Camel"), None);
        assert_eq!(Case::Snake.variant("HTTPOk"), "h_t_t_p_ok");
    }
}

//! Newtypes that derive `TagValue`.

use std::fmt::Display;

use eskit::TagValue;
use eskit::log::Arity;

#[derive(TagValue)]
struct Tuple(u32);

#[derive(TagValue)]
struct Named {
    text: String,
}

#[derive(TagValue)]
struct Borrowed<'a>(&'a str);

#[derive(TagValue)]
struct Generic<T: TagValue>(T);

#[derive(TagValue)]
struct Where<T>(T)
where
    T: TagValue + Send;

#[derive(TagValue)]
struct Several<const N: usize>([u8; N]);

#[derive(TagValue)]
struct Nested(Generic<Option<Tuple>>);

fn texts(value: &dyn TagValueTexts) -> Vec<String> {
    value.texts()
}

trait TagValueTexts {
    fn texts(&self) -> Vec<String>;
}

impl<T: TagValue> TagValueTexts for T {
    fn texts(&self) -> Vec<String> {
        let mut texts = Vec::new();
        self.each_value(&mut |value: &dyn Display| texts.push(value.to_string()));
        texts
    }
}

#[test]
fn a_newtype_has_the_text_and_the_arity_of_its_field() {
    assert_eq!(texts(&Tuple(7)), ["7"]);
    assert_eq!(texts(&Named { text: "x".to_owned() }), ["x"]);
    assert_eq!(texts(&Borrowed("y")), ["y"]);
    assert_eq!(texts(&Generic(true)), ["true"]);
    assert_eq!(texts(&Where('c')), ["c"]);
    assert_eq!(texts(&Several([1, 2])), ["1", "2"]);
    assert_eq!(texts(&Nested(Generic(None))), Vec::<String>::new());
    assert_eq!(Tuple::ARITY, Arity::One);
    assert_eq!(Several::<3>::ARITY, Arity::Many);
    assert_eq!(Nested::ARITY, Arity::Optional);
}

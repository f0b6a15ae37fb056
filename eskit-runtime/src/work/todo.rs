use std::any::Any;

use crate::log::tag::TagValue;
use crate::log::time::Timestamp;
use crate::subscription::HandleError;

/// Something to do, as a `#[todo]` method returns it: the key under which it stands in the list, and what is to be done.
///
/// What is to be done is not stored: the method is called again, with the same event, when it is done. So let it be a function of its
/// event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Todo<K, T> {
    /// To-dos with the same key are done one after another, and `#[done]` closes them by it.
    pub key: K,
    /// What is to be done, for the `#[work]` method.
    pub item: T,
    /// It is not done before this time; `None` for at once.
    pub due: Option<Timestamp>,
}

impl<K: TagValue, T> Todo<K, T> {
    /// Something to do at once.
    pub fn new(key: K, item: T) -> Todo<K, T> {
        Todo { key, item, due: None }
    }

    /// Lets it be done not before this time: a timer.
    #[must_use]
    pub fn due(mut self, at: Timestamp) -> Todo<K, T> {
        self.due = Some(at);
        self
    }
}

/// What a `#[todo]` method returns: a [`Todo`], `Option` or `Vec` of one.
#[diagnostic::on_unimplemented(
    message = "a `#[todo]` method cannot return `{Self}`\nhelp: return `Todo<K, T>` with the types of the key and of what is to be done, or `Option` or `Vec` of it; what is to be done is `Send` and owns its data",
    label = "not a `Todo`, nor a collection of them"
)]
pub trait Todos {
    /// The type of the keys.
    type Key: TagValue;
    /// What is to be done.
    type Item: Send + 'static;

    /// The to-dos, in order.
    fn into_todos(self) -> Vec<Todo<Self::Key, Self::Item>>;

    /// [`TodoChanges::open`], as generated code calls it, so that rustc asks what a method returns for no other trait.
    #[doc(hidden)]
    fn open(self, changes: &mut TodoChanges) -> Result<(), HandleError>
    where
        Self: Sized,
    {
        changes.open(self)
    }

    /// What is to be done under this key, if one of them has it.
    #[doc(hidden)]
    fn with_key(self, key: &str) -> Result<Option<Self::Item>, HandleError>
    where
        Self: Sized,
    {
        for todo in self.into_todos() {
            if key_text(&todo.key)? == key {
                return Ok(Some(todo.item));
            }
        }
        Ok(None)
    }
}

impl<K: TagValue, T: Send + 'static> Todos for Todo<K, T> {
    type Key = K;
    type Item = T;

    fn into_todos(self) -> Vec<Todo<K, T>> {
        vec![self]
    }
}

#[diagnostic::do_not_recommend]
impl<K: TagValue, T: Send + 'static> Todos for Option<Todo<K, T>> {
    type Key = K;
    type Item = T;

    fn into_todos(self) -> Vec<Todo<K, T>> {
        self.into_iter().collect()
    }
}

#[diagnostic::do_not_recommend]
impl<K: TagValue, T: Send + 'static> Todos for Vec<Todo<K, T>> {
    type Key = K;
    type Item = T;

    fn into_todos(self) -> Vec<Todo<K, T>> {
        self
    }
}

/// What a `#[done]` method returns: the key of the to-dos that its event closes, `Option` or `Vec` of it.
#[diagnostic::on_unimplemented(
    message = "the `#[todo]` methods open by `{K}`, but a `#[done]` method closes by `{Self}`\nhelp: return `{K}`, or `Option` or `Vec` of it",
    label = "closes by `{Self}`"
)]
pub trait TodoKeys<K> {
    /// The keys.
    fn into_keys(self) -> Vec<K>;

    /// [`TodoChanges::close`], as generated code calls it.
    #[doc(hidden)]
    fn close(self, changes: &mut TodoChanges) -> Result<(), HandleError>
    where
        Self: Sized,
        K: TagValue,
    {
        changes.close(self)
    }
}

impl<K: TagValue> TodoKeys<K> for K {
    fn into_keys(self) -> Vec<K> {
        vec![self]
    }
}

#[diagnostic::do_not_recommend]
impl<K: TagValue> TodoKeys<K> for Option<K> {
    fn into_keys(self) -> Vec<K> {
        self.into_iter().collect()
    }
}

#[diagnostic::do_not_recommend]
impl<K: TagValue> TodoKeys<K> for Vec<K> {
    fn into_keys(self) -> Vec<K> {
        self
    }
}

/// The text of a key, by which the to-dos of a list are told apart.
///
/// # Errors
/// The value has no text, more than one, or one beyond the limits of a tag's value.
pub fn key_text(key: &impl TagValue) -> Result<String, HandleError> {
    let mut texts = Vec::new();
    key.each_value(&mut |value| texts.push(value.to_string()));
    let [text] = <[String; 1]>::try_from(texts).map_err(|texts| {
        HandleError::permanent(format!("the key of a to-do must be one value, and this one has {}", texts.len()))
    })?;
    Ok(text)
}

/// What an event changes in the to-do list of a processor. Closing comes first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TodoChanges {
    /// The keys of the to-dos that it closes.
    pub closed: Vec<String>,
    /// The keys of those that it opens, and when they are due, if not at once.
    pub opened: Vec<(String, Option<Timestamp>)>,
    /// In a test: what is to be done for those that it opens, as text.
    items: Option<Items>,
}

/// What is to be done, as text.
#[derive(Clone, Debug)]
struct Items {
    write: fn(&dyn Any) -> String,
    texts: Vec<String>,
}

impl PartialEq for Items {
    fn eq(&self, other: &Items) -> bool {
        self.texts == other.texts
    }
}

impl Eq for Items {}

impl TodoChanges {
    /// Nothing yet, and keeps a text of what is to be done for each to-do that is opened.
    #[doc(hidden)]
    pub fn with_items(write: fn(&dyn Any) -> String) -> TodoChanges {
        TodoChanges { items: Some(Items { write, texts: Vec::new() }), ..TodoChanges::default() }
    }

    /// The texts of what is to be done, one for each of those that are opened.
    #[doc(hidden)]
    pub fn items(&self) -> &[String] {
        self.items.as_ref().map_or(&[], |items| &items.texts)
    }

    /// Adds what a `#[todo]` method returned.
    ///
    /// # Errors
    /// A key is not one text, or is opened already.
    pub fn open(&mut self, todos: impl Todos) -> Result<(), HandleError> {
        for todo in todos.into_todos() {
            let key = key_text(&todo.key)?;
            if self.opened.iter().any(|(opened, _)| *opened == key) {
                let text = format!("the event opens the to-do `{key}` twice\nhelp: give each to-do a key of its own");
                return Err(HandleError::permanent(text));
            }
            if let Some(items) = &mut self.items {
                items.texts.push((items.write)(&todo.item));
            }
            self.opened.push((key, todo.due));
        }
        Ok(())
    }

    /// Adds what a `#[done]` method returned.
    ///
    /// # Errors
    /// A key is not one text.
    pub fn close<K: TagValue>(&mut self, keys: impl TodoKeys<K>) -> Result<(), HandleError> {
        for key in keys.into_keys() {
            self.closed.push(key_text(&key)?);
        }
        Ok(())
    }
}

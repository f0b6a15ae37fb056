//! What generated code asks of the marks `#[todo]`, `#[done]` and `#[work]`, each as a trait of its own so that it can say what is wrong.

use crate::log::tag::{Arity, TagValue};

/// What a `#[todo]` method opens, for a `#[work]` method that takes `T`: `T` itself.
#[diagnostic::on_unimplemented(
    message = "a `#[todo]` method opens `{Self}`, but the `#[work]` method takes `{T}`\nhelp: let both name the same type: `Todo<_, {T}>` and `item: &{T}`; for several kinds of work make that type an enum",
    label = "opened is `{Self}`, and worked on is `{T}`"
)]
pub trait WorkFor<T> {
    /// The item.
    fn into_item(self) -> T;
}

impl<T> WorkFor<T> for T {
    fn into_item(self) -> T {
        self
    }
}

/// The key of a `#[todo]` method, for a list whose first one opens by `K`: `K` itself.
#[diagnostic::on_unimplemented(
    message = "the first `#[todo]` method opens by `{K}`, but this one by `{Self}`\nhelp: let both give `{K}` to `Todo::new`; to-dos with other keys belong into another processor",
    label = "opens by `{Self}`"
)]
pub trait OpenedBy<K> {
    /// That it is.
    const IS_SAME: () = ();
}

impl<K> OpenedBy<K> for K {}

/// The key of a list of which no `#[todo]` method is there, under the conditions for which the program is compiled.
#[derive(Debug)]
pub struct NoKey;

/// The key of a to-do is one value.
#[track_caller]
#[allow(clippy::panic, reason = "in const code: an error of the compiler, not of the program")]
pub const fn check_todo_key<K: TagValue>() {
    if !matches!(K::ARITY, Arity::One) {
        panic!(
            "the key of a to-do holds exactly one value, and an `Option` or a list may hold none or several\nhelp: give `Todo::new` one id; for several to-dos return a `Vec` of `Todo`"
        );
    }
}

//! Commands as the expectation of a test. Here and not with the test support, since the compiler knows only here that no collection
//! is itself a command.

use std::any::Any;
use std::fmt::Debug;

use crate::model::command::Command;
use crate::model::decider::Decide;

/// Commands that a processor is expected to execute: a command that implements `Debug`, `Option`, `Vec`, an array, a tuple of up to
/// eight, or `()` for none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a command that can be expected of a processor, nor a collection of such commands\nhelp: put `#[derive(Debug)]` on the command, which has a decider; or write `()` for none",
    label = "not a command with `Debug`, nor a collection of such commands"
)]
pub trait ExpectedCommands {
    /// Adds the text of each command.
    #[doc(hidden)]
    fn texts(&self, texts: &mut Vec<Text>);

    /// Adds what makes a text of a command of each of these types.
    #[doc(hidden)]
    fn writers(writers: &mut Vec<Writer>);
}

/// The texts of a command.
#[doc(hidden)]
#[derive(Debug)]
pub struct Text {
    pub debug: String,
    pub outline: String,
}

/// The name of a command, and its tags: `ShipOrder [order:17]`.
#[doc(hidden)]
pub fn outline<C: Command>(command: &C) -> String {
    let mut tags = Vec::new();
    command.each_tag(&mut |index, value| {
        tags.extend(C::TYPE.tags.get(index).map(|tag| format!("{}:{value}", tag.key)));
    });
    format!("{} [{}]", C::TYPE.name, tags.join(", "))
}

/// Makes a text of a command, if that is of its type.
#[doc(hidden)]
pub type Writer = fn(&dyn Any) -> Option<String>;

impl<C: Decide + Debug + 'static> ExpectedCommands for C {
    fn texts(&self, texts: &mut Vec<Text>) {
        texts.push(Text { debug: debug(self), outline: outline(self) });
    }

    fn writers(writers: &mut Vec<Writer>) {
        writers.push(|command| command.downcast_ref::<C>().map(debug));
    }
}

fn debug(command: &impl Debug) -> String {
    format!("{command:#?}")
}

macro_rules! expected_each {
    ($([$($generics:tt)*] $type:ty),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl<T: ExpectedCommands, $($generics)*> ExpectedCommands for $type {
            fn texts(&self, texts: &mut Vec<Text>) {
                self.iter().for_each(|commands| commands.texts(texts));
            }

            fn writers(writers: &mut Vec<Writer>) {
                T::writers(writers);
            }
        }
    )*};
}

expected_each!([] Option<T>, [] Vec<T>, [const N: usize] [T; N]);

macro_rules! expected_tuple {
    ($($name:ident $index:tt),*) => {
        #[diagnostic::do_not_recommend]
        impl<$($name: ExpectedCommands),*> ExpectedCommands for ($($name,)*) {
            fn texts(&self, _texts: &mut Vec<Text>) {
                $(self.$index.texts(_texts);)*
            }

            fn writers(_writers: &mut Vec<Writer>) {
                $($name::writers(_writers);)*
            }
        }
    };
}

expected_tuple!();
expected_tuple!(A 0);
expected_tuple!(A 0, B 1);
expected_tuple!(A 0, B 1, C 2);
expected_tuple!(A 0, B 1, C 2, D 3);
expected_tuple!(A 0, B 1, C 2, D 3, E 4);
expected_tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
expected_tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
expected_tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);

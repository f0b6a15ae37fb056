//! What follows a refused command is said where a command may be refused, and nowhere else.

use crate::message::{Message, same};
use crate::model::command::CommandType;

/// A method of a processor without `refused = ".."`; `refusable` is a command that it may return, and that may be refused. `mark` is
/// the word with which it is marked.
#[track_caller]
pub const fn check_not_refused(refusable: Option<&CommandType>, mark: &str) {
    if let Some(command) = refusable {
        let message = Message::new().code(command.name).text(" may be refused\nhelp: ");
        let message = if same(mark, "on") {
            message.text(
                "write `#[on(refused = \"skip\")]`, to go on with the next command, or `#[on(refused = \"fail\")]`, to fail as `on_error` says",
            )
        } else {
            let message = message
                .text("add `refused = \"skip\"` to `#[")
                .text(mark)
                .text("(..)]`, to go on with the next command");
            message.text(", or `refused = \"fail\"`, to fail without another try")
        };
        panic!("{}", message.as_str());
    }
}

/// A method of a processor with `refused = ".."`.
#[track_caller]
pub const fn check_refused(refusable: Option<&CommandType>) {
    if refusable.is_none() {
        panic!("the method returns no command that could be refused\nhelp: leave out `refused`");
    }
}

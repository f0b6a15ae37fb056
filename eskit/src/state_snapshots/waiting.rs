use std::collections::HashMap;

use eskit_runtime::model::{Scope, Seen};

use crate::backlog::{Added, Backlog};

/// Instances that may wait to be written.
const WAITING_MAX: usize = 1024;

/// What is to be written. At most one snapshot of an instance waits: the newest.
pub(super) type Waiting = Backlog<Todo>;

pub(super) type Todo = HashMap<Scope, Op>;

/// What is to be done about one instance, in this order.
#[derive(Default)]
pub(super) struct Op {
    pub(super) remove: bool,
    pub(super) write: Option<Offer>,
}

/// Writes the state as JSON.
pub(crate) type Encode = Box<dyn FnOnce() -> Result<String, String> + Send>;

pub(super) struct Offer {
    pub(super) seen: Seen,
    pub(super) encode: Encode,
}

/// Changes what is to be done about an instance, if there is room.
pub(super) fn add(waiting: &Waiting, scope: &Scope, change: impl FnOnce(&mut Op)) -> Added<Todo> {
    waiting.add(|todo| {
        let has_room = todo.len() < WAITING_MAX || todo.contains_key(scope);
        if has_room {
            change(todo.entry(scope.clone()).or_default());
        }
        has_room
    })
}

//! Rules between the methods of one block that have the same mark.

use super::method::EventMethod;
use crate::block::handler::both_always;
use crate::block::is_same;
use crate::ctxt::Ctxt;
use crate::diag::{self, Marked};
use crate::wrap::text;

/// The methods without those that take an event which another one takes already.
pub(crate) fn each_once(cx: &Ctxt, marked: Marked, methods: Vec<EventMethod>) -> Vec<EventMethod> {
    let mut kept: Vec<EventMethod> = Vec::new();
    for mut method in methods {
        let (handler, takes_all) = (&method.handler, method.takes_all);
        let mut others = kept.iter().filter(|other| both_always(&other.handler.cfgs, &handler.cfgs));
        // Of two methods of one name rustc says so, and asks which one is called.
        let has_namesake = others.clone().any(|other| other.handler.ident == handler.ident);
        let is_second = |other: &EventMethod| match takes_all {
            true => other.takes_all,
            false => !other.takes_all && is_same(&other.handler.event, &handler.event),
        };
        match others.find(|other| is_second(other)) {
            Some(other) if takes_all => cx.error(diag::catch_all_twice(method.ident(), other.ident())),
            Some(_) => cx.error(diag::event_twice(marked, &handler.event, &text(&handler.event))),
            None => {
                method.handler.callable = !has_namesake;
                kept.push(method);
            }
        }
    }
    kept
}

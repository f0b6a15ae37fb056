//! Rules between the `#[on]` methods of one block.

use super::method::OnMethod;
use crate::block::handler::both_always;
use crate::block::is_same;
use crate::ctxt::Ctxt;
use crate::diag;
use crate::wrap::text;

/// The methods without those that take an event which another one takes already.
pub(super) fn each_once(cx: &Ctxt, methods: Vec<OnMethod>) -> Vec<OnMethod> {
    let mut kept: Vec<OnMethod> = Vec::new();
    for mut method in methods {
        let (handler, takes_all) = (&method.handler, method.takes_all);
        let mut others = kept.iter().filter(|other| both_always(&other.handler.cfgs, &handler.cfgs));
        // Of two methods of one name rustc says so, and asks which one is called.
        let has_namesake = others.clone().any(|other| other.handler.ident == handler.ident);
        let is_second = |other: &OnMethod| match takes_all {
            true => other.takes_all,
            false => !other.takes_all && is_same(&other.handler.event, &handler.event),
        };
        match others.find(|other| is_second(other)) {
            Some(other) if takes_all => cx.error(diag::catch_all_twice(method.ident(), other.ident())),
            Some(_) => cx.error(diag::on_twice(&handler.event, &text(&handler.event))),
            None => {
                method.handler.callable = !has_namesake;
                kept.push(method);
            }
        }
    }
    kept
}

use eskit_runtime::subscription::{Asked, Ended, Request};

use crate::mistake::Mistake as M;
use crate::sound::State;

fn key(mistake: M, name: &str, version: u32) -> (String, u32) {
    (name.to_owned(), if mistake == M::RequestsOfVersionsAreShared { 0 } else { version })
}

pub(crate) fn ask(mistake: M, state: &mut State, name: &str, version: u32, asked: Asked) -> Request {
    let key = key(mistake, name, version);
    let mut next = Request::next(name, version, asked, state.requests.get(&key));
    let is_pause = next.asked == Asked::Pause;
    if mistake == M::PauseIsForgotten || (mistake == M::PauseEndsWithTheNext && !is_pause) {
        next.paused_at = None;
    }
    state.requests.insert(key, next.clone());
    next
}

pub(crate) fn end(mistake: M, state: &mut State, request: &Request, ended: Ended) -> bool {
    let Some(found) = state.requests.get_mut(&key(mistake, &request.name, request.version)) else { return false };
    let is_other = found.number != request.number && mistake != M::EndsTheNextRequest;
    if is_other || (found.ended.is_some() && mistake != M::RequestEndsTwice) {
        return false;
    }
    found.ended = Some(ended);
    true
}

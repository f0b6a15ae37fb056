use std::any::TypeId;
use std::collections::HashMap;
use std::future::{Future, ready};

use eskit_runtime::log::LogId;
use eskit_runtime::model::{Evolve, Scope, Seen, StateCache, Wanted};
use eskit_runtime::snapshots::StoredSnapshot;

use super::of_type::OfType;

/// Instances of one type whose snapshots are looked for.
pub(crate) struct Asked {
    pub(crate) aggregate: TypeId,
    pub(crate) of: OfType,
    pub(crate) log: LogId,
    pub(crate) scopes: Vec<Scope>,
}

/// The snapshots that were found for one command.
#[derive(Default)]
pub(crate) struct Fetched {
    by_type: HashMap<TypeId, (OfType, HashMap<Scope, StoredSnapshot>)>,
}

impl Fetched {
    pub(crate) async fn fetch(asked: Vec<Asked>) -> Fetched {
        let mut fetched = Fetched::default();
        for Asked { aggregate, of, log, scopes } in asked {
            let found = of.keeper.find(log, scopes).await;
            if !found.is_empty() {
                fetched.by_type.insert(aggregate, (of, found));
            }
        }
        fetched
    }
}

impl StateCache for Fetched {
    type Fetched = ();

    fn get<A: Evolve>(&self, scope: &Scope) -> Option<(A, Seen)> {
        let (of, found) = self.by_type.get(&TypeId::of::<A>())?;
        let stored = found.get(scope)?;
        match of.read::<A>(&stored.state)? {
            Ok(state) => {
                of.keeper.was_read();
                Some((state, of.keeper.seen(stored)))
            }
            Err(text) => {
                of.keeper.was_unreadable(scope, &text);
                None
            }
        }
    }

    fn put<A: Evolve>(&self, _: &Scope, _: &A, _: Seen) {}

    fn has_snapshots(&self, _: TypeId) -> bool {
        false
    }

    fn fetch(&self, _: Vec<Wanted>) -> impl Future<Output = ()> + Send {
        ready(())
    }
}

use std::sync::Arc;
use std::time::Duration;

use eskit_runtime::StoreError;
use eskit_runtime::subscription::{ChangeHub, ChangeHubs, Changed, Changes, Sleeper, TellChanges};

use crate::mistake::Mistake as M;
use crate::sound::{SoundViews, State};

const SLEEP: Sleeper = |time| Box::pin(tokio::time::sleep(time));

pub(crate) fn hubs() -> Arc<ChangeHubs> {
    Arc::new(ChangeHubs::new(SLEEP))
}

impl SoundViews {
    /// Counts a change, and tells readers of this handle.
    pub(crate) fn tell(&self, state: &mut State, (name, version): (&str, u32), changed: Changed) {
        if changed.is_none() {
            return;
        }
        let is_seen = state.active(name) == Some(version) || self.mistake == M::HiddenVersionsAreTold;
        let count = state.changes.entry((name.to_owned(), version)).or_default();
        *count += 1;
        let is_missed = self.mistake == M::ChangesAreMissed && count.is_multiple_of(2);
        let changed = match changed {
            Changed::Keys(keys) if self.mistake == M::KeysAreDropped => {
                Changed::Keys(keys.into_iter().take(8).collect())
            }
            changed => changed,
        };
        self.hubs.of(name).begin(version).committed(changed, is_seen && !is_missed);
    }

    /// Whether nothing is looked for in other handles.
    fn is_blind(&self) -> bool {
        use M::{ActivationIsNotTold, OtherHandlesAreNotTold, ReplayIsNotTold, RestartIsNotTold, WorkIsNotTold};
        matches!(
            self.mistake,
            ActivationIsNotTold | OtherHandlesAreNotTold | ReplayIsNotTold | RestartIsNotTold | WorkIsNotTold
        )
    }

    fn look(&self, name: &str) -> (Option<u32>, u64) {
        let mut state = self.lock();
        if self.mistake == M::WakesForEver {
            *state.changes.entry((name.to_owned(), 1)).or_default() += 1;
        }
        let version = state.active(name);
        let count = version.and_then(|version| state.changes.get(&(name.to_owned(), version)));
        let additions = state.additions.get(name).copied().unwrap_or_default();
        (version, count.copied().unwrap_or_default() + additions)
    }
}

impl TellChanges for SoundViews {
    async fn changes_of(&self, name: &str) -> Result<Changes, StoreError> {
        let hub = self.hubs.of(name);
        let (version, count) = self.look(name);
        hub.look(version, count);
        if self.mistake == M::OneReaderIsTold {
            let mut state = self.lock();
            let readers = state.changes.entry(("readers".to_owned(), 0)).or_default();
            *readers += 1;
            let hub = if *readers == 1 { hub } else { Arc::new(ChangeHub::new(SLEEP)) };
            return Ok(hub.listen());
        }
        let changes = hub.listen();
        if self.is_blind() {
            return Ok(changes);
        }
        let (views, name) = (self.clone(), name.to_owned());
        Ok(changes.looking(Duration::from_millis(50), move || std::future::ready(Some(views.look(&name)))))
    }
}

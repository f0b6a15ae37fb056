use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::views::changes::Hub;
use crate::views::names::Names;
use crate::views::reader::ViewReader;

/// How often to look for commits of other processes while a reader waits for changes.
const INTERVAL: Duration = Duration::from_millis(100);

/// The changes of each projection, and a thread that looks for those of other processes while a reader waits for any.
pub(super) struct Hubs {
    names: Names,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    hubs: HashMap<String, Arc<Hub>>,
    is_polling: bool,
}

impl Hubs {
    pub(super) fn new(names: Names) -> Hubs {
        Hubs { names, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The changes of a projection.
    pub(super) fn of(&self, name: &str) -> Arc<Hub> {
        Arc::clone(self.state().hubs.entry(name.to_owned()).or_default())
    }

    /// Starts the thread, if it is not running. A reader waits already, or the thread ends at once.
    pub(super) fn poll(self: &Arc<Hubs>) {
        let mut state = self.state();
        if state.is_polling {
            return;
        }
        let hubs = Arc::clone(self);
        // Without the thread, only the changes of this process are told; the next wait tries again to start it.
        let started = std::thread::Builder::new().name("eskit-view-changes".into()).spawn(move || hubs.serve());
        state.is_polling = started.is_ok();
    }

    /// The projections for whose changes a reader waits. If there are none, the thread has ended.
    fn awaited(&self) -> Vec<(String, Arc<Hub>)> {
        let mut state = self.state();
        let hubs = state.hubs.iter().filter(|(_, hub)| hub.is_awaited());
        let awaited: Vec<_> = hubs.map(|(name, hub)| (name.clone(), Arc::clone(hub))).collect();
        state.is_polling = !awaited.is_empty();
        awaited
    }

    fn serve(&self) {
        let mut reader = ViewReader::new(self.names.clone());
        loop {
            let awaited = self.awaited();
            if awaited.is_empty() {
                return;
            }
            for (name, hub) in awaited {
                // A failure here is met again, and told, by the read that follows.
                if let Ok((version, changes)) = reader.changes(&name) {
                    hub.look(version, changes);
                }
            }
            std::thread::sleep(INTERVAL);
        }
    }
}

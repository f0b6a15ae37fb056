use std::sync::{Mutex, PoisonError};

use eskit_runtime::log::Place;
use eskit_runtime::store_kit::HeadWatch;

/// The head that a store believes in, apart from its log; it only goes forward.
#[derive(Default)]
pub(crate) struct Told {
    head: Mutex<Place>,
    watch: HeadWatch,
}

impl Told {
    pub(crate) fn head(&self) -> Place {
        *self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn advance(&self, head: Place) {
        {
            let mut told = self.head.lock().unwrap_or_else(PoisonError::into_inner);
            if told.position < head.position {
                *told = head;
            }
        }
        self.watch.moved();
    }

    pub(crate) async fn beyond(&self, after: Place) -> Place {
        self.watch.until(|| Some(self.head()).filter(|head| head.position > after.position)).await
    }
}

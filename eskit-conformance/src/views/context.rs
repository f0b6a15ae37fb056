use std::convert::Infallible;
use std::ops::Deref;
use std::sync::Arc;

use eskit_runtime::subscription::{Checkpoint, Subscriber, Views};

use super::model_log::ModelLog;
use super::probe::Kind;
use super::probe::Probe;
use super::target::{Rows, TestViews};
use crate::context::Context;
use crate::failure::Failure;
use crate::harness::Harness;
use crate::log::Log;

/// What one case works with. Cheap to clone; clones share it.
pub(super) struct ViewsContext<T> {
    target: Arc<T>,
    context: Context,
}

impl<T> Clone for ViewsContext<T> {
    fn clone(&self) -> ViewsContext<T> {
        ViewsContext { target: Arc::clone(&self.target), context: self.context.clone() }
    }
}

impl<T> Deref for ViewsContext<T> {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}

impl<T: TestViews> ViewsContext<T> {
    /// A harness whose logs are the suite's own, and whose places are those of the views.
    pub(super) fn harness(target: &Arc<T>, is_durable: bool) -> Harness {
        let mut harness = Harness::new(is_durable, |_| async { Ok::<_, Infallible>(ModelLog::default()) });
        let target = Arc::clone(target);
        harness.remove_with(move |place| {
            let target = Arc::clone(&target);
            async move { target.remove(place).await }
        });
        harness
    }

    pub(super) fn new(target: Arc<T>, context: Context) -> ViewsContext<T> {
        ViewsContext { target, context }
    }

    /// Opens the views in a place.
    pub(super) async fn open_at(&self, place: &Log) -> Result<T::Views, Failure> {
        let opened = self.within("opening the views", self.target.open(place.clone())).await?;
        opened.map_err(|error| Failure::new(format!("the views could not be opened: {error}")))
    }

    /// The committed rows of the active version of a kind of subscriber.
    pub(super) async fn rows<K: Kind>(&self, views: &T::Views) -> Result<Rows, Failure> {
        let rows = self.within("reading rows", self.target.rows::<Probe<T, K>>(views)).await?;
        rows.map_err(|error| Failure::new(format!("the rows could not be read: {error}")))
    }

    /// The checkpoints of a kind of subscriber, one for each part.
    pub(super) async fn checkpoints<K: Kind>(&self, views: &T::Views) -> Result<Vec<Checkpoint>, Failure> {
        let all = self.within("reading checkpoints", views.checkpoints()).await??;
        let of = <Probe<T, K> as Subscriber>::TYPE;
        Ok(all.into_iter().filter(|found| found.name == of.name && found.version == of.version).collect())
    }

    /// The checkpoint of a kind of subscriber that is not divided.
    pub(super) async fn checkpoint<K: Kind>(&self, views: &T::Views) -> Result<Checkpoint, Failure> {
        let mut found = self.checkpoints::<K>(views).await?;
        match (found.pop(), found.is_empty()) {
            (Some(only), true) => Ok(only),
            (last, _) => Err(Failure::new(format!("there is not one checkpoint, but {} and {last:?}", found.len()))),
        }
    }
}

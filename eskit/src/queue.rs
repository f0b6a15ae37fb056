//! Queues of commands: stored now, executed by workers, at once or later.

mod enqueue;
mod options;
mod queued;
mod stored;

pub use enqueue::{Enqueue, EnqueueError, Enqueued};
pub use options::QueueOptions;

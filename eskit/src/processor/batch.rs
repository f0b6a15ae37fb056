use eskit_runtime::RecordedEvent;
use eskit_runtime::execute::Executor;
use eskit_runtime::processor::OnRefused;
use eskit_runtime::subscription::HandleError;

use super::effect::Effect;
use super::subscriber::Processor;

/// Does to-dos in one call, and returns for each whether it is done. Without `batch` there is one.
pub(crate) async fn work<P: Processor>(
    processor: &P,
    todos: &[(&RecordedEvent, &str)],
    effects: &mut [Effect<'_>],
) -> Vec<Result<(), HandleError>> {
    match (P::WORK.map_or(1, |options| options.batch), todos, &mut *effects) {
        (1, [(event, key)], [effect]) => vec![processor.work(event, key, effect).await],
        _ => processor.work_batch(todos, effects).await,
    }
}

/// Several to-dos that one call of a `#[work(batch = ..)]` method does. Generated code fills it, hands what there is to be done to the
/// method, and takes from it what came of each to-do.
#[derive(Debug)]
pub struct WorkBatch<'b, 'e, T> {
    /// Those of `items` first, while the method runs.
    effects: &'b mut [Effect<'e>],
    /// What there is to be done.
    items: Vec<T>,
    /// Which to-do each of them is.
    indices: Vec<usize>,
    /// What came of each to-do; one of which nothing is left to be done is done.
    done: Vec<Result<(), HandleError>>,
}

impl<'b, 'e, T> WorkBatch<'b, 'e, T> {
    /// For to-dos with these effects.
    pub fn new(effects: &'b mut [Effect<'e>]) -> WorkBatch<'b, 'e, T> {
        WorkBatch { effects, items: Vec::new(), indices: Vec::new(), done: Vec::new() }
    }

    /// Adds what the next to-do is about.
    pub fn add(&mut self, found: Result<Option<T>, HandleError>) {
        let index = self.done.len();
        self.done.push(match found {
            Ok(Some(item)) => {
                self.effects.swap(self.items.len(), index);
                self.items.push(item);
                self.indices.push(index);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        });
    }

    /// What the method is called with; `None` if nothing is left to be done.
    pub fn ready(&mut self) -> Option<(&[T], &mut [Effect<'e>])> {
        let WorkBatch { effects, items, .. } = self;
        (!items.is_empty()).then(|| (items.as_slice(), &mut effects[..items.len()]))
    }

    /// What executes the commands that the method returned, for each item.
    pub fn executors(&mut self, refused: OnRefused) -> Vec<impl Executor<Failed = HandleError>> {
        let effects = self.effects[..self.items.len()].iter_mut();
        effects.map(|effect| effect.executor(refused)).collect()
    }

    /// Notes what came of each item.
    pub fn note(&mut self, done: Vec<Result<(), HandleError>>) {
        for (index, done) in self.indices.iter().zip(done) {
            self.done[*index] = done;
        }
    }

    /// What came of each to-do. The effects are in the order of the to-dos again.
    pub fn finish(self) -> Vec<Result<(), HandleError>> {
        for (place, index) in self.indices.iter().enumerate().rev() {
            self.effects.swap(place, *index);
        }
        self.done
    }
}

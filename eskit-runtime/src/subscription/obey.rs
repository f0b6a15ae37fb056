use std::collections::BTreeSet;

use crate::execute::Sleep;
use crate::log::position::{Place, Position};
use crate::log::query::{Query, ReadOptions};
use crate::log::store::EventStore;

use super::error::ApplyError;
use super::follow::Driver;
use super::heed::own;
use super::options::Start;
use super::replay::replay_parked;
use super::request::{Asked, Ended, Request};
use super::subscriber::Subscriber;
use super::trouble::{Trouble, log_failed, views_failed};
use super::views::{Apply, Claim};

/// What is asked from outside. Nothing else may be handled between what a request does and its end: whoever finds the request without
/// an end does it again, and then it must have the same result.
impl<S: EventStore, P: Subscriber, V: Apply<P>, T: Sleep> Driver<'_, S, P, V, T> {
    /// The request that this part is to obey, as the views hold it now. Only under the claim: nobody else obeys it then.
    pub(super) async fn asked(&self) -> Result<Option<Request>, Trouble> {
        let requests = self.views.requests().await.map_err(views_failed)?;
        let request = own::<P>(&requests);
        self.control.found_asked(request);
        let is_first_part = self.options.partition.index == 0;
        Ok(request.filter(|request| is_first_part && request.ended.is_none()).cloned())
    }

    /// Does what was asked, and says so. `done` is up to where everything was handled. Returns whether the subscription begins anew.
    pub(super) async fn obey(
        &mut self,
        claim: &mut Claim<V::Guard>,
        request: &Request,
        done: &mut Place,
    ) -> Result<bool, Trouble> {
        let obeyed = self.do_asked(claim, &request.asked, *done).await;
        let result = match obeyed {
            Err(Trouble::Fatal(error)) => {
                // If this fails, the request is met again.
                let _ = self.views.end_request(request, Ended::now(Err(error.to_string()))).await;
                return Err(Trouble::Fatal(error));
            }
            Err(trouble) => return Err(trouble),
            Ok(result) => result,
        };
        let begins_anew = request.asked.begins_anew() && result.is_ok();
        if begins_anew {
            *done = claim.checkpoint.place;
        }
        self.views.end_request(request, Ended::now(result)).await.map_err(views_failed)?;
        Ok(begins_anew)
    }

    /// Does what was asked; the inner error is why it was not done.
    async fn do_asked(
        &mut self,
        claim: &mut Claim<V::Guard>,
        asked: &Asked,
        done: Place,
    ) -> Result<Result<String, String>, Trouble> {
        Ok(match asked {
            Asked::Pause => {
                self.save(claim, done).await?;
                Ok(format!("paused after position {}", done.position))
            }
            Asked::Resume => Ok(format!("goes on after position {}", done.position)),
            Asked::Rebuild if P::ACTS => {
                Err("it keeps no read model that could be built anew\nhelp: `reset` sets its \
                                              checkpoint back, and repeats its effects"
                    .to_owned())
            }
            Asked::Rebuild => {
                self.begin_at(claim, self.options.start).await?;
                Ok(format!("built anew from position {}", claim.checkpoint.place.position))
            }
            Asked::Reset(_) if !P::ACTS => Err(
                "it keeps a read model, which would lack events or count them twice\nhelp: `rebuild` builds it anew"
                    .to_owned(),
            ),
            Asked::Reset(position) => match self.place_at(*position).await? {
                Ok(place) => {
                    self.begin_at(claim, Start::After(place)).await?;
                    Ok(format!("goes on after position {position}"))
                }
                Err(head) => Err(format!("the log ends at position {head}")),
            },
            Asked::Replay(key) => self.replay(key.as_deref()).await?,
        })
    }

    /// The place of the event at this position, or the end of the log before it.
    async fn place_at(&self, position: Position) -> Result<Result<Place, Position>, Trouble> {
        let head = self.store.head().await.map_err(log_failed)?;
        if position > head.position {
            return Ok(Err(head.position));
        }
        let before = Place { position: Position::new(position.get().saturating_sub(1)), id: None };
        let look = ReadOptions::default().after(before).until(position).limit(1);
        let page = self.store.read(&Query::all(), look).await.map_err(log_failed)?;
        // The id of a deleted event is not known.
        let id = page.events.first().map(|event| event.id);
        Ok(Ok(Place { position, id }))
    }

    /// Hands parked events over again, those of each key in order until one fails.
    async fn replay(&self, key: Option<&str>) -> Result<Result<String, String>, Trouble> {
        let parked = self.views.parked(P::TYPE.name, P::TYPE.version).await.map_err(views_failed)?;
        let mut failed = BTreeSet::new();
        let (mut handled, mut waiting, mut first) = (0_u64, 0_u64, None);
        for parked in parked.iter().filter(|parked| key.is_none_or(|key| parked.key == key)) {
            if self.control.is_stopped() {
                return Err(Trouble::Stopped);
            }
            if failed.contains(&parked.key) {
                waiting += 1;
                continue;
            }
            match replay_parked(self.store, self.subscriber, self.views, parked).await {
                Ok(was_handled) => handled += u64::from(was_handled),
                Err(ApplyError::Handler { error, .. }) => {
                    first.get_or_insert_with(|| format!("the event at position {} failed: {error}", parked.position));
                    failed.insert(&parked.key);
                    waiting += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
        let told = format!("handled: {handled}, still parked: {waiting}");
        Ok(match first {
            None => Ok(told),
            Some(first) => Err(format!("{told}; {first}")),
        })
    }
}

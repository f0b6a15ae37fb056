//! Many subscriptions of one app.

use std::marker::PhantomData;

use eskit::log::RecordedEvent;
use eskit::model::{Event, EventTypes, SourceLocation};
use eskit::subscription::{Handle, HandleAsync, HandleError, OnError, Order, Subscriber, SubscriberType};

/// A subscription that takes the events `E` and does nothing with them but move its checkpoint; `N` tells it from the others.
pub(crate) struct Follower<const N: usize, E>(PhantomData<fn() -> E>);

impl<const N: usize, E> Default for Follower<N, E> {
    fn default() -> Follower<N, E> {
        Follower(PhantomData)
    }
}

impl<const N: usize, E> Follower<N, E> {
    const NAME: [u8; 12] = *b"follower-000";
    const NUMBERED: [u8; 12] = {
        let mut name = Self::NAME;
        name[9] += (N / 100) as u8;
        name[10] += (N / 10 % 10) as u8;
        name[11] += (N % 10) as u8;
        name
    };
}

impl<const N: usize, E: Event> Subscriber for Follower<N, E> {
    const TYPE: &'static SubscriberType = &SubscriberType {
        name: match std::str::from_utf8(&Self::NUMBERED) {
            Ok(name) => name,
            Err(_) => "follower",
        },
        version: 1,
        order: Order::All,
        on_error: OnError::Stop,
        tables: "",
        rust_name: "Follower",
        location: SourceLocation { module: module_path!(), file: file!(), line: line!() },
    };
    const EVENTS: EventTypes = E::TYPES;
}

impl<const N: usize, E: Event> Handle<eskit_sqlite::Tx> for Follower<N, E> {
    fn handle(&self, _: &RecordedEvent, _: &mut eskit_sqlite::Tx) -> Result<bool, HandleError> {
        Ok(true)
    }
}

impl<const N: usize, E: Event> HandleAsync<eskit_postgres::Tx> for Follower<N, E> {
    async fn handle(&self, _: &RecordedEvent, _: &mut eskit_postgres::Tx) -> Result<bool, HandleError> {
        Ok(true)
    }
}

/// Adds so many of a hundred followers that take these events to an app.
macro_rules! with_followers {
    ($app:expr, $views:expr, $count:expr, $event:ty) => {{
        let (mut app, views, count) = ($app, $views, $count);
        $crate::followers::with_followers!(@tens app, views, count, $event, 0 1 2 3 4 5 6 7 8 9);
        app
    }};
    (@tens $app:ident, $views:ident, $count:ident, $event:ty, $($tens:literal)*) => {
        $($crate::followers::with_followers!(@ones $app, $views, $count, $event, $tens, 0 1 2 3 4 5 6 7 8 9);)*
    };
    (@ones $app:ident, $views:ident, $count:ident, $event:ty, $tens:literal, $($ones:literal)*) => {
        $(if 10 * $tens + $ones < $count {
            let follower = $crate::followers::Follower::<{ 10 * $tens + $ones }, $event>::default();
            $app = $app.with_projection(follower, $views.clone());
        })*
    };
}
pub(crate) use with_followers;

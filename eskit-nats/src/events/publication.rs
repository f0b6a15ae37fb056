use eskit_runtime::RecordedEvent;
use eskit_runtime::subscription::Order;

/// What becomes of events with personal data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SealedEvents {
    /// They are published as the log holds them: their personal values stay sealed. Whoever has the keys can open them, and the others see that
    /// there is something, and of which size.
    Publish,
    /// They are left out.
    LeaveOut,
}

/// Which events are published, and where.
///
/// ```
/// use eskit_nats::events::{Publication, SealedEvents};
/// # use eskit_runtime::RecordedEvent;
///
/// pub struct ShopEvents;
///
/// impl Publication for ShopEvents {
///     const NAME: &'static str = "shop-events";
///     const PERSONAL: SealedEvents = SealedEvents::LeaveOut;
///
///     fn subject(&self, event: &RecordedEvent) -> Option<String> {
///         event.name.starts_with("shop.").then(|| format!("events.{}", event.name))
///     }
/// }
/// ```
pub trait Publication: Send + Sync + 'static {
    /// The name of its checkpoint: lower-case letters, digits and single hyphens, at most 64. No other subscription in the same views may have it.
    const NAME: &'static str;
    /// What becomes of events with personal data.
    const PERSONAL: SealedEvents;
    /// Which events keep their order: those of one stream, by default, and those outside every stream. Events that need not keep it are sent
    /// side by side.
    const ORDER: Order = Order::Stream;

    /// The subject of an event; `None` leaves it out. A stream of JetStream must take the subject. The same event must have the same subject at
    /// each call.
    fn subject(&self, event: &RecordedEvent) -> Option<String>;
}

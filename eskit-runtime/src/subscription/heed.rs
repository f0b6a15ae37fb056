use std::convert::Infallible;

use crate::execute::Sleep;

use super::control::Control;
use super::options::FollowOptions;
use super::request::Request;
use super::subscriber::Subscriber;
use super::views::Views;

/// Looks for requests again and again, and tells the subscription of them; until it is dropped. [`follow`](super::follow) does so by
/// itself; this is for while a subscription has failed, and waits to go on.
pub async fn heed<P: Subscriber, V: Views>(
    views: &V,
    options: &FollowOptions,
    control: &Control,
    sleep: &impl Sleep,
) -> Infallible {
    loop {
        sleep.sleep(options.heed_every).await;
        // Less than the time between two looks, so that each subscription need not come at the same moment.
        let recent = views.recent_requests(options.heed_every / 5 * 4).await;
        // Views that cannot be reached are met elsewhere too, and told there.
        let Ok(requests) = recent else { continue };
        if let Some(request) = own::<P>(&requests) {
            control.asked(request);
        }
    }
}

/// The request of a subscriber among those of all.
pub(super) fn own<P: Subscriber>(requests: &[Request]) -> Option<&Request> {
    requests.iter().find(|request| request.name == P::TYPE.name && request.version == P::TYPE.version)
}

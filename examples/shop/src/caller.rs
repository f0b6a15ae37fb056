use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use eskit::log::{EventId, Principal, PrincipalKind};
use eskit::prelude::*;

use crate::shop::{Shop, ShopViews};

/// The app on behalf of whoever sent a request: what its commands append carries the id of the request, from the header
/// `x-request-id` or a new one, and the user, from the header `x-user`, which a proxy sets after it has checked who that is.
pub(crate) struct Caller(pub(crate) App<AnyStore>);

impl<V: ShopViews> FromRequestParts<Shop<V>> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(request: &mut Parts, shop: &Shop<V>) -> Result<Caller, Infallible> {
        let header = |name| request.headers.get(name).and_then(|value| value.to_str().ok());
        let id = header("x-request-id").map_or_else(|| EventId::new().to_string(), str::to_owned);
        let mut metadata = Metadata::new().with_correlation_id(id);
        if let Some(user) = header("x-user") {
            let user = Principal::new(PrincipalKind::User, user);
            metadata = metadata.with_initiator(user.clone()).with_originator(user);
        }
        Ok(Caller(App::clone(shop.app()).with_metadata(metadata)))
    }
}

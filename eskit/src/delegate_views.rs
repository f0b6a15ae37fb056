//! What views around other views forward.

/// The functions of `Views` for a layer around views of the type `V`, which are in this field.
macro_rules! delegate_views {
    ($views:ident) => {
        type Guard = V::Guard;

        delegate_views! { $views
            claim(subscription: &eskit_runtime::subscription::Subscription)
                -> Result<eskit_runtime::subscription::Claimed<V::Guard>, eskit_runtime::StoreError>;
            release(claim: eskit_runtime::subscription::Claim<V::Guard>) -> ();
            set_events(claim: &eskit_runtime::subscription::Claim<V::Guard>, events: Vec<String>)
                -> Result<(), eskit_runtime::subscription::ApplyError>;
            activate(claim: &eskit_runtime::subscription::Claim<V::Guard>)
                -> Result<bool, eskit_runtime::subscription::ApplyError>;
            restart(
                claim: &eskit_runtime::subscription::Claim<V::Guard>,
                subscription: &eskit_runtime::subscription::Subscription
            ) -> Result<(), eskit_runtime::subscription::ApplyError>;
            checkpoints() -> Result<Vec<eskit_runtime::subscription::Checkpoint>, eskit_runtime::StoreError>;
            parked(name: &str, version: u32)
                -> Result<Vec<eskit_runtime::subscription::ParkedEvent>, eskit_runtime::StoreError>;
            drop_parked(name: &str, version: u32, position: eskit_runtime::log::Position)
                -> Result<bool, eskit_runtime::StoreError>;
            requests() -> Result<Vec<eskit_runtime::subscription::Request>, eskit_runtime::StoreError>;
            recent_requests(within: std::time::Duration)
                -> Result<std::sync::Arc<Vec<eskit_runtime::subscription::Request>>, eskit_runtime::StoreError>;
            request(name: &str, version: u32, asked: eskit_runtime::subscription::Asked)
                -> Result<eskit_runtime::subscription::Request, eskit_runtime::StoreError>;
            end_request(
                request: &eskit_runtime::subscription::Request,
                ended: eskit_runtime::subscription::Ended
            ) -> Result<bool, eskit_runtime::StoreError>;
        }
    };
    ($views:ident $($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)+) => {
        $(async fn $name(&self, $($argument: $type),*) -> $result {
            self.$views.$name($($argument),*).await
        })+
    };
}

pub(crate) use delegate_views;

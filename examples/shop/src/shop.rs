use eskit::Running;
use eskit::prelude::*;
use eskit::rows::{ReadRows, Rows};
use eskit::subscription::Apply;

use crate::{Order, Stock};

/// Views that hold what the shop lists.
pub trait ShopViews: ReadRows + Apply<Rows<Order>> + Apply<Rows<Stock>> {}

impl<V: ReadRows + Apply<Rows<Order>> + Apply<Rows<Stock>>> ShopViews for V {}

/// What the routes share.
#[derive(Clone, Debug)]
pub struct Shop<V> {
    pub(crate) app: Running<AnyStore>,
    pub(crate) views: V,
}

impl<V: ShopViews> Shop<V> {
    /// Opens the shop on this log, with its lists in these views.
    ///
    /// # Errors
    /// A list could not be started.
    pub async fn open(store: AnyStore, views: V) -> Result<Shop<V>, eskit::StartError> {
        let app = App::new(store).with_rows::<Order>(views.clone()).with_rows::<Stock>(views.clone()).start().await?;
        Ok(Shop { app, views })
    }

    /// The app, which executes commands and loads states.
    #[must_use]
    pub fn app(&self) -> &App<AnyStore> {
        &self.app
    }

    /// Ends the subscriptions.
    ///
    /// # Errors
    /// One of them did not end in time.
    pub async fn close(&self) -> Result<(), eskit::NotStopped> {
        self.app.stop().await
    }
}

use std::time::Duration;

use eskit::layer::Metered;
use eskit::prelude::*;
use eskit::processor::{Acted, OnRefused};
use eskit::rows::{ReadRows, Rows};
use eskit::subscription::{Apply, TellChanges};
use eskit::work::Work;
use eskit::{QueueOptions, Running};

use crate::mail::{Mailer, Receipts};
use crate::payment::PaymentLimit;
use crate::report::Report;
use crate::{Order, Receive, Stock};

/// Views that hold what the shop lists, and what it has to do.
pub trait ShopViews:
    ReadRows
    + TellChanges
    + Work
    + Apply<Rows<Order>>
    + Apply<Rows<Stock>>
    + Apply<Acted<PaymentLimit>>
    + Apply<Acted<Receipts>>
    + Apply<Acted<Report>>
{
}

impl<V> ShopViews for V where
    V: ReadRows
        + TellChanges
        + Work
        + Apply<Rows<Order>>
        + Apply<Rows<Stock>>
        + Apply<Acted<PaymentLimit>>
        + Apply<Acted<Receipts>>
        + Apply<Acted<Report>>
{
}

/// How the shop is run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a customer has to pay; then the order is cancelled.
    pub pay_within: Duration,
    /// Who sends the mail, and who gets the report of the night; without it, no mail is sent.
    pub mail: Option<(Mailer, String)>,
}

impl Default for Settings {
    /// Half an hour to pay, and no mail.
    fn default() -> Settings {
        Settings { pay_within: Duration::from_secs(30 * 60), mail: None }
    }
}

/// What the routes share.
#[derive(Clone, Debug)]
pub struct Shop<V> {
    pub(crate) app: Running<AnyStore>,
    pub(crate) views: V,
}

/// The queue of deliveries that are announced.
const DELIVERIES: &str = "deliveries";

impl<V: ShopViews> Shop<V> {
    /// Opens the shop on this log, with its lists and what it has to do in these views.
    ///
    /// # Errors
    /// A list or a processor could not be started.
    pub async fn open(store: AnyStore, views: V, settings: Settings) -> Result<Shop<V>, eskit::StartError> {
        Shop::start(App::new(AnyStore::new(Metered::new(store))), views, settings).await
    }

    /// The same, on an app with options of its own, such as a clock.
    ///
    /// # Errors
    /// A list or a processor could not be started.
    pub async fn start(app: App<AnyStore>, views: V, settings: Settings) -> Result<Shop<V>, eskit::StartError> {
        let Settings { pay_within, mail } = settings;
        let mut app = app
            .with_middleware(eskit::middleware::Metered::new())
            .with_rows::<Order>(views.clone())
            .with_rows::<Stock>(views.clone())
            .with_processor(PaymentLimit { pay_within }, views.clone())
            .with_queue::<Receive>(DELIVERIES, views.clone(), QueueOptions::on_refused(OnRefused::Fail));
        if let Some((mailer, to)) = mail {
            let report = Report::new(mailer.clone(), to, views.clone());
            app = app.with_processor(Receipts { mailer }, views.clone()).with_processor(report, views.clone());
        }
        Ok(Shop { app: app.start().await?, views })
    }

    /// The app, which executes commands and loads states.
    #[must_use]
    pub fn app(&self) -> &Running<AnyStore> {
        &self.app
    }

    /// Ends the subscriptions, and what is being done.
    ///
    /// # Errors
    /// Something did not end in time.
    pub async fn close(&self) -> Result<(), eskit::NotStopped> {
        self.app.stop().await
    }
}

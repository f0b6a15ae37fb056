use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use eskit::prelude::*;
use eskit::processor::Effect;
use eskit::rows::{ReadRows, RowsError};

use crate::mail::Mailer;
use crate::{Order, Status};

type Counting = Pin<Box<dyn Future<Output = Result<u64, RowsError>> + Send>>;

/// Mails each night how many orders wait to be paid, are paid, and were cancelled.
#[derive(Clone)]
pub struct Report {
    mailer: Mailer,
    to: String,
    count: Arc<dyn Fn(Status) -> Counting + Send + Sync>,
}

impl Report {
    pub(crate) fn new(mailer: Mailer, to: String, views: impl ReadRows) -> Report {
        let count = move |status| -> Counting {
            let views = views.clone();
            Box::pin(async move { views.rows::<Order>().equal("status", status).count().await })
        };
        Report { mailer, to, count: Arc::new(count) }
    }
}

#[processor(name = "nightly-report", from = "now")]
impl Report {
    #[every("0 3 * * *")]
    async fn nightly(&self, at: &Timestamp, cx: &mut Effect<'_>) -> io::Result<()> {
        let count = async |status| (self.count)(status).await.map_err(io::Error::other);
        let (placed, paid) = (count(Status::Placed).await?, count(Status::Paid).await?);
        let cancelled = count(Status::Cancelled).await?;
        let text = format!("{at}: {placed} orders wait to be paid, {paid} are paid, {cancelled} were cancelled.");
        self.mailer.send(&self.to, "The night's report", &text, cx.key()).await
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report").field("mailer", &self.mailer).field("to", &self.to).finish_non_exhaustive()
    }
}

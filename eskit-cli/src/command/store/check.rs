use clap::Args;
use eskit_transfer::{Examined, TransferError, examine};
use serde::Serialize;

use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::output::Rows;
use crate::progress::Progress;
use crate::target::{Target, compare, hex, records, watched};

/// Read the whole log and hold it to its own rules, or compare it with another one; exits with 3 if something is wrong
///
/// Reads every event. Positions and the versions of each stream must have no gaps, every limit must be kept, and a look-up of each
/// stream must find what the log holds. With `--to`, both logs are compared instead, and the first difference is named.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  eskit store check --store sqlite:app.db
  eskit store check --store sqlite:app.db --to postgres://app@host/app")]
pub(crate) struct Check {
    #[command(flatten)]
    target: Target,
}

#[derive(Serialize)]
struct CheckedJson {
    log: String,
    head: u64,
    events: u64,
    deleted_events: u64,
    streams: u64,
    sha256: String,
    sound: bool,
    fault: Option<String>,
}

impl Check {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let store = records(&context.global.read().await?)?;
        if self.target.is_named() {
            return compare(&store, &self.target.read().await?, context).await;
        }
        let bar = Progress::new(0);
        let found = examine(&store).on_progress(watched(&bar)).await.map_err(|error| match error {
            // Nothing is copied.
            TransferError::Source(error) => Failure::from(error),
            error => Failure::from(error),
        })?;
        drop(bar);
        let Examined { log, head, events, deleted_events, streams, sha256, fault, .. } = found;
        let (log, head, sha256) = (log.to_string(), head.position.get(), hex(&sha256));
        let fault = fault.map(|fault| fault.to_string());
        let json = CheckedJson { log, head, events, deleted_events, streams, sha256, sound: fault.is_none(), fault };
        if context.out.is_json() {
            context.out.json(&json)?;
        } else {
            let mut rows = Rows::pairs();
            rows.push(["log", &json.log]);
            rows.push(["head", &json.head.to_string()]);
            rows.push(["events", &json.events.to_string()]);
            rows.push(["deleted events", &json.deleted_events.to_string()]);
            rows.push(["streams", &json.streams.to_string()]);
            rows.push(["sha256", &json.sha256]);
            rows.push(["fault", json.fault.as_deref().unwrap_or("none")]);
            context.out.table(rows)?;
        }
        if json.sound { Ok(()) } else { Err(Failure::Told(Exit::Difference)) }
    }
}

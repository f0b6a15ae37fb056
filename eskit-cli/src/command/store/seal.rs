use clap::Args;
use eskit::EventStore as _;
use eskit::transfer::Transfer as _;
use serde::Serialize;

use crate::confirm::Confirm;
use crate::context::Context;
use crate::failure::Failure;
use crate::target::records;

/// Close the log for writes in every program, such as before it is moved. Writes
///
/// From then on, each append and each change is refused with an error that says so, until `store unseal`. Reads go on. `migrate
/// --cutover` seals by itself.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit store seal --store sqlite:app.db")]
pub(crate) struct Seal {
    #[command(flatten)]
    confirm: Confirm,
}

/// Let a sealed log take writes again. Writes
///
/// If programs write to a copy of it already, the two logs go apart: end those first, and give the copy up.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  eskit store unseal --store sqlite:app.db")]
pub(crate) struct Unseal {
    #[command(flatten)]
    confirm: Confirm,
}

#[derive(Serialize)]
struct SealedJson {
    sealed_at: Option<String>,
    head: u64,
}

impl Seal {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let store = records(&context.global.write().await?)?;
        self.confirm.ask("close the log for writes in every program", context)?;
        let head = store.seal().await?.position.get();
        let since = store.sealed_at().await?.map(|since| since.to_string());
        if context.out.is_json() {
            return context.out.json(&SealedJson { sealed_at: since, head });
        }
        context.out.line(&format!("sealed since {}, at position {head}", since.unwrap_or_default()))
    }
}

impl Unseal {
    pub(super) async fn run(self, context: &mut Context<'_>) -> Result<(), Failure> {
        let store = records(&context.global.write().await?)?;
        self.confirm.ask("let the log take writes again", context)?;
        store.unseal().await?;
        let head = store.head().await?.position.get();
        if context.out.is_json() {
            return context.out.json(&SealedJson { sealed_at: None, head });
        }
        context.out.line(&format!("takes writes again, after position {head}"))
    }
}

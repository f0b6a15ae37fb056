use clap::Args;
use eskit::{AnyStore, ConnectOptions};

use crate::failure::Failure;

/// The options that every verb takes.
#[derive(Args, Debug)]
#[command(next_help_heading = "Every verb")]
pub(crate) struct Global {
    /// The log: `sqlite:///var/lib/app.db` or `postgres://user@host/database`
    #[arg(long, global = true, env = "ESKIT_STORE", hide_env_values = true, value_name = "DSN")]
    pub(crate) store: Option<String>,

    /// The schema of a log in PostgreSQL [default: eskit]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) schema: Option<String>,

    /// Print one JSON object a line
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl Global {
    /// Whether a log is named.
    pub(crate) fn has_store(&self) -> bool {
        self.store.as_deref().is_some_and(|dsn| !dsn.is_empty())
    }

    /// Opens the log for reading.
    pub(crate) async fn read(&self) -> Result<AnyStore, Failure> {
        self.open(true).await
    }

    /// Opens the log for changes of streams.
    pub(crate) async fn write(&self) -> Result<AnyStore, Failure> {
        self.open(false).await
    }

    async fn open(&self, read_only: bool) -> Result<AnyStore, Failure> {
        let missing = || {
            Failure::usage(
                "no log is named\nhelp: write `--store sqlite:app.db`, or set ESKIT_STORE, such as to \
                 `postgres://user@host/database`",
            )
        };
        let dsn = self.store.as_deref().filter(|dsn| !dsn.is_empty()).ok_or_else(missing)?;
        let mut options = ConnectOptions::new().create(false).read_only(read_only);
        if let Some(schema) = &self.schema {
            options = options.schema(schema);
        }
        Ok(options.connect(dsn).await?)
    }
}

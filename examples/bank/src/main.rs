//! Replays a log that is older than the program, and moves money between accounts: `cargo run -p bank [DSN]`.

mod story;

use std::error::Error;
use std::io;
use std::process::ExitCode;

const DSN_DEFAULT: &str = "memory:";

const USAGE: &str = "usage: bank [DSN]

Replays a log that is older than the program, and moves money between accounts.

  DSN   the store: `sqlite:path/to/file.db`, `memory:`, or with the feature `postgres`
        `postgres://user@host/database`; `memory:` when left out";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.as_slice() {
        [] => run(DSN_DEFAULT).await,
        [dsn] if !dsn.starts_with('-') => run(dsn).await,
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(dsn: &str) -> Result<(), Box<dyn Error>> {
    story::tell(eskit::connect(dsn).await?, &mut io::stdout().lock()).await
}

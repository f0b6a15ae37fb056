//! Tells a story of one campus on a store, and shows the log that it leaves: `cargo run -p campus [DSN]`.

mod keys;
mod lists;
mod narrator;
mod race;
mod story;

use std::error::Error;
use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal};
use std::process::ExitCode;

use narrator::Narrator;

const DSN_DEFAULT: &str = "sqlite:campus.db";

/// The stores on servers, each with a feature that this build has, or lacks.
const SERVERS: [(&str, &str, bool, &str); 2] = [
    ("PostgreSQL", "postgres", cfg!(feature = "postgres"), "postgres://user@host/database"),
    ("NATS", "nats", cfg!(feature = "nats"), "nats://host/log?monitor=http://host:8222"),
];

/// The stores that this build opens.
fn stores() -> String {
    let servers = SERVERS.iter().filter(|(_, _, is_here, _)| *is_here).map(|(_, _, _, dsn)| format!("`{dsn}`, "));
    format!("`sqlite:path/to/file.db`, {}or `memory:`", servers.collect::<String>())
}

/// How to build it with more stores.
fn more() -> String {
    let missing = SERVERS.iter().filter(|(_, _, is_here, _)| !is_here);
    let lines = missing
        .map(|(name, feature, _, dsn)| format!("\n\nFor {name}: cargo run -p campus --features {feature} -- {dsn}"));
    lines.collect()
}

/// What `--help` says.
fn usage() -> String {
    format!(
        "usage: campus [DSN]

Tells a story of one campus on a store, and shows the log that it leaves.

  DSN   the store: {}; `{DSN_DEFAULT}` when left out{}",
        stores(),
        more()
    )
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    // What is not UTF-8 is no DSN.
    let texts: Vec<&str> = arguments.iter().map(|argument| argument.to_str().unwrap_or("-")).collect();
    let dsn = match texts[..] {
        [] => DSN_DEFAULT,
        ["-h" | "--help"] => return exit(show_usage()),
        [dsn] if !dsn.starts_with('-') => dsn,
        _ => {
            eprintln!("error: unexpected arguments `{}`\n\n{}", arguments.join(OsStr::new(" ")).display(), usage());
            return ExitCode::from(2);
        }
    };
    exit(run(dsn).await)
}

async fn run(dsn: &str) -> Result<(), Box<dyn Error>> {
    let store = eskit::connect(dsn).await?;
    let stdout = io::stdout();
    let is_colored = stdout.is_terminal() && std::env::var_os("NO_COLOR").is_none();
    story::tell(store, dsn, &mut Narrator::new(stdout.lock(), is_colored)).await
}

fn show_usage() -> Result<(), Box<dyn Error>> {
    use io::Write as _;
    Ok(writeln!(io::stdout(), "{}", usage())?)
}

fn exit(result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_closed_pipe(&*error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether the reader of the output went away, as `head` does.
fn is_closed_pipe(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

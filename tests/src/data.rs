//! Real data that the repository does not carry: where it lies, and what becomes of its tests where it does not.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// The folder of the data; without it they are looked for in `shared/data` beside the repository.
const FOLDER_VARIABLE: &str = "ESKIT_DATA";

/// Runs the cases that `cases` makes of a data file, as a test harness of its own.
///
/// Without the file there is one case, named after its path: ignored, and printed as `skipped: ..`, so that nothing
/// passes that was not tried. It fails when `ESKIT_DATA` promises the file.
pub fn run(file: &str, cases: impl FnOnce(&Path) -> Vec<Trial>) -> ExitCode {
    let arguments = Arguments::from_args();
    let promised = std::env::var_os(FOLDER_VARIABLE).map(PathBuf::from);
    let path = promised.clone().unwrap_or_else(default_folder).join(file);
    let trials = if path.is_file() { cases(&path) } else { vec![missing(&path, promised.is_some(), arguments.list)] };
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn default_folder() -> PathBuf {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".."));
    beside.join("shared/data")
}

fn missing(path: &Path, promised: bool, listing: bool) -> Trial {
    let what = format!("{} not found", path.display());
    if !promised && !listing {
        eprintln!("skipped: {what}");
    }
    let text = format!("{what}; set {FOLDER_VARIABLE} to the folder that holds it");
    Trial::test(format!("skipped: {what}"), move || Err(text.into())).with_ignored_flag(!promised)
}

//! The test binaries of packages: built by cargo, and run here several at a time, since most of them wait more than they compute.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How many run at a time: few, since tests that wait for others to make progress need processors too. Four took as long on two processors.
const LANES: usize = 2;

/// Those that take longest begin first, so that none is left to run alone at the end.
const LONGEST: &[&str] = &[
    "eskit-conformance/postgres.rs",
    "eskit-postgres/store/main.rs",
    "eskit-conformance/views_postgres.rs",
    "eskit-conformance/sqlite.rs",
    "eskit-conformance/nats.rs",
    "eskit-conformance/broken.rs",
    "eskit-nats/nats/main.rs",
    "eskit-conformance/views_broken.rs",
    "tests/processors/main.rs",
    "eskit-transfer/kill.rs",
    "tests/postgres/main.rs",
];

/// A test binary that cargo has built.
pub(crate) struct Binary {
    /// The file of its tests, or its crate.
    pub(crate) name: String,
    executable: PathBuf,
    /// The folder of its package, in which it runs.
    folder: PathBuf,
    package: String,
}

/// What a binary did.
pub(crate) struct Ended {
    pub(crate) output: String,
    pub(crate) success: bool,
    pub(crate) elapsed: Duration,
}

/// Builds with `cargo test --no-run`, and lists what was built; `None` if that failed. What cargo says is added to `output`.
pub(crate) fn build(mut cargo: Command, output: &mut String) -> io::Result<Option<Vec<Binary>>> {
    cargo.arg("--message-format=json-render-diagnostics").stdin(Stdio::null());
    let mut child = cargo.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (messages, diagnostics) = (child.stdout.take(), child.stderr.take());
    let mut binaries = Vec::new();
    std::thread::scope(|scope| -> io::Result<()> {
        let diagnostics = scope.spawn(move || {
            let mut text = Vec::new();
            let read = diagnostics.map_or(Ok(0), |mut from| from.read_to_end(&mut text));
            read.map(|_| String::from_utf8_lossy(&text).into_owned())
        });
        for line in messages.into_iter().flat_map(|from| BufReader::new(from).lines()) {
            let message = serde_json::from_str(&line?).unwrap_or(Value::Null);
            binaries.extend(Binary::read(&message));
        }
        let diagnostics = diagnostics.join().map_err(|_| io::Error::other("reading what cargo says panicked"))?;
        output.push_str(&diagnostics?);
        Ok(())
    })?;
    Ok(child.wait()?.success().then_some(binaries))
}

impl Binary {
    /// The test binary that a message of cargo tells of.
    fn read(message: &Value) -> Option<Binary> {
        if message["reason"] != "compiler-artifact" || message["profile"]["test"] != true {
            return None;
        }
        let executable = PathBuf::from(message["executable"].as_str()?);
        let folder = Path::new(message["manifest_path"].as_str()?).parent()?.to_owned();
        let is_test = message["target"]["kind"].as_array()?.iter().any(|kind| kind == "test");
        let source = Path::new(message["target"]["src_path"].as_str()?);
        let name = match source.strip_prefix(&folder) {
            Ok(source) if is_test => {
                let package = folder.file_name().unwrap_or_default();
                Path::new(package).join(source.strip_prefix("tests").unwrap_or(source)).display().to_string()
            }
            _ => message["target"]["name"].as_str()?.to_owned(),
        };
        // `path+file:///w/eskit-sqlite#0.1.0`, or `..#eskit@0.1.0` in a folder of another name.
        let id = message["package_id"].as_str()?;
        let package = match id.rsplit_once('#')?.1.split_once('@') {
            Some((package, _)) => package.to_owned(),
            None => folder.file_name()?.to_str()?.to_owned(),
        };
        Some(Binary { name, executable, folder, package })
    }

    fn run(&self) -> io::Result<Ended> {
        let started = Instant::now();
        let (mut output, input) = io::pipe()?;
        let mut command = Command::new(&self.executable);
        command.current_dir(&self.folder);
        // As cargo does.
        command.env("CARGO_MANIFEST_DIR", &self.folder).env("CARGO_PKG_NAME", &self.package);
        command.stdin(Stdio::null()).stdout(input.try_clone()?).stderr(input);
        command.env_remove("TRYBUILD").env_remove("BLESS");
        let mut child = command.spawn()?;
        // It holds the writing ends of the pipe; while it lives, reading does not end.
        drop(command);
        let mut text = Vec::new();
        output.read_to_end(&mut text)?;
        let success = child.wait()?.success();
        Ok(Ended { output: String::from_utf8_lossy(&text).into_owned(), success, elapsed: started.elapsed() })
    }
}

/// Runs all binaries, and hands each to `ended` when it has ended.
pub(crate) fn run(binaries: &[Binary], mut ended: impl FnMut(&Binary, Ended)) -> io::Result<()> {
    let mut binaries: Vec<&Binary> = binaries.iter().collect();
    let place = |name: &str| LONGEST.iter().position(|longest| *longest == name).unwrap_or(LONGEST.len());
    binaries.sort_by_key(|binary| place(&binary.name));
    let left = Mutex::new(binaries.into_iter());
    let (tell, told) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            let (left, tell) = (&left, tell.clone());
            scope.spawn(move || {
                loop {
                    let next = left.lock().ok().and_then(|mut left| left.next());
                    let Some(binary) = next else { return };
                    if tell.send((binary, binary.run())).is_err() {
                        return;
                    }
                }
            });
        }
        drop(tell);
        hear(told, &mut ended)
    })
}

fn hear(told: Receiver<(&Binary, io::Result<Ended>)>, ended: &mut impl FnMut(&Binary, Ended)) -> io::Result<()> {
    for (binary, outcome) in told {
        ended(binary, outcome?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shell(name: &str, script: &Path) -> Binary {
        let (name, package) = (name.to_owned(), "shell".to_owned());
        Binary { name, executable: script.to_owned(), folder: PathBuf::from("/"), package }
    }

    #[test]
    fn a_test_binary_is_known_by_the_message_of_cargo() {
        let message = |kind: &str, source: &str, is_test: bool| {
            json!({
                "package_id": "path+file:///w/eskit-sqlite#0.1.0",
                "reason": "compiler-artifact",
                "manifest_path": "/w/eskit-sqlite/Cargo.toml",
                "profile": { "test": is_test },
                "target": { "kind": [kind], "name": "eskit_sqlite", "src_path": source },
                "executable": "/t/debug/deps/x-77",
            })
        };
        let name = |message: &Value| Binary::read(message).map(|binary| binary.name);
        assert_eq!(name(&message("lib", "/w/eskit-sqlite/src/lib.rs", true)).as_deref(), Some("eskit_sqlite"));
        assert_eq!(
            name(&message("test", "/w/eskit-sqlite/tests/files.rs", true)).as_deref(),
            Some("eskit-sqlite/files.rs")
        );
        assert_eq!(name(&message("lib", "/w/eskit-sqlite/src/lib.rs", false)), None);
        assert_eq!(name(&json!({ "reason": "build-finished" })), None);
        let package = |id: &str| {
            let mut message = message("lib", "/w/eskit-sqlite/src/lib.rs", true);
            message["package_id"] = json!(id);
            Binary::read(&message).map(|binary| binary.package)
        };
        assert_eq!(package("path+file:///w/eskit-sqlite#0.1.0").as_deref(), Some("eskit-sqlite"));
        assert_eq!(package("path+file:///w/eskit-sqlite#sqlite@0.1.0").as_deref(), Some("sqlite"));
    }

    #[test]
    fn the_longest_are_test_files() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for name in LONGEST {
            let (folder, file) = name.split_once('/').unwrap();
            let is_there =
                [root.join(name), root.join(folder).join("tests").join(file)].iter().any(|path| path.is_file());
            assert!(is_there, "{name} is no test");
        }
    }

    #[cfg(unix)]
    #[test]
    fn each_binary_is_run_once_and_told_of() {
        let (good, bad) = (shell("good", Path::new("/bin/true")), shell("bad", Path::new("/bin/false")));
        let binaries = [good, bad, shell("good again", Path::new("/bin/true"))];
        let mut told = Vec::new();
        run(&binaries, |binary, ended| told.push((binary.name.clone(), ended.success))).unwrap();
        told.sort();
        assert_eq!(told, [("bad".to_owned(), false), ("good".to_owned(), true), ("good again".to_owned(), true)]);
    }
}

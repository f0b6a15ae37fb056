use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::child::{FOLDER, LOG, NOTES, SEED, TASK, Task};
use crate::context::Context;
use crate::failure::{Failure, ensure};
use crate::log::Log;

/// What a process noted of one append, or of the deletion of one stream, before it was killed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Note {
    /// The value of the tag that its events carry.
    pub(crate) key: String,
    /// The position of its first event.
    pub(crate) first: u64,
    /// How many events it has.
    pub(crate) count: usize,
}

/// How this executable is started again, to write to a log until it is killed.
#[derive(Default, Debug)]
pub(crate) struct ChildCommand {
    /// Its arguments; without them no process can be started.
    pub(crate) args: Option<Vec<String>>,
    pub(crate) env: Vec<(String, String)>,
}

impl ChildCommand {
    /// The arguments with which this executable runs the `#[test]` function with this full path, and nothing else.
    pub(crate) fn args_of_test(path: &str) -> Vec<String> {
        // The test harness knows its tests without the name of the crate.
        let test = path.split_once("::").map_or(path, |(_, test)| test);
        [test, "--exact", "--nocapture", "--test-threads=1"].map(str::to_owned).to_vec()
    }
}

/// A process that appends to a log. Killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Writer {
    process: std::process::Child,
    notes: PathBuf,
}

impl Writer {
    /// Starts this executable again, as a writer to a log.
    pub(crate) fn start(context: &Context, log: &Log, task: Task, number: u32, seed: u64) -> Result<Writer, Failure> {
        let notes = log.path(&format!("{number}.notes"));
        let ChildCommand { args, env } = context.child_command();
        let process = Command::new(std::env::current_exe()?)
            .args(args.iter().flatten())
            .envs(env.iter().map(|(name, value)| (name, value)))
            .env(LOG, log.name())
            .env(FOLDER, log.folder())
            .env(NOTES, &notes)
            .env(SEED, seed.to_string())
            .env(TASK, task.name())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        Ok(Writer { process, notes })
    }

    /// Waits until the process has noted at least so many appends.
    pub(crate) async fn noted(&mut self, context: &Context, count: usize) -> Result<(), Failure> {
        let waiting = async {
            loop {
                let noted = self.notes()?.len();
                if noted >= count {
                    return Ok(());
                }
                if let Some(status) = self.process.try_wait()? {
                    let text = format!("a process that appends ended by itself ({status}) after {noted} appends");
                    return Err(Failure::new(text));
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        context.within(&format!("{count} appends of another process"), waiting).await?
    }

    /// Ends the process at once (SIGKILL), and returns what it noted.
    pub(crate) fn kill(mut self) -> Result<Vec<Note>, Failure> {
        self.process.kill()?;
        let status = self.process.wait()?;
        ensure!(!status.success(), "a process that appends ended by itself before it was killed");
        self.notes()
    }

    fn notes(&self) -> Result<Vec<Note>, Failure> {
        let text = match std::fs::read_to_string(&self.notes) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        // The last line may be unfinished.
        text.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(|line| parse(line.trim_end())).collect()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn parse(line: &str) -> Result<Note, Failure> {
    if let Some(text) = line.strip_prefix("failed ") {
        return Err(Failure::new(format!("a process that appends failed: {text}")));
    }
    let mut words = line.split(' ');
    let note = (|| {
        let (key, first, count) = (words.next()?, words.next()?, words.next()?);
        Some(Note { key: key.to_owned(), first: first.parse().ok()?, count: count.parse().ok()? })
    })();
    note.ok_or_else(|| Failure::new(format!("a process noted what the suite cannot read: {line:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_read_and_failures_told() {
        assert_eq!(parse("k 7 3").unwrap(), Note { key: "k".into(), first: 7, count: 3 });
        assert!(parse("failed no disk").unwrap_err().to_string().contains("no disk"));
        assert!(parse("k x 3").is_err());
    }
}

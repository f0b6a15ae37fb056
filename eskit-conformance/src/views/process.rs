use std::future::Future;
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::str::FromStr;
use std::time::Duration;

use eskit_runtime::log::LogId;

use super::context::ViewsContext;
use super::follower::Follower;
use super::model_log::ModelLog;
use super::probe::{Act, Probe, Stops};
use super::target::TestViews;
use crate::crash::ChildCommand;
use crate::failure::{Failure, Outcome, ensure};
use crate::log::Log;

const PLACE: &str = "ESKIT_CONFORMANCE_VIEWS_PLACE";
const FOLDER: &str = "ESKIT_CONFORMANCE_VIEWS_FOLDER";
const LOG: &str = "ESKIT_CONFORMANCE_VIEWS_LOG";
const SEED: &str = "ESKIT_CONFORMANCE_VIEWS_SEED";
const EVENTS: &str = "ESKIT_CONFORMANCE_VIEWS_EVENTS";
/// Set for a process that does the items of a list.
const WORKS: &str = "ESKIT_CONFORMANCE_VIEWS_WORKS";

/// A process ends itself after this time, should nobody be left to kill it.
const LIFE: Duration = Duration::from_secs(60);

/// The log that a process follows: it makes the same one as this process.
pub(super) struct Work {
    pub(super) log: LogId,
    pub(super) seed: u64,
    pub(super) events: usize,
}

/// A process that follows a log until it is killed. Killed when it is dropped.
pub(super) struct Process(Child);

impl Process {
    /// Starts this executable again, to follow the log of the work with views in this place.
    pub(super) fn start<T: TestViews>(context: &ViewsContext<T>, place: &Log, work: &Work) -> Result<Process, Failure> {
        let mut command = command(context, place)?;
        command.env(LOG, work.log.to_string()).env(SEED, work.seed.to_string()).env(EVENTS, work.events.to_string());
        Ok(Process(command.spawn()?))
    }

    /// Starts this executable again, to do the items of a list of views in this place.
    pub(super) fn start_worker<T: TestViews>(context: &ViewsContext<T>, place: &Log) -> Result<Process, Failure> {
        Ok(Process(command(context, place)?.env(WORKS, "yes").spawn()?))
    }

    /// Fails if the process has ended by itself.
    pub(super) fn check_alive(&mut self) -> Outcome {
        let status = self.0.try_wait()?;
        ensure!(status.is_none(), "a process that follows the log ended by itself: {status:?}");
        Ok(())
    }

    /// Ends the process at once (SIGKILL).
    pub(super) fn kill(mut self) -> Outcome {
        self.check_alive()?;
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

fn command<T: TestViews>(context: &ViewsContext<T>, place: &Log) -> Result<Command, Failure> {
    let ChildCommand { args, env } = context.child_command();
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(args.iter().flatten())
        .envs(env.iter().map(|(name, value)| (name, value)))
        .env(PLACE, place.name())
        .env(FOLDER, place.folder())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Ok(command)
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How a process does the items of a list until it is killed.
pub(super) type Worker<T> = fn(ViewsContext<T>, Log) -> Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// In a process that the suite started: follows the log, or does items, until the process is killed. Returns whether this is such a
/// process.
pub(super) async fn work_if_told<T: TestViews>(
    context: &ViewsContext<T>,
    worker: Option<Worker<T>>,
) -> Result<bool, Failure> {
    let (Ok(name), Some(folder)) = (std::env::var(PLACE), std::env::var_os(FOLDER)) else { return Ok(false) };
    let place = Log::given(name, folder.into());
    if let (Some(worker), Some(_)) = (worker, std::env::var_os(WORKS)) {
        // It ends with the time of a process.
        let _ = tokio::time::timeout(LIFE, worker(context.clone(), place)).await;
        return Ok(true);
    }
    let store = ModelLog::seeded(told(LOG)?, told(SEED)?, told(EVENTS)?);
    let views = context.open_at(&place).await?;
    let probe = Probe::<T, Stops>::new();
    // Slow enough to be killed amid a batch.
    probe.does(|_| {
        std::thread::sleep(Duration::from_millis(1));
        Act::Succeed
    });
    let _follower = Follower::start(&store, &views, &probe, 5);
    tokio::time::sleep(LIFE).await;
    Ok(true)
}

fn told<N: FromStr>(name: &str) -> Result<N, Failure> {
    let text = std::env::var(name).ok();
    let value = text.as_deref().and_then(|text| text.parse().ok());
    value.ok_or_else(|| Failure::new(format!("{name} is {text:?} in a process that the suite started")))
}

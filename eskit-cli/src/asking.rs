//! Asking something of the programs that run a subscription: through its views, where they look.

use std::time::{Duration, Instant};

use clap::Args;
use eskit::subscription::{Asked, Checkpoint, Request};
use serde::Serialize;

use crate::confirm::Confirm;
use crate::context::Context;
use crate::failure::{Exit, Failure};
use crate::nearest::did_you_mean;
use crate::output::shown;
use crate::views::{AnyViews, ViewsArgs};

/// How long to wait for a program where no time is given: longer than it takes a program that runs to notice.
const WAIT: Duration = Duration::from_secs(2);

/// How often to look meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Which version of which projection.
#[derive(Args, Debug)]
pub(crate) struct Of {
    /// The name of the projection or processor
    pub(crate) name: String,
    /// The version [default: the one that readers see, or else the newest]
    #[arg(long, value_name = "N")]
    version: Option<u32>,
    #[command(flatten)]
    pub(crate) views: ViewsArgs,
}

/// The options of verbs that a program that runs has to do.
#[derive(Args, Debug)]
pub(crate) struct Asking {
    /// Wait so long for the program to do it, and end with 5 if none did [default: 2, and end with 0]
    #[arg(long, value_name = "SECONDS")]
    wait: Option<u32>,
    #[command(flatten)]
    confirm: Confirm,
}

/// What was asked last of a version of a projection.
#[derive(Serialize)]
pub(crate) struct RequestJson<'r> {
    projection: &'r str,
    version: u32,
    /// Counted from 1.
    number: u64,
    asked: &'static str,
    /// Of a reset.
    position: Option<u64>,
    /// Of a replay; `null` for all keys.
    key: Option<&'r str>,
    asked_at: String,
    paused_at: Option<String>,
    ended_at: Option<String>,
    /// `null` as long as no program has answered.
    done: Option<bool>,
    text: Option<&'r str>,
}

impl<'r> RequestJson<'r> {
    pub(crate) fn new(request: &'r Request) -> RequestJson<'r> {
        let (position, key) = match &request.asked {
            Asked::Reset(position) => (Some(position.get()), None),
            Asked::Replay(key) => (None, key.as_deref()),
            _ => (None, None),
        };
        let ended = request.ended.as_ref();
        RequestJson {
            projection: &request.name,
            version: request.version,
            number: request.number,
            asked: request.asked.name(),
            position,
            key,
            asked_at: request.asked_at.to_string(),
            paused_at: request.paused_at.map(|at| at.to_string()),
            ended_at: ended.map(|ended| ended.at.to_string()),
            done: ended.map(|ended| ended.is_done),
            text: ended.map(|ended| ended.text.as_str()),
        }
    }
}

/// The request to a version of a projection.
pub(crate) fn request_to<'r>(requests: &'r [Request], of: &Checkpoint) -> Option<&'r Request> {
    requests.iter().find(|request| request.name == of.name && request.version == of.version)
}

/// A request in lines for people.
pub(crate) fn lines(request: &Request) -> Vec<String> {
    let version = request.version;
    let mut lines = Vec::new();
    if let Some(at) = request.paused_at {
        lines.push(format!("version {version} is paused since {at}"));
    }
    lines.push(match &request.ended {
        None => {
            format!("version {version} was asked to {} at {}, and has not answered", request.asked, request.asked_at)
        }
        Some(ended) => {
            let what = if ended.is_done { "done" } else { "not done" };
            format!("version {version} was asked to {} at {}; {what} at {}:", request.asked, request.asked_at, ended.at)
        }
    });
    let text = request.ended.iter().flat_map(|ended| ended.text.lines());
    lines.extend(text.map(|line| format!("  {}", shown(line))));
    lines
}

impl Of {
    /// The version that is meant: its checkpoint.
    pub(crate) async fn find(&self, views: &AnyViews) -> Result<Checkpoint, Failure> {
        let checkpoints = views.checkpoints().await?;
        let known = names(&checkpoints);
        let own = checkpoints.into_iter().filter(|of| of.name == self.name);
        let wanted = own.filter(|of| self.version.is_none_or(|version| of.version == version));
        wanted.max_by_key(|of| (of.is_active, of.version)).ok_or_else(|| unknown(&self.name, &known))
    }
}

/// The names of all projections that have a checkpoint.
pub(crate) fn names(checkpoints: &[Checkpoint]) -> Vec<String> {
    let mut names: Vec<String> = checkpoints.iter().map(|checkpoint| checkpoint.name.clone()).collect();
    names.dedup();
    names
}

/// The views have no projection of this name.
pub(crate) fn unknown(name: &str, known: &[String]) -> Failure {
    let help = if known.is_empty() { "they have none".to_owned() } else { format!("they have {}", known.join(", ")) };
    let meant = did_you_mean(name, known.iter().map(String::as_str));
    Failure::new(format!("the views have no checkpoint of `{name}`{meant}\nhelp: {help}"))
}

impl Asking {
    /// Asks something of a version of a projection, waits for the answer, and says what came of it.
    pub(crate) async fn ask(
        &self,
        views: &AnyViews,
        of: &Checkpoint,
        asked: Asked,
        what: &str,
        context: &mut Context<'_>,
    ) -> Result<(), Failure> {
        self.confirm.ask(what, context)?;
        let before = request_to(&views.requests().await?, of).cloned();
        let request = views.request(&of.name, of.version, asked).await?;
        if let Some(before) = before.filter(|before| before.ended.is_none()) {
            let (asked, at) = (before.asked, before.asked_at);
            context
                .remark(&format!("this takes the place of the request to {asked}, made at {at} and not answered"))?;
        }
        let wait = self.wait.map_or(WAIT, |seconds| Duration::from_secs(seconds.into()));
        let last = self.answer(views, of, request, wait).await?;
        if context.out.is_json() {
            context.out.json(&RequestJson::new(&last))?;
        }
        let (name, version) = (&of.name, of.version);
        match &last.ended {
            Some(ended) if ended.is_done && context.out.is_json() => Ok(()),
            Some(ended) if ended.is_done => {
                context.out.line(&format!("`{name}` version {version}: {}", shown(&ended.text)))
            }
            Some(ended) => Err(Failure::new(format!("`{name}` version {version} did not do it: {}", ended.text))),
            None => {
                context.remark(&format!(
                    "no program that runs `{name}` version {version} has answered within {} s\nhelp: a program does it when it starts; \
                     `eskit projections show {name}` says what came of it",
                    wait.as_secs()
                ))?;
                if self.wait.is_some() { Err(Failure::Told(Exit::Unreachable)) } else { Ok(()) }
            }
        }
    }

    /// The request with its end, or without one when it was waited for in vain.
    async fn answer(
        &self,
        views: &AnyViews,
        of: &Checkpoint,
        asked: Request,
        wait: Duration,
    ) -> Result<Request, Failure> {
        let started = Instant::now();
        loop {
            if let Some(found) = request_to(&views.requests().await?, of) {
                if found.number != asked.number {
                    return Err(Failure::refused(format!(
                        "before it was answered, the request to {} was replaced by one to {}\nhelp: `eskit projections show {}` says what came of it",
                        asked.asked, found.asked, of.name
                    )));
                }
                if found.ended.is_some() {
                    return Ok(found.clone());
                }
            }
            if started.elapsed() >= wait {
                return Ok(asked);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

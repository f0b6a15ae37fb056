//! Commands by their names: what a client sends that knows the commands, and not the routes.

use std::num::NonZeroU32;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use eskit::codec::{DecodeError, DecodeReason};
use eskit::execute::Refused;
use eskit::log::{Position, SchemaVersion};
use eskit::prelude::*;

use crate::caller::Caller;
use crate::http::{key, status_of};
use crate::{Cancel, Pay, Place, Receive};

/// Every command that a client may send.
#[derive(Command, Clone, Debug)]
#[command(stored)]
pub enum ShopCommand {
    /// Take goods in.
    Receive(Receive),
    /// Order products.
    Place(Place),
    /// Pay an order.
    Pay(Pay),
    /// Cancel an order.
    Cancel(Cancel),
}

/// Of which version the body is; today's, if a client does not say.
#[derive(Deserialize)]
pub(crate) struct Version {
    version: Option<NonZeroU32>,
}

/// What a command did.
#[derive(Serialize)]
struct Done {
    positions: Vec<Position>,
    repeated: bool,
}

/// `POST /commands/{name}`: the wire name in the path, the command in the body.
pub(crate) async fn execute(
    Caller(app): Caller,
    Path(name): Path<String>,
    Query(Version { version }): Query<Version>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, CommandProblem> {
    let version = version.and_then(|version| SchemaVersion::new(version.get()));
    let command = ShopCommand::from_json(&name, version, &body)?;
    let mut execute = app.execute(command);
    if let Some(key) = key(&headers).map_err(CommandProblem::bad_key)? {
        execute = execute.idempotency_key(key);
    }
    let done = execute.await?;
    Ok(Json(Done { positions: done.positions().collect(), repeated: done.repeated }).into_response())
}

/// Why a command was not executed, as a client can tell it.
#[derive(Serialize)]
pub(crate) struct CommandProblem {
    #[serde(skip)]
    status: StatusCode,
    kind: ProblemKind,
    /// The command that was refused, by the name of its type.
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'static str>,
    error: String,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum ProblemKind {
    /// There is no command of this name.
    UnknownCommand,
    /// The body does not fit the command.
    BadPayload,
    /// The decider said no: sending it again does not help.
    Refused,
    /// Others were faster at every try: sending it again may help.
    Conflict,
    /// The request as a whole cannot be met.
    Invalid,
    /// The log cannot be reached, or it is not known whether the command was executed: send it again with the same idempotency key.
    Unavailable,
    /// The program is at fault.
    Failed,
}

impl CommandProblem {
    fn bad_key(error: String) -> CommandProblem {
        CommandProblem { status: StatusCode::UNPROCESSABLE_ENTITY, kind: ProblemKind::Invalid, command: None, error }
    }
}

impl From<DecodeError> for CommandProblem {
    fn from(error: DecodeError) -> CommandProblem {
        let (status, kind) = match error.reason {
            DecodeReason::UnknownCommand { .. } => (StatusCode::NOT_FOUND, ProblemKind::UnknownCommand),
            _ => (StatusCode::UNPROCESSABLE_ENTITY, ProblemKind::BadPayload),
        };
        CommandProblem { status, kind, command: None, error: error.to_string() }
    }
}

impl From<ExecuteError<Refused>> for CommandProblem {
    fn from(error: ExecuteError<Refused>) -> CommandProblem {
        let status = status_of(&error);
        let kind = match &error {
            ExecuteError::Domain(_) | ExecuteError::Denied(_) => ProblemKind::Refused,
            ExecuteError::Conflict { .. } => ProblemKind::Conflict,
            _ if status == StatusCode::SERVICE_UNAVAILABLE => ProblemKind::Unavailable,
            _ if status.is_client_error() => ProblemKind::Invalid,
            _ => ProblemKind::Failed,
        };
        let command = error.domain().map(Refused::command);
        CommandProblem { status, kind, command, error: error.to_string() }
    }
}

impl IntoResponse for CommandProblem {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

use std::fmt;
use std::time::Duration;

use eskit_runtime::StoreError;
use eskit_runtime::log::{Place, StoreErrorKind};
use eskit_runtime::subscription::SynchronousError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

/// What can go wrong between this crate and the database.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The database or the way to it failed.
    Sqlx(sqlx::Error),
    /// A row holds what this crate never writes.
    Damaged(String),
    /// The call itself cannot be carried out, whatever the state of the database.
    Refused(String),
    /// What is there belongs to another program.
    Foreign(String),
    /// The log does not hold this place.
    Replaced(Place),
    /// The server did not answer for so long.
    Silent(Duration),
    /// The store was closed.
    Closed,
    /// The store belongs to the process that this one was forked from.
    Forked,
    /// A synchronous projection refused.
    Synchronous(SynchronousError),
    /// A handler of this projection ended the transaction in which it ran.
    Ended(String),
    /// Something of this kind failed, with this text, before anything was committed.
    Failed { kind: StoreErrorKind, text: String, gave_way: bool },
}

impl From<SynchronousError> for Fault {
    fn from(error: SynchronousError) -> Fault {
        Fault::Synchronous(error)
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Fault {
        match error {
            sqlx::Error::PoolClosed => Fault::Closed,
            error => Fault::Sqlx(error),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // What sqlx says in front of these, `cannot ..` has said.
            Fault::Sqlx(sqlx::Error::Io(error)) => error.fmt(f),
            Fault::Sqlx(sqlx::Error::Configuration(error)) => error.fmt(f),
            Fault::Sqlx(error) => match database(error) {
                Some(error) => write!(f, "{} (SQLSTATE {})", error.message(), error.code()),
                None => error.fmt(f),
            },
            Fault::Damaged(text) | Fault::Refused(text) | Fault::Foreign(text) | Fault::Failed { text, .. } => {
                f.write_str(text)
            }
            Fault::Synchronous(error) => error.fmt(f),
            Fault::Ended(projection) => write!(
                f,
                "a handler of the synchronous projection {projection} ended the transaction of an append\nhelp: leave `COMMIT` and \
                 `ROLLBACK` out; for a part that may fail, use a savepoint: `tx.begin()`. What was committed that way stays, so remove \
                 the version with `remove_projection`, and open the store with it again"
            ),
            Fault::Replaced(place) => StoreError::replaced(*place).fmt(f),
            Fault::Silent(limit) => write!(f, "the server did not answer within {limit:?}"),
            Fault::Closed => f.write_str("the store or its pool is closed"),
            Fault::Forked => f.write_str("the store was opened before this process was forked"),
        }
    }
}

fn kind_of(error: &sqlx::Error) -> StoreErrorKind {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::WorkerCrashed => StoreErrorKind::Unavailable,
        sqlx::Error::PoolClosed => StoreErrorKind::Closed,
        sqlx::Error::Configuration(_) => StoreErrorKind::Invalid,
        error => database(error).map_or(StoreErrorKind::Other, |error| kind_of_code(error.code())),
    }
}

/// Whether an error of user code's own statement is a failure of the database, and not of the statement: then of which kind.
pub(crate) fn kind_of_failure(error: &sqlx::Error) -> Option<StoreErrorKind> {
    let kind = kind_of(error);
    let is_failure = match database(error) {
        None => matches!(kind, StoreErrorKind::Unavailable | StoreErrorKind::Closed),
        Some(error) if error.severity() != PgSeverity::Error => true,
        Some(error) => match error.code() {
            "40001" | "40003" | "40P01" | "55P03" | "25006" | "XX001" | "XX002" => true,
            // What was bound does not fit what was prepared.
            "08P01" => false,
            code => matches!(code.get(..2), Some("08" | "53" | "57" | "58")),
        },
    };
    is_failure.then_some(kind)
}

/// The SQLSTATE that the server sent, if it was the server.
pub(crate) fn code_of(error: &sqlx::Error) -> &str {
    database(error).map_or("", PgDatabaseError::code)
}

fn on_log(doing: &str, log: &impl fmt::Display) -> String {
    format!("{doing} the log `{log}`")
}

/// What the server said, if it was the server.
fn database(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    match error {
        sqlx::Error::Database(error) => error.try_downcast_ref::<PgDatabaseError>(),
        _ => None,
    }
}

impl Fault {
    /// The SQLSTATE that the server sent; empty when it sent none.
    pub(crate) fn code(&self) -> &str {
        match self {
            Fault::Sqlx(error) => code_of(error),
            _ => "",
        }
    }

    /// The kind of store error that this becomes.
    pub(crate) fn kind(&self) -> StoreErrorKind {
        match self {
            Fault::Damaged(_) => StoreErrorKind::Corrupt,
            Fault::Refused(_) => StoreErrorKind::Invalid,
            Fault::Foreign(_) => StoreErrorKind::Foreign,
            Fault::Replaced(_) => StoreErrorKind::Replaced,
            Fault::Silent(_) => StoreErrorKind::Unavailable,
            Fault::Closed | Fault::Forked => StoreErrorKind::Closed,
            Fault::Synchronous(error) => error.kind(),
            Fault::Ended(_) => StoreErrorKind::Invalid,
            Fault::Failed { kind, .. } => *kind,
            Fault::Sqlx(error) => kind_of(error),
        }
    }

    /// Whether the statement certainly had no effect: the server refused it and lives on. Everything else may have been
    /// said after a commit, or said nothing about it.
    pub(crate) fn is_definite(&self) -> bool {
        match self {
            // Nothing was sent.
            Fault::Sqlx(sqlx::Error::PoolTimedOut) => true,
            Fault::Sqlx(error) => database(error).is_some_and(|error| error.severity() == PgSeverity::Error),
            Fault::Damaged(_) | Fault::Silent(_) | Fault::Ended(_) => false,
            Fault::Refused(_)
            | Fault::Foreign(_)
            | Fault::Replaced(_)
            | Fault::Closed
            | Fault::Forked
            | Fault::Synchronous(_)
            | Fault::Failed { .. } => true,
        }
    }

    /// Whether the connection can be used again.
    pub(crate) fn spares_connection(&self) -> bool {
        self.is_definite() && !self.is_read_only() && !matches!(self, Fault::Failed { .. })
    }

    /// Whether the connection was found to be broken, and another one may do.
    pub(crate) fn has_broken_connection(&self) -> bool {
        matches!(self, Fault::Sqlx(_)) && self.kind() == StoreErrorKind::Unavailable && !self.is_definite()
    }

    /// Whether the server takes no writes. Another one may, under the same name.
    pub(crate) fn is_read_only(&self) -> bool {
        self.code() == "25006"
    }

    /// Whether the server chose another transaction over this one, which it has undone.
    pub(crate) fn gave_way(&self) -> bool {
        matches!(self.code(), "40001" | "40P01") || matches!(self, Fault::Failed { gave_way: true, .. })
    }

    /// Whether a transaction of this isolation level cannot append.
    pub(crate) fn is_of_isolation(&self) -> bool {
        self.code() == "ES003"
    }

    /// Whether the log takes no writes.
    fn is_sealed(&self) -> bool {
        self.code() == "ES004"
    }

    /// Whether the server refuses everything in this transaction because of what failed in it before.
    pub(crate) fn is_in_failed_transaction(&self) -> bool {
        self.code() == "25P02"
    }

    /// Whether what was sent is to blame, and not the state of the database: other appends may go through without it.
    pub(crate) fn blames_data(&self) -> bool {
        let class = self.code().get(..2).unwrap_or_default();
        matches!(self, Fault::Refused(_) | Fault::Synchronous(SynchronousError::Failed { .. }))
            || matches!(class, "21" | "22" | "23" | "54")
            || self.is_sealed()
    }

    /// A failure whose text says what could not be done.
    pub(crate) fn told(error: StoreError) -> Fault {
        Fault::Failed { kind: error.kind(), text: error.to_string(), gave_way: false }
    }

    /// As [`Fault::into_error`], for one of several callers.
    pub(crate) fn to_error(&self, doing: &str, log: &impl fmt::Display) -> StoreError {
        let error = StoreError::new(self.kind(), self.text(doing, log));
        match self {
            Fault::Synchronous(source) => error.with_source(source.clone()),
            _ => error,
        }
    }

    /// The error that a caller sees: what was tried on which log, what the database said, and what to do.
    pub(crate) fn into_error(self, doing: &str, log: &impl fmt::Display) -> StoreError {
        self.into_failure(&on_log(doing, log))
    }

    /// The same where there is no log yet.
    pub(crate) fn into_failure(self, to_do: &str) -> StoreError {
        let error = StoreError::new(self.kind(), self.failure(to_do));
        match self {
            Fault::Sqlx(source) => error.with_source(source),
            Fault::Synchronous(source) => error.with_source(source),
            _ => error,
        }
    }

    /// The text of [`Fault::into_error`].
    pub(crate) fn text(&self, doing: &str, log: &impl fmt::Display) -> String {
        self.failure(&on_log(doing, log))
    }

    fn failure(&self, to_do: &str) -> String {
        format!("cannot {to_do}: {self}{}", self.remedy())
    }

    fn remedy(&self) -> &'static str {
        match self.code() {
            "ES001" => "; it was renamed, or restored from another one: open the store again",
            "ES002" => {
                "; a pooler mixes the statements of its clients up: let it hand out connections by session, or keep prepared \
                 statements apart (PgBouncer 1.21 or newer with `max_prepared_statements`)"
            }
            "ES004" => {
                "\nhelp: most likely it was moved; open the store that it was moved to, or let it take writes again with `eskit store unseal`"
            }
            "ES003" => {
                "; begin it with `BEGIN ISOLATION LEVEL READ COMMITTED`, in sqlx with \
                 `pool.begin_with(\"BEGIN ISOLATION LEVEL READ COMMITTED\")`"
            }
            "55P03" => "; another transaction holds the turn to append for longer than `lock_timeout`: try again",
            "57014" => "; the server's `statement_timeout` ran out, or somebody cancelled: try again, or raise it",
            "25P02" => "; the transaction failed earlier: roll it back",
            "25P03" => "; the transaction was idle for longer than the server allows: begin it again",
            "40001" | "40P01" => "; another transaction came first: begin again",
            "25006" => "; the server is a standby or the session is read-only: connect to the primary",
            "53100" => "; the disk of the server is full: free space, then try again",
            "53300" => "; lower `max_connections` of the pools, or raise the server's",
            "42P01" | "42883" | "3F000" | "42703" => "; run the migrations, or open with `migrate(true)`",
            "42501" => "; grant this role USAGE on the schema and rights on its tables and functions",
            "28000" | "28P01" => "; check user and password",
            "3D000" => "; create the database",
            "22P02" | "22P05" => {
                "; a payload is no JSON, or holds what the column type of payloads cannot, such as `\\u0000`"
            }
            "08P01" if self.to_string().contains("unsupported startup parameter") => {
                "; let the pooler pass over it (in PgBouncer `ignore_startup_parameters`), or do not send it: sqlx sends \
                 `extra_float_digits` unless `PgConnectOptions::extra_float_digits(None)` is set"
            }
            _ => match self {
                Fault::Sqlx(sqlx::Error::PoolTimedOut) => {
                    "; no connection became free, or could be made, within the pool's `acquire_timeout`: raise its \
                     `max_connections`, look for leaks, and check that the server answers"
                }
                Fault::Sqlx(sqlx::Error::Io(error)) if is_unreachable(error.kind()) => {
                    "; the server cannot be reached: check host and port, and whether it runs"
                }
                // Told by its text alone: its kind has no name yet.
                Fault::Sqlx(sqlx::Error::Io(error)) if error.to_string().starts_with("failed to lookup address") => {
                    "; no server of this name is known: check the host in the DSN, and the name service"
                }
                Fault::Sqlx(sqlx::Error::Tls(error)) if error.to_string().contains("without TLS") => {
                    "\nhelp: add sqlx to your dependencies with a feature for TLS, such as `tls-rustls-ring-native-roots`"
                }
                Fault::Sqlx(error) if is_of_certificate(error) => {
                    "\nhelp: name the authority that signed the server's certificate with `sslrootcert` in the DSN, and the host for which \
                     the certificate is"
                }
                Fault::Silent(_) => {
                    "; the connection was closed: look for a firewall that forgets connections, and for a server that is \
                     overloaded, or raise `call_timeout`"
                }
                Fault::Closed => "; open it again",
                Fault::Forked => "\nhelp: open a store in this process, after the fork",
                _ => "",
            },
        }
    }
}

/// Whether the server's certificate was refused. The handshake of rustls fails as input and output.
fn is_of_certificate(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Tls(_) => true,
        sqlx::Error::Io(error) => {
            error.kind() == std::io::ErrorKind::InvalidData && error.to_string().contains("certificate")
        }
        _ => false,
    }
}

fn is_unreachable(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable, NotFound};
    // A socket file that is not there is not found.
    matches!(kind, ConnectionRefused | HostUnreachable | NetworkUnreachable | NotFound)
}

fn kind_of_code(code: &str) -> StoreErrorKind {
    match code {
        "55P03" | "57014" | "40001" | "40P01" => StoreErrorKind::Busy,
        "25P03" | "25P04" | "53300" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05" => StoreErrorKind::Unavailable,
        "25006" => StoreErrorKind::ReadOnly,
        "42501" => StoreErrorKind::Denied,
        "ES003" => StoreErrorKind::Unsupported,
        "ES004" => StoreErrorKind::Sealed,
        "53100" => StoreErrorKind::Full,
        "42P01" | "42883" | "3F000" | "42703" | "ES002" => StoreErrorKind::Foreign,
        "ES001" => StoreErrorKind::WrongLog,
        "XX001" | "XX002" | "P0002" => StoreErrorKind::Corrupt,
        _ => match code.get(..2).unwrap_or_default() {
            "08" => StoreErrorKind::Unavailable,
            "53" => StoreErrorKind::Busy,
            "21" | "22" | "54" => StoreErrorKind::Invalid,
            _ => StoreErrorKind::Other,
        },
    }
}

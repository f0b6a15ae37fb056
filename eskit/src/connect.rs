use std::pin::Pin;

use eskit_runtime::__private::{is_like, slips};
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::transfer::AnyTransfer;
use eskit_runtime::{AnyStore, StoreError};

use crate::memory::MemoryStore;

/// Opens the store that a DSN names, and creates or migrates its file or its tables.
///
/// | DSN | store | feature |
/// |---|---|---|
/// | `memory:` | a [`MemoryStore`], empty | |
/// | `sqlite:///var/lib/app.db` | SQLite at an absolute path | `sqlite` |
/// | `sqlite://app.db` or `sqlite:app.db` | SQLite at a path relative to the working directory | `sqlite` |
/// | `postgres://user:password@host:port/database` | PostgreSQL, in the schema `eskit` of a database that exists | `postgres` |
/// | `nats://user:password@host:port,host2:port/log` | a stream of NATS JetStream; parameters: see `NatsOptions::connect` | `nats` |
///
/// White space around a DSN and control characters in it are refused, since a trailing line break would become part of a file
/// name. A path is taken literally: `%20` is not a space. SQLite DSNs have no parameters, so a `?` is refused; to open a file with
/// such a name, use `SqliteStore::open`. PostgreSQL DSNs have the parameters of sqlx, such as `?sslmode=require`.
///
/// A log on NATS has no read models beside it: open views in a file of SQLite or in PostgreSQL.
///
/// A store needs no explicit close: a completed append is in the log, and the store closes when its last clone is dropped.
///
/// [`ConnectOptions`] opens a log only if it is there, or only for reading. Each store has further options of its own; to set them,
/// open the store by its own type.
///
/// ```
/// # use eskit::prelude::*;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), eskit::StoreError> {
/// let app = App::new(eskit::connect("memory:").await?);
/// # Ok(()) }
/// ```
///
/// # Errors
/// [`StoreErrorKind::Invalid`] if the DSN names no store of this build; otherwise the error of opening the store.
pub async fn connect(dsn: &str) -> Result<AnyStore, StoreError> {
    ConnectOptions::new().connect(dsn).await
}

/// Options for opening the store that a DSN names: for programs that work on the logs of others.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), eskit::StoreError> {
/// use eskit::ConnectOptions;
///
/// let log = ConnectOptions::new().create(false).read_only(true).connect("sqlite:///var/lib/app.db").await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct ConnectOptions {
    create: bool,
    read_only: bool,
    schema: Option<String>,
}

impl Default for ConnectOptions {
    fn default() -> ConnectOptions {
        ConnectOptions { create: true, read_only: false, schema: None }
    }
}

impl ConnectOptions {
    /// The defaults, those of [`connect`].
    pub fn new() -> ConnectOptions {
        ConnectOptions::default()
    }

    /// Whether to create a log that is missing, and to bring one of an earlier version up to date. Otherwise both are errors, and
    /// nothing is written.
    #[must_use]
    pub fn create(mut self, create: bool) -> ConnectOptions {
        self.create = create;
        self
    }

    /// Whether to open the log for reading only. A file of SQLite then refuses to be written, and is not created or migrated. On
    /// PostgreSQL and NATS, the rights of the role decide; a missing stream of NATS is not created.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> ConnectOptions {
        self.read_only = read_only;
        self
    }

    /// The schema of a log in PostgreSQL: `eskit` by default. Other stores have none.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> ConnectOptions {
        self.schema = Some(schema.into());
        self
    }

    /// Opens the store that a DSN names, as [`connect`] does.
    ///
    /// # Errors
    /// [`StoreErrorKind::Invalid`] if the DSN names no store of this build; otherwise the error of opening the store.
    pub async fn connect(&self, dsn: &str) -> Result<AnyStore, StoreError> {
        if dsn.trim() != dsn || dsn.contains(char::is_control) {
            return Err(untrimmed(dsn));
        }
        let scheme =
            dsn.split_once(':').and_then(|(name, _)| SCHEMES.iter().find(|scheme| scheme.names.contains(&name)));
        match scheme.map(|scheme| (scheme.open, scheme.feature)) {
            Some((Some(open), _)) => open(dsn, self).await,
            Some((None, feature)) => {
                Err(unknown(dsn, &format!("this build leaves it out; switch on the feature `{feature}` of eskit")))
            }
            None => Err(unknown(dsn, &format!("it names no store{}", meant(dsn)))),
        }
    }
}

/// The store as one whose whole log can be given out and loaded as records, such as by the functions of the crate `eskit-transfer`; `None`
/// for a store of another type than those that [`connect`] opens.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), eskit::StoreError> {
/// use eskit::transfer::{DumpFrom, Transfer};
///
/// let store = eskit::connect("memory:").await?;
/// let records = eskit::as_transfer(&store).ok_or_else(|| eskit::StoreError::new(
///     eskit::log::StoreErrorKind::Unsupported,
///     "this store does not give out its log as records",
/// ))?;
/// assert!(records.dump(&DumpFrom::START).await?.records.is_empty());
/// # Ok(()) }
/// ```
pub fn as_transfer(store: &AnyStore) -> Option<AnyTransfer> {
    let found = AnyTransfer::of::<MemoryStore>(store);
    #[cfg(feature = "sqlite")]
    let found = found.or_else(|| AnyTransfer::of::<eskit_sqlite::SqliteStore>(store));
    #[cfg(feature = "postgres")]
    let found = found.or_else(|| AnyTransfer::of::<eskit_postgres::PostgresStore>(store));
    #[cfg(feature = "nats")]
    let found = found.or_else(|| AnyTransfer::of::<eskit_nats::NatsStore>(store));
    found
}

type Opening<'d> = Pin<Box<dyn Future<Output = Result<AnyStore, StoreError>> + Send + 'd>>;

/// A kind of DSN.
struct Scheme {
    /// What stands before the colon.
    names: &'static [&'static str],
    /// What such a DSN looks like.
    form: &'static str,
    /// The feature without which nothing opens it.
    feature: &'static str,
    open: Option<for<'d> fn(&'d str, &'d ConnectOptions) -> Opening<'d>>,
}

const SCHEMES: &[Scheme] = &[
    Scheme {
        names: &["memory"],
        form: "`memory:`",
        feature: "",
        open: Some(|dsn, options| Box::pin(memory(dsn, options))),
    },
    Scheme {
        names: &["sqlite"],
        form: "`sqlite:///path/to/file.db`",
        feature: "sqlite",
        #[cfg(feature = "sqlite")]
        open: Some(|dsn, options| Box::pin(sqlite(dsn, options))),
        #[cfg(not(feature = "sqlite"))]
        open: None,
    },
    Scheme {
        names: &["postgres", "postgresql"],
        form: "`postgres://user@host/database`",
        feature: "postgres",
        #[cfg(feature = "postgres")]
        open: Some(|dsn, options| Box::pin(postgres(dsn, options))),
        #[cfg(not(feature = "postgres"))]
        open: None,
    },
    Scheme {
        names: &["nats", "tls"],
        form: "`nats://host:4222/log`",
        feature: "nats",
        #[cfg(feature = "nats")]
        open: Some(|dsn, options| Box::pin(nats(dsn, options))),
        #[cfg(not(feature = "nats"))]
        open: None,
    },
];

async fn memory(dsn: &str, options: &ConnectOptions) -> Result<AnyStore, StoreError> {
    match dsn {
        "memory:" if !options.create || options.read_only => {
            let text =
                "`memory:` is always a new log, and there is nothing in it to read\nhelp: name a log in a database";
            Err(StoreError::new(StoreErrorKind::Invalid, text))
        }
        "memory:" => Ok(AnyStore::new(MemoryStore::new())),
        _ => Err(unknown(dsn, "nothing stands behind `memory:`")),
    }
}

#[cfg(feature = "postgres")]
async fn postgres(dsn: &str, options: &ConnectOptions) -> Result<AnyStore, StoreError> {
    let mut opening = eskit_postgres::PostgresStore::options().migrate(options.create && !options.read_only);
    if let Some(schema) = &options.schema {
        opening = opening.schema(schema);
    }
    Ok(AnyStore::new(opening.connect(dsn).await?))
}

#[cfg(feature = "nats")]
async fn nats(dsn: &str, options: &ConnectOptions) -> Result<AnyStore, StoreError> {
    if options.schema.is_some() {
        let text = "a log on NATS has no schemas\nhelp: leave the schema out; the DSN names the log";
        return Err(StoreError::new(StoreErrorKind::Invalid, text));
    }
    let opening = eskit_nats::NatsStore::options().create(options.create && !options.read_only);
    Ok(AnyStore::new(opening.connect(dsn).await?))
}

#[cfg(feature = "sqlite")]
async fn sqlite(dsn: &str, options: &ConnectOptions) -> Result<AnyStore, StoreError> {
    let path = dsn.strip_prefix("sqlite:").unwrap_or(dsn);
    match path.strip_prefix("//").unwrap_or(path) {
        "" => Err(unknown(dsn, "it names no file")),
        ":memory:" => Err(unknown(dsn, "SQLite in memory is no store of eskit")),
        path if path.contains('?') => {
            let help = "leave out what begins with `?`, and set options with `SqliteStore::options()`";
            let text = format!("the DSN `{dsn}` has parameters, but those of SQLite have none\nhelp: {help}");
            Err(StoreError::new(StoreErrorKind::Invalid, text))
        }
        _ if options.schema.is_some() => {
            let text = "a file of SQLite has no schemas\nhelp: leave the schema out, or name a database of PostgreSQL";
            Err(StoreError::new(StoreErrorKind::Invalid, text))
        }
        path => {
            let ConnectOptions { create, read_only, .. } = *options;
            let opening = eskit_sqlite::SqliteStore::options().create(create).migrate(create).read_only(read_only);
            Ok(AnyStore::new(opening.open(path).await?))
        }
    }
}

/// The error for a DSN with white space or control characters around it.
fn untrimmed(dsn: &str) -> StoreError {
    let scheme = dsn.split_once(':').map_or("", |(scheme, _)| scheme.trim());
    StoreError::new(
        StoreErrorKind::Invalid,
        format!(
            "the DSN `{}:..` begins or ends with white space, or holds a control character such as a line break\n\
             help: trim it, as in `eskit::connect(dsn.trim())`",
            scheme.escape_debug()
        ),
    )
}

/// The scheme that was probably meant.
fn meant(dsn: &str) -> String {
    let Some((found, _)) = dsn.split_once(':') else { return String::new() };
    let found = &found.to_lowercase();
    let names = SCHEMES.iter().filter(|scheme| scheme.open.is_some()).flat_map(|scheme| scheme.names);
    let like = names.filter(|name| is_like(found, name)).min_by_key(|name| slips(found, name));
    like.map(|name| format!(" (did you mean `{name}:`?)")).unwrap_or_default()
}

/// The error for a DSN that cannot be used. The part after the scheme may hold a password, so it shows no more than needed.
fn unknown(dsn: &str, why: &str) -> StoreError {
    let what = match dsn.split_once(':') {
        Some((scheme, _)) => format!("the DSN `{scheme}:..`"),
        None if dsn.is_empty() => "an empty DSN".to_owned(),
        // It may be one of libpq's, such as `host=localhost password=..`.
        None if dsn.contains(['=', ' ']) => "a DSN without a scheme".to_owned(),
        None => format!("the DSN `{dsn}` without a scheme"),
    };
    let forms: Vec<&str> = SCHEMES.iter().filter(|scheme| scheme.open.is_some()).map(|scheme| scheme.form).collect();
    StoreError::new(StoreErrorKind::Invalid, format!("cannot connect to {what}: {why}; write {}", forms.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dsn_that_names_no_store_is_refused_without_its_secrets() {
        for (dsn, expected) in [
            ("", "cannot connect to an empty DSN: it names no store; write `memory:`"),
            ("campus.db", "cannot connect to the DSN `campus.db` without a scheme: it names no store; write `memory:`"),
            ("host=h password=secret", "cannot connect to a DSN without a scheme: it names no store; write `memory:`"),
            ("mysql://u:secret@h/d", "cannot connect to the DSN `mysql:..`: it names no store; write `memory:`"),
        ] {
            let text = connect(dsn).await.unwrap_err().to_string();
            assert!(text.starts_with(expected), "{text}");
        }
        #[cfg(feature = "sqlite")]
        for dsn in ["sqlit:x", "sqllite:app.db", "SQLite:app.db"] {
            let text = connect(dsn).await.unwrap_err().to_string();
            assert!(text.contains("it names no store (did you mean `sqlite:`?); write `memory:`"), "{text}");
        }
        for dsn in [
            "mysql://user:secret@host/db",
            "sqlite:",
            "sqlite://",
            "sqlite::memory:",
            "memory:x",
            "postgres://user:secret@host:port/db",
            "nats://user:secret@host",
        ] {
            let error = connect(dsn).await.unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Invalid, "{dsn}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        let store = connect("memory:").await.unwrap();
        assert!(store.downcast_ref::<MemoryStore>().is_some() && store.downcast_ref::<AnyStore>().is_none());
    }

    /// A line break at the end of a variable must not open a new, empty file.
    #[tokio::test]
    async fn a_dsn_with_white_space_around_it_is_refused() {
        for dsn in [
            "memory:\n",
            " memory:",
            "sqlite://untrimmed.db\n",
            "sqlite://untrimmed.db\r\n",
            "sqlite://untrimmed.db ",
            "sqlite://un\ttrimmed.db",
            "postgres://user:secret@host/db\n",
        ] {
            let error = connect(dsn).await.unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Invalid, "{dsn:?}");
            assert!(error.to_string().contains("trim it"), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        assert!(!std::path::Path::new("untrimmed.db\n").exists());
    }

    #[cfg(feature = "sqlite")]
    #[tokio::test]
    async fn parameters_do_not_become_part_of_a_files_name() {
        let error = connect("sqlite://app.db?mode=rwc").await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Invalid);
        let expected =
            "the DSN `sqlite://app.db?mode=rwc` has parameters, but those of SQLite have none\nhelp: leave out";
        assert!(error.to_string().starts_with(expected), "{error}");
        assert!(!std::path::Path::new("app.db?mode=rwc").exists());
    }
}

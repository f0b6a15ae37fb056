use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::subscription::{ChangeHubs, LatestRequests};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

use crate::error::Fault;
use crate::sql::names::EQ;

use super::inner::{Inner, sleep};
use super::lease::Leases;
use super::lines::Lines;
use super::request_statements::RequestStatements;
use super::rights::{Rights, refused};
use super::schema::{self, quoted};
use super::statements::{BEGIN, Statements};
use super::tables::{FORMAT, Tables};
use super::work_statements::WorkStatements;

/// The shortest lease.
const LEASE_MIN: Duration = Duration::from_millis(100);

/// Options for opening [`PostgresViews`](crate::PostgresViews).
///
/// ```no_run
/// # mod eskit { pub use eskit_runtime::*; pub use eskit_postgres as postgres; }
/// # async fn example(pool: sqlx::PgPool) -> Result<(), eskit::StoreError> {
/// use eskit::postgres::PostgresViews;
///
/// let views = PostgresViews::options().schema("shop_views").open(pool).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostgresViewsOptions {
    schema: String,
    schema_prefix: String,
    create: bool,
    lease: Duration,
    call_timeout: Duration,
}

impl Default for PostgresViewsOptions {
    fn default() -> PostgresViewsOptions {
        let (lease, call_timeout) = (Duration::from_secs(10), Duration::from_secs(30));
        let schema = "eskit_views".to_owned();
        PostgresViewsOptions { schema, schema_prefix: String::new(), create: true, lease, call_timeout }
    }
}

impl PostgresViewsOptions {
    /// The defaults: checkpoints in the schema `eskit_views`, leases of 10 s, and calls of at most 30 s.
    pub fn new() -> PostgresViewsOptions {
        PostgresViewsOptions::default()
    }

    /// The schema for checkpoints and parked events: `a-z`, `0-9` and `_`. Read models have schemas of their own; see
    /// [`PostgresViewsOptions::schema_prefix`].
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> PostgresViewsOptions {
        self.schema = schema.into();
        self
    }

    /// What the names of the schemas of read models begin with: with `"acme_"`, the read model of `course-list` has the schema
    /// `acme_course_list`. Up to 20 of `a-z`, `0-9` and `_`; nothing by default. Views that share a database and keep the same
    /// projections, such as one for each tenant, need different ones. Once read models are there, it must stay.
    #[must_use]
    pub fn schema_prefix(mut self, prefix: impl Into<String>) -> PostgresViewsOptions {
        self.schema_prefix = prefix.into();
        self
    }

    /// Whether to create the tables if they are missing. Otherwise that is an error.
    #[must_use]
    pub fn create(mut self, create: bool) -> PostgresViewsOptions {
        self.create = create;
        self
    }

    /// How long a claim holds that is not renewed; at least 100 ms. It is renewed three times in that time. After a process was killed,
    /// another one takes its subscriptions over within that time. A process that ends cleanly gives them up at once.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> PostgresViewsOptions {
        self.lease = lease.max(LEASE_MIN);
        self
    }

    /// How long the server may take for each statement with which the views begin and end the transaction of a batch, and for its
    /// commit: 30 s by default. A connection that is silent for longer is given up, and the batch is handled again.
    ///
    /// Handlers may take as long as they like, also for their own statements: whether one waits for the server or for something else
    /// cannot be seen from outside. Against a server that never answers one of them, set a limit in the handler, such as
    /// `tokio::time::timeout`.
    #[must_use]
    pub fn call_timeout(mut self, timeout: Duration) -> PostgresViewsOptions {
        self.call_timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// Opens views in the database of this pool; creates their tables if they are missing. Transactions use connections of the pool;
    /// one more connection renews the leases.
    ///
    /// # Errors
    /// The database cannot be reached; the role may not create the tables; the schema holds those of another program, or of a newer
    /// version of this one.
    pub(crate) async fn prepare(self, pool: PgPool) -> Result<Inner, StoreError> {
        let tables = Tables::new(&self.schema)?;
        schema::check_prefix(&self.schema_prefix)?;
        let fail = |fault: Fault| fault.into_failure(&format!("open the views `{}`", self.schema));
        let mut connection = pool.acquire().await.map_err(|error| fail(error.into()))?;
        if find(&mut connection, &tables).await.map_err(fail)?.is_missing(&self.schema)? {
            if !self.create {
                return Err(missing(&self.schema));
            }
            create(&mut connection, &tables).await?;
        }
        let rights = Rights::of(&mut connection).await.map_err(fail)?;
        drop(connection);
        let (statements, requests) = (Arc::new(Statements::new(&tables)), RequestStatements::new(&tables));
        let leases = Leases::start(pool.clone(), Arc::clone(&statements), self.lease)?;
        let (lease, call_timeout) = (self.lease, self.call_timeout);
        let (work, claims, hubs) =
            (Arc::new(WorkStatements::new(&tables)), AtomicU32::default(), ChangeHubs::new(sleep));
        Ok(Inner {
            pool,
            tables,
            schema_prefix: self.schema_prefix,
            statements,
            work,
            requests,
            latest_requests: LatestRequests::default(),
            rights,
            lease,
            call_timeout,
            claims,
            lines: Lines::default(),
            leases,
            hubs,
        })
    }
}

/// What stands where the tables of the views belong.
enum Found {
    Nothing { has_schema: bool },
    Tables { version: i32 },
    Foreign,
}

impl Found {
    /// Whether the tables have to be created.
    fn is_missing(&self, schema: &str) -> Result<bool, StoreError> {
        let text = match self {
            Found::Nothing { .. } => return Ok(true),
            Found::Tables { version } if *version <= FORMAT => return Ok(false),
            Found::Tables { version } => format!(
                "the views `{schema}` have version {version}, but this program knows versions up to {FORMAT}\nhelp: update the program"
            ),
            Found::Foreign => format!(
                "tables of another program stand in the schema `{schema}`, where those of the views belong\nhelp: choose another schema with \
                 `PostgresViews::options().schema(\"..\")`"
            ),
        };
        Err(StoreError::new(StoreErrorKind::Foreign, text))
    }
}

fn missing(schema: &str) -> StoreError {
    let text = format!(
        "there are no views in the schema `{schema}` of this database\nhelp: check the database and the schema; a program that keeps \
         views creates them"
    );
    StoreError::new(StoreErrorKind::Unavailable, text)
}

async fn find(conn: &mut PgConnection, tables: &Tables) -> Result<Found, Fault> {
    let sql = format!(
        "SELECT pg_catalog.count(*) FILTER (WHERE c.relname {EQ} 'format'),
             pg_catalog.count(*) FILTER (WHERE c.relname {EQ} ANY ('{{versions,checkpoints,parked,snapshots,work,commands}}'::pg_catalog.text[])),
             EXISTS (SELECT FROM pg_catalog.pg_namespace n WHERE n.nspname {EQ} $1)
         FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid {EQ} c.relnamespace WHERE n.nspname {EQ} $1"
    );
    let query = sqlx::query_as::<_, (i64, i64, bool)>(AssertSqlSafe(sql)).bind(tables.schema_name());
    let (format, others, has_schema) = query.fetch_one(&mut *conn).await?;
    if format == 0 {
        return Ok(if others == 0 { Found::Nothing { has_schema } } else { Found::Foreign });
    }
    let version = sqlx::query_scalar(tables.sql("SELECT f.version FROM {format} f").safe()).fetch_optional(conn).await;
    match version.map_err(Fault::from) {
        Ok(Some(version)) if others == 6 => Ok(Found::Tables { version }),
        Ok(_) => Ok(Found::Foreign),
        Err(fault) if fault.code() == "42703" => Ok(Found::Foreign),
        Err(Fault::Sqlx(sqlx::Error::ColumnDecode { .. })) => Ok(Found::Foreign),
        Err(fault) => Err(fault),
    }
}

/// Creates the tables, unless another process has just done so.
async fn create(conn: &mut PgConnection, tables: &Tables) -> Result<(), StoreError> {
    let schema = tables.schema_name();
    let to_do = format!("create the tables of the views `{schema}`");
    let fail = |fault: Fault| fault.into_failure(&to_do);
    let rights = Rights::of(conn).await.map_err(fail)?;
    let mut transaction = conn.begin_with(BEGIN).await.map_err(|error| fail(error.into()))?;
    pin_path(&mut transaction).await.map_err(fail)?;
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(format!("{} views", tables.channel()))
        .execute(&mut *transaction)
        .await
        .map_err(|error| fail(error.into()))?;
    let found = find(&mut transaction, tables).await.map_err(fail)?;
    if !found.is_missing(schema)? {
        return Ok(());
    }
    if matches!(found, Found::Nothing { has_schema: false }) {
        let created = sqlx::raw_sql(tables.create_schema().safe()).execute(&mut *transaction).await;
        created.map_err(|error| rights.explain(error.into(), &to_do))?;
    }
    let created = sqlx::raw_sql(tables.create().safe()).execute(&mut *transaction).await;
    created.map_err(|error| match Fault::from(error) {
        fault if fault.code() == "42501" => {
            let grant = format!("GRANT USAGE, CREATE ON SCHEMA {} TO {}", quoted(schema), quoted(&rights.role));
            refused(&fault, &to_do, &grant)
        }
        fault => fail(fault),
    })?;
    transaction.commit().await.map_err(|error| fail(error.into()))
}

/// Names in what follows mean what PostgreSQL means by them.
pub(crate) async fn pin_path(conn: &mut PgConnection) -> Result<(), Fault> {
    sqlx::raw_sql("SET LOCAL search_path = pg_catalog, pg_temp").execute(conn).await?;
    Ok(())
}

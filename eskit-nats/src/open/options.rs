use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::{Client, ConnectError, ConnectErrorKind, ConnectOptions, ServerAddr};
use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;

use crate::api::jetstream::{JetStream, Refusal, STREAM_EXISTS, STREAM_NOT_FOUND};
use crate::api::monitor::syncs_always;
use crate::api::stream::StreamState;
use crate::error::Fault;
use crate::open::dsn::{Dsn, Login};
use crate::open::settings::{check, check_version, configuration};

/// How long one look for a stream may take.
const PROBE_MAX: Duration = Duration::from_secs(1);
/// The pause before a stream that is being created is looked for again.
const PAUSE: Duration = Duration::from_millis(20);

/// How to open a log on NATS JetStream.
///
/// ```no_run
/// # async fn example() -> Result<(), eskit_runtime::StoreError> {
/// use std::time::Duration;
/// use eskit_nats::NatsStore;
///
/// let dsn = "nats://a.example,b.example,c.example/orders\
///            ?monitor=http://a.example:8222,http://b.example:8222,http://c.example:8222";
/// let store = NatsStore::options().retry_for(Duration::from_secs(30)).connect(dsn).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct NatsOptions {
    pub(crate) connection: ConnectOptions,
    pub(crate) is_created: bool,
    pub(crate) request_timeout: Duration,
    pub(crate) read_timeout: Duration,
    pub(crate) retry_for: Duration,
    pub(crate) on_progress: Option<Arc<dyn Fn(Progress) + Send + Sync>>,
}

/// How far a store that opens has read its log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Progress {
    /// Messages of the stream that were read.
    pub read: u64,
    /// Messages that the stream had when the store began to open. Each holds one append or more.
    pub messages: u64,
}

impl Default for NatsOptions {
    fn default() -> NatsOptions {
        NatsOptions {
            connection: ConnectOptions::new().name("eskit"),
            is_created: true,
            request_timeout: Duration::from_secs(3),
            read_timeout: Duration::from_secs(20),
            retry_for: Duration::from_secs(20),
            on_progress: None,
        }
    }
}

impl std::fmt::Debug for NatsOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NatsOptions")
            .field("is_created", &self.is_created)
            .field("request_timeout", &self.request_timeout)
            .field("read_timeout", &self.read_timeout)
            .field("retry_for", &self.retry_for)
            .finish_non_exhaustive()
    }
}

impl NatsOptions {
    /// How to connect, such as with a token, credentials or certificates. User and password may stand in the DSN.
    #[must_use]
    pub fn connection(mut self, options: ConnectOptions) -> NatsOptions {
        self.connection = options;
        self
    }

    /// Whether to create a stream that is missing; yes by default.
    #[must_use]
    pub fn create(mut self, create: bool) -> NatsOptions {
        self.is_created = create;
        self
    }

    /// How long one request to the server may take, 3 s by default. A publish that takes longer is repeated.
    #[must_use]
    pub fn request_timeout(mut self, time: Duration) -> NatsOptions {
        self.request_timeout = time.max(Duration::from_millis(1));
        self
    }

    /// How long a read waits for a leader of the stream and for events that this process has not read yet, 20 s by default. Opening fails
    /// if no event was read for this long.
    #[must_use]
    pub fn read_timeout(mut self, time: Duration) -> NatsOptions {
        self.read_timeout = time.max(Duration::from_millis(1));
        self
    }

    /// How long to find out what became of an append whose answer was lost, 20 s by default.
    #[must_use]
    pub fn retry_for(mut self, time: Duration) -> NatsOptions {
        self.retry_for = time;
        self
    }

    /// Tells how far the log was read while the store opens: five times a second, and at the end.
    #[must_use]
    pub fn on_progress(mut self, tell: impl Fn(Progress) + Send + Sync + 'static) -> NatsOptions {
        self.on_progress = Some(Arc::new(tell));
        self
    }

    /// Connects to the servers of a DSN, and checks them and the stream.
    pub(crate) async fn open_stream(&self, dsn: &Dsn) -> Result<(JetStream, StreamState), StoreError> {
        let client = self.connect_client(dsn).await?;
        let info = client.server_info();
        check_version(&info.version)?;
        if !info.jetstream {
            let text = "the NATS server has JetStream switched off\nhelp: start it with `-js`, or with `jetstream {}` in its configuration";
            return Err(StoreError::new(StoreErrorKind::Invalid, text));
        }
        verify_durability(dsn, self.request_timeout).await?;
        let jetstream = JetStream { client, timeout: self.request_timeout };
        let state = self.find_stream(&jetstream, dsn).await?;
        check(&dsn.log, &state.config, dsn.replicas)?;
        Ok((jetstream, state))
    }

    async fn connect_client(&self, dsn: &Dsn) -> Result<Client, StoreError> {
        let invalid = |error: std::io::Error| {
            StoreError::new(StoreErrorKind::Invalid, format!("the DSN `nats:..` names no server: {error}"))
        };
        let servers: Result<Vec<ServerAddr>, _> = dsn.servers.iter().map(|server| server.parse()).collect();
        let connection = self.connection.clone();
        let connection = match dsn.login.clone() {
            Some(Login::User(user, password)) => connection.user_and_password(user, password),
            Some(Login::Token(token)) => connection.token(token),
            None => connection,
        };
        let connecting = connection.connect(servers.map_err(invalid)?);
        // Without a TLS backend, it panics where it meets TLS.
        match eskit_runtime::store_kit::contain_polls(connecting).await {
            Ok(Ok(client)) => Ok(client),
            Ok(Err(error)) => {
                let (kind, help) = remedy(&error);
                Err(StoreError::new(kind, format!("cannot connect to NATS: {error}\nhelp: {help}")).with_source(error))
            }
            Err(text) => {
                let text = format!(
                    "cannot connect to NATS with TLS: {text}\nhelp: add `async-nats` to your dependencies, with the feature `ring` or `aws-lc-rs`"
                );
                Err(StoreError::new(StoreErrorKind::Invalid, text))
            }
        }
    }

    /// Finds or creates the stream. One that another process creates at the same time has no leader at first, and nobody answers for it.
    async fn find_stream(&self, jetstream: &JetStream, dsn: &Dsn) -> Result<StreamState, StoreError> {
        let started = Instant::now();
        let jetstream = JetStream { timeout: self.request_timeout.min(PROBE_MAX), ..jetstream.clone() };
        loop {
            let refusal = match self.try_find_stream(&jetstream, dsn).await {
                Ok(state) => return Ok(state),
                Err(refusal) => refusal,
            };
            if refusal.number() == Some(STREAM_NOT_FOUND) {
                let text =
                    format!("there is no stream `{}`\nhelp: check the DSN, or open it so that it is created", dsn.log);
                return Err(StoreError::new(StoreErrorKind::Unavailable, text));
            }
            let is_coming = refusal.is_temporary() || refusal.number() == Some(STREAM_EXISTS);
            if !is_coming || started.elapsed() >= self.read_timeout {
                return Err(refusal.fault(&format!("open the stream `{}`", dsn.log)).into());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn try_find_stream(&self, jetstream: &JetStream, dsn: &Dsn) -> Result<StreamState, Refusal> {
        match jetstream.stream_state(&dsn.log).await {
            Err(refusal) if refusal.number() == Some(STREAM_NOT_FOUND) && self.is_created => {
                jetstream.create_stream(&dsn.log, configuration(&dsn.log, dsn.replicas)).await
            }
            found => found,
        }
    }
}

/// Makes sure that servers sync each message before they acknowledge it, unless the DSN waives it.
async fn verify_durability(dsn: &Dsn, limit: Duration) -> Result<(), StoreError> {
    let help = "help: set `jetstream { sync_interval: always }` on each server, and name the monitoring port of each with `monitor=http://host:8222,..`; \
                or accept that acknowledged events may be lost with `durability=unverified`";
    if dsn.is_unverified {
        return Ok(());
    }
    let servers = usize::try_from(dsn.replicas).unwrap_or(usize::MAX);
    if dsn.monitors.len() < servers {
        let text = format!(
            "it is not known whether the NATS servers sync what they acknowledge: {servers} monitoring ports are needed, found {}\n{help}",
            dsn.monitors.len()
        );
        return Err(StoreError::new(StoreErrorKind::Invalid, text));
    }
    for url in &dsn.monitors {
        match syncs_always(url, limit).await {
            Ok(true) => {}
            Ok(false) => {
                let text = format!(
                    "the NATS server at `{url}` does not sync what it acknowledges: events could be lost with its power\n{help}"
                );
                return Err(StoreError::new(StoreErrorKind::Invalid, text));
            }
            Err(text) => {
                return Err(Fault::unavailable(format!("cannot verify that NATS syncs: {text}\n{help}")).into());
            }
        }
    }
    Ok(())
}

/// What a failure to connect is, and what to do about it.
fn remedy(error: &ConnectError) -> (StoreErrorKind, &'static str) {
    // The handshake fails as input and output.
    let is_of_certificate = error.to_string().contains("certificate");
    match error.kind() {
        ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => (
            StoreErrorKind::Denied,
            "check the user and the password, or the token, of the DSN; for credentials of another kind, see `NatsOptions::connection`",
        ),
        kind if kind == ConnectErrorKind::Tls || is_of_certificate => (
            StoreErrorKind::Unavailable,
            "if the authority that signed the server's certificate is your own, name it with `add_root_certificates` in \
             `NatsOptions::connection`; the certificate must be valid for the host of the DSN",
        ),
        _ => (StoreErrorKind::Unavailable, "check the address, and that the server runs"),
    }
}

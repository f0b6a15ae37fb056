//! Serves the shop: `cargo run -p shop [DSN]`. The address is `SHOP_ADDRESS`, or 127.0.0.1:3000.

use std::error::Error;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use eskit::sqlite::SqliteViews;
use eskit_axum::{DropSlow, Prometheus};
use eskit_otel::Traces;
use shop::{Mailer, Settings, Shop, router};
use tokio::net::TcpListener;
use tracing_subscriber::prelude::*;

const USAGE: &str = "usage: shop [DSN]

Serves a shop over HTTP, at the address in SHOP_ADDRESS, or at 127.0.0.1:3000.

  DSN   the log: `sqlite:shop.db` when left out; with `--features postgres` also `postgres://user@host/database`,
        with `--features nats` also `nats://host/log?monitor=http://host:8222`

SHOP_VIEWS is where the lists and the work are, shared by all processes of the shop: `postgres://user@host/database`, or
`sqlite:shop.views.db` for processes on one machine. A log on NATS needs it; others have them beside the log when left out.
SHOP_PAY_WITHIN is the time to pay in seconds, 1800 when left out. SHOP_MAIL is the address of a mail service, such as
http://127.0.0.1:8025/messages; without it, no mail is sent. SHOP_OWNER gets the report of each night.
OTEL_EXPORTER_OTLP_ENDPOINT is the address of a collector of traces, such as http://127.0.0.1:4318.";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let dsn = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => "sqlite:shop.db".to_owned(),
        [dsn] if !dsn.starts_with('-') => dsn.to_owned(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&dsn).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Collects metrics and traces for as long as the shop is open.
async fn run(dsn: &str) -> Result<(), Box<dyn Error>> {
    let (prometheus, traces) = (Prometheus::install()?, traces()?);
    let served = open(dsn, prometheus).await;
    traces.map_or(Ok(()), Traces::shutdown)?;
    served
}

/// Opens the log, and the lists where the environment says, or beside the log: in files for SQLite, in schemas for PostgreSQL.
async fn open(dsn: &str, prometheus: Prometheus) -> Result<(), Box<dyn Error>> {
    let (store, settings) = (eskit::connect(dsn).await?, settings()?);
    let views = std::env::var("SHOP_VIEWS").ok();
    #[cfg(feature = "nats")]
    if views.is_none() && store.downcast_ref::<eskit::nats::NatsStore>().is_some() {
        return Err("a log on NATS has no lists beside it, and each process would send all mail if it had its own\nhelp: name views that all \
                    processes share in SHOP_VIEWS: `postgres://user@host/database`, or `sqlite:shop.views.db` on one machine"
            .into());
    }
    #[cfg(feature = "postgres")]
    {
        use eskit::postgres::{PostgresStore, PostgresViews};
        if let Some(dsn) = views.as_deref().filter(|views| views.starts_with("postgres")) {
            let views = PostgresViews::options().connect(dsn).await?;
            return serve(Shop::open(store, views, settings).await?, prometheus).await;
        }
        if let (Some(postgres), None) = (store.downcast_ref::<PostgresStore>(), &views) {
            let views = PostgresViews::open(postgres.pool().clone()).await?;
            return serve(Shop::open(store, views, settings).await?, prometheus).await;
        }
    }
    let file = match (&views, store.downcast_ref::<eskit::sqlite::SqliteStore>()) {
        (Some(views), _) => match views.strip_prefix("sqlite:") {
            Some(file) => PathBuf::from(file),
            None => return Err("`SHOP_VIEWS` names no views of this build\nhelp: write `sqlite:shop.views.db`".into()),
        },
        (None, Some(sqlite)) => sqlite.path().with_extension("views.db"),
        (None, None) => return serve(Shop::open(store, eskit::MemoryViews::new(), settings).await?, prometheus).await,
    };
    serve(Shop::open(store, SqliteViews::open(file).await?, settings).await?, prometheus).await
}

/// Exports traces if the environment names a collector, as `OTEL_EXPORTER_OTLP_ENDPOINT`.
fn traces() -> Result<Option<Traces>, Box<dyn Error>> {
    if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_none() {
        return Ok(None);
    }
    let traces = Traces::export("shop")?;
    tracing_subscriber::registry().with(traces.layer()).try_init()?;
    Ok(Some(traces))
}

/// Serves until the program is told to end; requests that have begun are answered, and the subscriptions end after their batch.
async fn serve<V: shop::ShopViews>(shop: Shop<V>, prometheus: Prometheus) -> Result<(), Box<dyn Error>> {
    let address = std::env::var("SHOP_ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    let listener = TcpListener::bind(&address).await.map_err(|error| format!("cannot listen at {address}: {error}"))?;
    writeln!(std::io::stdout(), "the shop is open at http://{}", listener.local_addr()?)?;
    let routes = router(shop.clone()).merge(prometheus.router(shop.app().clone()));
    axum::serve(DropSlow::new(listener), routes).with_graceful_shutdown(eskit::shutdown_signal()).await?;
    shop.close().await?;
    writeln!(std::io::stdout(), "the shop is closed")?;
    Ok(())
}

/// What the environment says: `SHOP_PAY_WITHIN` in seconds, `SHOP_MAIL` the address of the mail service, `SHOP_OWNER` who gets the report.
fn settings() -> Result<Settings, Box<dyn Error>> {
    let mut settings = Settings::default();
    if let Ok(seconds) = std::env::var("SHOP_PAY_WITHIN") {
        let seconds = seconds.parse().map_err(|_| format!("`SHOP_PAY_WITHIN` is no number of seconds: `{seconds}`"))?;
        settings.pay_within = Duration::from_secs(seconds);
    }
    if let Ok(service) = std::env::var("SHOP_MAIL") {
        let service = service
            .parse()
            .map_err(|error| format!("`SHOP_MAIL` is no address, such as `http://127.0.0.1:8025/messages`: {error}"))?;
        let owner = std::env::var("SHOP_OWNER").unwrap_or_else(|_| "owner@shop.example".to_owned());
        settings.mail = Some((Mailer::new(service), owner));
    }
    Ok(settings)
}

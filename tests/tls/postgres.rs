//! A log in PostgreSQL.

use std::path::{Path, PathBuf};

use eskit::log::StoreErrorKind;
use eskit::prelude::*;
use eskit_postgres::testing::{self, Cluster, StopMode};
use tokio::task::spawn_blocking;

use crate::make_certificates;

/// Only connections with TLS, and those of the socket.
const ACCESS: &str = "local all all trust\nhostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n";

/// A server that takes TLS, its port, and the folder of the certificates.
fn server() -> Option<(Cluster, u16, PathBuf)> {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let options = Cluster::options().setting("listen_addresses", "localhost").setting("port", &port.to_string());
    let cluster = options.start().unwrap()?;
    // Its user may enter its folder.
    let folder = cluster.folder().join("tls");
    std::fs::create_dir(&folder).unwrap();
    make_certificates(&folder, cluster.folder());
    let data = cluster.folder().join("data");
    std::fs::write(data.join("pg_hba.conf"), ACCESS).unwrap();
    let [certificate, key] = ["server.pem", "server.key"].map(|name| folder.join(name).display().to_string());
    let settings = format!("ssl = on\nssl_cert_file = '{certificate}'\nssl_key_file = '{key}'\n");
    let configuration = data.join("postgresql.conf");
    let before = std::fs::read_to_string(&configuration).unwrap();
    std::fs::write(configuration, before + &settings).unwrap();
    cluster.stop(StopMode::Fast).unwrap();
    cluster.resume().unwrap();
    Some((cluster, port, folder))
}

fn dsn(host: &str, port: u16, mode: &str, authority: &Path) -> String {
    format!("postgres://eskit@{host}:{port}/postgres?sslmode={mode}&sslrootcert={}", authority.display())
}

#[tokio::test]
async fn a_log_is_reached_over_tls_and_the_server_is_verified() {
    let Some((_cluster, port, folder)) = spawn_blocking(server).await.unwrap() else {
        // Says so, or fails in CI.
        assert!(testing::database().await.unwrap().is_none() || std::env::var_os("ESKIT_TEST_POSTGRES").is_some());
        return;
    };
    let (authority, other) = (folder.join("authority.pem"), folder.join("other.pem"));
    for mode in ["require", "verify-ca", "verify-full"] {
        let dsn = dsn("localhost", port, mode, &authority);
        let store = PostgresStore::options().migrate(true).connect(&dsn).await.unwrap();
        store.append(Append::new(vec![NewEvent::json("e", "{}")])).await.unwrap();
        let sql =
            "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'eskit'";
        let all: bool = sqlx::query_scalar(sql).fetch_one(store.pool()).await.unwrap();
        assert!(all, "{mode}: a connection of the store is not encrypted");
        store.close().await;
    }
    for (host, mode, authority, told) in [
        ("localhost", "verify-ca", &other, "UnknownIssuer"),
        ("localhost", "verify-full", &other, "UnknownIssuer"),
        ("127.0.0.1", "verify-full", &authority, "not valid for name \"127.0.0.1\""),
    ] {
        let error = PostgresStore::connect(&dsn(host, port, mode, authority)).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
        assert!(error.to_string().contains(told), "{error}");
        assert!(error.to_string().contains("`sslrootcert`"), "{error}");
    }
    let plain = format!("postgres://eskit@localhost:{port}/postgres?sslmode=disable");
    assert!(PostgresStore::connect(&plain).await.unwrap_err().to_string().contains("no encryption"));
}

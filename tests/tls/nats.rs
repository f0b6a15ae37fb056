//! A log in NATS JetStream.

use std::path::PathBuf;

use async_nats::ConnectOptions;
use eskit::log::StoreErrorKind;
use eskit::prelude::*;
use eskit_nats::NatsStore;
use eskit_nats::testing::Server;
use tokio::task::spawn_blocking;

use crate::make_certificates;

/// A folder for certificates, which is removed.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn server() -> Option<(Server, Folder)> {
    let folder = Folder(std::env::temp_dir().join(format!("eskit-nats-tls-{}", std::process::id())));
    std::fs::create_dir(&folder.0).unwrap();
    make_certificates(&folder.0, &folder.0);
    let [certificate, key] = ["server.pem", "server.key"].map(|name| folder.0.join(name).display().to_string());
    let lines = format!("tls {{ cert_file: \"{certificate}\", key_file: \"{key}\" }}\n");
    Some((Server::start_configured(&lines).unwrap()?, folder))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_is_reached_over_tls_and_the_server_is_verified() {
    let Some((server, folder)) = spawn_blocking(server).await.unwrap() else { return };
    let open = |host: &str, scheme: &str, authority: &str| {
        let dsn = server.dsn("orders").replace("nats://127.0.0.1", &format!("{scheme}://{host}"));
        let trust = ConnectOptions::new().add_root_certificates(folder.0.join(authority));
        async move { NatsStore::options().connection(trust).connect(&dsn).await }
    };
    // A server that has TLS demands it, whatever the DSN says.
    for scheme in ["tls", "nats"] {
        let store = open("localhost", scheme, "authority.pem").await.unwrap();
        store.append(Append::new(vec![NewEvent::json("e", "{}")])).await.unwrap();
        assert!(!store.read(&Query::all(), ReadOptions::default()).await.unwrap().events.is_empty());
    }
    for (host, authority) in [("localhost", "other.pem"), ("127.0.0.1", "authority.pem")] {
        let error = open(host, "tls", authority).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
        assert!(error.to_string().contains("`add_root_certificates`"), "{error}");
    }
    let unknown = NatsStore::connect(&server.dsn("orders").replace("127.0.0.1", "localhost")).await.unwrap_err();
    assert!(unknown.to_string().contains("`add_root_certificates`"), "{unknown}");
}

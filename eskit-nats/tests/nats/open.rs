//! What is refused when a store opens, by name.

use std::sync::{Arc, Mutex};

use eskit_nats::testing::{Cluster, Server};
use eskit_nats::{NatsStore, Progress};
use eskit_runtime::EventStore;
use eskit_runtime::log::StoreErrorKind;
use serde_json::json;

use crate::{all, ask, client, new_log, one, refused, server};

#[tokio::test]
async fn each_wrong_setting_of_a_stream_is_named() {
    let Some(server) = server() else { return };
    let log = new_log("wrong");
    let wrong = json!({
        "name": log, "subjects": [format!("eskit.{log}")], "storage": "memory", "retention": "limits", "discard": "old",
        "max_age": 3_600_000_000_000_u64, "metadata": {"eskit-log": "0190b5a0-0000-7000-8000-000000000000"},
    });
    ask(&client(server).await, &format!("STREAM.CREATE.{log}"), wrong).await;
    let error = refused(&server.dsn(&log)).await;
    assert_eq!(error.kind(), StoreErrorKind::Invalid);
    let text = error.to_string();
    for setting in ["storage=file", "discard=new", "max_age=0", "deny_delete=true", "deny_purge=true"] {
        assert!(text.contains(&format!("- `{setting}` is demanded, found ")), "{setting}: {text}");
    }
    assert_eq!(text.lines().count(), 6, "{text}");
    assert!(text.contains(&format!("nats stream edit {log} --discard=new")), "{text}");
}

#[tokio::test]
async fn the_stream_of_another_program_is_foreign() {
    let Some(server) = server() else { return };
    let log = new_log("foreign");
    ask(&client(server).await, &format!("STREAM.CREATE.{log}"), json!({"name": log, "subjects": [log]})).await;
    assert_eq!(refused(&server.dsn(&log)).await.kind(), StoreErrorKind::Foreign);
}

#[tokio::test]
async fn a_missing_stream_is_created_only_if_it_may_be() {
    let Some(server) = server() else { return };
    let dsn = server.dsn(&new_log("missing"));
    let error = NatsStore::options().create(false).connect(&dsn).await.unwrap_err();
    assert!(error.to_string().starts_with("there is no stream `missing-"), "{error}");
    let created = NatsStore::connect(&dsn).await.unwrap();
    let opened = NatsStore::options().create(false).connect(&dsn).await.unwrap();
    assert_eq!(created.log_id().await.unwrap(), opened.log_id().await.unwrap());
}

/// Servers agree on a new stream before they show it: one of the processes finds it taken, and not there yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_create_a_stream_at_once_open_the_same_log() {
    let Some(cluster) = tokio::task::spawn_blocking(|| Cluster::start().unwrap()).await.unwrap() else { return };
    for _ in 0..5 {
        let dsn = cluster.dsn(&new_log("together"));
        let opening: Vec<_> = (0..4)
            .map(|_| {
                tokio::spawn({
                    let dsn = dsn.clone();
                    async move { NatsStore::connect(&dsn).await.unwrap().log_id().await.unwrap() }
                })
            })
            .collect();
        let mut ids = Vec::new();
        for opened in opening {
            ids.push(opened.await.unwrap());
        }
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }
}

/// One server keeps nothing three times, and the default is three.
#[tokio::test]
async fn fewer_replicas_than_demanded_are_refused() {
    let Some(server) = server() else { return };
    let log = new_log("replicas");
    let three = server.dsn(&log).replace("replicas=1", "replicas=3");
    let text = refused(&three).await.to_string();
    assert!(text.contains("replicas > 1 not supported"), "{text}");
    NatsStore::connect(&server.dsn(&log)).await.unwrap();
    let text = refused(&three).await.to_string();
    assert!(text.contains("- `num_replicas=3` is demanded, found 1: ") && text.contains("`replicas=1`"), "{text}");
}

#[tokio::test]
async fn a_server_that_does_not_sync_is_refused_unless_that_is_waived() {
    let Some(server) = server() else { return };
    let log = new_log("durability");
    let waived = server.dsn(&log);
    let text = refused(&waived.replace("&durability=unverified", "")).await.to_string();
    assert!(
        text.contains("1 monitoring ports are needed, found 0") && text.contains("durability=unverified"),
        "{text}"
    );
    let named = waived.replace("durability=unverified", &format!("monitor={}", server.monitor()));
    let text = refused(&named).await.to_string();
    assert!(text.contains("does not sync") && text.contains("sync_interval: always"), "{text}");
    let wrong = waived.replace("durability=unverified", &format!("monitor=http://{}", server.address()));
    let text = refused(&wrong).await.to_string();
    assert!(text.contains("cannot verify that NATS syncs") && text.contains("does not speak HTTP"), "{text}");
    let Some(durable) = Server::start_durable().unwrap() else { return };
    let store = NatsStore::connect(&durable.dsn(&log)).await.unwrap();
    store.append(one("test.Noted")).await.unwrap();
    assert_eq!(all(&store).await.len(), 1);
}

#[tokio::test]
async fn an_address_without_a_server_is_named() {
    let error = refused("nats://127.0.0.1:1/log?replicas=1&durability=unverified").await;
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(error.to_string().starts_with("cannot connect to NATS: "), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_opens_tells_how_far_it_is() {
    let Some(server) = server() else { return };
    let dsn = server.dsn(&new_log("progress"));
    let store = NatsStore::connect(&dsn).await.unwrap();
    for _ in 0..20 {
        store.append(one("test.Noted")).await.unwrap();
    }
    let told: Arc<Mutex<Vec<Progress>>> = Arc::default();
    let tell = Arc::clone(&told);
    let options = NatsStore::options().on_progress(move |progress| {
        tell.lock().unwrap().push(progress);
        panic!("told");
    });
    options.connect(&dsn).await.unwrap();
    let last = *told.lock().unwrap().last().unwrap();
    assert_eq!((last.read, last.messages), (20, 20));
}

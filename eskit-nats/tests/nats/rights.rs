//! Users of the server, and what they may do.

use std::time::Duration;

use eskit_nats::NatsStore;
use eskit_nats::testing::Server;
use eskit_runtime::EventStore;
use eskit_runtime::log::{AppendError, StoreErrorKind};
use tokio::task::spawn_blocking;

use crate::load::hasty;
use crate::{all, one, refused};

/// Users with all rights that `docs/nats.md` names, or all but one.
const USERS: &str = r#"authorization { users: [
  { user: app, password: "s@cret", permissions: { publish: [__ALL__], subscribe: ["_INBOX.>"] } }
  { user: no_info, password: secret, permissions: { publish: { allow: [__ALL__], deny: ["$JS.API.STREAM.INFO.>"] }, subscribe: ["_INBOX.>"] } }
  { user: no_create, password: secret, permissions: { publish: { allow: [__ALL__], deny: ["$JS.API.STREAM.CREATE.>"] }, subscribe: ["_INBOX.>"] } }
  { user: no_consumer, password: secret, permissions: { publish: { allow: [__ALL__], deny: ["$JS.API.CONSUMER.>"] }, subscribe: ["_INBOX.>"] } }
  { user: reader, password: secret, permissions: { publish: { allow: [__ALL__], deny: ["eskit.>"] }, subscribe: ["_INBOX.>"] } }
  { user: deaf, password: secret, permissions: { publish: [__ALL__], subscribe: { deny: ["_INBOX.>"] } } }
] }
"#;

const ALL: &str = r#""eskit.orders", "$JS.API.STREAM.INFO.orders", "$JS.API.STREAM.CREATE.orders", "$JS.API.CONSUMER.CREATE.orders.>",
"$JS.API.CONSUMER.DELETE.orders.>", "$JS.FC.>""#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_needs_the_rights_that_the_docs_name_and_is_told_which_one_is_missing() {
    let lines = USERS.replace("__ALL__", ALL);
    let Some(server) = spawn_blocking(move || Server::start_configured(&lines).unwrap()).await.unwrap() else { return };
    let dsn = |login: &str| server.dsn("orders").replace("nats://", &format!("nats://{login}"));
    let impatient = Duration::from_millis(500);
    let impatient = hasty().read_timeout(impatient).retry_for(impatient);
    let refused = async |login| impatient.clone().connect(&dsn(login)).await.map(drop).unwrap_err();
    let create = refused("no_create:secret@").await;
    assert!(create.to_string().contains("publish to `$JS.API.STREAM.CREATE.orders`"), "{create}");

    let store = NatsStore::connect(&dsn("app:s%40cret@")).await.unwrap();
    store.append(one("test.Noted")).await.unwrap();
    let other = NatsStore::connect(&dsn("app:s%40cret@")).await.unwrap();
    store.append(one("test.Noted")).await.unwrap();
    assert_eq!(all(&other).await.len(), 2);
    for login in ["", "app:wrong@", "token@"] {
        let error = refused(login).await;
        assert_eq!(error.kind(), StoreErrorKind::Denied, "{login}: {error}");
        assert!(!error.to_string().contains("wrong"), "{error}");
    }
    for (login, right) in [
        ("no_info:secret@", "`$JS.API.STREAM.INFO.orders`"),
        ("no_consumer:secret@", "`$JS.API.CONSUMER.CREATE.orders.>`"),
        ("deaf:secret@", "may not subscribe to `_INBOX.>`"),
    ] {
        let error = refused(login).await;
        assert!(error.kind() == StoreErrorKind::Unavailable && error.to_string().contains(right), "{login}: {error}");
    }
    let reader = impatient.connect(&dsn("reader:secret@")).await.unwrap();
    assert_eq!(all(&reader).await.len(), 2);
    let error = reader.append(one("test.Noted")).await.unwrap_err();
    assert!(
        matches!(&error, AppendError::UnknownOutcome(error) if error.to_string().contains("publish to `eskit.orders`")),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_may_stand_in_the_dsn() {
    let lines = "authorization { token: \"to:ken\" }\n";
    let Some(server) = spawn_blocking(|| Server::start_configured(lines).unwrap()).await.unwrap() else { return };
    let dsn = |token: &str| server.dsn("orders").replace("nats://", &format!("nats://{token}@"));
    NatsStore::connect(&dsn("to%3Aken")).await.unwrap().append(one("test.Noted")).await.unwrap();
    assert_eq!(refused(&dsn("other")).await.kind(), StoreErrorKind::Denied);
}

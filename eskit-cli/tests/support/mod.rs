//! Runs the program, makes logs for it, and compares what it prints with golden files.

#![allow(dead_code, reason = "each test target uses some of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use eskit::log::{Append, ContentType, EventId, NewEvent, Principal, PrincipalKind, StreamChange, StreamId, Tag, Tags};
use eskit::{EventStore, Metadata, Timestamp};

/// A folder of a test, removed at its end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(test: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("eskit-cli-{}-{test}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The DSN of a file in it.
    pub(crate) fn dsn(&self, name: &str) -> String {
        format!("sqlite:{}", self.path(name).display())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What the program printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Ended {
        Ended {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// The program with these arguments, without anything of this process that it would notice.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_eskit"));
    command
        .args(arguments)
        .env_remove("ESKIT_STORE")
        .env_remove("ESKIT_VIEWS")
        .env_remove("ESKIT_TO")
        .stdin(Stdio::null());
    command
}

/// Runs the program.
pub(crate) fn eskit(arguments: &[&str]) -> Ended {
    command(arguments).output().unwrap().into()
}

/// Runs the program on a log.
pub(crate) fn eskit_on(dsn: &str, arguments: &[&str]) -> Ended {
    command(arguments).env("ESKIT_STORE", dsn).output().unwrap().into()
}

/// Runs it, and returns what it printed.
#[track_caller]
pub(crate) fn ok_on(dsn: &str, arguments: &[&str]) -> String {
    let ended = eskit_on(dsn, arguments);
    assert_eq!(ended.code, 0, "{arguments:?}: {ended:?}");
    ended.out
}

/// Compares a text with a golden file; `BLESS=1` writes it.
#[track_caller]
pub(crate) fn golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, found).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "`{}` is stale\nhelp: run this test with BLESS=1\n{found}", path.display());
}

/// Puts a fixed text in place of the values of these fields, which differ from run to run.
pub(crate) fn scrub(json: &str, fields: &[&str]) -> String {
    // Only a server has what this check tells of.
    let is_of_server = |line: &&str| line.contains("\"check\":\"replication\"");
    let mut text: String = json.lines().filter(|line| !is_of_server(line)).map(|line| format!("{line}\n")).collect();
    for field in fields {
        let start = format!("\"{field}\":");
        let mut parts = text.split(&start);
        let mut scrubbed = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let end = part.find([',', '}']).unwrap_or(part.len());
            let value = if part.starts_with("null") { "null" } else { "\"..\"" };
            scrubbed.push_str(&format!("{start}{value}{}", &part[end..]));
        }
        text = scrubbed;
    }
    text
}

/// The id of the event with this number.
pub(crate) fn id(number: u8) -> EventId {
    let mut bytes = [0; 16];
    (bytes[6], bytes[8], bytes[15]) = (0x70, 0x80, number);
    EventId::from_bytes(bytes)
}

fn event(number: u8, name: &str, payload: &str, stream: Option<&str>) -> NewEvent {
    let mut event = NewEvent::json(name, payload);
    event.id = id(number);
    event.stream = stream.map(|id| StreamId::new("order", id));
    event.recorded_at = Some(Timestamp::from_micros(1_764_500_000_000_000 + i64::from(number) * 1_000_000));
    event
}

/// A small log: appends of one and of several events, causes and effects, payloads in several forms, streams in each status. The
/// events at the positions 6 and 7 were deleted.
pub(crate) async fn small_log(store: &impl EventStore) {
    let ada = Principal::new(PrincipalKind::User, "ada");
    let mut placed = event(
        1,
        "shop.OrderPlaced",
        "{\n  \"total\": 17.10,\r\n  \"big\": 123456789012345678901234567890\n}",
        Some("o-1"),
    );
    placed.tags = Tags::from_iter([Tag::new("sku", "tea"), Tag::new("sku", "cup")]);
    placed.metadata = Metadata::new().with_correlation_id("c-1").with_initiator(ada.clone()).with_originator(ada);
    let caused_by = |number: u8, mut event: NewEvent| {
        event.metadata = Metadata::new().with_correlation_id("c-1").with_causation_id(id(number).to_string());
        event
    };
    let reserved = caused_by(1, event(2, "stock.Reserved", r#"{"sku":"tea"}"#, None));
    let mut noted = caused_by(1, event(3, "shop.NoteTaken", r#""escape \u001b[31m""#, Some("o-1")));
    noted.metadata = noted.metadata.with("tenant", "t\u{1b}1");
    let mut label = caused_by(2, event(4, "stock.LabelPrinted", "", None));
    (label.content_type, label.payload) = (ContentType::new("application/octet-stream"), vec![0, 1, 2, 255]);
    let last = event(9, "shop.OrderPaid", "null", Some("o-4"));

    append(store, vec![placed]).await;
    append(store, vec![reserved, noted]).await;
    append(store, vec![label]).await;
    append(store, vec![event(5, "shop.OrderPlaced", r#"{"total":1}"#, Some("o-2"))]).await;
    append(
        store,
        vec![event(6, "shop.OrderPlaced", r#"{"total":2}"#, Some("o-3")), event(7, "shop.OrderPaid", "1", Some("o-3"))],
    )
    .await;
    append(store, vec![event(8, "shop.OrderPlaced", r#"{"total":3}"#, Some("o-4"))]).await;
    append(store, vec![caused_by(4, last)]).await;
    for (id, change) in [
        ("o-2", StreamChange::Archive),
        ("o-3", StreamChange::delete("erasure request 81")),
        ("o-4", StreamChange::tombstone("over")),
    ] {
        store.change_stream(&StreamId::new("order", id), change).await.unwrap();
    }
}

async fn append(store: &impl EventStore, events: Vec<NewEvent>) {
    store.append(Append::new(events)).await.unwrap();
}

/// A file with the small log.
pub(crate) fn small_file(folder: &Folder) -> String {
    let dsn = folder.dsn("small.db");
    block_on(async {
        let store = eskit::sqlite::SqliteStore::open(folder.path("small.db")).await.unwrap();
        small_log(&store).await;
        store.close().await;
    });
    dsn
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

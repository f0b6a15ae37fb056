//! The program itself, over HTTP: killed in the middle of orders, started again, and told to end.
#![cfg(unix)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use eskit::App;
use eskit::log::{Query, ReadOptions};
use eskit::prelude::*;
use eskit::sqlite::SqliteStore;
use serde_json::{Value, json};
use shop::{Order, OrderId};
use support::{Program, send};

#[allow(clippy::unwrap_used, reason = "a helper of tests fails its test")]
fn rows(address: &str, list: &str) -> BTreeMap<String, Value> {
    let (mut all, mut after) = (BTreeMap::new(), String::new());
    loop {
        let (status, page) = send(address, &format!("GET /{list}{after}"), None).unwrap();
        assert_eq!(status, 200, "{page}");
        for row in page["rows"].as_array().unwrap() {
            let before = all.insert(row["key"].as_str().unwrap().to_owned(), row["state"].clone());
            assert!(before.is_none(), "{row} is on two pages");
        }
        match page["next"].as_str() {
            Some(next) => after = format!("?after={next}"),
            None => return all,
        }
    }
}

fn order(address: &str, order: &str) -> Option<u16> {
    let body = json!({"order": order, "lines": [{"sku": "tea", "count": 2}]});
    send(address, "POST /orders", Some(body)).map(|(status, _)| status)
}

#[tokio::test]
async fn a_shop_that_was_killed_goes_on_where_its_log_ends() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("a_shop_that_was_killed");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("shop.db");

    let mut program = Program::start(&format!("sqlite:{}", file.display()), &[]);
    let address = program.address.clone();
    assert_eq!(send(&address, "POST /stock", Some(json!({"sku": "tea", "count": 10_000}))).unwrap().0, 200);
    let placed = AtomicUsize::new(0);
    let confirmed: BTreeSet<String> = std::thread::scope(|scope| {
        let caller = |caller: usize| {
            let (address, placed) = (&address, &placed);
            move || {
                let mut done = Vec::new();
                for name in (0..).map(|n| format!("{caller}-{n:04}")) {
                    match order(address, &name) {
                        Some(201 | 202) => done.push(name),
                        // The others took the tea first, each time that it was tried.
                        Some(409) => continue,
                        Some(other) => panic!("{other}"),
                        None => break,
                    }
                    placed.fetch_add(1, Ordering::Relaxed);
                }
                done
            }
        };
        let callers: Vec<_> = (0..3).map(|number| scope.spawn(caller(number))).collect();
        while placed.load(Ordering::Relaxed) < 60 && callers.iter().any(|caller| !caller.is_finished()) {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        program.child.kill().unwrap();
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    });
    drop(program);

    let program = Program::start(&format!("sqlite:{}", file.display()), &[]);
    // Each of these answers waits until the list shows what it wrote.
    assert_eq!(order(&program.address, "last"), Some(201));
    assert_eq!(send(&program.address, "POST /stock", Some(json!({"sku": "tea", "count": 1}))).unwrap().0, 200);
    let (orders, stock) = (rows(&program.address, "orders"), rows(&program.address, "stock"));
    assert_eq!(program.terminate(), (Some(0), "the shop is closed\n".to_owned()));

    let store = SqliteStore::open(&file).await.unwrap();
    let page = store.read(&Query::all(), ReadOptions::default().limit(10_000)).await.unwrap();
    let in_log: BTreeSet<String> =
        page.events.iter().filter_map(|event| Some(event.stream.as_ref()?.stream.id().to_owned())).collect();
    assert_eq!(orders.keys().cloned().collect::<BTreeSet<_>>(), in_log);
    assert!(confirmed.is_subset(&in_log) && confirmed.len() >= 60);
    assert_eq!(stock["tea"], json!({"available": 10_001 - 2 * in_log.len(), "ordered": 2 * in_log.len()}));
    let app = App::new(store);
    for (name, listed) in orders {
        let loaded = app.load::<Order>(&OrderId(name)).await.unwrap();
        assert_eq!(serde_json::to_value(&*loaded).unwrap(), listed);
    }
}

//! Three processes of the shop on three servers of NATS, under load, while a server and a process are killed and come back.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, RwLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use eskit::log::{Pages, Query};
use eskit::nats::NatsStore;
use eskit::prelude::*;
use eskit_nats::testing::Cluster;
use serde_json::{Value, json};
use shop::{ItemOrdered, ItemReturned, OrderPaid, StockReceived};

use crate::support::Program;

/// The log.
const LOG: &str = "shop";
/// How many of each product there are: fewer than are asked for.
const STOCK: u32 = 20;
const PRODUCTS: [&str; 4] = ["tea", "milk", "rice", "salt"];
const CALLERS: u64 = 8;
/// How long one request may take to be answered for good, over all its tries.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// A generator of the numbers that a seed gives (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }
}

/// What a caller got for a request, once it was answered for good.
#[derive(Clone, PartialEq, Debug)]
enum Answer {
    Done(Value),
    /// The shop said no, with this text.
    Refused(String),
}

/// Where the processes of the shop are reached now.
type Addresses = RwLock<Vec<String>>;

/// One try. `None` if it is not known what came of it, or it was not executed and may be tried again.
fn attempt(address: &str, request: &str, key: &str, body: &Value) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(8))).ok()?;
    let body = body.to_string();
    let length = body.len();
    write!(
        stream,
        "{request} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nidempotency-key: {key}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let body: Value = serde_json::from_str(body).ok()?;
    let text = body["error"].as_str().unwrap_or_default().to_owned();
    match head.split(' ').nth(1)? {
        "200" | "201" | "202" => Some(Answer::Done(body)),
        // Others were faster at every try.
        "409" if text.starts_with("conflict") => None,
        "409" => Some(Answer::Refused(text)),
        "503" => None,
        other => panic!("{request}: {other} {body}"),
    }
}

/// Sends a request to one process after another, with the same key, until it is answered for good.
fn insist(addresses: &Addresses, random: &mut Random, request: &str, key: &str, body: &Value) -> Answer {
    let started = Instant::now();
    loop {
        let address = {
            let addresses = addresses.read().unwrap();
            addresses[random.below(addresses.len())].clone()
        };
        if let Some(answer) = attempt(&address, request, key, body) {
            return answer;
        }
        assert!(started.elapsed() < ANSWER_MAX, "no answer to `{request}` with the key `{key}`");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What the callers know, of all orders that they have placed.
#[derive(Default)]
struct Known {
    placed: BTreeSet<String>,
    refused: BTreeSet<String>,
    paid: BTreeSet<String>,
    cancelled: BTreeSet<String>,
}

/// Places orders and pays or cancels some of them, until told to stop.
fn buy(caller: u64, seed: u64, addresses: &Addresses, is_over: &AtomicBool, answered: &AtomicUsize) -> Known {
    let (mut random, mut known) = (Random(seed ^ (caller + 1).wrapping_mul(0xA24B_AED4_963E_E407)), Known::default());
    let mut number = 0;
    while !is_over.load(Ordering::SeqCst) {
        number += 1;
        let order = format!("c{caller}-{number}");
        let first = random.below(PRODUCTS.len());
        let lines: Vec<Value> = (0..=random.below(2))
            .map(|next| json!({ "sku": PRODUCTS[(first + next) % PRODUCTS.len()], "count": random.below(3) + 1 }))
            .collect();
        let (key, body) = (format!("place:{order}"), json!({ "order": order, "lines": lines }));
        let answer = insist(addresses, &mut random, "POST /orders", &key, &body);
        answered.fetch_add(1, Ordering::SeqCst);
        match &answer {
            Answer::Done(_) => {
                known.placed.insert(order.clone());
            }
            Answer::Refused(text) => {
                assert!(text.contains("are in stock"), "order {order}: {text}");
                known.refused.insert(order);
                continue;
            }
        }
        if random.below(4) == 0 {
            // Again, at whichever process: it has the same answer, and takes nothing from stock.
            let again = insist(addresses, &mut random, "POST /orders", &key, &body);
            assert!(matches!(again, Answer::Done(_)), "order {order} once more: {again:?}");
        }
        let path = format!("POST /orders/{order}/payment");
        match random.below(4) {
            0 | 1 => {
                let body = json!({ "receipt_to": format!("{order}@example.org") });
                let answer = insist(addresses, &mut random, &path, &format!("pay:{order}"), &body);
                assert!(matches!(answer, Answer::Done(_)), "payment of {order}: {answer:?}");
                known.paid.insert(order);
            }
            2 => {
                let request = "POST /commands/shop.Cancel";
                let answer =
                    insist(addresses, &mut random, request, &format!("cancel:{order}"), &json!({ "order": order }));
                assert!(matches!(answer, Answer::Done(_)), "cancellation of {order}: {answer:?}");
                known.cancelled.insert(order);
            }
            _ => {}
        }
    }
    known
}

/// A mail service that counts how often it was asked with each key.
struct Mails {
    address: String,
    sent: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Mails {
    fn start() -> Mails {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = format!("http://{}/messages", listener.local_addr().unwrap());
        let sent: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
        let counted = Arc::clone(&sent);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counted = Arc::clone(&counted);
                std::thread::spawn(move || take_mail(&stream, &counted));
            }
        });
        Mails { address, sent }
    }
}

/// Takes one message; a client that goes away in the middle has sent none.
fn take_mail(stream: &TcpStream, sent: &Mutex<BTreeMap<String, usize>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.parse().ok()?,
            None if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mail: Value = serde_json::from_slice(&body).ok()?;
    *sent.lock().unwrap().entry(mail["to"].as_str()?.to_owned()).or_default() += 1;
    write!(&mut &*stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").ok()
}

/// Stops the callers also when the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_processes_on_three_servers_lose_nothing_and_sell_nothing_twice() {
    let Some(cluster) = Cluster::start().unwrap() else { return };
    let seed = match std::env::var("SHOP_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => u64::from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().subsec_nanos()),
    };
    eprintln!("SHOP_SEED={seed}");
    let mut random = Random(seed);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("three_processes");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let mails = Mails::start();
    // What is claimed is shared by all processes: on one machine, a file.
    let environment = [
        ("SHOP_VIEWS", format!("sqlite:{}", folder.join("shop.views.db").display())),
        ("SHOP_MAIL", mails.address.clone()),
    ];
    let dsn = cluster.dsn(LOG);
    let alone = Command::new(env!("CARGO_BIN_EXE_shop")).arg(&dsn).env_remove("SHOP_VIEWS").output().unwrap();
    let said = String::from_utf8(alone.stderr).unwrap();
    assert!(
        !alone.status.success() && said.contains("help: name views that all processes share in SHOP_VIEWS"),
        "{said}"
    );
    let mut processes: Vec<Program> = (0..3).map(|_| Program::start(&dsn, &environment)).collect();
    let addresses = RwLock::new(processes.iter().map(|process| process.address.clone()).collect::<Vec<_>>());
    for sku in PRODUCTS {
        let key = format!("receive:{sku}");
        let answer = insist(&addresses, &mut random, "POST /stock", &key, &json!({ "sku": sku, "count": STOCK }));
        assert!(matches!(answer, Answer::Done(_)), "{answer:?}");
    }

    let (is_over, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    let known: Vec<Known> = std::thread::scope(|scope| {
        let (addresses, is_over, answered) = (&addresses, &is_over, &answered);
        let callers: Vec<_> =
            (0..CALLERS).map(|caller| scope.spawn(move || buy(caller, seed, addresses, is_over, answered))).collect();
        let stop = Stop(is_over);
        // Goes on when so many more orders were answered; while there is no leader, that takes seconds.
        let pass = |orders: usize| {
            let (started, until) = (Instant::now(), answered.load(Ordering::SeqCst) + orders);
            while answered.load(Ordering::SeqCst) < until
                && started.elapsed() < ANSWER_MAX
                && callers.iter().any(|caller| !caller.is_finished())
            {
                std::thread::sleep(Duration::from_millis(5));
            }
        };
        pass(20);
        let server = cluster.leader(LOG).unwrap_or_else(|| random.below(3));
        cluster.kill(server);
        pass(20);
        let process = random.below(3);
        processes[process].child.kill().unwrap();
        pass(20);
        processes[process] = Program::start(&dsn, &environment);
        addresses.write().unwrap()[process] = processes[process].address.clone();
        cluster.resume().unwrap();
        pass(20);
        drop(stop);
        callers.into_iter().map(|caller| caller.join().unwrap()).collect()
    });
    let gather =
        |of: fn(&Known) -> &BTreeSet<String>| -> BTreeSet<String> { known.iter().flat_map(of).cloned().collect() };
    let (ordered, refused) = (gather(|known| &known.placed), gather(|known| &known.refused));
    let (paid, cancelled) = (gather(|known| &known.paid), gather(|known| &known.cancelled));
    eprintln!(
        "{} orders, {} refused, {} paid, {} cancelled",
        ordered.len(),
        refused.len(),
        paid.len(),
        cancelled.len()
    );
    assert!(ordered.len() >= 20 && paid.len() >= 8 && !refused.is_empty(), "there was hardly any load");

    // Each receipt is sent, and the processes do not send it each on their own.
    let started = Instant::now();
    while mails.sent.lock().unwrap().len() < paid.len() && started.elapsed() < Duration::from_secs(8) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let sent = mails.sent.lock().unwrap().clone();
    assert_eq!(sent.keys().map(|to| to.trim_end_matches("@example.org").to_owned()).collect::<BTreeSet<_>>(), paid);
    let repeated = sent.values().filter(|count| **count > 1).count();
    assert!(
        repeated <= 4,
        "{repeated} of {} receipts were sent more than once, and only one kill interrupts some",
        paid.len()
    );
    for process in processes {
        assert_eq!(process.terminate(), (Some(0), "the shop is closed\n".to_owned()));
    }

    // What the log says of it, event by event.
    let store = NatsStore::connect(&dsn).await.unwrap();
    let mut pages = Pages::new(&store, Query::all(), ReadOptions::default());
    let (mut stock, mut in_log) = (BTreeMap::<String, i64>::new(), Known::default());
    let mut ids = BTreeSet::new();
    while let Some(page) = pages.next().await.unwrap() {
        for event in page {
            assert!(ids.insert(event.id), "{event:?} is there twice");
            let order = || event.stream.as_ref().unwrap().stream.id().to_owned();
            if let Ok(StockReceived { sku, count }) = event.decode() {
                assert_eq!(count, STOCK, "goods were taken in once");
                assert!(stock.insert(sku.0, count.into()).is_none());
            } else if let Ok(ItemOrdered { sku, count, .. }) = event.decode() {
                let left = stock.get_mut(&sku.0).unwrap();
                *left -= i64::from(count);
                assert!(*left >= 0, "{event:?} sells what is not there");
                in_log.placed.insert(order());
            } else if let Ok(ItemReturned { sku, count, .. }) = event.decode() {
                *stock.get_mut(&sku.0).unwrap() += i64::from(count);
                in_log.cancelled.insert(order());
            } else {
                event.decode::<OrderPaid>().unwrap();
                assert!(in_log.paid.insert(order()), "{event:?} pays an order twice");
            }
        }
    }
    assert_eq!((in_log.placed, in_log.paid, in_log.cancelled), (ordered, paid, cancelled));
}

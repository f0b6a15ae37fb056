//! What the tests share: made-up logs, and the check that a store holds exactly what a file says.
#![allow(dead_code, reason = "no test file uses all of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of tests may panic")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use eskit::log::{EventId, Pages, Query, ReadOptions};
use eskit::{App, EventStore, RecordedEvent};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use loans::{FunnelReport, FunnelViews, Week};
use serde_json::{Value, json};

/// The 36 pairs of activity and life cycle; the first opens each case.
pub(crate) fn activities() -> Vec<(&'static str, &'static str)> {
    let states = [
        "A_SUBMITTED",
        "A_PARTLYSUBMITTED",
        "A_PREACCEPTED",
        "A_ACCEPTED",
        "A_FINALIZED",
        "A_APPROVED",
        "A_REGISTERED",
        "A_ACTIVATED",
        "A_DECLINED",
        "A_CANCELLED",
        "O_SELECTED",
        "O_CREATED",
        "O_SENT",
        "O_SENT_BACK",
        "O_ACCEPTED",
        "O_CANCELLED",
        "O_DECLINED",
    ];
    let work = [
        "W_Afhandelen leads",
        "W_Completeren aanvraag",
        "W_Nabellen offertes",
        "W_Valideren aanvraag",
        "W_Nabellen incomplete dossiers",
        "W_Beoordelen fraude",
    ];
    let states = states.map(|activity| (activity, "COMPLETE"));
    let work = work.into_iter().flat_map(|activity| ["SCHEDULE", "START", "COMPLETE"].map(|step| (activity, step)));
    states.into_iter().chain(work).chain([("W_Wijzigen contractgegevens", "SCHEDULE")]).collect()
}

/// Numbers that look random and are the same each time: SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// A log of this many lines, in which many cases are under way at once.
pub(crate) fn made_up_log(lines: usize, seed: u64) -> Vec<String> {
    let (mut random, activities) = (Random(seed), activities());
    let mut cases = 0;
    (0..lines)
        .map(|line| {
            let opens = cases == 0 || random.below(20) == 0;
            let case = if opens { cases } else { cases - 1 - random.below(cases.min(200)) };
            let pair = if opens { 0 } else { 1 + random.below(activities.len() as u64 - 1) as usize };
            let (activity, lifecycle) = activities[pair];
            let at = format!("2011-10-{:02}T{:02}:38:44.{:03}+02:00", 1 + line / 2400, line / 100 % 24, line % 1000);
            let resource = (random.below(10) > 0).then(|| format!("{}", 10_000 + random.below(100)));
            let mut row = json!({
                "case": (170_000 + case).to_string(), "activity": activity, "lifecycle": lifecycle,
                "resource": resource, "at": at,
            });
            if opens {
                cases += 1;
                row["amount_requested"] = json!(random.below(50_000));
            }
            row.to_string()
        })
        .collect()
}

/// A path in the target folder that no other test uses.
pub(crate) fn fresh_path(extension: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("loans-{}.{extension}", EventId::new()))
}

pub(crate) fn compress(lines: &[String]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for line in lines {
        writeln!(encoder, "{line}").unwrap();
    }
    encoder.finish().unwrap()
}

/// Writes a compressed file of these lines.
pub(crate) fn write_log(lines: &[String]) -> PathBuf {
    write_file(&compress(lines))
}

pub(crate) fn write_file(bytes: &[u8]) -> PathBuf {
    let path = fresh_path("ndjson.gz");
    std::fs::write(&path, bytes).unwrap();
    path
}

/// The lines of a compressed file.
pub(crate) fn read_lines(path: &Path) -> Vec<String> {
    let file = MultiGzDecoder::new(BufReader::new(File::open(path).unwrap()));
    BufReader::new(file).lines().map(Result::unwrap).collect()
}

pub(crate) async fn read_all(store: &impl EventStore) -> Vec<RecordedEvent> {
    let mut pages = Pages::new(store, Query::all(), ReadOptions::default());
    let mut events = Vec::new();
    while let Some(page) = pages.next().await.unwrap() {
        events.extend(page);
    }
    events
}

/// Asserts that the store holds exactly one event for each line, in order, with everything that the line says.
pub(crate) async fn assert_holds(store: &impl EventStore, lines: &[String]) {
    let events = read_all(store).await;
    assert_eq!(events.len(), lines.len(), "as many events as lines");
    let mut versions: HashMap<String, u64> = HashMap::new();
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (index, (event, line)) in events.iter().zip(lines).enumerate() {
        let row: Value = serde_json::from_str(line).unwrap();
        let case = row["case"].as_str().unwrap();
        let version = versions.entry(case.to_owned()).or_default();
        *version += 1;
        let stream = event.stream.as_ref().unwrap();
        assert_eq!((stream.stream.to_string(), stream.version), (format!("loan:{case}"), *version), "line {line}");
        assert_eq!(event.metadata.get("line"), Some((index + 1).to_string().as_str()), "line {line}");
        assert_eq!(event.metadata.initiator().map(|user| user.id.as_str()), row["resource"].as_str(), "line {line}");
        let at: jiff::Timestamp = row["at"].as_str().unwrap().parse().unwrap();
        assert_eq!(event.recorded_at.as_micros(), at.as_microsecond(), "line {line}");
        let payload: Value = serde_json::from_slice(&event.payload).unwrap();
        assert_eq!(payload.get("amount_requested"), row.get("amount_requested"), "line {line}");
        let pair = format!("{} {}", row["activity"], row["lifecycle"]);
        names.entry(pair).or_default().insert(event.name.to_string());
    }
    // Each pair has one name, and each name one pair.
    assert!(names.values().all(|names| names.len() == 1), "{names:?}");
    let distinct: BTreeSet<&String> = names.values().flatten().collect();
    assert_eq!(distinct.len(), names.len(), "{names:?}");
}

/// What the lines of a file say of the applications of each week, summed line by line.
pub(crate) fn funnel_of(lines: &[String]) -> FunnelReport {
    struct Case {
        at: jiff::Timestamp,
        week: i64,
        asked: i64,
        times: Vec<i64>,
    }
    let first_monday = jiff::civil::date(1970, 1, 5);
    let (mut cases, mut weeks): (HashMap<String, Case>, BTreeMap<i64, Week>) = Default::default();
    for line in lines {
        let row: Value = serde_json::from_str(line).unwrap();
        let (case, at) =
            (row["case"].as_str().unwrap(), row["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap());
        let activity = row["activity"].as_str().unwrap();
        if activity == "A_SUBMITTED" {
            let day = at.to_zoned(jiff::tz::TimeZone::UTC).date();
            let monday = day.saturating_sub(jiff::Span::new().days(day.weekday().to_monday_zero_offset()));
            let week = i64::from(first_monday.until(monday).unwrap().get_days()) / 7;
            let asked = row["amount_requested"].as_i64().unwrap();
            cases.insert(case.to_owned(), Case { at, week, asked, times: Vec::new() });
            let sums = weeks.entry(week).or_insert(Week { number: week, ..Week::default() });
            (sums.applications, sums.asked) = (sums.applications + 1, sums.asked + asked);
            continue;
        }
        let case = cases.get_mut(case).unwrap();
        let sums = weeks.get_mut(&case.week).unwrap();
        match activity {
            "O_CREATED" => sums.offers += 1,
            "O_ACCEPTED" => sums.accepted += 1,
            "A_DECLINED" => sums.declined += 1,
            "A_CANCELLED" => sums.cancelled += 1,
            "A_APPROVED" => {
                // However often it is approved.
                sums.approved += std::mem::take(&mut case.asked);
            }
            _ => {}
        }
        if ["A_DECLINED", "A_CANCELLED", "A_APPROVED"].contains(&activity) {
            case.times.push(at.as_microsecond() - case.at.as_microsecond());
        }
    }
    let times = cases.values().filter_map(|case| case.times.first().copied()).collect();
    FunnelReport::new(weeks.into_values().collect(), times)
}

/// The report as an app reads it that follows the log of this DSN.
pub(crate) async fn funnel(dsn: &str) -> Option<FunnelReport> {
    let store = eskit::connect(dsn).await.unwrap();
    let views = FunnelViews::open(&store).await.unwrap();
    let app = views.follow(App::new(store)).start().await.unwrap();
    let report = views.report(&app).await.unwrap();
    app.stop().await.unwrap();
    report
}

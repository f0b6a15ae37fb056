//! Each message of the schema lock, word for word: what rustc says of a mistake stands in `said/<mistake>.stderr`.
//! `BLESS=1 cargo test -p ui-tests --test lock said` writes the texts anew, for review in the diff.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::package::{Outcome, Package};

const SHOP: &str = "
eskit::lock!();

#[derive(Event, Serialize, Deserialize)]
#[event(alias = \"shop.OrderMade\")]
pub struct OrderPlaced {
    #[tag]
    pub order: u64,
    pub customer: Customer,
}

#[derive(Shape, Serialize, Deserialize)]
pub struct Customer {
    pub name: String,
    pub zip: u32,
}

#[derive(Event, Serialize, Deserialize)]
#[event(version = 2, upcast(1 = Ok))]
pub struct OrderPaid {
    #[tag]
    pub order: u64,
}

pub struct Tx;
pub struct OrderList;

#[projection(name = \"order-list\", version = 2)]
impl OrderList {
    #[on]
    fn placed(&self, _: &OrderPlaced, _: &mut Tx) {}
}
";

/// The mistake, and what is written in place of what in the source.
const IN_THE_SOURCE: &[(&str, &str, &str)] = &[
    ("field_changed", "zip: u32", "zip: String"),
    ("field_widened", "zip: u32", "zip: u64"),
    ("field_renamed", "pub name:", "pub called:"),
    ("field_added", "pub zip", "pub city: String,\n    pub zip"),
    (
        "field_without_shape",
        "    pub zip: u32,\n}",
        "    pub zip: u32,\n    pub kind: Kind,\n}\n\n#[derive(Serialize, Deserialize)]\npub struct Kind(pub String);",
    ),
    ("event_gone", "pub struct OrderPaid", "pub struct OrderSettled"),
    ("version_gone", "#[event(version = 2, upcast(1 = Ok))]\n", ""),
    ("alias_gone", "#[event(alias = \"shop.OrderMade\")]\n", ""),
    ("tag_new", "pub customer", "#[tag]\n    pub shop: Option<u32>,\n    pub customer"),
    ("tag_lost", "#[tag]\n    pub order: u64,\n    pub customer", "pub order: u64,\n    pub customer"),
    (
        "tag_new_in_new_version",
        "2, upcast(1 = Ok))]\npub struct OrderPaid {",
        "3, upcast(1 = Ok, 2 = Ok))]\npub struct OrderPaid {\n    #[tag]\n    pub shop: Option<u32>,",
    ),
    (
        "tag_lost_in_new_version",
        "2, upcast(1 = Ok))]\npub struct OrderPaid {\n    #[tag]",
        "3, upcast(1 = Ok, 2 = Ok))]\npub struct OrderPaid {",
    ),
    ("name_twice", "alias = \"shop.OrderMade\"", "name = \"shop.OrderPaid\""),
    (
        "projection_takes_more",
        "    #[on]\n",
        "    #[on]\n    fn paid(&self, _: &OrderPaid, _: &mut Tx) {}\n\n    #[on]\n",
    ),
    ("projection_takes_another", "placed(&self, _: &OrderPlaced", "paid(&self, _: &OrderPaid"),
    (
        "projection_takes_all",
        "    #[on]\n",
        "    #[on]\n    fn all(&self, _: &RecordedEvent, _: &mut Tx) {}\n\n    #[on]\n",
    ),
    ("projection_older", "version = 2)]\nimpl", "version = 1)]\nimpl"),
    ("line_missing", "eskit::lock!();\n", ""),
    ("line_in_module", "eskit::lock!();", "pub mod inner {\n    eskit::lock!();\n}"),
];

/// The mistake, and what is written in place of what in the file.
const IN_THE_FILE: &[(&str, &str, &str)] = &[
    ("file_malformed", "event shop.OrderPaid", "even shop.OrderPaid"),
    ("file_unmerged", "event shop.OrderPaid", "<<<<<<< HEAD\nevent shop.OrderPaid"),
    ("file_newer", "format 1", "format 2"),
    ("file_of_another_crate", "crate shop", "crate store"),
];

#[test]
fn mistakes_in_the_source() {
    let shop = Package::locked("said_source", SHOP);
    for (mistake, from, to) in IN_THE_SOURCE {
        assert!(SHOP.contains(from), "{mistake}");
        shop.write(&SHOP.replacen(from, to, 1));
        compare(mistake, &shop.check());
    }
}

#[test]
fn mistakes_in_the_file() {
    let shop = Package::locked("said_file", SHOP);
    for (mistake, from, to) in IN_THE_FILE {
        shop.edit_lock(from, to);
        compare(mistake, &shop.check());
        shop.edit_lock(to, from);
    }
    fs::remove_file(shop.lock_path()).unwrap();
    compare("file_missing", &shop.check());
}

#[test]
fn mistakes_in_a_release() {
    let shop = Package::locked("said_release", SHOP);
    compare("mode_unknown", &shop.lock("wirte"));
    compare("mode_left_set", &shop.check_release(Some("write")));
    let sent = "#[derive(Event, Serialize, Deserialize)]\npub struct OrderSent;";
    shop.write(&format!("{SHOP}\n{sent}\n").replace("pub zip", "pub city: Option<String>,\n    pub zip"));
    compare("not_recorded", &shop.check_strictly());
    shop.write(&SHOP.replace("version = 2)]\nimpl", "version = 3)]\nimpl"));
    compare("projection_not_recorded", &shop.check_strictly());
}

#[test]
fn each_text_is_of_a_mistake() {
    let mistakes: BTreeSet<&str> = IN_THE_SOURCE.iter().chain(IN_THE_FILE).map(|(mistake, ..)| *mistake).collect();
    let others = ["file_missing", "mode_unknown", "mode_left_set", "not_recorded", "projection_not_recorded"];
    for file in fs::read_dir(folder()).unwrap() {
        let (path, known) = (file.unwrap().path(), |name: &str| mistakes.contains(name) || others.contains(&name));
        assert!(
            path.file_stem().and_then(|name| name.to_str()).is_some_and(known),
            "{} is of no mistake",
            path.display()
        );
    }
}

#[track_caller]
fn compare(mistake: &str, outcome: &Outcome) {
    outcome.fails(&[]);
    let (path, found) = (folder().join(mistake).with_extension("stderr"), errors(&outcome.text));
    if env::var_os("BLESS").is_some() {
        fs::write(&path, found).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{} says:\n{expected}\nbut rustc says:\n{found}", path.display());
}

/// What rustc says, without what differs between machines and builds: where the workspace and std are, the lines there, and how many
/// types of the features that are built have a trait.
fn errors(text: &str) -> String {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().display().to_string();
    let text = text.replace(&workspace, "$WORKSPACE");
    let told = |line: &&str| !line.starts_with("For more information") && !line.contains("could not compile");
    let (mut all, mut is_elsewhere) = (String::new(), false);
    for line in text.lines().take_while(told) {
        if line.trim_start().starts_with("and ") && line.ends_with(" others") {
            all.push_str("           and others\n");
            continue;
        }
        let place = elsewhere(line);
        is_elsewhere = place.is_some() || is_elsewhere && !line.is_empty();
        let numbered = line.trim_start().starts_with(|first: char| first.is_ascii_digit());
        let unnumbered = || line.replacen(|c: char| c.is_ascii_digit(), " ", line.find('|').unwrap_or_default());
        all.push_str(&place.unwrap_or_else(|| if is_elsewhere && numbered { unnumbered() } else { line.to_owned() }));
        all.push('\n');
    }
    all.truncate(all.trim_end().len());
    all + "\n"
}

/// A line that leads to a place outside of the package, without the numbers.
fn elsewhere(line: &str) -> Option<String> {
    for (start, name) in [("$WORKSPACE", "$WORKSPACE"), ("/rustc/", "$RUST")] {
        if let Some((before, path)) =
            line.split_once(start).filter(|(before, _)| before.ends_with("--> ") || before.ends_with("::: "))
        {
            let file = path.split(':').next().unwrap_or_default();
            let file = if name == "$RUST" {
                file.split_once('/').map_or("", |(_, file)| file)
            } else {
                file.trim_start_matches('/')
            };
            return Some(format!("{before}{name}/{file}"));
        }
    }
    None
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lock/said")
}

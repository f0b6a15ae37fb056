//! What the derives cost the compiler: two hundred events of six fields, with serde's derives alone and with eskit's,
//! every one of them held to its record in `eskit.lock`.
//!
//! Each side is a library crate of its own whose dependencies are built already; each round compiles it anew, without
//! incremental state.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use eskit_bench_harness::Failure;
use eskit_bench_harness::context::Context;
use eskit_bench_harness::figure::{Bar, Figure, Finding, Quantity};
use eskit_bench_harness::measure::{Contender, median, median_ratio, take_turns};

const EVENTS: usize = 200;

const SERDE: &str = "serde's derives alone";
const CBOR: &str = "eskit with its feature `cbor`";
const DECODE: &str = "serde's derives and a `match` that decodes";

/// Runs the row.
pub(crate) fn run(context: &Context) -> Result<Finding, Failure> {
    let folder = context.fresh("compile")?;
    let eskit = Crate::write(&folder, "with-eskit", &eskit_source(), "")?;
    eskit.lock()?;
    let cbor = Crate::write(&folder, "with-cbor", &eskit_source(), "\"cbor\"")?;
    cbor.lock()?;
    let serde = Crate::write(&folder, "with-serde", &serde_source(), "")?;
    let decode = Crate::write(&folder, "with-decode", &format!("{}{}", serde_source(), decode_source()), "")?;
    let mut figures = Vec::new();
    for (subcommand, bar, stretch) in [("check", 1.3, 1.15), ("build", 1.75, 1.6)] {
        let mut contenders = [
            contender("eskit", &eskit, subcommand),
            contender(SERDE, &serde, subcommand),
            contender(DECODE, &decode, subcommand),
            contender(CBOR, &cbor, subcommand),
        ];
        // The first compiles the dependencies.
        take_turns(1, &mut contenders)?;
        let values = take_turns(context.size(11, 3), &mut contenders)?;
        let with_cbor = Quantity::seconds(median(&values[3]));
        let without = Quantity::seconds(median(&values[0]));
        let ratio = median_ratio(&values[3], &values[0]);
        let case = format!("cargo {subcommand}, with the feature `cbor`");
        let figure = Figure::compared(case, with_cbor, "without it", without, ratio);
        figures.push(if subcommand == "check" { figure.bar(Bar::AtMost(1.1)) } else { figure });
        for (contender, theirs) in contenders.iter().zip(&values).take(3).skip(1) {
            let (ours, other) = (Quantity::seconds(median(&values[0])), Quantity::seconds(median(theirs)));
            let case = format!("cargo {subcommand}");
            let figure = Figure::compared(case, ours, contender.name, other, median_ratio(&values[0], theirs));
            let judged = contender.name == SERDE;
            figures.push(if judged { figure.bar(Bar::AtMost(bar)).stretch(Bar::AtMost(stretch)) } else { figure });
        }
    }
    Ok(Finding::Figures(figures))
}

fn contender<'a>(name: &'static str, package: &'a Crate, subcommand: &'static str) -> Contender<'a> {
    Contender { name, run: Box::new(move || package.seconds(subcommand)) }
}

/// A library crate on disk.
struct Crate {
    folder: PathBuf,
    source: String,
}

impl Crate {
    fn write(parent: &Path, name: &str, source: &str, features: &str) -> Result<Crate, Failure> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the benchmarks lie in no workspace")?;
        let folder = parent.join(name);
        fs::create_dir_all(folder.join("src"))?;
        let eskit = root.join("eskit");
        let manifest = format!(
            "[workspace]\n[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[dependencies]\n\
             eskit = {{ path = {eskit:?}, default-features = false, features = [{features}] }}\n\
             serde = {{ version = \"1\", features = [\"derive\"] }}\nserde_json = \"1\"\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        // The versions of this workspace, so that both sides use them and nothing is looked up.
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(Crate { folder, source: source.to_owned() })
    }

    /// Records the shapes of the events in `eskit.lock`.
    fn lock(&self) -> Result<(), Failure> {
        fs::write(self.folder.join("src/lib.rs"), &self.source)?;
        self.cargo(self.command("test").arg("eskit_lock").env("ESKIT_LOCK", "write"))
    }

    /// Compiles the crate anew and returns how long that takes.
    fn seconds(&self, subcommand: &str) -> Result<f64, Failure> {
        // A new time stamp is enough to make cargo compile it.
        fs::write(self.folder.join("src/lib.rs"), &self.source)?;
        let started = Instant::now();
        self.cargo(&mut self.command(subcommand))?;
        Ok(started.elapsed().as_secs_f64())
    }

    fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new("cargo");
        command.args([subcommand, "--quiet", "--offline"]).current_dir(&self.folder);
        command.env("CARGO_INCREMENTAL", "0").env("CARGO_TARGET_DIR", self.folder.with_file_name("target"));
        command
    }

    fn cargo(&self, command: &mut Command) -> Result<(), Failure> {
        let output = command.output()?;
        if output.status.success() {
            return Ok(());
        }
        let (folder, text) = (self.folder.display(), String::from_utf8_lossy(&output.stderr));
        Err(format!("{command:?} failed in {folder}\n{text}").into())
    }
}

/// Two hundred events that differ in the types of their fields.
fn events(derives: &str) -> String {
    let types = ["String", "u64", "i32", "Option<String>", "bool", "f64", "Vec<u32>", "u8", "Option<i64>", "(u8, u8)"];
    let event = |index: usize| {
        let field = |place: usize| {
            let letter = ["a", "b", "c", "d", "e", "f"][place];
            format!("    pub {letter}{}: {},\n", index % 7, types[(index + place * 3) % types.len()])
        };
        let fields: String = (0..6).map(field).collect();
        format!("#[derive({derives})]\npub struct Event{index} {{\n{fields}}}\n\n")
    };
    (0..EVENTS).map(event).collect()
}

fn variants() -> String {
    (0..EVENTS).map(|index| format!("    Event{index}(Event{index}),\n")).collect()
}

fn serde_source() -> String {
    format!("use serde::{{Deserialize, Serialize}};\n\n{}", events("Serialize, Deserialize"))
}

/// What a program without eskit writes by hand to decode these events.
fn decode_source() -> String {
    let arm = |index| format!("        \"Event{index}\" => serde_json::from_str(payload).map(Any::Event{index}),\n");
    let arms: String = (0..EVENTS).map(arm).collect();
    let unknown = "        _ => Err(<serde_json::Error as serde::de::Error>::custom(\"unknown name\")),\n";
    format!(
        "pub enum Any {{\n{}}}\n\npub fn decode(name: &str, payload: &str) -> Result<Any, serde_json::Error> {{\n    \
         match name {{\n{arms}{unknown}    }}\n}}\n",
        variants()
    )
}

fn eskit_source() -> String {
    let events = events("Event, Serialize, Deserialize");
    format!(
        "use eskit::prelude::*;\n\neskit::lock!();\n\n{events}#[derive(Event)]\npub enum Any {{\n{}}}\n",
        variants()
    )
}

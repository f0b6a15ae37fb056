//! Writes the event types that the row `decode` dispatches between: one thousand, each with six fields in its own
//! order and under its own names, so that no two decoders are alike.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;

/// How many types each comparison takes; all take them from the same list.
const SIZES: [usize; 3] = [10, 100, 1000];
/// The most types outside a release build: who only checks that the benchmarks compile need not wait for the rest.
const UNOPTIMIZED_TYPES_MAX: usize = 100;
/// The most types for which every comparison is built: each slower form instantiates every decoder once more, which for
/// a thousand types takes the compiler many minutes.
const COSTLY_TYPES_MAX: usize = 100;
/// The length of every payload.
const PAYLOAD_BYTES: usize = 140;
/// Stands for the text that brings a payload to its length.
const TEXT: &str = "<text>";

const WORDS: [&str; 37] = [
    "account", "amount", "approved", "balance", "branch", "carrier", "channel", "city", "closed", "count", "currency",
    "customer", "deadline", "device", "discount", "expires", "fee", "gate", "height", "interest", "invoice", "label",
    "limit", "locked", "margin", "note", "offer", "opened", "order", "phone", "price", "quantity", "rate", "region",
    "status", "total", "weight",
];

/// The Rust type of a field, and a value of it as JSON; `{}` stands for a number between 100 and 999.
const KINDS: [(&str, &str); 5] = [
    ("String", "\"c-17{}\""),
    ("String", "\"2026-03-14T15:09:26.{}Z\""),
    ("i64", "-4{}"),
    ("bool", "true"),
    ("Option<f64>", "{}.25"),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(all_types)");
    let is_release = std::env::var("PROFILE")? == "release";
    if is_release {
        println!("cargo::rustc-cfg=all_types");
    }
    let sizes = SIZES.into_iter().filter(|size| is_release || *size <= UNOPTIMIZED_TYPES_MAX);
    let types = sizes.clone().max().unwrap_or_default();
    let folder = std::env::var("OUT_DIR")?;
    let mut code = String::new();
    let fields: Vec<Vec<Field>> = (0..types).map(fields_of).collect();
    for (index, fields) in fields.iter().enumerate() {
        write_type(&mut code, index, fields)?;
    }
    for size in sizes {
        write_dispatch(&mut code, size)?;
    }
    writeln!(code, "pub(crate) static PAYLOADS: [&str; {types}] = [")?;
    for (index, fields) in fields.iter().enumerate() {
        writeln!(code, "    r#\"{}\"#,", payload(index, fields)?)?;
    }
    writeln!(code, "];")?;
    std::fs::write(Path::new(&folder).join("events.rs"), code)?;
    Ok(())
}

struct Field {
    name: &'static str,
    rust_type: &'static str,
    value: String,
}

/// Six fields: a text, then each kind once; their order follows from their names and the number of the type.
fn fields_of(index: usize) -> Vec<Field> {
    let number = (100 + index * 7 % 900).to_string();
    let mut fields: Vec<Field> = (0..6)
        .map(|place| {
            let name = WORDS[(index * 5 + place * (1 + index / WORDS.len())) % WORDS.len()];
            match place.checked_sub(1).and_then(|kind| KINDS.get(kind)) {
                Some((rust_type, value)) => Field { name, rust_type, value: value.replace("{}", &number) },
                None => Field { name, rust_type: "String", value: TEXT.to_owned() },
            }
        })
        .collect();
    // Where the words of a type fall together, the place tells them apart.
    fields.sort_by_key(|field| field.name);
    if fields.windows(2).any(|pair| pair[0].name == pair[1].name) {
        for (place, field) in fields.iter_mut().enumerate() {
            field.name = WORDS[(index + place * 3) % WORDS.len()];
        }
    }
    fields.rotate_left(index % 6);
    fields
}

fn write_type(code: &mut String, index: usize, fields: &[Field]) -> std::fmt::Result {
    writeln!(code, "#[derive(Debug, ::serde::Serialize, ::serde::Deserialize, ::eskit::Event)]")?;
    writeln!(code, "#[event(context = \"bench\")]")?;
    write!(code, "pub(crate) struct Event{index} {{ ")?;
    fields.iter().try_for_each(|field| write!(code, "pub(crate) {}: {}, ", field.name, field.rust_type))?;
    writeln!(code, "}}")
}

/// The JSON of one event, its text as long as brings the whole to [`PAYLOAD_BYTES`].
fn payload(index: usize, fields: &[Field]) -> Result<String, Box<dyn Error>> {
    let json = |text: &str| {
        let value = |field: &Field| field.value.replace(TEXT, &format!("\"{text}\""));
        let members: Vec<_> = fields.iter().map(|field| format!("\"{}\":{}", field.name, value(field))).collect();
        format!("{{{}}}", members.join(","))
    };
    let missing = PAYLOAD_BYTES.checked_sub(json("").len()).ok_or("the fields alone are longer than the payload")?;
    let text: String = format!("text of event {index} ").chars().cycle().take(missing).collect();
    Ok(json(&text))
}

/// The ways to find one of `size` types by what a message says.
fn write_dispatch(code: &mut String, size: usize) -> std::fmt::Result {
    let variants = |before: &str| -> String {
        (0..size).map(|index| format!("{before}Event{index}(super::Event{index}), ")).collect()
    };
    writeln!(code, "pub(crate) mod of_{size} {{")?;
    writeln!(code, "    #[derive(Debug, ::eskit::Event)] pub(crate) enum Named {{ {} }}", variants(""))?;
    write_tagged(code, "External", "", &variants(""))?;
    write_by_id(code, size, "by_id", "crate::rows::decode::from_utf8")?;
    if size <= COSTLY_TYPES_MAX {
        write_tagged(code, "Adjacent", "#[serde(tag = \"type\", content = \"data\")] ", &variants(""))?;
        write_tagged(code, "Internal", "#[serde(tag = \"type\")] ", &variants(""))?;
        write_by_id(code, size, "by_id_from_slice", "crate::rows::decode::from_slice")?;
        writeln!(code, "    #[typetag::deserialize] pub(crate) trait Boxed: std::fmt::Debug {{}}")?;
        for index in 0..size {
            writeln!(code, "    #[typetag::deserialize] impl Boxed for super::Event{index} {{}}")?;
        }
    }
    writeln!(code, "}}")
}

/// An enum that serde dispatches by a name inside the payload.
fn write_tagged(code: &mut String, name: &str, attribute: &str, variants: &str) -> std::fmt::Result {
    writeln!(code, "    #[derive(Debug, ::serde::Deserialize)] {attribute}pub(crate) enum {name} {{ {variants} }}")
}

/// What a program would write that stores a number instead of a name.
fn write_by_id(code: &mut String, size: usize, name: &str, decode: &str) -> std::fmt::Result {
    writeln!(
        code,
        "    pub(crate) fn {name}(id: u32, payload: &[u8]) -> Result<Named, eskit_bench_harness::Failure> {{"
    )?;
    writeln!(code, "        Ok(match id {{")?;
    for index in 0..size {
        writeln!(code, "            {index} => Named::Event{index}({decode}(payload)?),")?;
    }
    writeln!(code, "            _ => return Err(\"no such id\".into()),\n        }})\n    }}")
}

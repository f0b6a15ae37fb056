//! Holds the crates to their layers: a file imports from its own layer and from lower ones, and no two files import from each
//! other, however far around. `ARCHITECTURE.md` says what each layer is for.

mod imports;

use std::io;

use imports::{Crate, Module};

/// The layers of a crate, the lowest first. Each is a file or folder of `src`, named as a module; one that is not named here fails
/// the test, so that a new one gets its place.
struct Layers {
    package: &'static str,
    layers: &'static [&'static str],
    /// What stands above all layers and may import from each.
    top: &'static [&'static str],
    /// The layers in which files may import from each other.
    circles_within: &'static [&'static str],
}

const CRATES: [Layers; 10] = [
    Layers {
        package: "eskit-macros",
        layers: &[
            "symbol",
            "limits",
            "kind",
            "ctxt",
            "wrap",
            "meant",
            "syntax",
            "diag",
            "attr",
            "value",
            "ast",
            "claim",
            "dispatch",
            "fields",
            "fallback",
            "block",
            "shape",
            "lock",
            "check",
            "stored",
            "event",
            "command",
            "tag_value",
            "aggregate",
            "decider",
            "subscriber",
            "projection",
            "processor",
            "place",
        ],
        top: &["tests"],
        circles_within: &[],
    },
    Layers {
        package: "eskit-runtime",
        layers: &[
            "message",
            "log",
            "vault",
            "store_kit",
            "transfer",
            "memory_log",
            "codec",
            "shape",
            "personal",
            "model",
            "schema",
            "execute",
            "subscription",
            "rows",
            "work",
            "processor",
            "snapshots",
            "command_log",
        ],
        top: &["__private"],
        // Its traits name each other: an event goes into an emitter, and a decider takes models, which evolve events.
        circles_within: &["model"],
    },
    Layers {
        package: "eskit",
        layers: &[
            "own_events",
            "delegate_views",
            "sleep",
            "block_on",
            "trace",
            "backlog",
            "span",
            "lock",
            "memory",
            "memory_views",
            "in_memory",
            "connect",
            "import",
            "tenant",
            "partition",
            "vault",
            "layer",
            "middleware",
            "profile",
            "single_writer",
            "state_snapshots",
            "state_cache",
            "clock",
            "forgetting",
            "bus",
            "aggregate_snapshots",
            "memory_snapshots",
            "steps",
            "desk",
            "processor",
            "tail",
            "observed",
            "subscriptions",
            "working",
            "app",
            "queue",
            "running",
            "shutdown",
            "testing",
        ],
        top: &[],
        circles_within: &[],
    },
    Layers {
        package: "eskit-sqlite",
        layers: &[
            "error",
            "file",
            "open",
            "handlers",
            "read",
            "append",
            "threads",
            "store",
            "views",
            "keys",
            "synchronous",
        ],
        top: &[],
        circles_within: &[],
    },
    Layers {
        package: "eskit-postgres",
        layers: &[
            "error",
            "sql",
            "pool",
            "handlers",
            "open",
            "read",
            "append",
            "store",
            "transaction",
            "views",
            "keys",
            "synchronous",
        ],
        top: &["testing"],
        circles_within: &[],
    },
    Layers {
        package: "eskit-nats",
        layers: &["error", "api", "group", "open", "copy", "append", "thread", "store", "commands", "events"],
        top: &["testing"],
        circles_within: &[],
    },
    Layers {
        package: "eskit-cli",
        layers: &[
            "remedy",
            "nearest",
            "failure",
            "value",
            "json_text",
            "wire",
            "record",
            "output",
            "progress",
            "global",
            "views",
            "folds",
            "context",
            "confirm",
            "asking",
            "target",
            "command",
            "cli",
        ],
        top: &["main"],
        circles_within: &[],
    },
    Layers {
        package: "eskit-transfer",
        layers: &[
            "error", "progress", "streams", "file", "ranges", "migrate", "verify", "cut_over", "examine", "backup",
            "restore", "stream",
        ],
        top: &[],
        circles_within: &[],
    },
    Layers {
        package: "eskit-axum",
        layers: &["sse", "datastar", "drop_slow", "health", "profile", "prometheus"],
        top: &[],
        circles_within: &[],
    },
    Layers { package: "eskit-otel", layers: &["client", "error", "traces"], top: &[], circles_within: &[] },
];

#[test]
fn no_file_imports_from_a_higher_layer() -> io::Result<()> {
    let mut wrong = Vec::new();
    for layers in &CRATES {
        wrong.extend(upward(layers, &Crate::read(layers.package)?));
    }
    assert!(wrong.is_empty(), "{}\nhelp: move what is needed into the lower layer", wrong.join("\n"));
    Ok(())
}

#[test]
fn no_files_import_from_each_other() -> io::Result<()> {
    let mut circles = Vec::new();
    for layers in &CRATES {
        circles.extend(Crate::read(layers.package)?.circles(layers.circles_within));
    }
    assert!(circles.is_empty(), "{}\nhelp: move what both need into a file of its own", circles.join("\n"));
    Ok(())
}

/// What is wrong about the imports of a crate, a line for each.
fn upward(layers: &Layers, files: &Crate) -> Vec<String> {
    let package = layers.package;
    let height = |module: &Module| {
        let layer = module.layer();
        let is_top = layer.is_empty() || layers.top.contains(&layer);
        if is_top { Some(layers.layers.len()) } else { layers.layers.iter().position(|known| *known == layer) }
    };
    let mut wrong = Vec::new();
    for (module, imports) in files.modules() {
        let Some(own) = height(module) else {
            wrong.push(format!("{package}: `{module}` has no layer\nhelp: give it one in `CRATES`"));
            continue;
        };
        let higher = imports.iter().filter(|import| height(import).is_some_and(|height| height > own));
        wrong.extend(higher.map(|import| format!("{package}: `{module}` imports from `{import}`, which is higher")));
    }
    wrong
}

#[test]
fn an_import_from_a_higher_layer_and_a_circle_are_found() {
    let files = Crate::of(&[
        ("", "mod low; mod high; pub use high::H;"),
        ("low", "mod a; mod b; pub use a::A;"),
        ("low::a", "//! As `crate::high`.\nuse crate::{low::{b, self}, high::{H as G}};"),
        ("low::b", "fn f() { super::a::g() }\n#[cfg(test)]\nmod tests { use crate::high::H; }"),
        ("high", "use crate::low::a::A;"),
        ("other", ""),
    ]);
    let layers = Layers { package: "p", layers: &["low", "high"], top: &[], circles_within: &[] };
    let wrong = upward(&layers, &files);
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert_eq!(wrong[0], "p: `low::a` imports from `high`, which is higher");
    assert!(wrong[1].starts_with("p: `other` has no layer"), "{wrong:?}");
    assert_eq!(files.circles(&[]), ["p: `high`, `low`, `low::a` and `low::b` import from each other"]);
}

//! Features of serde_json that any dependency may switch on for the whole program.

use std::fs;

use crate::package::Package;

/// A dependency that does so.
const SWITCHES: &str = r#"
[package]
name = "switches"
version = "0.0.0"
edition = "2024"
[dependencies.serde_json]
version = "1"
features = ["arbitrary_precision", "float_roundtrip", "preserve_order", "raw_value", "unbounded_depth"]
"#;

#[test]
fn no_feature_of_serde_json_changes_a_value() {
    let source = include_str!("json_features.txt");
    let package = Package::with_dependencies("features", "shop", "switches = { path = \"switches\" }", source);
    let folder = package.folder().join("switches");
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("Cargo.toml"), SWITCHES).unwrap();
    fs::write(folder.join("src/lib.rs"), "").unwrap();
    package.test_only("").succeeds();
}

//! The log beside its schema lock.

use crate::support::{Folder, eskit_on, golden, ok_on, small_file};

const LOCK: &str = "\
format 1
crate shop

event shop.OrderPaid
  version 1: u8

event shop.OrderPlaced
  version 1: struct
    total: f64
    big: u128

event stock.Reserved
  version 1: struct closed
    sku: string
";

#[test]
fn every_payload_is_compared() {
    let folder = Folder::new("lock");
    let dsn = small_file(&folder);
    let file = folder.path("eskit.lock");
    std::fs::write(&file, LOCK).unwrap();
    let file = file.to_str().unwrap();
    let mut all = String::new();
    for more in [&[][..], &["--json"]] {
        let ended = eskit_on(&dsn, &[&["lock", "check", file], more].concat());
        assert_eq!(ended.code, 3, "{ended:?}");
        all.push_str(&format!("$ eskit lock check {}\n{}{}\n", more.join(" "), ended.out, ended.err));
    }
    golden("lock.txt", &all);
    let fits = ok_on(&dsn, &["lock", "check", file, "--type", "stock.Reserved", "--json"]);
    let expected = r#"{"name":"stock.Reserved","version":1,"recorded":true,"events":1,"differ":0,"position":null,"difference":null}"#;
    assert_eq!(fits.trim_end(), expected);
    // Only the first event of the type differs from this file, and it comes before.
    assert_eq!(ok_on(&dsn, &["lock", "check", file, "--type", "shop.OrderPaid", "--after", "9"]), "");
}

#[test]
fn a_file_that_is_no_lock_is_told() {
    let folder = Folder::new("no-lock");
    let dsn = small_file(&folder);
    std::fs::write(folder.path("other.lock"), "[[package]]\n").unwrap();
    for (file, told) in [("other.lock", "is no schema lock: line 1"), ("missing.lock", "help: name the `eskit.lock`")] {
        let ended = eskit_on(&dsn, &["lock", "check", folder.path(file).to_str().unwrap()]);
        assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{ended:?}");
        assert!(ended.err.contains(told), "{ended:?}");
    }
}

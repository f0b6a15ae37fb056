//! What each verb says of itself.

use crate::support::{Folder, eskit, golden};

/// The verbs that a help text lists.
fn listed(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned).collect()
}

/// All verbs, each as its words.
fn verbs() -> Vec<Vec<String>> {
    let (mut found, mut next) = (Vec::new(), vec![Vec::new()]);
    while let Some(words) = next.pop() {
        let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        arguments.push("--help");
        for name in listed(&eskit(&arguments).out).into_iter().rev() {
            next.push([words.as_slice(), &[name]].concat());
        }
        found.push(words);
    }
    found
}

#[test]
fn each_verb_has_a_help_text() {
    let mut all = String::new();
    for words in verbs() {
        let mut arguments: Vec<&str> = words.iter().map(String::as_str).collect();
        arguments.push("--help");
        let ended = eskit(&arguments);
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{words:?}");
        assert!(ended.out.lines().count() <= 75, "{words:?}: {} lines", ended.out.lines().count());
        assert!(!listed(&ended.out).is_empty() || ended.out.contains("Example"), "{words:?} has no example");
        all.push_str(&format!("$ eskit {}\n{}\n", arguments.join(" "), ended.out));
    }
    golden("help.txt", &all);
}

#[test]
fn completions_know_every_verb() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = eskit(&["completions", shell]);
        assert_eq!(ended.code, 0, "{ended:?}");
        for words in verbs() {
            assert!(words.iter().all(|word| ended.out.contains(word.as_str())), "{shell} lacks {words:?}");
        }
    }
}

#[test]
fn each_verb_has_a_manual_page() {
    let folder = Folder::new("man");
    let ended = eskit(&["man", "--folder", folder.path("").to_str().unwrap()]);
    assert_eq!(ended.code, 0, "{ended:?}");
    for words in verbs() {
        let page = std::fs::read_to_string(
            folder.path(&format!("{}.1", [&["eskit".to_owned()], words.as_slice()].concat().join("-"))),
        );
        assert!(page.unwrap().contains(".SH"), "{words:?}");
    }
    assert!(eskit(&["man"]).out.contains(".TH eskit 1"));
    let ended = eskit(&["man", "--folder", "/no/such/folder"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains("help: name a folder that is there"), "{ended:?}");
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    for arguments in [
        &["streams", "lisst"][..],
        &["events", "show"],
        &["events", "show", "seventeen"],
        &["streams", "show", "account"],
        &["events", "search", "--since", "yesterday"],
        &["commands", "list", "--outcome", "refussed"],
        &["store", "stats"],
        &["types"],
        &["fold", "Order", "o-1"],
    ] {
        let ended = eskit(arguments);
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{arguments:?}: {ended:?}");
        assert!(ended.err.starts_with("error: "), "{ended:?}");
    }
}

#[test]
fn outcomes_are_listed() {
    let ended = eskit(&["commands", "list", "--outcome", "refussed"]);
    assert!(ended.err.contains("[possible values: appended, nothing, repeated, refused, "), "{ended:?}");
    assert!(ended.err.contains("a similar value exists: 'refused'"), "{ended:?}");
}

/// A DSN may hold a password.
#[test]
fn no_help_text_shows_the_store() {
    let mut command = crate::support::command(&["store", "stats", "--help"]);
    let ended: crate::support::Ended = command.env("ESKIT_STORE", "postgres://u:secret@h/d").output().unwrap().into();
    assert!(ended.out.contains("ESKIT_STORE") && !ended.out.contains("secret"), "{ended:?}");
}

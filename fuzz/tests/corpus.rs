//! Each target takes every input of its corpus: what was found once is found again, without a fuzzer.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::Path;

use eskit_fuzz::TARGETS;

#[test]
fn every_target_takes_its_corpus_and_each_beginning_of_it() {
    for target in TARGETS {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target.name);
        let mut inputs = 0;
        for file in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let bytes = fs::read(file.unwrap().path()).unwrap();
            (0..=bytes.len()).for_each(|end| (target.run)(&bytes[..end]));
            inputs += 1;
        }
        assert!(inputs > 0, "{} has no corpus", target.name);
    }
}

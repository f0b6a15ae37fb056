use std::path::PathBuf;

use lexopt::{Arg, ValueExt};

/// The stores that this build opens.
const STORES: &str = if cfg!(feature = "postgres") {
    "`sqlite:path/to/file.db`, `postgres://user@host/database` or `memory:`"
} else {
    "`sqlite:path/to/file.db` or `memory:`"
};

/// How to build it with more stores.
const MORE: &str = if cfg!(feature = "postgres") {
    ""
} else {
    "\n\nFor PostgreSQL: cargo run -p loans --features postgres -- --store postgres://user@host/database"
};

/// What `--help` says.
pub(crate) fn usage() -> String {
    format!(
        "usage: loans [FILE] [--store DSN]

Imports the loan log of the BPI Challenge 2012 into a store, rebuilds every case, reports by week how the applications
fare, and compares the figures with the published ones. Goes on where an earlier run ended, however that was.

  FILE          the log, one JSON object a line, compressed by gzip; `../shared/data/bpic2012.ndjson.gz` when left out
  --store DSN   the store: {STORES}; `sqlite:loans.db` when left out{MORE}"
    )
}

/// What the command line says.
pub(crate) struct Arguments {
    pub(crate) file: PathBuf,
    pub(crate) dsn: String,
}

impl Arguments {
    /// Reads the command line; `None` when it asks for help.
    pub(crate) fn from_env() -> Result<Option<Arguments>, lexopt::Error> {
        Arguments::read(lexopt::Parser::from_env())
    }

    fn read(mut parser: lexopt::Parser) -> Result<Option<Arguments>, lexopt::Error> {
        let (mut file, mut dsn) = (None, None);
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("store") => dsn = Some(parser.value()?.string()?),
                Arg::Short('h') | Arg::Long("help") => return Ok(None),
                Arg::Value(value) if file.is_none() => file = Some(PathBuf::from(value)),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Some(Arguments {
            file: file.unwrap_or_else(|| PathBuf::from("../shared/data/bpic2012.ndjson.gz")),
            dsn: dsn.unwrap_or_else(|| "sqlite:loans.db".to_owned()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Option<Arguments>, lexopt::Error> {
        Arguments::read(lexopt::Parser::from_args(arguments))
    }

    #[test]
    fn both_may_be_left_out() {
        let arguments = read(&[]).unwrap().unwrap();
        assert!(arguments.file.ends_with("shared/data/bpic2012.ndjson.gz"));
        assert_eq!(arguments.dsn, "sqlite:loans.db");
    }

    #[test]
    fn both_may_be_given_in_any_order() {
        for line in [["x.gz", "--store", "memory:"], ["--store", "memory:", "x.gz"]] {
            let arguments = read(&line).unwrap().unwrap();
            assert_eq!((arguments.file, arguments.dsn), (PathBuf::from("x.gz"), "memory:".to_owned()));
        }
    }

    #[test]
    fn the_stores_of_this_build_are_named() {
        let usage = usage();
        assert!(
            usage.contains("`sqlite:path/to/file.db`") && usage.contains("`memory:`; `sqlite:loans.db`"),
            "{usage}"
        );
        assert_eq!(usage.contains("`postgres://user@host/database`"), cfg!(feature = "postgres"), "{usage}");
        let how = "cargo run -p loans --features postgres -- --store postgres://user@host/database";
        assert_eq!(usage.contains(how), !cfg!(feature = "postgres"), "{usage}");
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(read(&["--help"]).unwrap().is_none());
        for line in [&["--stor", "x"][..], &["a", "b"], &["--store"]] {
            assert!(read(line).is_err(), "{line:?}");
        }
    }
}

//! Writes the migrations as files: `migrations FOLDER [SCHEMA [PREFIX [PAYLOAD]]]`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to its user")]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use eskit_postgres::{Migrations, PayloadType, migrations};

const USAGE: &str = "usage: migrations FOLDER [SCHEMA [PREFIX [PAYLOAD]]]\nPAYLOAD: bytea (the default), json or jsonb; PREFIX may be \"\"";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [folder] if !folder.starts_with('-') => write(folder, migrations()),
        [folder, schema] => write(folder, migrations().schema(schema)),
        [folder, schema, prefix] => write(folder, migrations().schema(schema).table_prefix(prefix)),
        [folder, schema, prefix, payload] => match PayloadType::from_sql(payload) {
            Some(payload) => write(folder, migrations().schema(schema).table_prefix(prefix).payload_type(payload)),
            None => Err(format!("there is no payload type `{payload}`\n{USAGE}").into()),
        },
        _ => Err(USAGE.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write(folder: &str, migrations: Migrations) -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    for migration in migrations.sql()? {
        let path = folder.join(migration.file_name());
        std::fs::write(&path, migration.sql)?;
        println!("{}", path.display());
    }
    Ok(())
}

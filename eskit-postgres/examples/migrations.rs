//! Writes the migrations as files: `migrations FOLDER [SCHEMA [PREFIX]]`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "an example talks to its user")]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: migrations FOLDER [SCHEMA [PREFIX]]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [folder] if !folder.starts_with('-') => write(folder, None, None),
        [folder, schema] => write(folder, Some(schema), None),
        [folder, schema, prefix] => write(folder, Some(schema), Some(prefix)),
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

fn write(folder: &str, schema: Option<&str>, prefix: Option<&str>) -> Result<(), Box<dyn Error>> {
    let mut migrations = eskit_postgres::migrations();
    if let Some(schema) = schema {
        migrations = migrations.schema(schema);
    }
    if let Some(prefix) = prefix {
        migrations = migrations.table_prefix(prefix);
    }
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    for migration in migrations.sql()? {
        let path = folder.join(migration.file_name());
        std::fs::write(&path, migration.sql)?;
        println!("{}", path.display());
    }
    Ok(())
}

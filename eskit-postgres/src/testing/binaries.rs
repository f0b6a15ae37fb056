use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Where the programs of a PostgreSQL server lie.
#[derive(Clone, Debug)]
pub(crate) struct Binaries(PathBuf);

impl Binaries {
    /// Looks in the folder that `ESKIT_TEST_POSTGRES_BIN` names, in `PATH`, where `pg_config` says, and where packages put
    /// them; the newest version first.
    pub(crate) fn find() -> Option<Binaries> {
        let named = std::env::var_os("ESKIT_TEST_POSTGRES_BIN").map(PathBuf::from);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let in_path: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let folders = named.into_iter().chain(in_path).chain(from_pg_config()).chain(from_packages());
        let has = |binaries: &Binaries| ["initdb", "pg_ctl"].iter().all(|name| binaries.program(name).is_file());
        let found = folders.map(Binaries).find(has)?;
        // The folder may hold links to some of the programs, and all are beside those to which they lead.
        let linked = found.program("initdb").canonicalize().ok()?.parent().map(Path::to_path_buf).map(Binaries);
        Some(linked.filter(has).unwrap_or(found))
    }

    /// The path of a program.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

fn from_pg_config() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").stderr(Stdio::null()).output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

/// Debian's, Red Hat's, and the folders of source builds and Homebrew.
fn from_packages() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for (parent, prefix) in [("/usr/lib/postgresql", ""), ("/usr", "pgsql-"), ("/opt/homebrew/opt", "postgresql@")] {
        let mut versions = versions_in(Path::new(parent), prefix);
        versions.sort_unstable();
        folders.extend(versions.into_iter().rev().map(|(_, folder)| folder.join("bin")));
    }
    folders.push(PathBuf::from("/usr/local/pgsql/bin"));
    folders
}

/// The folders whose name is a prefix and a number, with that number.
fn versions_in(parent: &Path, prefix: &str) -> Vec<(u32, PathBuf)> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let name = entry.file_name();
            let version = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((version, entry.path()))
        })
        .collect()
}

//! The crate that is being compiled.

use std::path::PathBuf;

/// The crate that is being compiled: its name, and for a program, which may share it with its library, `bin` before it.
pub(crate) fn this_crate() -> String {
    let name = std::env::var("CARGO_CRATE_NAME").unwrap_or_default();
    if std::env::var_os("CARGO_BIN_NAME").is_some() { format!("bin {name}") } else { name }
}

/// Whether the crate's root file is where cargo looks for it, and `lock!` does not stand there. Of targets with a path of their
/// own nobody tells a macro where they are.
pub(crate) fn root_has_no_lock() -> bool {
    let var = |name| std::env::var(name).unwrap_or_default();
    let (folder, package) = (PathBuf::from(var("CARGO_MANIFEST_DIR")), var("CARGO_PKG_NAME"));
    let files = match std::env::var("CARGO_BIN_NAME") {
        Ok(name) => {
            let main = (name == package).then(|| "src/main.rs".to_owned());
            let folders = ["src/bin", "examples"];
            let own =
                folders.iter().flat_map(|folder| [format!("{folder}/{name}.rs"), format!("{folder}/{name}/main.rs")]);
            own.chain(main).collect()
        }
        // Only tests and benchmarks have the other variable.
        Err(_) if var("CARGO_CRATE_NAME") == package.replace('-', "_") && var("CARGO_TARGET_TMPDIR").is_empty() => {
            vec!["src/lib.rs".to_owned()]
        }
        Err(_) => Vec::new(),
    };
    let roots: Vec<String> = files.iter().filter_map(|file| std::fs::read_to_string(folder.join(file)).ok()).collect();
    !roots.is_empty() && !roots.iter().flat_map(|text| text.lines()).any(names_lock)
}

fn names_lock(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or_default();
    code.contains("lock!") || code.contains("lock !")
}

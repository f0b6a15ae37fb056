//! Which file of a crate imports from which, read from the text of their paths.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::Path;

/// A file by the path of its module: empty for `lib.rs`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Module(Vec<String>);

impl Module {
    fn of(path: &str) -> Module {
        Module(path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }

    /// Its own name, where it stands right below another.
    fn child_of(&self, parent: &Module) -> Option<&str> {
        let (name, above) = self.0.split_last()?;
        (above == parent.0).then_some(name)
    }

    /// The file or folder of `src` in which it stands.
    pub(crate) fn layer(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "lib.rs" } else { "" })?;
        f.write_str(&self.0.join("::"))
    }
}

/// The files of a crate, each with those that it imports from.
pub(crate) struct Crate {
    package: String,
    modules: BTreeMap<Module, BTreeSet<Module>>,
}

impl Crate {
    /// Reads the sources of a package of this workspace.
    pub(crate) fn read(package: &str) -> io::Result<Crate> {
        let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(package).join("src");
        let mut texts = Vec::new();
        gather(&src, &mut Vec::new(), &mut texts)?;
        let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        assert!(texts.len() > 1, "no sources of {package} in {}", src.display());
        Ok(Crate { package: package.to_owned(), ..Crate::of(&texts) })
    }

    /// The crate `p` of modules with these texts.
    pub(crate) fn of(texts: &[(&str, &str)]) -> Crate {
        let files: BTreeSet<Module> = texts.iter().map(|(path, _)| Module::of(path)).collect();
        let imports = |path: &str, text: &str| {
            let own = Module::of(path);
            let children: Vec<&str> = files.iter().filter_map(|file| file.child_of(&own)).collect();
            let paths = paths(text, &children).into_iter().filter_map(|path| resolve(&own, &path, &files));
            paths.filter(|import| *import != own).collect()
        };
        let modules = texts.iter().map(|(path, text)| (Module::of(path), imports(path, text))).collect();
        Crate { package: "p".to_owned(), modules }
    }

    pub(crate) fn modules(&self) -> impl Iterator<Item = (&Module, &BTreeSet<Module>)> {
        self.modules.iter()
    }

    /// The modules that import from each other, a line for each circle, other than those within layers that may have them.
    pub(crate) fn circles(&self, within: &[&str]) -> Vec<String> {
        let reached: BTreeMap<&Module, BTreeSet<&Module>> =
            self.modules.keys().map(|module| (module, self.reached(module))).collect();
        let mut circles = BTreeSet::new();
        for (module, from_here) in reached.iter().filter(|(module, _)| !within.contains(&module.layer())) {
            let circle: Vec<String> = from_here
                .iter()
                .filter(|other| reached[**other].contains(*module))
                .map(|other| format!("`{other}`"))
                .collect();
            if let [others @ .., last] = circle.as_slice()
                && !others.is_empty()
            {
                circles.insert(format!("{}: {} and {last} import from each other", self.package, others.join(", ")));
            }
        }
        circles.into_iter().collect()
    }

    /// The modules that a module imports from, at first or any other hand.
    fn reached<'c>(&'c self, from: &Module) -> BTreeSet<&'c Module> {
        let mut reached = BTreeSet::new();
        let mut next: Vec<&Module> = self.modules[from].iter().collect();
        while let Some(module) = next.pop() {
            if reached.insert(module) {
                next.extend(&self.modules[module]);
            }
        }
        reached
    }
}

/// Reads each file below a folder, with the path of its module.
fn gather(folder: &Path, at: &mut Vec<String>, texts: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            at.push(name);
            gather(&path, at, texts)?;
            at.pop();
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let is_root = name == "lib" || name == "mod";
            let own = if is_root { at.join("::") } else { [at.as_slice(), &[name]].concat().join("::") };
            texts.push((own, std::fs::read_to_string(&path)?));
        }
    }
    Ok(())
}

/// The file that a path leads into: the deepest whose module is a part of it. A `super` that leads to none stands in a module
/// within its file.
fn resolve(own: &Module, path: &str, files: &BTreeSet<Module>) -> Option<Module> {
    let mut parts = path.split("::").peekable();
    let is_absolute = parts.next_if_eq(&"crate").is_some();
    let mut module = if is_absolute { Vec::new() } else { own.0.clone() };
    while parts.next_if_eq(&"super").is_some() {
        module.pop();
    }
    module.extend(parts.map(str::to_owned));
    let parents = (0..=module.len()).rev().map(|length| Module(module[..length].to_vec()));
    parents.filter(|module| is_absolute || !module.0.is_empty()).find(|module| files.contains(module))
}

/// The paths in a text that begin with `crate`, `super` or the name of a module below, each group of a `use` spread out. What only
/// tests import does not count, nor does `$crate`, which is for where a macro is called.
fn paths(text: &str, children: &[&str]) -> Vec<String> {
    let text = text.split("\nmod tests {").next().unwrap_or_default();
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for start in ["crate", "super"].iter().chain(children) {
        for (at, _) in code.match_indices(&format!("{start}::")) {
            let is_own = |before: char| !(before.is_alphanumeric() || matches!(before, '_' | '$' | ':'));
            if code[..at].chars().next_back().is_none_or(is_own) {
                spread(&mut code[at..].chars().peekable(), "", &mut found);
            }
        }
    }
    found
}

/// Reads one tree of paths, such as `a::{b, c::d as e}`, and adds each path in it after a prefix.
fn spread(code: &mut std::iter::Peekable<std::str::Chars<'_>>, prefix: &str, found: &mut Vec<String>) {
    let mut path = prefix.to_owned();
    loop {
        while code.next_if(|next| next.is_whitespace()).is_some() {}
        let mut part = String::new();
        while let Some(next) = code.next_if(|next| next.is_alphanumeric() || *next == '_') {
            part.push(next);
        }
        if code.peek() == Some(&'{') && part.is_empty() {
            code.next();
            while code.peek().is_some_and(|next| *next != '}') {
                spread(code, &path, found);
                // What is left of an item, such as `as e`.
                while code.next_if(|next| !matches!(next, ',' | '}')).is_some() {}
                code.next_if_eq(&',');
                while code.next_if(|next| next.is_whitespace()).is_some() {}
            }
            code.next();
            return;
        }
        if !part.is_empty() && part != "self" {
            path = if path.is_empty() { part } else { format!("{path}::{part}") };
        }
        let mut ahead = code.clone();
        if ahead.next() != Some(':') || ahead.next() != Some(':') {
            // Exported macros stand at the root, wherever they are written.
            if code.peek() != Some(&'!') {
                found.push(path);
            }
            return;
        }
        *code = ahead;
    }
}

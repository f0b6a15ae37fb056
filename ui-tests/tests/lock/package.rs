//! A package in a temporary folder, and what cargo says of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A library package called `shop`, whose dependencies all packages of these tests share.
pub(crate) struct Package {
    folder: PathBuf,
}

/// How a command of cargo went.
pub(crate) struct Outcome {
    success: bool,
    pub(crate) text: String,
}

impl Package {
    /// A new package with this `src/lib.rs`, and no `eskit.lock`.
    pub(crate) fn new(test: &str, source: &str) -> Package {
        Package::with_dependencies(test, "shop", "", source)
    }

    /// The same by another name, with more lines under `[dependencies]`.
    pub(crate) fn with_dependencies(test: &str, name: &str, dependencies: &str, source: &str) -> Package {
        let folder = root().join(test).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("src")).unwrap();
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let eskit = workspace.join("eskit");
        let manifest = format!(
            "[workspace]\n[package]\nname = \"{name}\"\nversion = \"0.0.{}\"\nedition = \"2024\"\n[dependencies]\n\
             eskit = {{ path = {eskit:?}, default-features = false }}\n\
             serde = {{ version = \"1\", features = [\"derive\"] }}\nserde_json = \"1\"\n{dependencies}\n",
            // Cargo takes packages of one name and version in one target folder for the same.
            test.bytes().fold(0_u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into()))
        );
        fs::write(folder.join("Cargo.toml"), manifest).unwrap();
        // The versions of this workspace, so that nothing is looked up.
        fs::copy(workspace.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        let package = Package { folder };
        package.write(source);
        package
    }

    /// A package whose shapes are recorded.
    pub(crate) fn locked(test: &str, source: &str) -> Package {
        let package = Package::new(test, source);
        package.lock("write").succeeds();
        package.check().succeeds();
        package
    }

    pub(crate) fn write(&self, source: &str) {
        fs::write(self.folder.join("src/lib.rs"), format!("use eskit::prelude::*;\n{source}")).unwrap();
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// `cargo check`.
    pub(crate) fn check(&self) -> Outcome {
        self.cargo(&["check"], None)
    }

    /// `cargo check` of the programs and tests too.
    pub(crate) fn check_all(&self) -> Outcome {
        self.cargo(&["check", "--all-targets"], None)
    }

    /// A build in which what is not recorded is refused, as in a release.
    pub(crate) fn check_strictly(&self) -> Outcome {
        self.check_release(None)
    }

    /// The same with `ESKIT_LOCK` set.
    pub(crate) fn check_release(&self, mode: Option<&str>) -> Outcome {
        self.cargo(&["check", "--config", "profile.dev.package.shop.debug-assertions=false"], mode)
    }

    /// `cargo test eskit_lock`, which compares the file with the program.
    pub(crate) fn test(&self) -> Outcome {
        self.cargo(&["test", "--lib", "eskit_lock"], None)
    }

    /// A test that the package holds.
    pub(crate) fn test_only(&self, name: &str) -> Outcome {
        self.cargo(&["test", "--lib", name], None)
    }

    /// `ESKIT_LOCK=write cargo test eskit_lock`, or `force`.
    pub(crate) fn lock(&self, mode: &str) -> Outcome {
        self.cargo(&["test", "--lib", "eskit_lock"], Some(mode))
    }

    fn cargo(&self, arguments: &[&str], mode: Option<&str>) -> Outcome {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).args(["--offline", "--quiet"]).current_dir(&self.folder);
        command.env("CARGO_TARGET_DIR", root().join("target")).env_remove("RUSTFLAGS").env_remove("ESKIT_LOCK");
        command.envs(mode.map(|mode| ("ESKIT_LOCK", mode)));
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        Outcome { success: output.status.success(), text }
    }

    /// The text of `eskit.lock` below its two lines of comment.
    pub(crate) fn lock_text(&self) -> String {
        let text = fs::read_to_string(self.lock_path()).unwrap();
        text.split_inclusive('\n').filter(|line| !line.starts_with('#')).collect()
    }

    pub(crate) fn edit_lock(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.lock_path()).unwrap();
        assert!(text.contains(from), "{text}");
        fs::write(self.lock_path(), text.replace(from, to)).unwrap();
    }

    pub(crate) fn lock_path(&self) -> PathBuf {
        self.folder.join("eskit.lock")
    }
}

impl Outcome {
    #[track_caller]
    pub(crate) fn succeeds(&self) {
        assert!(self.success, "{}", self.text);
        assert!(!self.text.contains("warning"), "{}", self.text);
    }

    /// Fails with one error, which contains each of these texts.
    #[track_caller]
    pub(crate) fn fails_once(&self, texts: &[&str]) {
        let errors = self.text.lines().filter(|line| line.starts_with("error") && !line.contains("could not compile"));
        assert_eq!(errors.count(), 1, "{}", self.text);
        self.fails(texts);
    }

    #[track_caller]
    pub(crate) fn fails(&self, texts: &[&str]) {
        assert!(!self.success, "{}", self.text);
        texts.iter().for_each(|text| assert!(self.text.contains(text), "`{text}` is missing in\n{}", self.text));
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("lock")
}

//! What `cargo metadata` says about the packages of this workspace.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// A package of the workspace.
pub(crate) struct Package {
    /// Its name.
    pub(crate) name: String,
    /// Its folder, relative to the root of the workspace.
    pub(crate) folder: PathBuf,
    /// Whether it is published, and so has users who choose its features.
    pub(crate) published: bool,
    /// Its features, without `default`.
    pub(crate) features: Vec<String>,
    /// Those of them that are nothing but features of other packages.
    pub(crate) passed_on: Vec<String>,
}

/// The workspace that this program belongs to.
pub(crate) struct Workspace {
    /// Its root folder.
    pub(crate) root: PathBuf,
    /// Its target folder.
    pub(crate) target: PathBuf,
    /// Its members, in the order of `cargo metadata`.
    pub(crate) packages: Vec<Package>,
    /// The oldest supported toolchain: the `rust-version` of the published packages.
    pub(crate) rust_version: Option<String>,
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn load() -> Result<Workspace, Box<dyn Error>> {
        let output = Command::new(cargo()).args(["metadata", "--no-deps", "--format-version=1"]).output()?;
        if !output.status.success() {
            return Err(format!("`cargo metadata` failed\n{}", String::from_utf8_lossy(&output.stderr)).into());
        }
        let metadata: Value = serde_json::from_slice(&output.stdout)?;
        let root = PathBuf::from(text(&metadata["workspace_root"])?);
        let target = PathBuf::from(text(&metadata["target_directory"])?);
        let listed = metadata["packages"].as_array().ok_or("`cargo metadata` lists no packages")?;
        let packages = listed.iter().map(|package| Package::new(package, &root)).collect::<Result<Vec<_>, _>>()?;
        let rust_version = listed.iter().find_map(|package| package["rust_version"].as_str()).map(str::to_owned);
        Ok(Workspace { root, target, packages, rust_version })
    }

    /// The packages whose folder starts with `folder`.
    pub(crate) fn below(&self, folder: &str) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(move |package| package.folder.starts_with(folder))
    }
}

impl Package {
    fn new(package: &Value, root: &Path) -> Result<Package, Box<dyn Error>> {
        let manifest = PathBuf::from(text(&package["manifest_path"])?);
        let folder = manifest.parent().unwrap_or(root);
        let features = package["features"].as_object().into_iter().flatten();
        let passed_on = features.clone().filter(|(_, of)| is_passed_on(of)).map(|(name, _)| name.clone()).collect();
        Ok(Package {
            name: text(&package["name"])?.to_owned(),
            folder: folder.strip_prefix(root).unwrap_or(folder).to_owned(),
            published: package["publish"].as_array().is_none_or(|registries| !registries.is_empty()),
            features: features.map(|(name, _)| name.clone()).filter(|name| name != "default").collect(),
            passed_on,
        })
    }
}

/// Whether a feature is nothing but features of other packages.
fn is_passed_on(feature: &Value) -> bool {
    let of = feature.as_array().map(Vec::as_slice).unwrap_or_default();
    !of.is_empty() && of.iter().all(|other| other.as_str().is_some_and(|other| other.contains('/')))
}

fn text(value: &Value) -> Result<&str, Box<dyn Error>> {
    value.as_str().ok_or_else(|| "`cargo metadata` answered in an unknown form".into())
}

/// The cargo that started this program.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

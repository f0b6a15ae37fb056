use std::ffi::OsString;
use std::path::{Path, PathBuf};

use eskit_runtime::StoreError;
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::subscription::Partition;

/// The longest name of a projection.
const NAME_LEN_MAX: usize = 64;

/// The version of the read model in whose file the items of a list are. Processors, which have lists, have no other one.
pub(super) const LIST_VERSION: u32 = 1;
/// Stands for the version that readers see of a list that is all that its file has.
pub(super) const LIST: u32 = 0;

/// The names of the files of views: `views.db` and, beside it, `views.course-list.2.db`.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) catalogue: PathBuf,
}

/// A read model whose file stands beside the catalogue.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct ModelId {
    pub(super) name: String,
    pub(super) version: u32,
}

impl ModelId {
    /// Checks that the name can be part of a file's name on every system.
    pub(super) fn new(name: &str, version: u32) -> Result<ModelId, StoreError> {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
        if name.is_empty() || name.len() > NAME_LEN_MAX || !name.chars().all(fits) {
            let text = format!(
                "{name:?} cannot name the file of a read model\nhelp: choose a name of 1 to {NAME_LEN_MAX} lower-case letters, digits, `-`, \
                 and `_`"
            );
            return Err(StoreError::new(StoreErrorKind::Invalid, text));
        }
        Ok(ModelId { name: name.to_owned(), version })
    }
}

impl Names {
    /// The file of a read model.
    pub(super) fn model(&self, id: &ModelId) -> PathBuf {
        let mut name = self.stem();
        name.push(format!(".{}.{}", id.name, id.version));
        if let Some(extension) = self.catalogue.extension() {
            name.push(".");
            name.push(extension);
        }
        self.catalogue.with_file_name(name)
    }

    /// The file of the snapshots: `views.snapshots.db`. No read model has such a name, since it would end with its version.
    pub(super) fn snapshots(&self) -> PathBuf {
        self.beside("snapshots")
    }

    /// The file of the log of commands: `views.commands.db`.
    pub(super) fn commands(&self) -> PathBuf {
        self.beside("commands")
    }

    fn beside(&self, word: &str) -> PathBuf {
        let mut name = self.stem();
        name.push(format!(".{word}"));
        if let Some(extension) = self.catalogue.extension() {
            name.push(".");
            name.push(extension);
        }
        self.catalogue.with_file_name(name)
    }

    /// The file whose lock is the claim on a read model or, for one part of several, on that part.
    pub(super) fn lock(&self, id: &ModelId, partition: Partition) -> PathBuf {
        let mut name = self.stem();
        name.push(format!(".{}.{}", id.name, id.version));
        if partition != Partition::WHOLE {
            name.push(format!(".{}-of-{}", partition.index + 1, partition.count));
        }
        name.push(".lock");
        self.catalogue.with_file_name(name)
    }

    /// The read models whose files stand beside the catalogue, sorted.
    pub(super) fn models(&self) -> std::io::Result<Vec<ModelId>> {
        let folder = self.catalogue.parent().unwrap_or(Path::new("."));
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let name = entry?.file_name();
            found.extend(name.to_str().and_then(|name| self.model_of(name)));
        }
        found.sort();
        Ok(found)
    }

    fn model_of(&self, file: &str) -> Option<ModelId> {
        let rest = file.strip_prefix(self.stem().to_str()?)?.strip_prefix('.')?;
        let rest = match self.catalogue.extension() {
            Some(extension) => rest.strip_suffix(extension.to_str()?)?.strip_suffix('.')?,
            None => rest,
        };
        let (name, version) = rest.rsplit_once('.')?;
        let id = ModelId::new(name, version.parse().ok()?).ok()?;
        // `views.a.02.db` is no file of ours.
        (id.version.to_string() == version).then_some(id)
    }

    fn stem(&self) -> OsString {
        self.catalogue.file_stem().unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_tells_its_read_model() {
        for catalogue in ["views.db", "views", "my.views.sqlite"] {
            let names = Names { catalogue: PathBuf::from("folder").join(catalogue) };
            for other in [names.snapshots(), names.commands()] {
                assert_eq!(names.model_of(other.file_name().unwrap().to_str().unwrap()), None, "{other:?}");
            }
            let id = ModelId::new("course-list", 12).unwrap();
            let file = names.model(&id);
            assert_eq!(file.parent(), Some(Path::new("folder")));
            assert_eq!(names.model_of(file.file_name().unwrap().to_str().unwrap()), Some(id));
            for other in
                [catalogue, "views.course-list.02.db", "views.course-list.2.db-wal", "views.course-list.2.lock"]
            {
                assert_eq!(names.model_of(other), None, "{other} beside {catalogue}");
            }
        }
    }

    #[test]
    fn a_name_leaves_the_folder_on_no_system() {
        for name in ["", "../log", "a/b", "a.b", "Course", "con:", "a b", &"a".repeat(65)] {
            assert_eq!(ModelId::new(name, 1).unwrap_err().kind(), StoreErrorKind::Invalid, "{name}");
        }
    }
}

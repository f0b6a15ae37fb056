use std::collections::HashMap;
use std::path::Path;

use eskit_runtime::StoreError;
use eskit_runtime::command_log::{CommandPage, CommandQuery};
use eskit_runtime::log::StoreErrorKind;
use eskit_runtime::snapshots::{SnapshotCount, SnapshotsOf, StoredSnapshot};
use eskit_runtime::subscription::{Checkpoint, ParkedEvent};
use eskit_runtime::work::{ListWork, OpenStep, WorkItem};
use rusqlite::Connection;

use crate::error::Fault;
use crate::file::snapshot;
use crate::threads::readers::Serves;
use crate::views::catalogue;
use crate::views::fault::failed;
use crate::views::format::{COMMANDS, Format, READ_MODEL, SNAPSHOTS};
use crate::views::names::{LIST, LIST_VERSION, ModelId, Names};
use crate::views::open::{self, Opened};
use crate::views::writer::check_name;
use crate::views::{commands, rows, snapshots, steps, work};

/// Read models whose files one thread keeps open.
const OPEN_MAX: usize = 64;

/// What one reader thread owns: connections to the catalogue and to the read models that it has read.
pub(super) struct ViewReader {
    pub(super) names: Names,
    catalogue: Option<Opened>,
    models: HashMap<String, (u32, Opened)>,
    snapshots: Option<Opened>,
    commands: Option<Opened>,
}

impl Serves for ViewReader {
    fn settle(&mut self) {
        let models = self.models.values().map(|(_, opened)| opened);
        for opened in self.catalogue.iter().chain(models).chain(&self.snapshots).chain(&self.commands) {
            open::roll_back(&opened.conn);
        }
    }
}

impl ViewReader {
    pub(super) fn new(names: Names) -> ViewReader {
        ViewReader { names, catalogue: None, models: HashMap::new(), snapshots: None, commands: None }
    }

    /// The version of a projection that readers see.
    pub(super) fn active(&mut self, name: &str) -> Result<Option<u32>, StoreError> {
        self.on_catalogue("read", |conn| catalogue::active(conn, name))
    }

    /// Does something on the connection to the catalogue.
    pub(super) fn on_catalogue<T>(
        &mut self,
        doing: &str,
        job: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let path = &self.names.catalogue;
        let opened = match self.catalogue.take() {
            Some(opened) if open::is_there(path, opened.number) => opened,
            _ => catalogue::open(path)?,
        };
        job(&self.catalogue.insert(opened).conn).map_err(|fault| failed(fault, doing, path))
    }

    /// Reads one state of the version that readers see.
    pub(super) fn read_active<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut is_first = true;
        loop {
            let version = self.active(name)?.ok_or_else(|| not_built(name))?;
            let id = ModelId::new(name, version)?;
            let path = self.names.model(&id);
            if let Some(conn) = self.model(&id)? {
                let read = || snapshot::within(conn, || Ok(read(conn)?));
                return read().map_err(|fault| failed(fault, "read", &path));
            }
            // Readers may see another version meanwhile, and this one be removed.
            if !std::mem::take(&mut is_first) {
                return Err(not_built(name));
            }
        }
    }

    /// The version that readers see, and how often it was changed; if they see none, [`LIST`], and how often items of work were added
    /// to the list of this name.
    pub(super) fn changes(&mut self, name: &str) -> Result<(u32, u64), StoreError> {
        let active = self.active(name)?;
        let id = ModelId::new(name, active.unwrap_or(LIST_VERSION))?;
        let path = self.names.model(&id);
        let changes = self.model(&id)?.map_or(Ok(0), |conn| match active {
            Some(_) => rows::changes(conn),
            None => Ok(work::additions(conn)?),
        });
        Ok((active.unwrap_or(LIST), changes.map_err(|fault| failed(fault, "read", &path))?))
    }

    /// The items of a list.
    pub(super) fn list_work(&mut self, id: &ModelId, which: &ListWork) -> Result<Vec<WorkItem>, StoreError> {
        let path = self.names.model(id);
        let Some(conn) = self.model(id)? else { return Ok(Vec::new()) };
        snapshot::within(conn, || Ok(work::list(conn, which)?)).map_err(|fault| failed(fault, "read", &path))
    }

    /// The steps of a list that were begun and have not ended.
    pub(super) fn open_steps(&mut self, id: &ModelId) -> Result<Vec<OpenStep>, StoreError> {
        let path = self.names.model(id);
        let Some(conn) = self.model(id)? else { return Ok(Vec::new()) };
        snapshot::within(conn, || Ok(steps::open(conn)?)).map_err(|fault| failed(fault, "read", &path))
    }

    /// A connection to a read model, if it is there.
    fn model(&mut self, id: &ModelId) -> Result<Option<&Connection>, StoreError> {
        let path = self.names.model(id);
        let opened = match self.models.remove(&id.name) {
            Some((version, opened)) if version == id.version && open::is_there(&path, opened.number) => opened,
            _ => match self.open(id)? {
                Some(opened) => opened,
                None => return Ok(None),
            },
        };
        if self.models.len() >= OPEN_MAX {
            self.models.clear();
        }
        let (_, opened) = self.models.entry(id.name.clone()).insert_entry((id.version, opened)).into_mut();
        Ok(Some(&opened.conn))
    }

    /// Opens a read model, if it is there and not empty.
    fn open(&self, id: &ModelId) -> Result<Option<Opened>, StoreError> {
        let path = self.names.model(id);
        let Some(opened) = open::reader(&path)? else { return Ok(None) };
        if !READ_MODEL.check(&opened.conn, &path)? {
            return Ok(None);
        }
        check_name(&opened.conn, &path, id)?;
        Ok(Some(opened))
    }

    /// The snapshots with these keys.
    pub(super) fn snapshots(&mut self, of: &SnapshotsOf, keys: &[String]) -> Result<Vec<StoredSnapshot>, StoreError> {
        read(&mut self.snapshots, &SNAPSHOTS, &self.names.snapshots(), |conn| snapshots::find(conn, of, keys))
    }

    /// All snapshots, counted.
    pub(super) fn count_snapshots(&mut self) -> Result<Vec<SnapshotCount>, StoreError> {
        read(&mut self.snapshots, &SNAPSHOTS, &self.names.snapshots(), snapshots::count)
    }

    /// Entries of the log of commands.
    pub(super) fn commands(&mut self, query: &CommandQuery) -> Result<CommandPage, StoreError> {
        read(&mut self.commands, &COMMANDS, &self.names.commands(), |conn| commands::find(conn, query))
    }

    /// The checkpoints of a read model, by part.
    pub(super) fn checkpoints(&mut self, id: &ModelId) -> Result<Vec<Checkpoint>, StoreError> {
        let Some(opened) = self.open(id)? else { return Ok(Vec::new()) };
        let is_active = self.active(&id.name)? == Some(id.version);
        let mut found = rows::checkpoints(&opened.conn, id).map_err(|fault| self.cannot_read(fault, id))?;
        found.iter_mut().for_each(|checkpoint| checkpoint.is_active = is_active);
        Ok(found)
    }

    /// The checkpoints of all read models.
    pub(super) fn all_checkpoints(&mut self) -> Result<Vec<Checkpoint>, StoreError> {
        let models = self.names.models().map_err(|error| {
            let text = format!("cannot list the folder of `{}`: {error}", self.names.catalogue.display());
            StoreError::new(StoreErrorKind::Unavailable, text).with_source(error)
        })?;
        let mut found = Vec::new();
        for id in models {
            match self.checkpoints(&id) {
                Ok(checkpoints) => found.extend(checkpoints),
                // A file that only has such a name.
                Err(error) if error.kind() == StoreErrorKind::Foreign => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    /// The parked events of a read model.
    pub(super) fn parked(&mut self, id: &ModelId) -> Result<Vec<ParkedEvent>, StoreError> {
        let Some(opened) = self.open(id)? else { return Ok(Vec::new()) };
        rows::parked(&opened.conn).map_err(|fault| self.cannot_read(fault, id))
    }

    fn cannot_read(&self, fault: Fault, id: &ModelId) -> StoreError {
        failed(fault, "read", &self.names.model(id))
    }
}

fn not_built(name: &str) -> StoreError {
    let text = format!(
        "the read model `{name}` is not built yet\nhelp: start its projection, and wait until it has handled the log once; readers see it \
         from then on"
    );
    StoreError::new(StoreErrorKind::Unavailable, text)
}

/// Reads a file beside the catalogue; nothing if it is not there.
fn read<T: Default>(
    kept: &mut Option<Opened>,
    format: &Format,
    path: &Path,
    read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> Result<T, StoreError> {
    let opened = match kept.take().filter(|opened| open::is_there(path, opened.number)) {
        Some(opened) => opened,
        None => match open::reader(path)? {
            Some(opened) if format.check(&opened.conn, path)? => opened,
            _ => return Ok(T::default()),
        },
    };
    let conn = &kept.insert(opened).conn;
    snapshot::within(conn, || Ok(read(conn)?)).map_err(|fault| failed(fault, "read", path))
}

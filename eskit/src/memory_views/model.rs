use std::collections::BTreeMap;

use eskit_runtime::log::Position;
use eskit_runtime::rows::StoredRow;
use eskit_runtime::subscription::ParkedEvent;
use serde_json::Value;

use super::step_list::StepList;
use super::work_list::WorkList;

type Table = BTreeMap<String, Value>;

/// What a version of a read model holds.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) tables: BTreeMap<String, Table>,
    pub(super) rows: BTreeMap<String, StoredRow>,
    pub(super) parked: BTreeMap<Position, ParkedEvent>,
    pub(super) work: WorkList,
    pub(super) steps: StepList,
}

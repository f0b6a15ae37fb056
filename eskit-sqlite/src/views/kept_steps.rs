use eskit_runtime::StoreError;
use eskit_runtime::work::{
    BegunStep, EndedBy, OpenStep, StepEnd, StepHolder, StepId, Steps, check_step, check_step_end,
};

use crate::views::names::{LIST_VERSION, ModelId};
use crate::views::sqlite_views::SqliteViews;
use crate::views::steps;

/// Steps are in the file of their list. Each call waits until the disk has what it wrote.
impl Steps for SqliteViews {
    async fn begin_step(&self, list: &str, holder: StepHolder, step: &str) -> Result<BegunStep, StoreError> {
        check_step(list, step)?;
        let Some(writer) = self.list_writer(list, false).await? else { return Ok(BegunStep::Lost) };
        let step = step.to_owned();
        self.and_tell((list, writer), move |conn| steps::begin(conn, &holder, &step), |_| false).await
    }

    async fn end_step(&self, list: &str, step: &StepId, by: EndedBy, end: StepEnd) -> Result<bool, StoreError> {
        check_step_end(list, &step.name, &end)?;
        let Some(writer) = self.list_writer(list, false).await? else { return Ok(false) };
        let step = step.clone();
        self.and_tell((list, writer), move |conn| steps::end(conn, &step, by, end), |_| false).await
    }

    async fn open_steps(&self, list: &str) -> Result<Vec<OpenStep>, StoreError> {
        let id = ModelId::new(list, LIST_VERSION)?;
        self.on_reader(move |reader| reader.open_steps(&id)).await
    }
}

use std::ops::RangeBounds;

use eskit_runtime::StoreError;
use eskit_runtime::model::AggregateType;
use eskit_runtime::rows::{IndexValue, ReadRows, RowSelect, RowTx, StoredRow};
use eskit_runtime::subscription::HandleError;

use super::{Kept, MemoryTx, MemoryViews, Undo};

impl Kept {
    fn rows(&self, of: &AggregateType) -> impl Iterator<Item = &StoredRow> {
        self.active(of.slug).into_iter().flat_map(|model| model.rows.values())
    }
}

impl RowTx for MemoryTx {
    fn load_rows(&mut self, _: &'static AggregateType, keys: &[String]) -> Result<Vec<StoredRow>, HandleError> {
        let rows = &self.model.rows;
        Ok(keys.iter().filter_map(|key| rows.get(key).cloned()).collect())
    }

    fn save_rows(&mut self, _: &'static AggregateType, rows: Vec<StoredRow>) -> Result<(), HandleError> {
        for row in rows {
            let key = row.key.clone();
            let old = self.model.rows.insert(key.clone(), row);
            self.changed(&key);
            self.undo.push(Undo::Row(key, old));
        }
        Ok(())
    }
}

impl ReadRows for MemoryViews {
    async fn select_rows(&self, of: &'static AggregateType, select: &RowSelect) -> Result<Vec<StoredRow>, StoreError> {
        let kept = self.lock();
        let mut rows: Vec<&StoredRow> = kept.rows(of).filter(|row| is_selected(row, select)).collect();
        let order = select.order;
        let value = |row: &StoredRow| order.field.and_then(|field| row.index.get(field)).cloned().unwrap_or_default();
        let mut keyed: Vec<_> = rows.drain(..).map(|row| ((value(row), row.key.clone()), row)).collect();
        keyed.sort_unstable_by(|(a, _), (b, _)| if order.is_descending { b.cmp(a) } else { a.cmp(b) });
        let is_after = |place: &(IndexValue, String)| match &select.after {
            Some(after) if order.is_descending => place < after,
            Some(after) => place > after,
            None => true,
        };
        let page = keyed.into_iter().filter(|(place, _)| is_after(place)).take(select.limit);
        let read = |((value, _), row): (_, &StoredRow)| StoredRow { index: vec![value], ..row.clone() };
        Ok(page.map(read).collect())
    }

    async fn count_rows(&self, of: &'static AggregateType, select: &RowSelect) -> Result<u64, StoreError> {
        Ok(self.lock().rows(of).filter(|row| is_selected(row, select)).count() as u64)
    }
}

fn is_selected(row: &StoredRow, select: &RowSelect) -> bool {
    let has_key = select.key.as_ref().is_none_or(|key| *key == row.key);
    has_key
        && select.ranges.iter().all(|range| {
            let value = row.index.get(range.field);
            value.is_some_and(|value| (range.from.as_ref(), range.to.as_ref()).contains(value))
        })
}

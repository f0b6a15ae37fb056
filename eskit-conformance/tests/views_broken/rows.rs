use std::cmp::Ordering;
use std::ops::RangeBounds as _;

use eskit_runtime::StoreError;
use eskit_runtime::model::AggregateType;
use eskit_runtime::rows::{IndexValue, ReadRows, RowSelect, RowTx, StoredRow};
use eskit_runtime::subscription::HandleError;

use crate::mistake::Mistake as M;
use crate::sound::{SoundViews, Tx};

impl RowTx for Tx {
    fn load_rows(&mut self, _: &'static AggregateType, keys: &[String]) -> Result<Vec<StoredRow>, HandleError> {
        if self.mistake == M::RowsAreNotLoaded {
            return Ok(Vec::new());
        }
        Ok(keys.iter().filter_map(|key| self.model.kept.get(key).cloned()).collect())
    }

    fn save_rows(&mut self, _: &'static AggregateType, rows: Vec<StoredRow>) -> Result<(), HandleError> {
        rows.iter().for_each(|row| self.changed.add(row.key.clone()));
        self.model.kept.extend(rows.into_iter().map(|row| (row.key.clone(), row)));
        Ok(())
    }
}

impl SoundViews {
    fn selected(&self, of: &AggregateType, select: &RowSelect) -> Vec<StoredRow> {
        let is_selected = |row: &StoredRow| {
            select.key.as_ref().is_none_or(|key| *key == row.key)
                && select
                    .ranges
                    .iter()
                    .all(|range| (range.from.as_ref(), range.to.as_ref()).contains(&row.index[range.field]))
        };
        self.kept(of.slug).into_values().filter(is_selected).collect()
    }
}

impl ReadRows for SoundViews {
    async fn select_rows(&self, of: &'static AggregateType, select: &RowSelect) -> Result<Vec<StoredRow>, StoreError> {
        let order = select.order;
        let compare = |(a, a_key): (&IndexValue, &str), (b, b_key): (&IndexValue, &str)| {
            let turned = |found: Ordering| if order.is_descending { found.reverse() } else { found };
            let by_key = a_key.cmp(b_key);
            turned(a.cmp(b)).then(if self.mistake == M::TiesAscend { by_key } else { turned(by_key) })
        };
        let mut rows = self.selected(of, select);
        for row in &mut rows {
            row.index = vec![order.field.map(|field| row.index[field].clone()).unwrap_or_default()];
        }
        rows.sort_by(|a, b| compare((&a.index[0], &a.key), (&b.index[0], &b.key)));
        if let Some((value, key)) = &select.after {
            rows.retain(|row| compare((&row.index[0], &row.key), (value, key)).is_gt());
        }
        rows.truncate(select.limit);
        Ok(rows)
    }

    async fn count_rows(&self, of: &'static AggregateType, select: &RowSelect) -> Result<u64, StoreError> {
        let count = self.selected(of, select).len();
        Ok(if self.mistake == M::CountIsOfThePage { count.min(select.limit / 10) } else { count } as u64)
    }
}

use std::io::Write;

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use crate::failure::Failure;

/// Where results go, and in which form. Nothing else is written there.
pub(crate) struct Output<'a> {
    out: &'a mut dyn Write,
    is_json: bool,
}

impl<'a> Output<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, is_json: bool) -> Output<'a> {
        Output { out, is_json }
    }

    /// Whether one JSON object a line is wanted.
    pub(crate) fn is_json(&self) -> bool {
        self.is_json
    }

    /// Writes one object in one line.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut *self.out, value)?;
        Ok(self.out.write_all(b"\n")?)
    }

    /// Writes a line of text.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        self.out.write_all(text.as_bytes())?;
        Ok(self.out.write_all(b"\n")?)
    }

    /// Writes bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.out.write_all(bytes)?)
    }

    /// Writes a table; nothing if it has no rows.
    pub(crate) fn table(&mut self, rows: Rows) -> Result<(), Failure> {
        if rows.table.is_empty() {
            return Ok(());
        }
        self.line(&rows.table.trim_fmt())
    }

    /// Hands on what was written, so that a reader of a pipe sees each event as it comes.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }
}

/// The rows of a table without borders.
pub(crate) struct Rows {
    table: Table,
}

impl Rows {
    /// A table with these columns; numbers stand on the right.
    pub(crate) fn new(columns: &[Column]) -> Rows {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(columns.iter().map(|column| column.name()));
        for (index, column) in columns.iter().enumerate() {
            let Some(in_table) = table.column_mut(index) else { continue };
            in_table.set_padding((0, 2));
            if matches!(column, Column::Number(_)) {
                in_table.set_cell_alignment(CellAlignment::Right);
            }
        }
        Rows { table }
    }

    /// Pairs of a name and a value.
    pub(crate) fn pairs() -> Rows {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        Rows { table }
    }

    pub(crate) fn push<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.table.add_row(cells.into_iter().map(|cell| Cell::new(shown(cell.as_ref()))));
        for column in self.table.column_iter_mut() {
            column.set_padding((0, 2));
        }
    }
}

/// A column of a table.
pub(crate) enum Column {
    Text(&'static str),
    Number(&'static str),
}

impl Column {
    fn name(&self) -> &'static str {
        match self {
            Column::Text(name) | Column::Number(name) => name,
        }
    }
}

/// A text from a log in one line, in which nothing steers the terminal.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() { shown.extend(letter.escape_default()) } else { shown.push(letter) }
    }
    shown
}

/// Bytes for people.
pub(crate) fn size(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if size < 1024.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{size:.1} {unit}") };
        }
        size /= 1024.0;
    }
    format!("{size:.1} TiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_steer_the_terminal() {
        assert_eq!(shown("a\u{1b}[2Jb\nc\u{9b}"), "a\\u{1b}[2Jb\\nc\\u{9b}");
        assert_eq!(shown("größer"), "größer");
    }

    #[test]
    fn sizes_are_rounded() {
        let sizes = [0, 1023, 1024, 1536, 5 << 20, 3 << 40, u64::MAX].map(size);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "5.0 MiB", "3.0 TiB", "16777216.0 TiB"]);
    }
}

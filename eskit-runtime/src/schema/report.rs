//! What a comparison found, as text built in const code.

use crate::codec::kind::PayloadKind;
use crate::message::Message;

/// The most differences that one message spells out.
const LINES_MAX: usize = 6;
/// The most bytes of them: what to write instead comes behind, and must not be cut.
const BYTES_MAX: usize = 450;

/// The differences between a record and the program.
#[derive(Clone, Copy)]
pub(crate) struct Report {
    /// What the record is of.
    pub(crate) kind: PayloadKind,
    /// What stored events or older programs do not survive: a line each.
    pub(crate) text: Message,
    /// How many of them there are.
    pub(crate) refused: usize,
    /// How many of them the text holds.
    told: usize,
    /// How many of them stored events survive as they are, and older programs do not.
    pub(crate) older: usize,
    /// How many are new parts without a default.
    pub(crate) without_default: usize,
    /// How many are parts that both sides do without, and that may have been renamed.
    pub(crate) replaced: usize,
    /// How many are names that are taken from a flattened part.
    pub(crate) taken: usize,
    /// How many are names that stored events may hold in a flattened part.
    pub(crate) held: usize,
    /// How many are tags that stored events do not carry.
    pub(crate) new_tags: usize,
    /// The first of them.
    pub(crate) tag: Message,
    /// How many are tags that new events do not carry.
    pub(crate) lost_tags: usize,
    /// How many are tags whose ids are of another type.
    pub(crate) id_types: usize,
    /// What to write for the first of them, up to the place in the file.
    pub(crate) id_type: Message,
    /// How many are personal values that would be in the clear, or of another subject.
    pub(crate) personal: usize,
    /// Whether one lies in a type that stands in the event.
    pub(crate) nested: bool,
    /// Whether the comparison is inside of a variant without a name, which is known by what it requires.
    pub(crate) untagged: bool,
    /// What to write if a part was renamed; empty if it does not look like that.
    pub(crate) renamed: Message,
}

impl Report {
    pub(crate) const fn new() -> Report {
        Report {
            kind: PayloadKind::Event,
            text: Message::new(),
            refused: 0,
            told: 0,
            older: 0,
            without_default: 0,
            replaced: 0,
            taken: 0,
            held: 0,
            new_tags: 0,
            tag: Message::new(),
            lost_tags: 0,
            id_types: 0,
            id_type: Message::new(),
            personal: 0,
            nested: false,
            untagged: false,
            renamed: Message::new(),
        }
    }

    /// Adds `` `path` text `` as a line.
    pub(crate) const fn refuse(&mut self, path: &Path, text: &str) {
        self.refuse_with(path, Message::new().text(text));
    }

    pub(crate) const fn refuse_with(&mut self, path: &Path, text: Message) {
        let bytes = self.text.as_str().len() + path.0.as_str().len() + text.as_str().len();
        // Once one is left out, all behind it are: the number of them follows.
        if self.refused == self.told && self.told < LINES_MAX && (self.told == 0 || bytes <= BYTES_MAX) {
            self.told += 1;
            self.text = self.text.text("\n  ").text(path.0.as_str()).text(text.as_str());
        }
        self.refused += 1;
        self.nested |= path.is_nested();
    }

    /// Adds what older programs alone do not survive. A variant without a name may be read as another one.
    pub(crate) const fn refuse_for_older(&mut self, path: &Path, text: Message) {
        self.older += !self.untagged as usize;
        self.refuse_with(path, text);
    }

    /// Adds that a personal value would no longer be forgotten with its subject.
    pub(crate) const fn refuse_personal(&mut self, path: &Path, text: Message) {
        self.personal += 1;
        self.refuse_with(path, text);
    }

    /// Notes that `old` may be called `new` now; the first such pair is told.
    pub(crate) const fn note_renamed(&mut self, old: &str, new: &str) {
        if self.renamed.as_str().is_empty() {
            self.renamed = Message::new()
                .text("if ")
                .code(old)
                .text(" was renamed, put `#[serde(rename = \"")
                .text(old)
                .text("\")]` on ")
                .code(new);
        }
    }

    /// The lines, and how many more there are.
    pub(crate) const fn lines(&self) -> Message {
        if self.refused == self.told {
            return self.text;
        }
        self.text.text("\n  and ").number((self.refused - self.told) as u32).text(" more")
    }
}

/// The way from the event to one of its parts, in backticks: `` `customer.lines[].sku` ``.
#[derive(Clone, Copy)]
pub(crate) struct Path(Message);

impl Path {
    /// The event itself.
    pub(crate) const ROOT: Path = Path(Message::new());

    pub(crate) const fn part(&self, name: &str) -> Path {
        if self.0.as_str().is_empty() {
            return Path(Message::new().code(name));
        }
        Path(self.open().text(".").text(name).text("`"))
    }

    /// An item of the list.
    pub(crate) const fn item(&self) -> Path {
        if self.0.as_str().is_empty() {
            return Path(Message::new().text("`[]`"));
        }
        Path(self.open().text("[]`"))
    }

    /// Without the closing backtick.
    const fn open(&self) -> Message {
        let text = self.0.as_str();
        let (open, _) = text.split_at(text.len() - 1);
        Message::new().text(open)
    }

    /// Whether it leads through a part that has parts.
    const fn is_nested(&self) -> bool {
        let (path, mut i) = (self.0.as_str().as_bytes(), 0);
        while i < path.len() {
            if path[i] == b'.' {
                return true;
            }
            i += 1;
        }
        false
    }

    pub(crate) const fn is_root(&self) -> bool {
        self.0.as_str().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut report = Report::new();
        for _ in 0..9 {
            report.refuse(&Path::ROOT.part("a").item().part("b"), " was removed");
        }
        let lines = report.lines();
        assert_eq!(lines.as_str().matches("\n  `a[].b` was removed").count(), LINES_MAX);
        assert!(lines.as_str().ends_with("\n  and 3 more"), "{}", lines.as_str());

        let mut report = Report::new();
        for _ in 0..3 {
            report.refuse(&Path::ROOT.part(&"long".repeat(60)), " was removed");
        }
        let lines = report.lines();
        assert_eq!(lines.as_str().matches(" was removed").count(), 1);
        assert!(lines.as_str().ends_with("\n  and 2 more"), "{}", lines.as_str());
    }
}

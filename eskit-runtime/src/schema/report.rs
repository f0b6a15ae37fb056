//! What a comparison found, as text built in const code.

use crate::__private::message::Message;

/// The most differences that one message spells out.
const LINES_MAX: usize = 6;

/// The differences between a record and the program.
#[derive(Clone, Copy)]
pub(crate) struct Report {
    /// What stored events or older programs do not survive: a line each.
    pub(crate) text: Message,
    /// How many of them there are.
    pub(crate) refused: usize,
    /// How many are new parts without a default.
    pub(crate) without_default: usize,
    /// How many are of tags.
    pub(crate) tags: usize,
}

impl Report {
    pub(crate) const fn new() -> Report {
        Report { text: Message::new(), refused: 0, without_default: 0, tags: 0 }
    }

    /// Adds `` `path` text `` as a line.
    pub(crate) const fn refuse(&mut self, path: &Path, text: &str) {
        self.refuse_with(path, Message::new().text(text));
    }

    pub(crate) const fn refuse_with(&mut self, path: &Path, text: Message) {
        self.refused += 1;
        if self.refused <= LINES_MAX {
            self.text = self.text.text("\n  ").text(path.0.as_str()).text(text.as_str());
        }
    }

    /// The lines, and how many more there are.
    pub(crate) const fn lines(&self) -> Message {
        if self.refused <= LINES_MAX {
            return self.text;
        }
        self.text.text("\n  and ").number((self.refused - LINES_MAX) as u32).text(" more")
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

    pub(crate) const fn is_root(&self) -> bool {
        self.0.as_str().is_empty()
    }
}

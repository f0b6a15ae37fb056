use std::fmt::Display;
use std::io::{self, Write};

use eskit::RecordedEvent;

/// Writes the story, line by line.
pub(crate) struct Narrator<W> {
    out: W,
    is_colored: bool,
    chapter: u32,
}

const BOLD: &str = "1";
const RED: &str = "31";
const GREEN: &str = "32";
const DIM: &str = "2";
/// Columns for what is done, before what came of it.
const WHAT_WIDTH: usize = 44;

impl<W: Write> Narrator<W> {
    pub(crate) fn new(out: W, is_colored: bool) -> Narrator<W> {
        Narrator { out, is_colored, chapter: 0 }
    }

    fn paint(&self, style: &str, text: impl Display) -> String {
        if self.is_colored { format!("\x1b[{style}m{text}\x1b[0m") } else { text.to_string() }
    }

    pub(crate) fn line(&mut self, text: impl Display) -> io::Result<()> {
        writeln!(self.out, "{text}")
    }

    pub(crate) fn title(&mut self, text: impl Display) -> io::Result<()> {
        let text = self.paint(BOLD, text);
        self.line(text)
    }

    pub(crate) fn chapter(&mut self, text: impl Display) -> io::Result<()> {
        self.chapter += 1;
        let title = self.paint(BOLD, format_args!("{}. {text}", self.chapter));
        self.line(format_args!("\n{title}"))
    }

    /// A command that went through, and the events that it appended.
    pub(crate) fn accepted(&mut self, what: &str, events: &[RecordedEvent]) -> io::Result<()> {
        let mark = self.paint(GREEN, "✓");
        let events = self.paint(DIM, format_args!("→ {}", summary(events)));
        self.line(format_args!("   {mark} {what:<WHAT_WIDTH$} {events}"))
    }

    /// A command that the domain refused.
    pub(crate) fn refused(&mut self, what: &str, why: impl Display) -> io::Result<()> {
        let mark = self.paint(RED, "✗");
        self.line(format_args!("   {mark} {what:<WHAT_WIDTH$} refused: {why}"))
    }

    /// What happens behind a command.
    pub(crate) fn aside(&mut self, text: impl Display) -> io::Result<()> {
        let text = self.paint(DIM, text);
        self.line(format_args!("     {text}"))
    }

    /// One line of a list.
    pub(crate) fn list_line(&mut self, name: &str, text: impl Display) -> io::Result<()> {
        self.line(format_args!("     {name:<10} {text}"))
    }

    pub(crate) fn log_head(&mut self) -> io::Result<()> {
        let head = self.paint(DIM, format_args!("   {:>5}  {:<23} {:<30} payload", "#", "event", "tags"));
        self.line(head)
    }

    /// One line of the log: position, name, tags, payload.
    pub(crate) fn log_line(&mut self, event: &RecordedEvent) -> io::Result<()> {
        let tags: Vec<&str> = event.tags.iter().map(|tag| tag.as_str()).collect();
        let payload = String::from_utf8_lossy(&event.payload);
        let payload = self.paint(DIM, payload);
        let (position, name, tags) = (event.position, event.name.as_str(), tags.join(" "));
        self.line(format_args!("   {position:>5}  {name:<23} {tags:<30} {payload}"))
    }
}

/// Positions and names: `#7 campus.StudentLeft`, or for many alike `#7 to #9 campus.StudentLeft`.
fn summary(events: &[RecordedEvent]) -> String {
    match events {
        [first, .., last] if events.iter().all(|event| event.name == first.name) => {
            format!("#{} to #{} {}", first.position, last.position, first.name)
        }
        _ => {
            let events: Vec<String> =
                events.iter().map(|event| format!("#{} {}", event.position, event.name)).collect();
            events.join(", ")
        }
    }
}

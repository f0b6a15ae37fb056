//! Messages for pages with [Datastar](https://data-star.dev): they change elements or signals of the page.
//!
//! ```
//! use eskit_axum::datastar::{Mode, patch_elements, patch_signals};
//! use eskit_axum::sse::Message;
//!
//! let list: Message = patch_elements("<ul id=\"orders\"><li>17</li></ul>").into();
//! let added: Message = patch_elements("<li>18</li>").selector("#orders").mode(Mode::Append).into();
//! let signals: Message = patch_signals(r#"{"count": 2}"#).into();
//! ```
//!
//! Send them with [`sse::live`](crate::sse::live).

use std::fmt;

use crate::sse::{Message, one_line};

/// Patches elements: each replaces the element of the page that has its id. `html` is sent as it is, so what users wrote in it must be
/// escaped.
pub fn patch_elements(html: impl Into<String>) -> PatchElements {
    PatchElements { html: html.into(), selector: None, mode: None, has_transition: false }
}

/// Removes the elements that a CSS selector finds.
pub fn remove_elements(selector: impl Into<String>) -> PatchElements {
    patch_elements("").selector(selector).mode(Mode::Remove)
}

/// Sets signals of the page from a JSON object.
pub fn patch_signals(json: impl Into<String>) -> PatchSignals {
    PatchSignals { json: json.into(), only_if_missing: false }
}

/// How elements are patched into the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Mode {
    /// Morphs the element itself; what Datastar does by default.
    Outer,
    /// Morphs what the element holds.
    Inner,
    /// Replaces the element, without morphing it.
    Replace,
    /// Puts them before the children of the target.
    Prepend,
    /// Puts them after the children of the target.
    Append,
    /// Puts them before the target.
    Before,
    /// Puts them after the target.
    After,
    /// Removes the target.
    Remove,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mode::Outer => "outer",
            Mode::Inner => "inner",
            Mode::Replace => "replace",
            Mode::Prepend => "prepend",
            Mode::Append => "append",
            Mode::Before => "before",
            Mode::After => "after",
            Mode::Remove => "remove",
        })
    }
}

/// A message `datastar-patch-elements`. From [`patch_elements`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatchElements {
    html: String,
    selector: Option<String>,
    mode: Option<Mode>,
    has_transition: bool,
}

impl PatchElements {
    /// Sets the CSS selector of the target.
    #[must_use]
    pub fn selector(mut self, selector: impl Into<String>) -> PatchElements {
        self.selector = Some(selector.into());
        self
    }

    /// Sets how the elements are patched into the page.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> PatchElements {
        self.mode = Some(mode);
        self
    }

    /// Lets the browser animate the change.
    #[must_use]
    pub fn view_transition(mut self) -> PatchElements {
        self.has_transition = true;
        self
    }
}

impl From<PatchElements> for Message {
    fn from(patch: PatchElements) -> Message {
        let mut lines = Vec::new();
        lines.extend(patch.selector.map(|selector| format!("selector {}", one_line(&selector))));
        lines.extend(patch.mode.map(|mode| format!("mode {mode}")));
        lines.extend(patch.has_transition.then(|| "useViewTransition true".to_owned()));
        lines.extend(text_lines(&patch.html).map(|line| format!("elements {line}")));
        Message::new(lines.join("\n")).event("datastar-patch-elements")
    }
}

/// A message `datastar-patch-signals`. From [`patch_signals`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatchSignals {
    json: String,
    only_if_missing: bool,
}

impl PatchSignals {
    /// Leaves signals that the page has as they are.
    #[must_use]
    pub fn only_if_missing(mut self) -> PatchSignals {
        self.only_if_missing = true;
        self
    }
}

impl From<PatchSignals> for Message {
    fn from(patch: PatchSignals) -> Message {
        let mut lines = Vec::new();
        lines.extend(patch.only_if_missing.then(|| "onlyIfMissing true".to_owned()));
        lines.extend(text_lines(&patch.json).map(|line| format!("signals {line}")));
        Message::new(lines.join("\n")).event("datastar-patch-signals")
    }
}

/// The lines of a text. Each of the ways to end one ends a field of a message.
fn text_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r']).filter(|line| !line.is_empty())
}

use std::fmt;

/// What a payload is of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PayloadKind {
    /// An event.
    Event,
    /// A stored command.
    Command,
}

impl PayloadKind {
    /// The word for it, which is also that of its attribute.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            PayloadKind::Event => "event",
            PayloadKind::Command => "command",
        }
    }

    /// How its attribute begins, up to the words that say under which name and version it is stored.
    pub(crate) const fn attribute(self) -> &'static str {
        match self {
            PayloadKind::Event => "#[event(",
            PayloadKind::Command => "#[command(stored, ",
        }
    }

    /// Whether both are the same: `==` in const code.
    pub(crate) const fn is(self, other: PayloadKind) -> bool {
        self as u8 == other as u8
    }
}

impl fmt::Display for PayloadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

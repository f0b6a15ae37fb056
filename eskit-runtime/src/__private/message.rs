//! Texts that are built while the compiler runs.

/// The most bytes of a compile-time message; what goes beyond is cut.
const LEN: usize = 1536;

/// A text under construction in const code.
#[derive(Clone, Copy)]
pub(crate) struct Message {
    bytes: [u8; LEN],
    len: usize,
}

impl Message {
    pub(crate) const fn new() -> Message {
        Message { bytes: [0; LEN], len: 0 }
    }

    pub(crate) const fn text(mut self, text: &str) -> Message {
        let bytes = text.as_bytes();
        let mut i = 0;
        while i < bytes.len() && self.len < LEN {
            self.bytes[self.len] = bytes[i];
            self.len += 1;
            i += 1;
        }
        self
    }

    /// The text in backticks.
    pub(crate) const fn code(self, text: &str) -> Message {
        self.text("`").text(text).text("`")
    }

    pub(crate) const fn number(self, number: u32) -> Message {
        let mut digits = [0_u8; 10];
        let mut at = digits.len();
        let mut rest = number;
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        let (_, used) = digits.split_at(at);
        match std::str::from_utf8(used) {
            Ok(text) => self.text(text),
            Err(_) => self,
        }
    }

    pub(crate) const fn as_str(&self) -> &str {
        let (used, _) = self.bytes.split_at(self.len);
        match std::str::from_utf8(used) {
            Ok(text) => text,
            Err(_) => "a message that was cut inside a character",
        }
    }
}

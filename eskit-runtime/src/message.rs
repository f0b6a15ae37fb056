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

    /// The name of a type as that of a function: `seat_taken` for `SeatTaken`.
    pub(crate) const fn snake(mut self, name: &str) -> Message {
        let bytes = name.as_bytes();
        let mut i = 0;
        while i < bytes.len() {
            if bytes[i].is_ascii_uppercase() && i > 0 && bytes[i - 1].is_ascii_lowercase() {
                self = self.text("_");
            }
            if self.len < LEN {
                self.bytes[self.len] = bytes[i].to_ascii_lowercase();
                self.len += 1;
            }
            i += 1;
        }
        self
    }

    /// Without its last byte, for what must stand inside of closing backticks.
    pub(crate) const fn without_last(mut self) -> Message {
        self.len = self.len.saturating_sub(1);
        self
    }

    /// Each word in backticks: `` `a`, `b` and `c` ``.
    pub(crate) const fn list(mut self, words: &Words<'_>) -> Message {
        let mut i = 0;
        while i < words.len {
            let before = if i == 0 {
                ""
            } else if i + 1 == words.len {
                " and "
            } else {
                ", "
            };
            self = self.text(before).code(words.all[i]);
            i += 1;
        }
        self
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

/// The most words of one list; what goes beyond is left out.
const WORDS: usize = 16;

/// Different words for a list, in the order in which they were added.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    all: [&'a str; WORDS],
    len: usize,
}

impl<'a> Words<'a> {
    pub(crate) const fn new() -> Words<'a> {
        Words { all: [""; WORDS], len: 0 }
    }

    pub(crate) const fn add(&mut self, word: &'a str) {
        if self.len < WORDS && !self.hold(word) {
            self.all[self.len] = word;
            self.len += 1;
        }
    }

    pub(crate) const fn hold(&self, word: &str) -> bool {
        let mut i = 0;
        while i < self.len {
            if same(self.all[i], word) {
                return true;
            }
            i += 1;
        }
        false
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// The word at this place, or the last one.
    pub(crate) const fn at(&self, index: usize) -> &'a str {
        self.all[if index < self.len { index } else { self.len.saturating_sub(1) }]
    }
}

/// The most bytes of words that are compared for likeness.
const LIKE: usize = 40;

/// Whether one word may be a slip for the other: Damerau's distance of at most a third of the length.
pub const fn is_like(a: &str, b: &str) -> bool {
    let longer = if a.len() < 3 { 3 } else { a.len() };
    slips(a, b) <= longer / 3
}

/// Damerau's distance of two words; far where one of them is too long to be compared.
pub const fn slips(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() > LIKE || b.len() > LIKE {
        return usize::MAX;
    }
    let mut rows = [[0_usize; LIKE + 1]; LIKE + 1];
    let mut i = 0;
    while i <= a.len() {
        let mut j = 0;
        while j <= b.len() {
            rows[i][j] = if i == 0 || j == 0 { i + j } else { distance(&rows, a, b, i, j) };
            j += 1;
        }
        i += 1;
    }
    rows[a.len()][b.len()]
}

/// The distance of the first `i` bytes from the first `j`, after those of shorter ones.
const fn distance(rows: &[[usize; LIKE + 1]; LIKE + 1], a: &[u8], b: &[u8], i: usize, j: usize) -> usize {
    let mut best = rows[i - 1][j - 1] + if a[i - 1] == b[j - 1] { 0 } else { 1 };
    if rows[i - 1][j] + 1 < best {
        best = rows[i - 1][j] + 1;
    }
    if rows[i][j - 1] + 1 < best {
        best = rows[i][j - 1] + 1;
    }
    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && rows[i - 2][j - 2] + 1 < best {
        best = rows[i - 2][j - 2] + 1;
    }
    best
}

/// Whether a name is one of these, in const code.
pub(crate) const fn contains(names: &[&str], name: &str) -> bool {
    let mut i = 0;
    while i < names.len() {
        if same(names[i], name) {
            return true;
        }
        i += 1;
    }
    false
}

/// Whether two texts are equal, in const code.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_holds_each_word_once() {
        let mut words = Words::new();
        for (word, text) in [("a", "`a`"), ("b", "`a` and `b`"), ("a", "`a` and `b`"), ("c", "`a`, `b` and `c`")] {
            words.add(word);
            assert_eq!(Message::new().list(&words).as_str(), text);
        }
        assert_eq!((words.len(), words.at(1), words.at(9)), (3, "b", "c"));
        assert!(words.hold("c") && !words.hold("d"));
    }

    #[test]
    fn functions_are_named_after_types() {
        for (ty, name) in [("SeatTaken", "seat_taken"), ("Moved", "moved"), ("SKUAdded", "skuadded"), ("V2", "v2")] {
            assert_eq!(Message::new().snake(ty).as_str(), name);
        }
    }

    #[test]
    fn slips_are_alike_and_other_words_are_not() {
        for (a, b) in [("costumer", "customer"), ("sk", "sku"), ("acount", "account"), ("sku", "sku")] {
            assert!(is_like(a, b), "{a} {b}");
        }
        for (a, b) in [("sku", "order"), ("customer", "course"), ("", "sku")] {
            assert!(!is_like(a, b), "{a} {b}");
        }
        assert!(!is_like(&"a".repeat(99), &"a".repeat(99)));
    }
}

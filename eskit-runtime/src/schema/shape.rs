use super::hash;

/// The shape that a type has when serde writes it: what the schema lock records and compares.
///
/// Derive it for the structs and enums that stand in events: `#[derive(eskit::Shape, Serialize, Deserialize)]` reads the
/// `#[serde(..)]` attributes too. It is implemented for the types of std, for `serde_json::Value` and `uuid::Uuid`, and
/// behind the features `chrono`, `jiff`, `time` and `rust_decimal` for the types of these crates. For other types of
/// other crates state the shape at the field, `#[shape(as = String)]` or `#[shape("geo-point")]`; for a type that writes
/// itself by hand implement the trait.
///
/// A type may hold itself, `struct Tree { below: Vec<Tree> }`. Of types that hold *each other* state one at a field, as
/// `#[shape("folder")]`: rustc refuses the cycle otherwise (E0391).
///
/// ```
/// # use eskit_runtime as eskit;
/// use eskit::schema::ShapeDef;
/// use eskit::Shape;
///
/// /// Written as a string, `"12.50 EUR"`.
/// pub struct Money { cents: i64 }
///
/// impl Shape for Money {
///     const DEF: &'static ShapeDef = &ShapeDef::stated("money");
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no shape that the schema lock could record\nhelp: put `#[derive(eskit::Shape)]` on `{Self}`; of a type from another crate state the shape at the field, `#[shape(as = String)]`",
    label = "its shape is not known"
)]
pub trait Shape {
    /// The shape.
    const DEF: &'static ShapeDef;
}

/// The shape of a type as a tree, built while the compiler runs. Each node carries a hash of all that stands below it.
#[derive(Clone, Copy, Debug)]
pub struct ShapeDef {
    pub(crate) fingerprint: u64,
    /// Whether serde reads a missing field of this type as `None`.
    missing: bool,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A type without parts, by its name in the lock.
    Leaf(&'static str),
    Option(&'static ShapeDef),
    List(&'static ShapeDef),
    Array(usize, &'static ShapeDef),
    /// A head such as `struct` or `enum tag type`, and named parts.
    Block(&'static str, &'static [Member]),
    /// Not known: an error where the lock is on.
    Opaque,
}

/// A field, a variant, or a position of a tuple.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    pub(crate) name: &'static str,
    pub(crate) aliases: &'static [&'static str],
    pub(crate) flags: u8,
    pub(crate) shape: &'static ShapeDef,
    fingerprint: u64,
}

/// What a member's bits say.
pub(crate) mod flag {
    /// Reading does without it.
    pub(crate) const OPTIONAL: u8 = 1;
    /// Writing may leave it out.
    pub(crate) const OMITTED: u8 = 2;
    /// It is never written.
    pub(crate) const UNWRITTEN: u8 = 4;
    /// It is never read.
    pub(crate) const UNREAD: u8 = 8;
    /// The variant that takes unknown names.
    pub(crate) const OTHER: u8 = 16;
    /// A variant without a name on the wire.
    pub(crate) const UNTAGGED: u8 = 32;
    /// A field whose own fields stand in its place. Not part of the text.
    pub(crate) const FLATTEN: u8 = 64;
    /// Reading goes through a function, so a missing value is not read as `None`. Not part of the text.
    pub(crate) const NO_DEFAULT: u8 = 128;

    /// The flags that the lock writes as words, in this order.
    pub(crate) const WORDS: [(u8, &str); 5] =
        [(OMITTED, "omitted"), (UNWRITTEN, "unwritten"), (UNREAD, "unread"), (OTHER, "other"), (UNTAGGED, "untagged")];
}

impl ShapeDef {
    /// A shape without parts, under a name of yours: lower case letters, digits, `_`, `-`, `.` and `:`.
    ///
    /// The lock notices when the name changes, not when what it stands for does.
    ///
    /// # Panics
    /// While the compiler runs, when the name holds other characters, or is a word of the lock's own such as `struct`.
    #[allow(clippy::panic, reason = "a panic in const code is how this becomes a compile error")]
    #[track_caller]
    pub const fn stated(name: &'static str) -> ShapeDef {
        if !is_leaf_name(name) {
            panic!(
                "the name of a stated shape is made of lower case letters, digits, `_`, `-`, `.`, and `:`, and is none of the lock's own words\nhelp: write a name such as `ShapeDef::stated(\"geo-point\")`"
            );
        }
        ShapeDef::leaf(name)
    }

    #[doc(hidden)]
    pub const fn leaf(name: &'static str) -> ShapeDef {
        ShapeDef { fingerprint: hash::text(name), missing: false, kind: Kind::Leaf(name) }
    }

    pub(crate) const fn option(inner: &'static ShapeDef) -> ShapeDef {
        let fingerprint = hash::mix(hash::text("option"), inner.fingerprint);
        ShapeDef { fingerprint, missing: true, kind: Kind::Option(inner) }
    }

    pub(crate) const fn list(item: &'static ShapeDef) -> ShapeDef {
        let fingerprint = hash::mix(hash::text("list"), item.fingerprint);
        ShapeDef { fingerprint, missing: false, kind: Kind::List(item) }
    }

    pub(crate) const fn array(len: usize, item: &'static ShapeDef) -> ShapeDef {
        let fingerprint = hash::mix(hash::text("array"), hash::mix(len as u64, item.fingerprint));
        ShapeDef { fingerprint, missing: false, kind: Kind::Array(len, item) }
    }

    #[doc(hidden)]
    pub const fn block(head: &'static str, members: &'static [Member]) -> ShapeDef {
        let fingerprint = hash::mix(hash::text(head), sum(members));
        ShapeDef { fingerprint, missing: false, kind: Kind::Block(head, members) }
    }

    /// The shape of a struct with one unnamed field: that of the field, but it cannot be missing.
    #[doc(hidden)]
    pub const fn newtype(inner: &'static ShapeDef) -> ShapeDef {
        ShapeDef { missing: false, ..*inner }
    }

    /// Whether it takes, flattened, whatever is left of the fields, and so nothing too.
    const fn takes_any_field(&self) -> bool {
        match self.kind {
            Kind::Block(head, _) => crate::message::same(head, "map"),
            Kind::Leaf(name) => crate::message::same(name, "json"),
            _ => false,
        }
    }

    /// The shape of a type that has none.
    pub(crate) const OPAQUE: ShapeDef = ShapeDef { fingerprint: 0, missing: false, kind: Kind::Opaque };

    #[doc(hidden)]
    pub const fn is_opaque(&self) -> bool {
        matches!(self.kind, Kind::Opaque)
    }
}

/// The shape of what goes through a function.
pub const UNKNOWN: &ShapeDef = &ShapeDef::OPAQUE;

/// Members under one name each, without flags.
pub const fn members<const N: usize>(
    names: [&'static str; N],
    name_hashes: [u64; N],
    shapes: [&'static ShapeDef; N],
) -> [Member; N] {
    let mut all = [Member { name: "", aliases: &[], flags: 0, shape: UNKNOWN, fingerprint: 0 }; N];
    let mut i = 0;
    while i < N {
        all[i] = Member::new(names[i], name_hashes[i], 0, &[], shapes[i]);
        i += 1;
    }
    all
}

impl Member {
    /// A member under the name that the lock writes; `name_hash` is that of the name and the aliases.
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        name_hash: u64,
        flags: u8,
        aliases: &'static [&'static str],
        shape: &'static ShapeDef,
    ) -> Member {
        let is_rest = flags & flag::FLATTEN != 0 && shape.takes_any_field();
        let is_missing = shape.missing && flags & flag::NO_DEFAULT == 0;
        let flags = flags | if is_missing || is_rest { flag::OPTIONAL } else { 0 };
        let words = (flags & !(flag::FLATTEN | flag::NO_DEFAULT)) as u64;
        let fingerprint = hash::mix(hash::add(name_hash, words << 56), shape.fingerprint);
        Member { name, aliases, flags, shape, fingerprint }
    }

    pub(crate) const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    /// The hash of what stands in the place of this flattened member.
    const fn parts(&self) -> u64 {
        match self.inlined() {
            Some(inner) => sum(inner),
            None => self.fingerprint,
        }
    }

    /// The members that stand in the place of this one: those of a flattened struct.
    pub(crate) const fn inlined(&self) -> Option<&'static [Member]> {
        match self.shape.kind {
            Kind::Block(head, members) if self.has(flag::FLATTEN) && crate::message::same(head, "struct") => {
                Some(members)
            }
            _ => None,
        }
    }
}

/// The members in any order; those of a flattened struct count as the struct's around it.
const fn sum(members: &[Member]) -> u64 {
    let (mut total, mut i) = (0_u64, 0);
    while i < members.len() {
        let member = &members[i];
        let part = if member.flags & flag::FLATTEN == 0 { member.fingerprint } else { member.parts() };
        total = hash::add(total, part);
        i += 1;
    }
    total
}

/// The words that begin a node with parts.
const WORDS: [&str; 8] = ["struct", "enum", "tuple", "map", "option", "list", "array", "gone"];

const fn is_leaf_name(name: &str) -> bool {
    let mut i = 0;
    while i < WORDS.len() {
        if crate::message::same(name, WORDS[i]) {
            return false;
        }
        i += 1;
    }
    let bytes = name.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        if !matches!(bytes[i], b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.' | b':') {
            return false;
        }
        i += 1;
    }
    !bytes.is_empty()
}

/// Stands for a type inside its own definition: `struct Node { children: Vec<Node> }`.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Recursive;

impl Shape for Recursive {
    const DEF: &'static ShapeDef = &ShapeDef::leaf("recursive");
}

/// Finds the shape of `T`, or [`ShapeDef::OPAQUE`] when it has none: an inherent constant comes before a trait's.
#[doc(hidden)]
#[derive(Debug)]
pub struct ShapeOf<T: ?Sized>(std::marker::PhantomData<T>);

impl<T: Shape + ?Sized> ShapeOf<T> {
    pub const DEF: &'static ShapeDef = T::DEF;
}

/// The hash of a state's fields as they are written in the source, with that of its shape, if it has one.
#[doc(hidden)]
pub const fn state_shape(fields: u64, shape: &ShapeDef) -> u64 {
    hash::mix(fields, shape.fingerprint)
}

/// The hash of several pieces of source, in any order.
#[doc(hidden)]
pub const fn logic(pieces: &[u64]) -> u64 {
    let (mut sum, mut i) = (0, 0);
    while i < pieces.len() {
        sum = hash::add(sum, pieces[i]);
        i += 1;
    }
    sum
}

/// See [`ShapeOf`].
#[doc(hidden)]
pub trait NoShape {
    const DEF: &'static ShapeDef = &ShapeDef::OPAQUE;
}

impl<T: ?Sized> NoShape for ShapeOf<T> {}

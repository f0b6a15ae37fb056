use super::hash;
use super::mark::{Holds, PersonalDef};

/// The shape that a type has when serde writes it: what the schema lock records and compares.
///
/// Derive it for the structs and enums that stand in events: `#[derive(eskit::Shape, Serialize, Deserialize)]` reads the
/// `#[serde(..)]` attributes too. It is implemented for the types of std, for `serde_json::Value` and `uuid::Uuid`, and
/// behind the features `chrono`, `jiff`, `time` and `rust_decimal` for the types of these crates. For other types of
/// other crates state the shape at the field, `#[shape(as = String)]` or `#[shape("geo-point")]`; for a type that writes
/// itself by hand implement the trait.
///
/// A type may hold itself, `struct Tree { below: Vec<Tree> }`. Of types that hold *each other* state one at a field, as
/// `#[shape("folder")]`: rustc refuses the cycle otherwise (E0391), in a long message whose first line names
/// `__Folder_holds_itself_through_other_types_so_state_the_shape_at_one_field`.
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
    /// What it holds of personal values.
    pub(crate) holds: Holds,
    /// Whether it is what [`Recursive`] below it stands for.
    pub(crate) recurs: bool,
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
    /// A value that is personal data.
    Personal(&'static PersonalDef, &'static ShapeDef),
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
        ShapeDef::of(hash::text(name), Holds::Nothing, Kind::Leaf(name))
    }

    const fn of(fingerprint: u64, holds: Holds, kind: Kind) -> ShapeDef {
        ShapeDef { fingerprint, missing: false, holds, recurs: false, kind }
    }

    pub(crate) const fn option(inner: &'static ShapeDef) -> ShapeDef {
        let fingerprint = hash::mix(hash::text("option"), inner.fingerprint);
        ShapeDef { missing: true, ..ShapeDef::of(fingerprint, inner.holds, Kind::Option(inner)) }
    }

    pub(crate) const fn list(item: &'static ShapeDef) -> ShapeDef {
        ShapeDef::of(hash::mix(hash::text("list"), item.fingerprint), item.holds, Kind::List(item))
    }

    pub(crate) const fn array(len: usize, item: &'static ShapeDef) -> ShapeDef {
        let fingerprint = hash::mix(hash::text("array"), hash::mix(len as u64, item.fingerprint));
        ShapeDef::of(fingerprint, item.holds, Kind::Array(len, item))
    }

    #[doc(hidden)]
    pub const fn block(head: &'static str, members: &'static [Member]) -> ShapeDef {
        let (sum, held) = sum(members);
        let holds = if matches!(held, Holds::Nothing) { held } else { held_by_block(head, members, held) };
        ShapeDef::of(hash::mix(hash::text(head), sum), holds, Kind::Block(head, members))
    }

    /// The shape of a field that is personal data.
    #[doc(hidden)]
    pub const fn personal(def: &'static PersonalDef, inner: &'static ShapeDef) -> ShapeDef {
        let fingerprint = hash::mix(hash::text("personal"), hash::mix(hash::text(def.kind), inner.fingerprint));
        ShapeDef { missing: inner.missing, ..ShapeDef::of(fingerprint, Holds::Values, Kind::Personal(def, inner)) }
    }

    /// The shape of a `Personal`, of which a field is to say whose it is.
    pub(crate) const fn without_subject(inner: &'static ShapeDef) -> ShapeDef {
        ShapeDef { holds: Holds::NoSubject, ..ShapeDef::option(inner) }
    }

    /// The shape of a type that stands inside of itself.
    #[doc(hidden)]
    pub const fn recurring(inner: &ShapeDef) -> ShapeDef {
        let holds = if matches!(inner.holds, Holds::Itself) { Holds::Nothing } else { inner.holds };
        ShapeDef { holds, recurs: true, ..*inner }
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
    pub(crate) const OPAQUE: ShapeDef = ShapeDef::of(0, Holds::Nothing, Kind::Opaque);

    #[doc(hidden)]
    pub const fn is_opaque(&self) -> bool {
        matches!(self.kind, Kind::Opaque)
    }

    /// The shape of the value itself, which may be personal data.
    pub(crate) const fn plain(&self) -> &ShapeDef {
        match self.kind {
            Kind::Personal(_, inner) => inner,
            _ => self,
        }
    }
}

/// The shape of what goes through a function.
pub const UNKNOWN: &ShapeDef = &ShapeDef::OPAQUE;

/// The shape of a type whose attributes have a mistake.
pub const MISTAKEN: &ShapeDef = &ShapeDef::of(0, Holds::Mistaken, Kind::Leaf("unit"));

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
            Some(inner) => sum(inner).0,
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

/// The hashes of the members in any order, where those of a flattened struct count as the struct's around it, and what they hold.
const fn sum(members: &[Member]) -> (u64, Holds) {
    let (mut total, mut holds, mut i) = (0_u64, Holds::Nothing, 0);
    while i < members.len() {
        let member = &members[i];
        let part = if member.flags & flag::FLATTEN == 0 { member.fingerprint } else { member.parts() };
        total = hash::add(total, part);
        if member.shape.holds as u8 > holds as u8 {
            holds = member.shape.holds;
        }
        i += 1;
    }
    (total, holds)
}

/// What a block holds whose parts hold something: in some places, a value cannot be found.
const fn held_by_block(head: &str, members: &[Member], most: Holds) -> Holds {
    let (is_map, is_untagged) = (crate::message::same(head, "map"), crate::message::same(head, "enum untagged"));
    let (mut holds, mut i) = (most, 0);
    while i < members.len() {
        let member = &members[i];
        if !matches!(member.shape.holds, Holds::Nothing | Holds::Itself) {
            let here = if is_map && i == 0 {
                Holds::Keys
            } else if is_untagged || member.has(flag::UNTAGGED) {
                Holds::Unnamed
            } else if member.has(flag::FLATTEN) && member.shape.takes_any_field() {
                Holds::Rest
            } else {
                Holds::Nothing
            };
            if here as u8 > holds as u8 {
                holds = here;
            }
        }
        i += 1;
    }
    holds
}

/// The words that begin a node with parts.
const WORDS: [&str; 9] = ["struct", "enum", "tuple", "map", "option", "list", "array", "personal", "gone"];

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
    const DEF: &'static ShapeDef = &ShapeDef { holds: Holds::Itself, ..ShapeDef::leaf("recursive") };
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

/// What a read model, or the state of an aggregate that is kept, has of the personal data in its events.
///
/// Where it is kept, it is not sealed: `#[projection(.., personal = "none")]` and `#[aggregate(.., personal = "revealed")]` say which it is,
/// and a projection that takes an event with personal data does not compile without it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum KeptPersonal {
    /// It keeps none of it.
    None,
    /// It keeps some in the clear, and removes it when the subject is forgotten.
    Revealed,
}

impl KeptPersonal {
    /// The word that says so.
    pub const fn word(self) -> &'static str {
        match self {
            KeptPersonal::None => "none",
            KeptPersonal::Revealed => "revealed",
        }
    }
}

use eskit_runtime::log::Direction;

/// Which of its two tables an entry stands in by which a stream or a tag is found: see `0001_log.sql`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tier {
    /// The large one.
    Settled,
    /// The small one, whose entries all lie behind those of the large one.
    Recent,
}

impl Tier {
    /// Both, the newer entries first.
    pub(crate) const NEWEST_FIRST: [Tier; 2] = [Tier::Recent, Tier::Settled];

    /// Both, in the order in which their entries follow each other.
    pub(crate) fn in_order(direction: Direction) -> [Tier; 2] {
        match direction {
            Direction::Forward => [Tier::Settled, Tier::Recent],
            Direction::Backward => Tier::NEWEST_FIRST,
        }
    }

    /// What belongs to this one, such as a statement on its table.
    pub(crate) fn pick<T>(self, settled: T, recent: T) -> T {
        match self {
            Tier::Settled => settled,
            Tier::Recent => recent,
        }
    }
}

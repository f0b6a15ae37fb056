/// Why a schedule cannot be kept, and what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NoTimes {
    pub(crate) why: String,
    pub(crate) help: String,
}

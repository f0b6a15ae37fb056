/// Why a schedule cannot be kept, and what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::processor) struct NoTimes {
    pub(in crate::processor) why: String,
    pub(in crate::processor) help: String,
}

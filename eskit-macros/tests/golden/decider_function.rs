#[decider]
pub(crate) fn take(command: &TakeSeat<'_>, seats: &Seats) -> Option<SeatTaken> {
    None
}

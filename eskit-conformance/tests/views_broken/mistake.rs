/// What is wrong with views.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mistake {
    None,
    /// Of many changed keys, only some are told.
    KeysAreDropped,
    /// Every second commit is not told.
    ChangesAreMissed,
    /// Readers are woken without a change.
    WakesForEver,
    OneReaderIsTold,
    FailuresAreTold,
    HiddenVersionsAreTold,
    ActivationIsNotTold,
    RestartIsNotTold,
    ReplayIsNotTold,
    OtherHandlesAreNotTold,
    /// A claim is given to everybody.
    ClaimIsShared,
    /// Who waits is told the start.
    StandbyIsToldTheStart,
    EpochStays,
    ReleaseDoesNotFree,
    DropDoesNotFree,
    /// Versions and parts share a claim and a checkpoint.
    OneClaimForAName,
    /// A lease without a fence.
    NoFence,
    NoFenceForChanges,
    /// The end of a handle frees what another one holds by now.
    EndFreesOthers,
    NewVersionIsActive,
    StartIsTakenAgain,
    CheckpointIsNotMoved,
    CheckpointBeforeHandlers,
    /// Rows and checkpoint are committed one after the other.
    CheckpointOutside,
    CheckpointFromHead,
    EmptyBatchIsIgnored,
    PlaceIsNotCompared,
    HandlersSeeOnlyCommitted,
    HandlersRunTwice,
    EventsAreForgotten,
    ListIsReversed,
    /// An event that fails is left out.
    SkipsOnError,
    /// What a failed batch wrote is kept.
    KeepsOnError,
    TextIsLost,
    ErrorEndsTheClaim,
    HandsOverGivenUp,
    IndexOfHandedOver,
    ParksNothing,
    /// An event is parked, but not what follows it.
    ParksWithoutTheKey,
    ParksEveryKey,
    ParksOutside,
    ReplayKeepsParked,
    ReplayMovesTheCheckpoint,
    ReplayForgetsOnError,
    ReplaysRace,
    DropOfParkedIsNotDone,
    KeyStaysHeldUp,
    RestartKeepsRows,
    RestartKeepsParked,
    RestartKeepsThePlace,
    RestartEndsTheClaim,
    RestartTakesOthers,
    SeveralAreActive,
    /// An old program that starts again takes readers back.
    OlderTakesTheNewersPlace,
    /// An older version is not seen again, though no process keeps the newer one.
    OlderNeverComesBack,
    RefusalIsNotTold,
    VersionsShareRows,
    ActivationDeactivatesOthers,
    PartsOverwriteEachOther,
    OnePartActivates,
    PartIsRestartedAlone,
    RowsAreNotLoaded,
    /// Rows with equal values are always sorted by ascending keys.
    TiesAscend,
    CountIsOfThePage,
    RowsAreForgottenOnOpen,
    /// A snapshot of old logic is served.
    ProgramsShareSnapshots,
    SnapshotKeysIgnoreCase,
    SnapshotsForgetTheId,
    /// An older snapshot overwrites a newer one.
    LastSnapshotWins,
    /// An older one does so in a race.
    SnapshotsAreComparedOutside,
    /// What is forgotten is still there.
    SnapshotsAreNotRemoved,
    RemovesOnlyOwnSnapshots,
    AgeIncludesTheLimit,
    OwnCountAsOthers,
    SnapshotsAreForgottenOnOpen,
    /// A part of an entry is not kept.
    DecisionsAreForgotten,
    OutcomeIsIgnored,
    /// The command of another log is found at the position of an event.
    EventIdIsIgnored,
    /// An entry is on two pages.
    PageHasTheCursor,
    /// Of two batches that are added at once, one is lost.
    CommandsAreReadAndWritten,
    BatchesOfCommandsAreReversed,
    CommandAgeIncludesTheLimit,
    NewestCommandsAreRemoved,
    CommandIdsAreUsedAgain,
    CommandsAreForgottenOnOpen,
    /// An item is given to everybody.
    ClaimsHeld,
    /// Two claims find the same item.
    ClaimsRace,
    SettlesWithoutEpoch,
    /// Items of a claim that ended are only found when views are opened.
    RecoversOnOpen,
    RenewalIsNotDone,
    /// A later item of a key is claimed before the first.
    ClaimsLaterOfAKey,
    ParkedDoesNotBlock,
    AttemptsAreNotCounted,
    GivingUpCountsAsATry,
    KindsAreIgnored,
    /// Items are opened outside of the transaction of the checkpoint.
    OpensOutside,
    DoneIsLeft,
    /// Epochs begin anew when an item was removed.
    EpochsRepeat,
    ClaimsBeyondTheLimit,
    ClaimsBeforeDue,
    NextDueIsNotTold,
    DueOrderIsIgnored,
    /// A second call doubles an item.
    OpensAgain,
    PayloadIsLost,
    EventIsForgotten,
    TextsAreKeptWhole,
    RetriesAtOnce,
    RetryKeepsAttempts,
    AgainKeepsContent,
    DropSparesHeld,
    PagesBeginAnew,
    ListsShareItems,
    LimitsAreNotChecked,
    /// An item that somebody is doing is not closed.
    ClosesOnlyWaiting,
    ClosesAdded,
    ClosesAtTheEnd,
    RestartKeepsWork,
    RestartForgetsAdded,
    WorkIsNotTold,
    WorkIsForgottenOnOpen,
    StepsBeginUnclaimed,
    StepsOfEventsAreNotFenced,
    UnknownIsNotTold,
    /// A step counts as begun when it was begun last.
    BeginningsMove,
    ResultsAreForgotten,
    StepsShareTheirName,
    /// Who has lost a claim ends the step of the next holder.
    EndsOfOthersCount,
    HandsAreIgnored,
    HandsSayItOnce,
    StepsOutliveTheirItem,
    /// Any end of a claim takes the steps along.
    StepsGoWithATry,
    StepsOfEventsStay,
    StepsOfParkedGo,
    StepsOfParkedStay,
    RestartKeepsSteps,
    StepLimitsAreNotChecked,
    StepsAreForgottenOnOpen,
    EndedStepsAreListed,
    RequestsOfVersionsAreShared,
    RequestEndsTwice,
    /// The end of a request is that of the one after it.
    EndsTheNextRequest,
    PauseIsForgotten,
    /// Whatever is asked next takes a pause back.
    PauseEndsWithTheNext,
    RequestsAreForgottenOnOpen,
    /// A batch is committed in two transactions.
    BatchIsSplit,
    IdIsForgotten,
    ParkedAreForgottenOnOpen,
    /// Another process sees nothing of them.
    OneProcess,
}

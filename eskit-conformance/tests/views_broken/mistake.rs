/// What is wrong with views.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mistake {
    None,
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
    /// A batch is committed in two transactions.
    BatchIsSplit,
    IdIsForgotten,
    ParkedAreForgottenOnOpen,
    /// Another process sees nothing of them.
    OneProcess,
}

use Mistake as M;

/// Broken views, what stands in the failure of the first case, and the cases that must fail.
pub(crate) const ROWS: &[(Mistake, &str, &[&str])] = &[
    (
        M::ClaimIsShared,
        "was given a second time",
        &[
            "claims::a_claim_excludes_all_others",
            "claims::of_several_callers_one_gets_the_claim",
            "following::of_two_followers_one_handles",
        ],
    ),
    (M::StandbyIsToldTheStart, "that a waiting process is told", &["claims::who_waits_is_told_the_checkpoint"]),
    (M::EpochStays, "has epoch", &["claims::each_claim_has_a_higher_epoch", "claims::a_dropped_claim_becomes_free"]),
    (M::ReleaseDoesNotFree, "was not given", &["claims::a_released_claim_is_free_at_once"]),
    (M::DropDoesNotFree, "must become free", &["claims::a_dropped_claim_becomes_free"]),
    (
        M::OneClaimForAName,
        "was not given",
        &["claims::subscriptions_and_versions_are_claimed_apart", "parts::each_part_has_a_claim_and_a_checkpoint"],
    ),
    (M::NoFence, "under an earlier epoch", &["claims::a_deposed_holder_commits_nothing"]),
    (M::NoFenceForChanges, "of a deposed holder", &["claims::a_deposed_holder_changes_nothing"]),
    (M::EndFreesOthers, "freed the claim of a later one", &["claims::the_end_of_an_earlier_holder_frees_nothing"]),
    (M::NewVersionIsActive, "was not activated", &["checkpoints::the_first_claim_creates_the_checkpoint"]),
    (M::StartIsTakenAgain, "wanted to start elsewhere", &["checkpoints::the_start_is_stored_once"]),
    (
        M::CheckpointIsNotMoved,
        "the checkpoint after a batch",
        &["checkpoints::rows_and_checkpoint_are_committed_together"],
    ),
    (
        M::CheckpointBeforeHandlers,
        "the checkpoint after a handler failed",
        &["failures::a_handler_that_fails_undoes_its_whole_batch"],
    ),
    (M::CheckpointOutside, "after the future was dropped", &["following::a_dropped_future_loses_and_repeats_nothing"]),
    (
        M::CheckpointFromHead,
        "ends beyond its last event",
        &[
            "checkpoints::the_checkpoint_is_where_the_batch_ends",
            "following::nothing_is_lost_or_repeated_while_others_append",
        ],
    ),
    (M::EmptyBatchIsIgnored, "without events", &["checkpoints::an_empty_batch_moves_the_checkpoint"]),
    (M::PlaceIsNotCompared, "from another place", &["checkpoints::a_batch_from_another_place_is_refused"]),
    (M::HandlersSeeOnlyCommitted, "from their former values", &["checkpoints::handlers_see_what_was_written_before"]),
    (M::HandlersRunTwice, "what was handed over", &["checkpoints::each_event_is_handed_over_once_and_in_order"]),
    (M::EventsAreForgotten, "the wire names of a checkpoint", &["checkpoints::wire_names_are_recorded"]),
    (M::ListIsReversed, "that are listed", &["checkpoints::checkpoints_are_listed_in_order"]),
    (M::SkipsOnError, "was answered with Ok", &["failures::a_handler_that_fails_undoes_its_whole_batch"]),
    (
        M::KeepsOnError,
        "the rows after a handler failed",
        &["failures::a_handler_that_fails_undoes_its_whole_batch", "failures::a_panic_is_a_failure_with_its_text"],
    ),
    (M::TextIsLost, "without", &["failures::a_panic_is_a_failure_with_its_text"]),
    (M::ErrorEndsTheClaim, "Deposed", &["failures::after_a_failure_the_claim_still_holds"]),
    (M::HandsOverGivenUp, "what was handed over", &["failures::an_event_that_was_given_up_is_left_out"]),
    (
        M::IndexOfHandedOver,
        "the error names event 2",
        &[
            "failures::the_index_of_a_failure_counts_what_was_given_up",
            "parking::the_index_of_a_failure_counts_what_waits",
        ],
    ),
    (M::ParksNothing, "what was handed over", &["parking::an_event_that_was_given_up_is_parked"]),
    (
        M::ParksWithoutTheKey,
        "what was handed over",
        &["parking::later_events_of_its_key_wait_behind_it", "following::poisoned_keys_wait_and_others_go_on"],
    ),
    (M::ParksEveryKey, "what was handed over", &["parking::other_keys_go_on"]),
    (M::ParksOutside, "what is parked after a failure", &["parking::a_batch_that_fails_parks_nothing"]),
    (M::ReplayKeepsParked, "after a replay", &["parking::a_replay_hands_the_event_over_once"]),
    (M::ReplayMovesTheCheckpoint, "after a replay", &["parking::a_replay_moves_no_checkpoint"]),
    (M::ReplayForgetsOnError, "after a replay that failed", &["parking::a_replay_that_fails_leaves_the_event_parked"]),
    (M::ReplaysRace, "how many of the replays", &["parking::replays_at_the_same_time_hand_over_once"]),
    (M::DropOfParkedIsNotDone, "after one event was dropped", &["parking::an_event_that_was_dropped_is_gone"]),
    (M::KeyStaysHeldUp, "once nothing is parked", &["parking::a_key_goes_on_when_nothing_of_it_is_parked"]),
    (
        M::RestartKeepsRows,
        "the rows after a restart",
        &[
            "versions::a_restart_removes_what_was_written",
            "versions::after_a_restart_the_claim_goes_on",
            "following::a_read_model_is_built_anew_while_others_append",
        ],
    ),
    (M::RestartKeepsParked, "parked after a restart", &["versions::a_restart_removes_what_was_parked"]),
    (M::RestartKeepsThePlace, "the place after a restart", &["versions::a_restart_sets_the_checkpoint_back"]),
    (M::RestartEndsTheClaim, "another process has claimed", &["versions::after_a_restart_the_claim_goes_on"]),
    (M::RestartTakesOthers, "another version was restarted", &["versions::a_restart_touches_no_other_subscription"]),
    (M::SeveralAreActive, "activated last", &["versions::readers_see_the_version_that_was_activated_last"]),
    (
        M::OlderTakesTheNewersPlace,
        "while a process keeps the newer one",
        &["versions::an_older_version_does_not_replace_a_newer_one_that_is_kept"],
    ),
    (
        M::OlderNeverComesBack,
        "that no process keeps the newer one",
        &[
            "versions::readers_see_the_version_that_was_activated_last",
            "versions::an_older_version_does_not_replace_a_newer_one_that_is_kept",
        ],
    ),
    (
        M::RefusalIsNotTold,
        "while a process keeps the newer one",
        &["versions::an_older_version_does_not_replace_a_newer_one_that_is_kept"],
    ),
    (M::VersionsShareRows, "while another is built", &["versions::a_version_is_built_beside_the_active_one"]),
    (
        M::ActivationDeactivatesOthers,
        "another subscription was activated",
        &["versions::an_activation_leaves_other_subscriptions_alone"],
    ),
    (M::PartsOverwriteEachOther, "that three parts wrote", &["parts::parts_write_to_one_read_model"]),
    (
        M::OnePartActivates,
        "whether readers see the parts",
        &["parts::readers_see_a_version_when_all_of_its_parts_are_ready"],
    ),
    (M::PartIsRestartedAlone, "the places of all parts", &["parts::a_restart_of_one_part_sets_all_back"]),
    (M::RowsAreNotLoaded, "a row of", &["rows::rows_are_the_folds_of_the_log"]),
    (M::TiesAscend, "the keys of", &["rows::lists_are_those_of_a_plain_model"]),
    (M::CountIsOfThePage, "the count of", &["rows::lists_are_those_of_a_plain_model"]),
    (M::KeepsOnError, "after a batch that failed", &["rows::a_batch_that_fails_leaves_no_row"]),
    (M::RestartKeepsRows, "after a restart", &["rows::a_restart_removes_rows"]),
    (M::VersionsShareRows, "while another one is built", &["rows::rows_of_a_version_are_built_beside_the_active_ones"]),
    (M::RowsAreForgottenOnOpen, "opened again", &["rows::rows_are_there_after_a_restart_of_the_process"]),
    (M::BatchIsSplit, "a part of an append", &["following::readers_see_whole_appends"]),
    (M::IdIsForgotten, "a subscription that must fail", &["following::a_log_that_was_replaced_is_noticed"]),
    (
        M::ParkedAreForgottenOnOpen,
        "opened again",
        &["reopen::what_was_committed_is_there", "reopen::parked_events_are_replayed_after_a_restart_of_the_process"],
    ),
    (M::OneProcess, "another process, which must handle", &["crash::a_killed_process_loses_and_repeats_nothing"]),
];

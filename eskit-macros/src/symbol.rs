//! Every word of the attributes, once, and which words each position takes.

pub(crate) const AGGREGATE: &str = "aggregate";
pub(crate) const ALIAS: &str = "alias";
pub(crate) const ALL: &str = "all";
pub(crate) const AS: &str = "as";
pub(crate) const ATTEMPTS: &str = "attempts";
pub(crate) const BATCH: &str = "batch";
pub(crate) const BY: &str = "by";
pub(crate) const CAUGHT_UP: &str = "caught_up";
pub(crate) const CODEC: &str = "codec";
pub(crate) const COMMAND: &str = "command";
pub(crate) const CONTEXT: &str = "context";
pub(crate) const CRATE: &str = "crate";
pub(crate) const DECIDE: &str = "decide";
pub(crate) const DONE: &str = "done";
pub(crate) const EVENT: &str = "event";
pub(crate) const EVERY: &str = "every";
pub(crate) const EVOLVE: &str = "evolve";
pub(crate) const FORGOTTEN: &str = "forgotten";
pub(crate) const FROM: &str = "from";
pub(crate) const INDEX: &str = "index";
pub(crate) const KEY: &str = "key";
pub(crate) const KIND: &str = "kind";
pub(crate) const MEMORY: &str = "memory";
pub(crate) const NAME: &str = "name";
pub(crate) const NO_MODELS: &str = "no_models";
pub(crate) const ON: &str = "on";
pub(crate) const ON_ERROR: &str = "on_error";
pub(crate) const PARTIAL: &str = "partial";
pub(crate) const PERSONAL: &str = "personal";
pub(crate) const PROCESSOR: &str = "processor";
pub(crate) const PROJECTION: &str = "projection";
pub(crate) const REFUSED: &str = "refused";
pub(crate) const SHAPE: &str = "shape";
pub(crate) const STORED: &str = "stored";
pub(crate) const STREAM: &str = "stream";
pub(crate) const SUBJECT: &str = "subject";
pub(crate) const TABLES: &str = "tables";
pub(crate) const TAG: &str = "tag";
pub(crate) const TODO: &str = "todo";
pub(crate) const UNEVOLVED: &str = "unevolved";
pub(crate) const UNLOCKED: &str = "unlocked";
pub(crate) const UPCAST: &str = "upcast";
pub(crate) const VERSION: &str = "version";
pub(crate) const WITHIN: &str = "within";
pub(crate) const WORK: &str = "work";
pub(crate) const WORKERS: &str = "workers";

/// `#[event(..)]` on a struct.
pub(crate) const EVENT_WORDS: &[&str] = &[VERSION, NAME, CONTEXT, ALIAS, FROM, UPCAST, CODEC, CRATE];
/// `#[event(..)]` on an enum.
pub(crate) const EVENT_ENUM_WORDS: &[&str] = &[CONTEXT, CRATE];
/// `#[event(..)]` on a struct or unit variant.
pub(crate) const EVENT_VARIANT_WORDS: &[&str] = &[VERSION, NAME, CONTEXT, ALIAS, UPCAST, CODEC];
/// `#[command(..)]` on a struct.
pub(crate) const COMMAND_WORDS: &[&str] = &[STORED, VERSION, NAME, CONTEXT, ALIAS, FROM, UPCAST, CRATE];
/// `#[command(..)]` on an enum.
pub(crate) const COMMAND_SET_WORDS: &[&str] = &[STORED, CRATE];
/// `#[tag_value(..)]` and `#[decider(..)]` on an impl block.
pub(crate) const CRATE_WORDS: &[&str] = &[CRATE];
/// `#[decider(..)]` on a function.
pub(crate) const DECIDER_WORDS: &[&str] = &[UNEVOLVED, NO_MODELS, CRATE];
/// `#[decide(..)]`.
pub(crate) const DECIDE_WORDS: &[&str] = &[UNEVOLVED];
/// `#[shape(..)]` on a type that derives `Shape`, beside a name in quotes.
pub(crate) const SHAPE_WORDS: &[&str] = &[AS, CRATE];
/// `#[shape(..)]` on an event or a stored command.
pub(crate) const SHAPE_EVENT_WORDS: &[&str] = &[AS, UNLOCKED];
/// `#[shape(..)]` on a field or a variant.
pub(crate) const SHAPE_PART_WORDS: &[&str] = &[AS];
/// `#[personal(..)]` on a field.
pub(crate) const PERSONAL_WORDS: &[&str] = &[SUBJECT, KIND, FORGOTTEN];
/// `#[aggregate(..)]`.
pub(crate) const AGGREGATE_WORDS: &[&str] = &[STREAM, TAG, ALL, KEY, PARTIAL, INDEX, VERSION, PERSONAL, CRATE];
/// `#[projection(..)]`.
pub(crate) const PROJECTION_WORDS: &[&str] = &[NAME, VERSION, BY, ON_ERROR, MEMORY, PERSONAL, CRATE];
/// `#[processor(..)]`.
pub(crate) const PROCESSOR_WORDS: &[&str] = &[NAME, FROM, BY, ON_ERROR, CRATE];
/// `#[on(..)]` in a processor.
pub(crate) const ON_WORDS: &[&str] = &[REFUSED];
/// `#[work(..)]`.
pub(crate) const WORK_WORDS: &[&str] = &[WORKERS, ATTEMPTS, WITHIN, BATCH, REFUSED];
/// `#[every("..", ..)]`, after its text.
pub(crate) const EVERY_WORDS: &[&str] = &[REFUSED];

/// Words that could be meant as `all`.
pub(crate) const ALL_WORDS: &[&str] = &["any", "each", "every", "everything", "global", "none", "single", "singleton"];
/// Words for the key of an aggregate that are not ours.
pub(crate) const KEY_WORDS: &[&str] = &["by", "field", "id", "key", "keys"];

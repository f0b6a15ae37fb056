use std::sync::Arc;

use crate::migrations::PayloadType;
use crate::names::Names;

/// The parameters of `append_v1`.
const APPEND_PARAMETERS: usize = 47;
/// The parameters of `append_one_v1`.
const APPEND_ONE_PARAMETERS: usize = 13;

const COUNTS: &str = "\
SELECT (
    SELECT count(*) FROM unnest($2::text[]) AS n(type) CROSS JOIN LATERAL (
        SELECT FROM {tags} t WHERE t.tag = w.tag AND t.type = n.type AND t.pos > $3 AND t.pos <= $4 LIMIT $5
    ) counted
) FROM unnest($1::text[]) WITH ORDINALITY AS w(tag, nth) ORDER BY w.nth";

/// One seek for each type.
const TYPES: &str = "\
WITH RECURSIVE n(type) AS (
    (SELECT t.type FROM {tags} t WHERE t.tag = $1 ORDER BY t.type LIMIT 1)
    UNION ALL
    SELECT (SELECT t.type FROM {tags} t WHERE t.tag = $1 AND t.type > n.type ORDER BY t.type LIMIT 1)
    FROM n WHERE n.type IS NOT NULL
) SELECT n.type FROM n WHERE n.type IS NOT NULL";

const STREAM_INFO: &str = "\
SELECT c.status, c.closed_at, c.reason, coalesce(c.version, (
    SELECT e.version FROM {events} e WHERE e.stream_type = $1 AND e.stream_id = $2 ORDER BY e.version DESC LIMIT 1
), 0) FROM (SELECT) AS one LEFT JOIN {closed_streams} c ON c.stream_type = $1 AND c.stream_id = $2";

const CLOSE_STREAM: &str = "\
INSERT INTO {closed_streams} (stream_type, stream_id, status, closed_at, reason, version)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (stream_type, stream_id)
DO UPDATE SET status = excluded.status, closed_at = excluded.closed_at, reason = excluded.reason";

const DELETE_EVENTS: &str = "\
UPDATE {events} SET type = '', stream_type = NULL, stream_id = NULL, envelope = '', payload = {nothing}
WHERE stream_type = $1 AND stream_id = $2";

/// The statements that a store runs, with its names in them.
pub(crate) struct Statements {
    pub(crate) append: Arc<str>,
    pub(crate) append_one: Arc<str>,
    pub(crate) head: Arc<str>,
    /// The position of each id.
    pub(crate) positions: Arc<str>,
    /// What tells where appends begin and end.
    pub(crate) parts: Arc<str>,
    /// How often tags occur beside some types.
    pub(crate) counts: Arc<str>,
    /// The types beside which a tag occurs.
    pub(crate) types: Arc<str>,
    /// The turn to append, and to change a stream.
    pub(crate) turn: Arc<str>,
    /// What is known of a stream: its status, since when, why, and its version.
    pub(crate) stream_info: Arc<str>,
    pub(crate) open_stream: Arc<str>,
    pub(crate) close_stream: Arc<str>,
    pub(crate) delete_tags: Arc<str>,
    pub(crate) delete_events: Arc<str>,
    pub(crate) notify: &'static str,
    /// The names of tables and functions that queries of changing form are written with.
    pub(crate) events: String,
    pub(crate) tags: String,
    pub(crate) first_version: String,
    /// What is read of an event `e`.
    pub(crate) columns: String,
}

impl Statements {
    pub(crate) fn new(names: &Names, payload: PayloadType) -> Statements {
        let render = |template: &str| Arc::from(names.render(template));
        let call = |function: &str, parameters: usize| {
            let parameters: Vec<String> = (1..=parameters).map(|number| format!("${number}")).collect();
            render(&format!("SELECT * FROM {function}({})", parameters.join(", ")))
        };
        Statements {
            append: call("{append_v1}", APPEND_PARAMETERS),
            append_one: call("{append_one_v1}", APPEND_ONE_PARAMETERS),
            head: render("SELECT pos FROM {head} WHERE is_only"),
            positions: render("SELECT id, pos FROM {events} WHERE id = ANY ($1)"),
            parts: render(
                "SELECT pos, part, version, recorded_at FROM {events} WHERE pos >= $1 AND pos <= $2 ORDER BY pos",
            ),
            counts: render(COUNTS),
            types: render(TYPES),
            turn: render("SELECT pos FROM {head} WHERE is_only FOR UPDATE"),
            stream_info: render(STREAM_INFO),
            open_stream: render("DELETE FROM {closed_streams} WHERE stream_type = $1 AND stream_id = $2"),
            close_stream: render(CLOSE_STREAM),
            delete_tags: render(
                "DELETE FROM {tags} t USING unnest($1::text[], $2::text[], $3::bigint[]) AS d(tag, type, pos) \
                 WHERE t.tag = d.tag AND t.type = d.type AND t.pos = d.pos",
            ),
            delete_events: render(&DELETE_EVENTS.replace("{nothing}", payload.nothing())),
            events: names.qualified("events"),
            tags: names.qualified("tags"),
            first_version: names.qualified("first_version_v1"),
            notify: "SELECT pg_notify($1, '')",
            columns: format!("e.envelope, {}", payload.decode("e.payload")),
        }
    }
}

-- Checks and writes an append of one event: what {append_v1} does, for the most common of all calls at half its cost. Refuses
-- what is not as it should be without saying why; {append_v1} then finds out.
CREATE OR REPLACE FUNCTION {append_one_v1}(
    -- How long to wait for the turn, in milliseconds; NULL for as long as the session waits for any lock.
    IN wait_ms        integer,
    -- The log that the program has opened.
    IN in_log         uuid,
    IN in_id          uuid,
    IN in_type        text,
    IN in_stream_type text,
    IN in_stream_id   text,
    -- The version that the event's stream must have; NULL for any.
    IN expected       bigint,
    IN in_recorded_at bigint,
    IN in_envelope    bytea,
    IN in_payload     bytea,
    IN in_tags        text[],
    -- The place that the log must hold; NULL for none.
    IN held_pos       bigint,
    IN held_id        uuid,
    -- Conditions on a tag beside a type.
    IN p_after        bigint[],
    IN p_type         text[],
    IN p_tag          text[],
    -- The position of the event, and the version of its stream; NULL when nothing was written.
    OUT at            bigint,
    OUT at_version    bigint
)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET row_security = off
-- Every statement here is a walk along one index, whatever the planner knows of the tables.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off SET plan_cache_mode = force_generic_plan
AS $append_one$
DECLARE
    has_turn boolean;
BEGIN
    -- In a statement of its own: the one below then sees all that the holder before committed.
    has_turn := {take_turn_v1}(in_log, wait_ms);
    INSERT INTO {events} (pos, id, type, stream_type, stream_id, version, part, recorded_at, envelope, payload)
    SELECT s.next, in_id, in_type, in_stream_type, in_stream_id, s.version + 1, 0, in_recorded_at,
        int8send(s.next) || int8send(coalesce(s.version + 1, 0)) || in_envelope, {payload_in}
    FROM (
        SELECT coalesce((SELECT e.pos FROM {events} e ORDER BY e.pos DESC LIMIT 1), 0) + 1 AS next,
            CASE WHEN in_stream_id IS NOT NULL THEN coalesce((
                -- From the expected version on there is only one entry to read.
                SELECT e.version FROM {events} e
                WHERE e.stream_type = in_stream_type AND e.stream_id = in_stream_id AND e.version >= coalesce(expected, 0)
                ORDER BY e.version DESC LIMIT 1
            ), 0) END AS version
        OFFSET 0
    ) s
    WHERE (expected IS NULL OR s.version = expected)
        AND EXISTS (SELECT FROM {log} l WHERE l.id = in_log AND l.sealed_at IS NULL)
        AND (held_id IS NULL OR EXISTS (SELECT FROM {events} e WHERE e.pos = held_pos AND e.id = held_id))
        AND NOT EXISTS (SELECT FROM {events} e WHERE e.id = in_id)
        AND NOT EXISTS (SELECT FROM {closed_streams} c WHERE c.stream_type = in_stream_type AND c.stream_id = in_stream_id)
        AND NOT EXISTS (
            SELECT FROM unnest(p_after, p_type, p_tag) AS p(after, type, tag) WHERE p.after < s.next - 1 AND EXISTS (
                SELECT FROM {tags} t WHERE t.tag = p.tag AND t.type = p.type AND t.pos > p.after))
    RETURNING {events}.pos, {events}.version INTO at, at_version;
    IF at IS NOT NULL AND cardinality(in_tags) > 0 THEN
        INSERT INTO {tags} (tag, type, pos) SELECT t.tag, in_type, at FROM unnest(in_tags) AS t(tag);
    END IF;
END
$append_one$;

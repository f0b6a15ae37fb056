-- Checks and writes a batch of appends, each of them whole or not at all.
--
-- Each append is checked against the log as it was before the batch. What could make one append of the batch hang on an
-- earlier one stands in `d_*`: it is then left for a later batch if the earlier one is written.
CREATE OR REPLACE FUNCTION {append_v1}(
    -- How long to wait for the turn, in milliseconds; NULL for as long as the session waits for any lock.
    IN wait_ms          integer,
    -- The log that the program has opened.
    IN in_log           uuid,
    -- The events: the number of their append in the batch, from 1; their place among the events of the batch, from 1;
    -- their fields; the number of their stream in `s_*`, 0 for none, and their place among the events in it, from 1.
    IN e_append         integer[],
    IN e_offset         bigint[],
    IN e_id             uuid[],
    IN e_type           text[],
    IN e_stream_type    text[],
    IN e_stream_id      text[],
    IN e_stream         integer[],
    IN e_nth            bigint[],
    IN e_part           integer[],
    IN e_recorded_at    bigint[],
    IN e_envelope       bytea[],
    IN e_payload        bytea[],
    IN lowest_id        uuid,
    -- The tags: the number of their event, from 1.
    IN t_event          integer[],
    IN t_tag            text[],
    IN t_type           text[],
    -- The streams that events and conditions name, and a version that the stream most likely has reached: versions below
    -- it need then not be read.
    IN s_type           text[],
    IN s_id             text[],
    IN s_floor          bigint[],
    -- The version that each of these streams has, as far as known, if this event is the last one of the log.
    IN s_known          bigint[],
    IN known_head       bigint,
    IN known_id         uuid,
    -- The append of each condition.
    IN c_append         integer[],
    -- Conditions on versions: the number of the condition, from 1, and that of the stream.
    IN v_condition      integer[],
    IN v_stream         integer[],
    IN v_expected       bigint[],
    -- Conditions on places: a position, and the id of the event there; NULL where only the position must be reached.
    IN at_condition     integer[],
    IN at_pos           bigint[],
    IN at_id            uuid[],
    -- Conditions on every event, on a type, and on a tag beside a type.
    IN a_condition      integer[],
    IN a_after          bigint[],
    IN n_condition      integer[],
    IN n_after          bigint[],
    IN n_type           text[],
    IN p_condition      integer[],
    IN p_after          bigint[],
    IN p_type           text[],
    IN p_tag            text[],
    -- Conditions of every other form. Their types, tags and ids are array literals: a slice of one array of all of them
    -- would be sought from its beginning each time.
    IN o_condition      integer[],
    IN o_after          bigint[],
    IN o_types          text[],
    IN o_tags           text[],
    IN o_in_stream_type text[],
    IN o_in_stream_id   text[],
    IN o_stream_type    text[],
    IN o_ids            text[],
    -- Which append (ascending) is written only if which earlier one is not.
    IN d_append         integer[],
    IN d_on             integer[],
    -- The position of the last event before the batch, and the version of each stream.
    OUT head_before     bigint,
    OUT s_version       bigint[],
    -- Whether the log still ended with the event of `known_id`.
    OUT is_as_known     boolean,
    -- The conditions that do not hold, with the position and the type of the event that breaks them, if there is one.
    OUT h_condition     integer[],
    OUT h_pos           bigint[],
    OUT h_type          text[],
    -- The appends that write to a stream that takes no events: the number of the stream, its status, since when, and why.
    OUT x_append        integer[],
    OUT x_stream        integer[],
    OUT x_status        integer[],
    OUT x_at            bigint[],
    OUT x_reason        text[],
    -- The appends of which an id is in the log already.
    OUT known           integer[],
    -- The appends that gave way to an earlier one of the batch.
    OUT deferred        integer[]
)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp SET row_security = off
-- Every statement here is a walk along one index, whatever the planner knows of the tables.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off SET plan_cache_mode = force_generic_plan
AS $append$
DECLARE
    has_turn   boolean;
    found_log  uuid;
    is_own     boolean;
    may_repeat boolean;
    any_closed boolean;
    -- Since when the log takes no writes.
    sealed     bigint;
    version    bigint;
    refused    integer[] := ARRAY[]::integer[];
BEGIN
    -- In a statement of its own: those below then see all that the holder before committed.
    has_turn := {take_turn_v1}(in_log, wait_ms);

    SELECT (SELECT l.id FROM {log} l), coalesce(h.pos, 0),
        EXISTS (SELECT FROM {events} e WHERE e.id >= lowest_id), EXISTS (SELECT FROM {closed_streams}),
        -- A log that was restored may have come to the same position with other events.
        coalesce(h.pos = known_head AND h.id = known_id, false), (SELECT l.sealed_at FROM {log} l)
    INTO found_log, head_before, may_repeat, any_closed, is_as_known, sealed
    FROM (SELECT) AS one LEFT JOIN LATERAL (SELECT e.pos, e.id FROM {events} e ORDER BY e.pos DESC LIMIT 1) h ON true;
    is_own := {expect_v1}(found_log, in_log, 0, 0);
    IF may_repeat THEN
        known := ARRAY(
            SELECT DISTINCT n.append FROM unnest(e_append, e_id) AS n(append, id)
            WHERE EXISTS (SELECT FROM {events} e WHERE e.id = n.id));
        refused := known;
    END IF;
    IF sealed IS NOT NULL AND EXISTS (SELECT FROM unnest(e_append) AS n(append) WHERE n.append <> ALL (refused)) THEN
        RAISE EXCEPTION USING ERRCODE = 'ES004', MESSAGE = format('the log is sealed since %s: it takes no appends and no changes',
            to_char(to_timestamp(sealed / 1000000.0) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'));
    END IF;

    IF any_closed AND cardinality(s_id) > 0 THEN
        SELECT array_agg(x.append), array_agg(x.stream), array_agg(x.status), array_agg(x.closed_at), array_agg(x.reason)
        INTO x_append, x_stream, x_status, x_at, x_reason
        FROM (
            SELECT DISTINCT ON (e.append) e.append, e.stream, c.status, c.closed_at, c.reason
            FROM unnest(e_append, e_stream, e_stream_type, e_stream_id) WITH ORDINALITY
                AS e(append, stream, stream_type, stream_id, nth)
            JOIN {closed_streams} c ON c.stream_type = e.stream_type AND c.stream_id = e.stream_id
            ORDER BY e.append, e.nth
        ) x;
        refused := refused || x_append;
    END IF;

    -- A deleted stream has no events, and keeps its version.
    IF cardinality(s_id) = 1 THEN
        version := CASE WHEN is_as_known THEN s_known[1] END;
        IF version IS NULL THEN
            SELECT e.version INTO version FROM {events} e
            WHERE e.stream_type = s_type[1] AND e.stream_id = s_id[1] AND e.version >= s_floor[1]
            ORDER BY e.version DESC LIMIT 1;
        END IF;
        IF version IS NULL AND s_floor[1] > 0 THEN
            SELECT e.version INTO version FROM {events} e
            WHERE e.stream_type = s_type[1] AND e.stream_id = s_id[1] ORDER BY e.version DESC LIMIT 1;
        END IF;
        IF version IS NULL AND any_closed THEN
            SELECT c.version INTO version FROM {closed_streams} c WHERE c.stream_type = s_type[1] AND c.stream_id = s_id[1];
        END IF;
        s_version := ARRAY[coalesce(version, 0)];
    ELSIF cardinality(s_id) > 1 THEN
        s_version := ARRAY(
            SELECT coalesce(CASE WHEN is_as_known THEN s.known END, (
                SELECT e.version FROM {events} e
                WHERE e.stream_type = s.type AND e.stream_id = s.id AND e.version >= s.floor
                ORDER BY e.version DESC LIMIT 1
            ), CASE WHEN s.floor > 0 THEN (
                SELECT e.version FROM {events} e
                WHERE e.stream_type = s.type AND e.stream_id = s.id ORDER BY e.version DESC LIMIT 1
            ) END, CASE WHEN any_closed THEN (
                SELECT c.version FROM {closed_streams} c WHERE c.stream_type = s.type AND c.stream_id = s.id
            ) END, 0)
            FROM unnest(s_type, s_id, s_floor, s_known) AS s(type, id, floor, known));
    END IF;

    IF cardinality(v_condition) > 1 OR s_version[v_stream[1]] <> v_expected[1] THEN
        SELECT array_agg(v.condition), array_agg(e.pos) INTO h_condition, h_pos
        FROM unnest(v_condition, v_stream, v_expected) AS v(condition, stream, expected)
        LEFT JOIN LATERAL (
            SELECT e.pos FROM {events} e WHERE e.stream_type = s_type[v.stream] AND e.stream_id = s_id[v.stream]
                AND e.version = s_version[v.stream]
        ) e ON true
        WHERE s_version[v.stream] <> v.expected;
    END IF;
    IF cardinality(at_condition) > 0 THEN
        SELECT h_condition || array_agg(a.condition), h_pos || array_agg(NULL::bigint) INTO h_condition, h_pos
        FROM unnest(at_condition, at_pos, at_id) AS a(condition, pos, id)
        WHERE CASE
            WHEN a.id IS NULL THEN a.pos > head_before
            ELSE NOT EXISTS (SELECT FROM {events} e WHERE e.pos = a.pos AND e.id = a.id)
        END;
    END IF;
    IF cardinality(a_condition) > 0 THEN
        SELECT h_condition || array_agg(a.condition), h_pos || array_agg(e.pos) INTO h_condition, h_pos
        FROM unnest(a_condition, a_after) AS a(condition, after) CROSS JOIN LATERAL (
            SELECT e.pos FROM {events} e WHERE e.pos > a.after AND e.type <> '' ORDER BY e.pos DESC LIMIT 1
        ) e;
    END IF;
    IF cardinality(n_condition) > 0 THEN
        SELECT h_condition || array_agg(n.condition), h_pos || array_agg(e.pos) INTO h_condition, h_pos
        FROM unnest(n_condition, n_after, n_type) AS n(condition, after, type) CROSS JOIN LATERAL (
            SELECT e.pos FROM {events} e WHERE e.type = n.type AND e.pos > n.after ORDER BY e.pos DESC LIMIT 1
        ) e;
    END IF;
    IF cardinality(p_condition) > 0 THEN
        SELECT h_condition || array_agg(p.condition), h_pos || array_agg(t.pos) INTO h_condition, h_pos
        FROM unnest(p_condition, p_after, p_type, p_tag) AS p(condition, after, type, tag) CROSS JOIN LATERAL (
            SELECT t.pos FROM {tags} t WHERE t.tag = p.tag AND t.type = p.type AND t.pos > p.after
            ORDER BY t.pos DESC LIMIT 1
        ) t WHERE p.after < head_before;
    END IF;
    IF cardinality(o_condition) > 0 THEN
        is_own := {expect_v1}({log_v1}(), in_log, 0, 0);
        SELECT h_condition || array_agg(o.condition), h_pos || array_agg(o.pos) INTO h_condition, h_pos FROM (
            SELECT o.condition, {newest_v1}(
                o.after, o.types::text[], o.tags::text[],
                o.in_stream_type, o.in_stream_id, o.stream_type, o.ids::uuid[]
            ) AS pos
            FROM unnest(o_condition, o_after, o_types, o_tags, o_in_stream_type, o_in_stream_id, o_stream_type, o_ids)
                AS o(condition, after, types, tags, in_stream_type, in_stream_id, stream_type, ids)
            WHERE o.after < head_before
            OFFSET 0
        ) o WHERE o.pos IS NOT NULL;
    END IF;

    IF cardinality(h_condition) > 0 THEN
        h_type := ARRAY(SELECT (SELECT e.type FROM {events} e WHERE e.pos = h.pos) FROM unnest(h_pos) AS h(pos));
        refused := refused || ARRAY(SELECT DISTINCT c_append[h.condition] FROM unnest(h_condition) AS h(condition));
    END IF;
    FOR dependency IN 1 .. cardinality(d_append) LOOP
        IF d_append[dependency] <> ALL (refused) AND d_on[dependency] <> ALL (refused) THEN
            refused := refused || d_append[dependency];
            deferred := deferred || d_append[dependency];
        END IF;
    END LOOP;
    IF cardinality(refused) > 0 THEN
        SELECT array_agg(CASE WHEN n.is_written THEN n.in_batch ELSE 0 END ORDER BY n.nth),
            array_agg(n.in_stream ORDER BY n.nth)
        INTO e_offset, e_nth
        FROM (
            SELECT n.nth, n.is_written,
                count(*) FILTER (WHERE n.is_written) OVER (ORDER BY n.nth) AS in_batch,
                count(*) FILTER (WHERE n.is_written) OVER (PARTITION BY n.stream ORDER BY n.nth) AS in_stream
            FROM (
                SELECT e.nth, e.stream, e.append <> ALL (refused) AS is_written
                FROM unnest(e_append, e_stream) WITH ORDINALITY AS e(append, stream, nth)
            ) n
        ) n;
        IF 0 = ALL (e_offset) THEN
            RETURN;
        END IF;
    END IF;

    INSERT INTO {events} (pos, id, type, stream_type, stream_id, version, part, recorded_at, envelope, payload)
    SELECT n.pos, n.id, n.type, n.stream_type, n.stream_id, n.version, n.part, n.recorded_at,
        int8send(n.pos) || int8send(coalesce(n.version, 0)) || n.envelope, {payload_many}
    FROM (
        SELECT head_before + n."offset" AS pos, n.id, n.type, n.stream_type, n.stream_id,
            CASE WHEN n.stream > 0 THEN s_version[n.stream] + n.nth END AS version, n.part, n.recorded_at, n.envelope, n.payload
        FROM unnest(e_offset, e_id, e_type, e_stream_type, e_stream_id, e_stream, e_nth, e_part, e_recorded_at, e_envelope,
            e_payload) AS n("offset", id, type, stream_type, stream_id, stream, nth, part, recorded_at, envelope, payload)
        WHERE n."offset" > 0
        OFFSET 0
    ) n;
    IF cardinality(t_event) > 0 THEN
        INSERT INTO {tags} (tag, type, pos)
        SELECT t.tag, t.type, head_before + e_offset[t.event]
        FROM unnest(t_tag, t_type, t_event) AS t(tag, type, event) WHERE e_offset[t.event] > 0;
    END IF;
END
$append$;

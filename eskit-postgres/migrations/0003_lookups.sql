-- The log of which the functions here speak: after its schema was renamed, that may be another one than that of a statement which
-- calls them.
CREATE OR REPLACE FUNCTION {log_v1}() RETURNS uuid
LANGUAGE sql STABLE
AS 'SELECT l.id FROM {log} l';

-- The position of the newest event after `after` that one item of a query matches; NULL when there is none, and 0 when more
-- than {steps_max} entries of indexes would have to be looked at: others wait meanwhile. What is empty or NULL narrows
-- nothing, but one of `all_tags`, `in_stream_id`, `any_stream_type` and `any_id` must narrow.
CREATE OR REPLACE FUNCTION {newest_v1}(
    after           bigint,
    any_type        text[],
    all_tags        text[],
    in_stream_type  text,
    in_stream_id    text,
    any_stream_type text,
    any_id          uuid[]
) RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
-- Every statement here is a walk along one index, whatever the planner knows of the tables.
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off SET plan_cache_mode = force_generic_plan
AS $newest$
DECLARE
    event     record;
    of_type   text;
    best      bigint;
    candidate bigint;
    found_at  bigint;
    -- How many lists of positions must agree: one for each tag, or else that of the type, and that of the stream type.
    lists     integer;
    -- How many of them in a row were found to hold the candidate.
    agreed    integer;
    nth       integer;
    list      integer;
    steps     integer := 0;
BEGIN
    IF cardinality(any_id) > 0 THEN
        FOR event IN
            SELECT e.pos, (cardinality(any_type) = 0 OR e.type = ANY (any_type))
                AND (in_stream_id IS NULL OR (e.stream_type = in_stream_type AND e.stream_id = in_stream_id))
                AND (any_stream_type IS NULL OR e.stream_type = any_stream_type)
                AND NOT EXISTS (
                    SELECT FROM unnest(all_tags) AS wanted(tag) WHERE NOT EXISTS (
                        SELECT FROM {tags} t WHERE t.tag = wanted.tag AND t.type = e.type AND t.pos = e.pos)) AS matches
            FROM {events} e WHERE e.id = ANY (any_id) AND e.pos > after AND e.type <> ''
        LOOP
            IF event.matches THEN
                best := greatest(best, event.pos);
            END IF;
            steps := steps + 1 + cardinality(all_tags);
            IF steps > {steps_max} THEN
                RETURN 0;
            END IF;
        END LOOP;

    ELSIF in_stream_id IS NOT NULL THEN
        FOR event IN
            SELECT e.pos, (cardinality(any_type) = 0 OR e.type = ANY (any_type))
                AND NOT EXISTS (
                    SELECT FROM unnest(all_tags) AS wanted(tag) WHERE NOT EXISTS (
                        SELECT FROM {tags} t WHERE t.tag = wanted.tag AND t.type = e.type AND t.pos = e.pos)) AS matches
            FROM {events} e WHERE e.stream_type = in_stream_type AND e.stream_id = in_stream_id
            ORDER BY e.version DESC
        LOOP
            EXIT WHEN event.pos <= after;
            IF event.matches THEN
                best := event.pos;
                EXIT;
            END IF;
            steps := steps + 1 + cardinality(all_tags);
            IF steps > {steps_max} THEN
                RETURN 0;
            END IF;
        END LOOP;

    ELSE
        -- Without types: every type that stands beside the first tag, one seek for each.
        IF cardinality(any_type) > 0 THEN
            lists := greatest(cardinality(all_tags), 1);
        ELSIF cardinality(all_tags) > 0 THEN
            lists := cardinality(all_tags);
            LOOP
                SELECT t.type INTO of_type FROM {tags} t
                WHERE t.tag = all_tags[1] AND t.type > coalesce(of_type, '') ORDER BY t.type LIMIT 1;
                EXIT WHEN of_type IS NULL;
                any_type := any_type || of_type;
                steps := steps + 1;
                IF steps > {steps_max} THEN
                    RETURN 0;
                END IF;
            END LOOP;
        ELSE
            lists := 0;
            any_type := ARRAY[NULL];
        END IF;
        IF any_stream_type IS NOT NULL THEN
            lists := lists + 1;
        END IF;
        FOREACH of_type IN ARRAY any_type LOOP
            -- Leapfrog: in turn, each list brings the candidate down to its own newest event at or before it, until all
            -- agree. The cost follows the shortest list.
            candidate := 9223372036854775807;
            agreed := 0;
            nth := 0;
            LOOP
                steps := steps + 1;
                IF steps > {steps_max} THEN
                    RETURN 0;
                END IF;
                list := nth % lists + 1;
                IF list <= cardinality(all_tags) THEN
                    SELECT t.pos INTO found_at FROM {tags} t
                    WHERE t.tag = all_tags[list] AND t.type = of_type
                        AND t.pos > greatest(after, best) AND t.pos <= candidate
                    ORDER BY t.pos DESC LIMIT 1;
                ELSIF list = lists AND any_stream_type IS NOT NULL THEN
                    SELECT e.pos INTO found_at FROM {events} e
                    WHERE e.stream_type = any_stream_type AND e.pos > greatest(after, best) AND e.pos <= candidate
                    ORDER BY e.pos DESC LIMIT 1;
                ELSE
                    SELECT e.pos INTO found_at FROM {events} e
                    WHERE e.type = of_type AND e.pos > greatest(after, best) AND e.pos <= candidate
                    ORDER BY e.pos DESC LIMIT 1;
                END IF;
                EXIT WHEN found_at IS NULL;
                agreed := CASE WHEN found_at = candidate THEN agreed + 1 ELSE 1 END;
                candidate := found_at;
                IF agreed = lists THEN
                    best := candidate;
                    EXIT;
                END IF;
                nth := nth + 1;
            END LOOP;
        END LOOP;
    END IF;
    RETURN best;
END
$newest$;

-- The version of the first event of a stream after a position; one more than its last version when there is none.
CREATE OR REPLACE FUNCTION {first_version_v1}(in_log uuid, in_stream_type text, in_stream_id text, after bigint)
RETURNS bigint
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $first_version$
DECLARE
    -- Versions up to `low` lie at or before the position, those from `high` behind it. Versions and positions grow together.
    low      bigint := 0;
    high     bigint;
    middle   bigint;
    found_at bigint;
    is_own   boolean;
BEGIN
    is_own := {expect_v1}((SELECT l.id FROM {log} l), in_log, 0, 0);
    SELECT e.version, e.pos INTO high, found_at FROM {events} e
    WHERE e.stream_type = in_stream_type AND e.stream_id = in_stream_id ORDER BY e.version DESC LIMIT 1;
    IF high IS NULL OR found_at <= after THEN
        RETURN coalesce(high, 0) + 1;
    END IF;
    WHILE high - low > 1 LOOP
        middle := low + (high - low) / 2;
        SELECT e.pos INTO found_at FROM {events} e
        WHERE e.stream_type = in_stream_type AND e.stream_id = in_stream_id AND e.version = middle;
        IF found_at <= after THEN
            low := middle;
        ELSE
            high := middle;
        END IF;
    END LOOP;
    RETURN high;
END
$first_version$;

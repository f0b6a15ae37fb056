-- Takes the turn to append, until the end of the transaction. The statements after it see all that was committed by earlier
-- holders. Everything is written with its schema, so that the caller's search path does not matter.
CREATE OR REPLACE FUNCTION {take_turn_v1}(
    in_log  uuid,
    -- How long to wait, in milliseconds; NULL for as long as the session waits for any lock.
    wait_ms integer
) RETURNS boolean
LANGUAGE plpgsql VOLATILE
AS $take_turn$
DECLARE
    ignored  text;
    has_turn boolean;
BEGIN
    IF pg_catalog.current_setting('transaction_isolation') OPERATOR(pg_catalog.<>) ALL (
        ARRAY['read committed', 'read uncommitted']
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'ES003', MESSAGE = pg_catalog.format(
            'a transaction with the isolation level %s does not see what others have appended',
            pg_catalog.upper(pg_catalog.current_setting('transaction_isolation')));
    END IF;
    IF wait_ms IS NOT NULL THEN
        ignored := pg_catalog.set_config('lock_timeout', wait_ms::pg_catalog.text, true);
    END IF;
    has_turn := pg_catalog.pg_advisory_xact_lock(pg_catalog.uuid_hash_extended(in_log, 0)) IS NOT NULL;
    RETURN has_turn;
END
$take_turn$;

-- Fails unless the log that was found is the one that the program has opened, and the statement the one that it meant: behind
-- some poolers, a prepared statement may be that of another program. Knows no table: after a schema was renamed, functions name
-- those of another one.
CREATE OR REPLACE FUNCTION {expect_v1}(found_log uuid, in_log uuid, meant bigint, seal bigint) RETURNS boolean
LANGUAGE plpgsql STABLE
AS $expect$
BEGIN
    IF meant OPERATOR(pg_catalog.<>) seal THEN
        RAISE EXCEPTION USING ERRCODE = 'ES002', MESSAGE = 'the prepared statement is that of another program';
    END IF;
    IF found_log IS NULL OR found_log OPERATOR(pg_catalog.<>) in_log THEN
        RAISE EXCEPTION USING ERRCODE = 'ES001', MESSAGE = 'the log is not the one that this program has opened';
    END IF;
    RETURN true;
END
$expect$;

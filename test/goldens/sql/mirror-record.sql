-- A mirror that notes down what its target does not take.
-- The plan is `mirror-record.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- statement window/prepare: make the functions that keep public.people → public.names in step

-- sends
CREATE FUNCTION lockstep."row of mirror-record/window: names"(bigint, text) RETURNS TABLE (person_id bigint, name text)
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT id AS person_id, name AS name
  FROM (SELECT $1 AS id, $2 AS name) AS people;
  END;

CREATE FUNCTION lockstep."key of mirror-record/window: names"(bigint, bigint) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

CREATE FUNCTION lockstep."mirror of mirror-record/window: names"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
  AS $body$
  #variable_conflict use_column
  DECLARE
    gone record;
    come record;
    gone_key text[];
    come_key text[];
    had boolean := false;
    has boolean := false;
    moved boolean;
    n bigint;
    echo text := current_setting('lockstep.echo', true);
  BEGIN
    IF TG_OP <> 'INSERT' THEN
      SELECT r.* INTO gone FROM lockstep."row of mirror-record/window: names"(OLD.id, OLD.name) AS r;
      had := FOUND;
      gone_key := ARRAY[gone.person_id::bigint::text];
    END IF;
    IF TG_OP <> 'DELETE' THEN
      SELECT r.* INTO come FROM lockstep."row of mirror-record/window: names"(NEW.id, NEW.name) AS r;
      has := FOUND;
      come_key := ARRAY[come.person_id::bigint::text];
    END IF;
    moved := had;
    IF had AND has THEN
      moved := NOT lockstep."key of mirror-record/window: names"(come.person_id, gone.person_id);
    END IF;
    BEGIN
    IF moved THEN
      EXECUTE 'DELETE FROM public.names AS t USING (SELECT $1 AS person_id, $2 AS name) AS gone WHERE lockstep."key of mirror-record/window: names"(t.person_id, gone.person_id)'
        USING gone.person_id, gone.name;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 AND current_setting('transaction_isolation') <> 'read committed' THEN
        BEGIN
          INSERT INTO public.names (person_id, name) VALUES (gone.person_id, gone.name)
          ON CONFLICT (person_id) DO NOTHING;
          RAISE SQLSTATE 'LS000';
        EXCEPTION
          WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
            NULL;
        END;
      END IF;
      INSERT INTO lockstep.tombstone (window_name, mapping, key)
        VALUES ('mirror-record/window', 'names', gone_key)
        ON CONFLICT DO NOTHING;
    END IF;
    IF has THEN
      IF moved OR NOT had THEN
        EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key = $3'
          USING 'mirror-record/window', 'names', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-record/window', 'names', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key = $3'
            USING 'mirror-record/window', 'names', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      INSERT INTO public.names AS t (person_id, name) VALUES (come.person_id, come.name)
      ON CONFLICT (person_id) DO UPDATE SET name = EXCLUDED.name;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'lockstep window %: the row of public.names with this key belongs to others',
          '"mirror-record/window"'
          USING ERRCODE = 'unique_violation',
            DETAIL = format('Key (%s)=(%s)', 'person_id', array_to_string(come_key, ', '));
      END IF;
    END IF;
    EXCEPTION
      WHEN serialization_failure
        OR deadlock_detected
        OR lock_not_available
        OR insufficient_resources
        OR operator_intervention
        THEN
        RAISE;
      WHEN OTHERS THEN
        INSERT INTO lockstep.mirror_failure (
          window_name, mapping, side, operation, key_before, key_after, sqlstate, message
        )
        VALUES (
          'mirror-record/window', 'names', 'new', lower(TG_OP), CASE
          WHEN had
          THEN gone_key END, CASE
          WHEN has
          THEN come_key END, SQLSTATE, SQLERRM
        );
    END;
    RETURN NULL;
  END
  $body$;

CREATE FUNCTION lockstep."truncate of mirror-record/window: names"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
  AS $body$
  BEGIN
    RAISE EXCEPTION 'lockstep window %: TRUNCATE of % would leave the other side behind',
      '"mirror-record/window"',
      TG_RELID::regclass
      USING ERRCODE = 'object_in_use', HINT = 'Use DELETE, or close the window first.';
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."mirror of mirror-record/window: names"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."truncate of mirror-record/window: names"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."row of mirror-record/window: names"(bigint, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."key of mirror-record/window: names"(bigint, bigint) FROM PUBLIC;

----------------------------------------------------------------------------------------------------
-- statement undo/window/prepare: drop the functions of the window

-- sends
DROP FUNCTION lockstep."mirror of mirror-record/window: names"();
DROP FUNCTION lockstep."truncate of mirror-record/window: names"();
DROP FUNCTION lockstep."row of mirror-record/window: names"(bigint, text);
DROP FUNCTION lockstep."key of mirror-record/window: names"(bigint, bigint);

----------------------------------------------------------------------------------------------------
-- statement window/open: keep public.people → public.names in step from now on

-- sends
CREATE TRIGGER "00 lockstep mirror-record/window: names i" AFTER INSERT ON public.people
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."mirror of mirror-record/window: names"();

CREATE TRIGGER "00 lockstep mirror-record/window: names u" AFTER UPDATE
    ON public.people
    FOR EACH ROW
    WHEN (ROW(OLD.id, OLD.name)::record *<> ROW(NEW.id, NEW.name)::record)
    EXECUTE FUNCTION lockstep."mirror of mirror-record/window: names"();

CREATE TRIGGER "00 lockstep mirror-record/window: names d" AFTER DELETE ON public.people
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."mirror of mirror-record/window: names"();

CREATE TRIGGER "00 lockstep mirror-record/window: names t" BEFORE TRUNCATE
    ON public.people
    FOR EACH STATEMENT
    EXECUTE FUNCTION lockstep."truncate of mirror-record/window: names"();

CREATE TRIGGER "00 lockstep mirror-record/window: names t" BEFORE TRUNCATE
    ON public.names
    FOR EACH STATEMENT
    EXECUTE FUNCTION lockstep."truncate of mirror-record/window: names"();

ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-record/window: names i";
ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-record/window: names u";
ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-record/window: names d";
ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-record/window: names t";
ALTER TABLE public.names ENABLE ALWAYS TRIGGER "00 lockstep mirror-record/window: names t";

INSERT INTO lockstep."window" (run_id, step, name, direction, state, sides)
  VALUES (
    current_setting('lockstep.run_id')::bigint,
    'window',
    'mirror-record/window',
    'forward',
    'old leads',
    '[{"mapping":"names","from":"public.people","to":"public.names"}]'
  );

----------------------------------------------------------------------------------------------------
-- statement undo/window/leave: let the mirrors of window only take away what they brought

-- asserts: the window mirror-record/window can become: leaving
WITH violation AS MATERIALIZED (
  SELECT w.state
    FROM (SELECT 1) AS one
    LEFT JOIN lockstep."window" AS w
    ON w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'window'
  WHERE w.state IS NULL OR w.state NOT IN ('old leads')
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- asserts: what a side of mirror-record/window did not take has been made good
WITH violation AS MATERIALIZED (
  (SELECT w.lockstep_key AS key, to_jsonb(e.*) - 'lockstep_here' AS expected, to_jsonb(a.*) - 'lockstep_here' AS found
  FROM (
    SELECT k.key AS lockstep_key, k.key[1]::bigint AS person_id
    FROM (
    SELECT DISTINCT k.key
    FROM lockstep.mirror_failure AS f
    CROSS JOIN LATERAL (VALUES (f.key_before), (f.key_after)) AS k (key)
  WHERE f.window_name = 'mirror-record/window'
    AND f.mapping = 'names'
    AND f.accepted_at IS NULL
    AND k.key IS NOT NULL) AS k) AS w
  LEFT JOIN LATERAL (SELECT true AS lockstep_here, s.* FROM (SELECT id AS person_id, name AS name
  FROM public.people
  WHERE id = w.person_id
  OFFSET 0) AS s) AS e ON true
  LEFT JOIN LATERAL (
    SELECT true AS lockstep_here, t.*
    FROM (
    SELECT t.*
    FROM public.names AS t
    WHERE t.person_id = w.lockstep_key[1]::bigint
  OFFSET 0) AS t) AS a ON true
  WHERE (
    e.lockstep_here IS DISTINCT FROM a.lockstep_here
    OR (e.lockstep_here AND (ROW(e.name::text)::record *<> ROW(a.name::text)::record))
  ))
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- sends
CREATE OR REPLACE FUNCTION lockstep."mirror of mirror-record/window: names"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
  AS $body$
  #variable_conflict use_column
  DECLARE
    gone record;
    come record;
    gone_key text[];
    come_key text[];
    had boolean := false;
    has boolean := false;
    n bigint;
  BEGIN
    IF TG_OP <> 'INSERT' THEN
      SELECT r.* INTO gone FROM lockstep."row of mirror-record/window: names"(OLD.id, OLD.name) AS r;
      had := FOUND;
      gone_key := ARRAY[gone.person_id::bigint::text];
    END IF;
    IF TG_OP <> 'DELETE' THEN
      SELECT r.* INTO come FROM lockstep."row of mirror-record/window: names"(NEW.id, NEW.name) AS r;
      has := FOUND;
      come_key := ARRAY[come.person_id::bigint::text];
    END IF;
    IF had THEN
      EXECUTE 'DELETE FROM public.names AS t USING (SELECT $1 AS person_id, $2 AS name) AS gone WHERE lockstep."key of mirror-record/window: names"(t.person_id, gone.person_id) AND NOT (ROW(t.name::text)::record *<> ROW(gone.name::text)::record) AND NOT false AND NOT EXISTS (SELECT FROM lockstep.already_there AS a WHERE a.run_id = (SELECT max(w.run_id) FROM lockstep."window" AS w WHERE w.name = ''mirror-record/window'') AND a.operation_id = ''window/note/names'' AND a.key = ARRAY[t.person_id::bigint::text])'
        USING gone.person_id, gone.name;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 AND current_setting('transaction_isolation') <> 'read committed' THEN
        BEGIN
          INSERT INTO public.names (person_id, name) VALUES (gone.person_id, gone.name)
          ON CONFLICT (person_id) DO NOTHING;
          RAISE SQLSTATE 'LS000';
        EXCEPTION
          WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
            NULL;
        END;
      END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

WITH moved AS (
  UPDATE lockstep."window" AS w
    SET state = 'leaving', moved_at = clock_timestamp()
    WHERE w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'window'
    RETURNING w.run_id, w.step, w.state, w.moved_at
  )
  INSERT INTO lockstep.window_move (window_run_id, step, to_state, at, by_run_id)
    SELECT run_id, step, state, moved_at, current_setting('lockstep.run_id')::bigint
    FROM moved;

----------------------------------------------------------------------------------------------------
-- batch undo/window/take-away/names: delete from public.names what the window brought (names)

-- sends
WITH candidate AS MATERIALIZED (
  SELECT public.names.*,
    public.names.ctid AS lockstep_row,
    public.names.tableoid AS lockstep_table,
    ARRAY[public.names.person_id::bigint::text] AS lockstep_key
  FROM public.names
  WHERE public.names.person_id > $1::bigint AND public.names.person_id <= $2::bigint
  FOR UPDATE
  ), judged AS MATERIALIZED (
  SELECT c.*,
    EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE a.run_id = current_setting('lockstep.run_id')::bigint
      AND a.operation_id = 'window/note/names'
      AND a.key = c.lockstep_key
    ) AS lockstep_there,
    coalesce((
      SELECT NOT (ROW(e.name::text)::record *<> ROW(c.name::text)::record)
      FROM (
      SELECT id AS person_id, name AS name
  FROM public.people
  WHERE id = c.person_id
  OFFSET 0) AS e), false) AS lockstep_said,
    false AS lockstep_written
  FROM candidate AS c
  ), removed AS (
  DELETE FROM public.names
    WHERE public.names.ctid
      = ANY (ARRAY(SELECT lockstep_row FROM judged WHERE lockstep_said AND NOT lockstep_written AND NOT lockstep_there))
  RETURNING 1
  ), others AS (
  SELECT * FROM judged WHERE NOT (lockstep_said AND NOT lockstep_written) AND NOT lockstep_there
  )
  SELECT (SELECT count(*) FROM candidate) AS read, (SELECT count(*) FROM removed) AS changed,
    (SELECT count(*) FROM judged WHERE lockstep_there) AS skipped, (SELECT count(*) FROM others) AS kept,
    (
      SELECT json_agg(json_build_object('what', CASE
      WHEN o.lockstep_said
      THEN 'kept: columns that the mapping does not fill were written'
      ELSE 'kept: not what the source says' END,
      'row',
        to_jsonb(o.*) - ARRAY['lockstep_row',
        'lockstep_table',
        'lockstep_key',
        'lockstep_there',
        'lockstep_said',
        'lockstep_written']))
        FROM (SELECT * FROM others LIMIT 10) AS o) AS findings,
    NULL::json AS problem;

----------------------------------------------------------------------------------------------------
-- statement undo/window/drop/1: remove the mirrors from public.people

-- sends
DROP TRIGGER "00 lockstep mirror-record/window: names i" ON public.people;
DROP TRIGGER "00 lockstep mirror-record/window: names u" ON public.people;
DROP TRIGGER "00 lockstep mirror-record/window: names d" ON public.people;
DROP TRIGGER "00 lockstep mirror-record/window: names t" ON public.people;

----------------------------------------------------------------------------------------------------
-- statement undo/window/drop/2: remove the mirrors from public.names

-- sends
DROP TRIGGER "00 lockstep mirror-record/window: names t" ON public.names;

----------------------------------------------------------------------------------------------------
-- statement undo/window/open: forget what the window of public.people → public.names noted

-- asserts: the window mirror-record/window can become: gone
WITH violation AS MATERIALIZED (
  SELECT w.state
    FROM (SELECT 1) AS one
    LEFT JOIN lockstep."window" AS w
    ON w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'window'
  WHERE w.state IS NULL OR w.state NOT IN ('old leads', 'leaving')
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- sends
DELETE FROM lockstep.tombstone WHERE window_name = 'mirror-record/window';
DELETE FROM lockstep.old_writer WHERE window_name = 'mirror-record/window';
DELETE FROM lockstep.mirror_failure WHERE window_name = 'mirror-record/window';

WITH moved AS (
  UPDATE lockstep."window" AS w
    SET state = 'gone', moved_at = clock_timestamp()
    WHERE w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'window'
    RETURNING w.run_id, w.step, w.state, w.moved_at
  )
  INSERT INTO lockstep.window_move (window_run_id, step, to_state, at, by_run_id)
    SELECT run_id, step, state, moved_at, current_setting('lockstep.run_id')::bigint
    FROM moved;

----------------------------------------------------------------------------------------------------
-- statement done/close/window: silence the mirrors of public.people → public.names

-- works off before it locks
WITH entry AS MATERIALIZED (
  SELECT t.ctid AS place, t.key
    FROM lockstep.touched AS t
    WHERE window_name = 'mirror-record/window'
    AND mapping = 'names'
    LIMIT 10000
  ), differs AS MATERIALIZED (
  SELECT d.key
    FROM (
    SELECT w.lockstep_key AS key, to_jsonb(e.*) - 'lockstep_here' AS expected, to_jsonb(a.*) - 'lockstep_here' AS found
  FROM (SELECT k.key AS lockstep_key, k.key[1]::bigint AS person_id FROM (SELECT DISTINCT key FROM entry) AS k) AS w
  LEFT JOIN LATERAL (SELECT true AS lockstep_here, s.* FROM (SELECT id AS person_id, name AS name
  FROM public.people
  WHERE id = w.person_id
  OFFSET 0) AS s) AS e ON true
  LEFT JOIN LATERAL (
    SELECT true AS lockstep_here, t.*
    FROM (
    SELECT t.*
    FROM public.names AS t
    WHERE t.person_id = w.lockstep_key[1]::bigint
  OFFSET 0) AS t) AS a ON true
  WHERE (
    e.lockstep_here IS DISTINCT FROM a.lockstep_here
    OR (e.lockstep_here AND (ROW(e.name::text)::record *<> ROW(a.name::text)::record))
  )) AS d
  ), settled AS (
  DELETE FROM lockstep.touched AS t
    WHERE t.ctid = ANY (ARRAY(SELECT place FROM entry WHERE key NOT IN (SELECT key FROM differs)))
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM settled) AS settled,
    (
      SELECT count(*) FROM lockstep.touched AS t WHERE window_name = 'mirror-record/window' AND mapping = 'names'
    ) - (SELECT count(*) FROM settled) AS rest;

-- how much is left
SELECT count(*) AS rest FROM lockstep.touched AS t WHERE window_name = 'mirror-record/window' AND mapping = 'names';

-- asserts: the window mirror-record/window can become: closed
WITH violation AS MATERIALIZED (
  SELECT w.state
    FROM (SELECT 1) AS one
    LEFT JOIN lockstep."window" AS w
    ON w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'window'
  WHERE w.state IS NULL OR w.state NOT IN ('old leads', 'new leads')
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- asserts: the mirror of names is as it was made
WITH violation AS MATERIALIZED (
  SELECT p.relid::regclass::text AS "table", w.trigger_name AS "trigger"
    FROM (
      VALUES ('public.people', '00 lockstep mirror-record/window: names i', true),
      ('public.people', '00 lockstep mirror-record/window: names u', true),
      ('public.people', '00 lockstep mirror-record/window: names d', true),
      ('public.people', '00 lockstep mirror-record/window: names t', false),
      ('public.names', '00 lockstep mirror-record/window: names t', false)
    ) AS w (table_name, trigger_name, spreads)
  CROSS JOIN LATERAL (
    SELECT pg_catalog.to_regclass(w.table_name) AS relid
    UNION
    SELECT t.relid
    FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(w.table_name)) AS t
    WHERE w.spreads
  ) AS p
  WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = p.relid AND g.tgenabled = 'A'
    AND (g.tgname = w.trigger_name OR g.tgparentid <> 0)
      AND g.tgfoid IN (
        SELECT o.tgfoid
        FROM pg_catalog.pg_trigger AS o
        WHERE o.tgrelid = pg_catalog.to_regclass(w.table_name)
        AND o.tgname = w.trigger_name
      ))
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- asserts: what a side of mirror-record/window did not take has been made good: as undo/window/leave

-- asserts: what was written since the comparison is the same on both sides (names)
WITH violation AS MATERIALIZED (
  SELECT w.lockstep_key AS key, to_jsonb(e.*) - 'lockstep_here' AS expected, to_jsonb(a.*) - 'lockstep_here' AS found
  FROM (
    SELECT k.key AS lockstep_key, k.key[1]::bigint AS person_id
    FROM (
      SELECT DISTINCT key FROM lockstep.touched WHERE window_name = 'mirror-record/window' AND mapping = 'names'
    ) AS k
  ) AS w
  LEFT JOIN LATERAL (SELECT true AS lockstep_here, s.* FROM (SELECT id AS person_id, name AS name
  FROM public.people
  WHERE id = w.person_id
  OFFSET 0) AS s) AS e ON true
  LEFT JOIN LATERAL (
    SELECT true AS lockstep_here, t.*
    FROM (
    SELECT t.*
    FROM public.names AS t
    WHERE t.person_id = w.lockstep_key[1]::bigint
  OFFSET 0) AS t) AS a ON true
  WHERE (
    e.lockstep_here IS DISTINCT FROM a.lockstep_here
    OR (e.lockstep_here AND (ROW(e.name::text)::record *<> ROW(a.name::text)::record))
  )
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- sends
CREATE OR REPLACE FUNCTION lockstep."mirror of mirror-record/window: names"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
  AS $body$
  BEGIN
    RETURN NULL;
  END
  $body$;

WITH moved AS (
  UPDATE lockstep."window" AS w
    SET state = 'closed', moved_at = clock_timestamp()
    WHERE w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'window'
    RETURNING w.run_id, w.step, w.state, w.moved_at
  )
  INSERT INTO lockstep.window_move (window_run_id, step, to_state, at, by_run_id)
    SELECT run_id, step, state, moved_at, current_setting('lockstep.run_id')::bigint
    FROM moved;

----------------------------------------------------------------------------------------------------
-- statement done/forget/window: drop the functions of the window of public.people → public.names, and forget what it noted

-- sends
DROP FUNCTION lockstep."mirror of mirror-record/window: names"();
DROP FUNCTION lockstep."truncate of mirror-record/window: names"();
DROP FUNCTION lockstep."row of mirror-record/window: names"(bigint, text);
DROP FUNCTION lockstep."key of mirror-record/window: names"(bigint, bigint);
DROP FUNCTION IF EXISTS lockstep."watch of mirror-record/window: names"();
DELETE FROM lockstep.touched WHERE window_name = 'mirror-record/window';
DELETE FROM lockstep.tombstone WHERE window_name = 'mirror-record/window';
DELETE FROM lockstep.old_writer WHERE window_name = 'mirror-record/window';
DELETE FROM lockstep.mirror_failure WHERE window_name = 'mirror-record/window';

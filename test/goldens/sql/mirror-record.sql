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

CREATE OR REPLACE FUNCTION lockstep."same of mirror-record/window: names"(bigint, bigint) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

CREATE OR REPLACE FUNCTION lockstep."follow of mirror-record/window: names"(bigint) RETURNS void LANGUAGE plpgsql
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
  AS $body$
  #variable_conflict use_column
  DECLARE
    one record;
    come record;
    followed bigint;
    n bigint;
    stayed bigint;
    echo text := pg_catalog.current_setting('lockstep.echo', true);
    said text;
  BEGIN
    LOOP
      followed := CASE
        WHEN pg_catalog.starts_with(
          coalesce(pg_catalog.current_setting('lockstep.moves_old_d713446d4356', true), ''),
          pg_catalog.pg_current_xact_id()::text || ' '
        )
        THEN pg_catalog.split_part(pg_catalog.current_setting('lockstep.moves_old_d713446d4356', true), ' ', 2)::bigint
        ELSE 0 END;
      EXECUTE 'SELECT m.id, m.from_key, m.to_key, m.row_before, m.row_after FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-record/window'' AND m.mapping = ''names'' AND m.side = ''old'' AND m.id > $1 AND ($2 IS NULL OR m.id <= $2) ORDER BY m.id LIMIT 1' INTO one
        USING followed, $1;
      EXIT WHEN one.id IS NULL;
      -- First: what triggers of the other side do to this one may come here again.
      said := pg_catalog.set_config(
        'lockstep.moves_old_d713446d4356', pg_catalog.pg_current_xact_id()::text || ' ' || one.id, true
      );
      IF one.to_key IS NULL THEN
        EXECUTE 'DELETE FROM public.names AS t WHERE lockstep."key of mirror-record/window: names"(t.person_id, $1[1]::bigint)'
          USING one.from_key;
        GET DIAGNOSTICS n = ROW_COUNT;
      ELSE
        stayed := 0;
        EXECUTE 'SELECT r.* FROM public.people AS s CROSS JOIN LATERAL lockstep."row of mirror-record/window: names"(s.id, s.name) AS r WHERE lockstep."same of mirror-record/window: names"(s.id, $1[1]::bigint)' INTO come
          USING one.row_after;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 THEN
          -- It went on, or is deleted; or it never went: a BEFORE trigger of a partition can keep a row where it is.
          EXECUTE 'SELECT FROM public.people AS s WHERE lockstep."same of mirror-record/window: names"(s.id, $1[1]::bigint) AND NOT EXISTS (SELECT FROM public.people AS s WHERE lockstep."same of mirror-record/window: names"(s.id, $2[1]::bigint)) AND NOT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-record/window'' AND m.mapping = ''names'' AND m.side = ''old'' AND m.id > $3 AND m.from_key OPERATOR(pg_catalog.=) $4)'
            USING one.row_before, one.row_after, one.id, one.to_key;
          GET DIAGNOSTICS stayed = ROW_COUNT;
        END IF;
        IF n > 0 THEN
          EXECUTE 'UPDATE public.names AS t SET person_id = $2, name = $3 WHERE lockstep."key of mirror-record/window: names"(t.person_id, $1[1]::bigint)'
            USING one.from_key, come.person_id, come.name;
          GET DIAGNOSTICS n = ROW_COUNT;
        ELSIF stayed = 0 THEN
          EXECUTE 'UPDATE public.names AS t SET person_id = $2[1]::bigint WHERE lockstep."key of mirror-record/window: names"(t.person_id, $1[1]::bigint)'
            USING one.from_key, one.to_key;
          GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF n > 0 THEN
        EXECUTE 'UPDATE lockstep.move AS m SET found = true WHERE m.id = $1' USING one.id;
      END IF;
    END LOOP;
  END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."move of mirror-record/window: names"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
  AS $body$
  #variable_conflict use_column
  DECLARE
    gone record;
    come record;
    from_key text[];
    to_key text[];
    said text;
  BEGIN
    SELECT r.* INTO gone FROM lockstep."row of mirror-record/window: names"(OLD.id, OLD.name) AS r;
    IF NOT FOUND THEN
      RETURN NEW;
    END IF;
    from_key := ARRAY[gone.person_id::bigint::text];
    SELECT r.* INTO come FROM lockstep."row of mirror-record/window: names"(NEW.id, NEW.name) AS r;
    IF FOUND THEN
      to_key := ARRAY[come.person_id::bigint::text];
    END IF;
    INSERT INTO lockstep.move (window_name, mapping, side, from_key, to_key, row_before, row_after)
    VALUES (
      'mirror-record/window', 'names', 'old', from_key, to_key, ARRAY[OLD.id::bigint::text], ARRAY[NEW.id::bigint::text]
    );
    IF NOT pg_catalog.starts_with(
      coalesce(pg_catalog.current_setting('lockstep.moves_old_d713446d4356', true), ''),
      pg_catalog.pg_current_xact_id()::text || ' '
    )
      THEN
      said := pg_catalog.set_config(
        'lockstep.moves_old_d713446d4356', pg_catalog.pg_current_xact_id()::text || ' 0', true
      );
    END IF;
    RETURN NEW;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."move of mirror-record/window: names"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."follow of mirror-record/window: names"(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."same of mirror-record/window: names"(bigint, bigint) FROM PUBLIC;

CREATE FUNCTION lockstep."mirror of mirror-record/window: names"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
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
    moved boolean := false;
    followed boolean := false;
    written boolean := false;
    mine bigint;
    n bigint;
    scans text := pg_catalog.current_setting('enable_seqscan');
    echo text := pg_catalog.current_setting('lockstep.echo', true);
    said text;
  BEGIN
    had := TG_OP <> 'INSERT';
    IF TG_OP = 'UPDATE' THEN
      moved := NOT lockstep."same of mirror-record/window: names"(OLD.id, NEW.id);
    END IF;
    -- By the index: a plan is kept that was made when there were few rows.
    said := pg_catalog.set_config('enable_seqscan', 'off', true);
    IF TG_OP = 'DELETE' THEN
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-record/window: names"(s.id, s.name) AS r
        WHERE lockstep."same of mirror-record/window: names"(s.id, OLD.id);
    ELSE
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-record/window: names"(s.id, s.name) AS r
        WHERE lockstep."same of mirror-record/window: names"(s.id, NEW.id);
    END IF;
    has := FOUND;
    said := pg_catalog.set_config('enable_seqscan', scans, true);
    come_key := ARRAY[come.person_id::bigint::text];
    IF had AND (moved OR NOT has) THEN
      SELECT r.* INTO gone FROM lockstep."row of mirror-record/window: names"(OLD.id, OLD.name) AS r;
      gone_key := ARRAY[gone.person_id::bigint::text];
    ELSIF had THEN
      gone_key := come_key;
    END IF;
    BEGIN
    IF moved
      OR pg_catalog.starts_with(
        coalesce(pg_catalog.current_setting('lockstep.moves_old_d713446d4356', true), ''),
        pg_catalog.pg_current_xact_id()::text || ' '
      )
      THEN
      IF moved THEN
        EXECUTE 'SELECT pg_catalog.min(m.id) FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-record/window'' AND m.mapping = ''names'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1' INTO mine
          USING gone_key;
      END IF;
      PERFORM lockstep."follow of mirror-record/window: names"(mine);
      IF moved THEN
        EXECUTE 'DELETE FROM lockstep.move AS m WHERE m.id = $1 RETURNING m.found' INTO followed USING mine;
      ELSIF had AND NOT has THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-record/window'' AND m.mapping = ''names'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1 AND m.found)' INTO followed
          USING gone_key;
        moved := followed;
      END IF;
      IF has THEN
        EXECUTE 'SELECT FROM public.names AS t CROSS JOIN (SELECT $1 AS person_id, $2 AS name) AS come WHERE lockstep."key of mirror-record/window: names"(t.person_id, come.person_id) AND NOT (ROW(t.person_id::bigint, t.name::text)::record *<> ROW(come.person_id::bigint, come.name::text)::record)'
          USING come.person_id, come.name;
        GET DIAGNOSTICS n = ROW_COUNT;
        written := n > 0;
      END IF;
    END IF;
    IF moved THEN
      -- The key of before is nobody's, unless another row has it by now.
      EXECUTE 'SELECT FROM public.people AS s CROSS JOIN LATERAL lockstep."row of mirror-record/window: names"(s.id, s.name) AS r WHERE lockstep."same of mirror-record/window: names"(s.id, $1[1]::bigint)'
        USING ARRAY[OLD.id::bigint::text];
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        IF followed IS NOT TRUE THEN
          EXECUTE 'DELETE FROM public.names AS t USING (SELECT $1 AS person_id, $2 AS name) AS gone WHERE lockstep."key of mirror-record/window: names"(t.person_id, gone.person_id)'
            USING gone.person_id, gone.name;
          GET DIAGNOSTICS n = ROW_COUNT;
          IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
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
        INSERT INTO lockstep.tombstone (window_name, mapping, key)
          VALUES ('mirror-record/window', 'names', gone_key)
          ON CONFLICT DO NOTHING;
      END IF;
    ELSIF had AND NOT has THEN
      EXECUTE 'DELETE FROM public.names AS t USING (SELECT $1 AS person_id, $2 AS name) AS gone WHERE lockstep."key of mirror-record/window: names"(t.person_id, gone.person_id)'
        USING gone.person_id, gone.name;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
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
        EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
          USING 'mirror-record/window', 'names', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-record/window', 'names', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
            USING 'mirror-record/window', 'names', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF NOT written THEN
      INSERT INTO public.names AS t (person_id, name) VALUES (come.person_id, come.name)
      ON CONFLICT (person_id) DO UPDATE SET name = EXCLUDED.name;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'lockstep window %: the row of % with this key belongs to others',
          '"mirror-record/window"',
          'public.names'
          USING ERRCODE = 'unique_violation',
            DETAIL = pg_catalog.format('Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(come_key, ', '));
      END IF;
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
          'mirror-record/window', 'names', 'new', pg_catalog.lower(TG_OP), CASE
          WHEN had
          THEN gone_key END, CASE
          WHEN has
          THEN come_key END, SQLSTATE, SQLERRM
        );
        EXECUTE 'DELETE FROM lockstep.move AS m WHERE m.id = $1 RETURNING m.found' INTO followed USING mine;
    END;
    RETURN NULL;
  END
  $body$;

CREATE FUNCTION lockstep."truncate of mirror-record/window: names"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
  AS $body$
  BEGIN
    RAISE EXCEPTION 'lockstep window %: TRUNCATE of % would leave the other side behind',
      '"mirror-record/window"',
      TG_RELID::pg_catalog.regclass
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
DROP FUNCTION IF EXISTS lockstep."move of mirror-record/window: names"();
DROP FUNCTION IF EXISTS lockstep."follow of mirror-record/window: names"(bigint);
DROP FUNCTION IF EXISTS lockstep."same of mirror-record/window: names"(bigint, bigint);

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

CREATE TRIGGER "~ lockstep mirror-record/window: names" BEFORE UPDATE
    ON public.people
    FOR EACH ROW
    WHEN ((OLD.id) IS DISTINCT FROM (NEW.id))
    EXECUTE FUNCTION lockstep."move of mirror-record/window: names"();

ALTER TABLE public.people ENABLE ALWAYS TRIGGER "~ lockstep mirror-record/window: names";

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
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
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
      -- Behind the lock nobody can begin to refer to the row.
      EXECUTE 'SELECT FROM public.names AS t CROSS JOIN (SELECT $1 AS person_id, $2 AS name) AS gone WHERE lockstep."key of mirror-record/window: names"(t.person_id, gone.person_id) FOR UPDATE OF t'
        USING gone.person_id, gone.name;
      EXECUTE 'DELETE FROM public.names AS t USING (SELECT $1 AS person_id, $2 AS name) AS gone WHERE lockstep."key of mirror-record/window: names"(t.person_id, gone.person_id) AND NOT (ROW(t.name::text)::record *<> ROW(gone.name::text)::record) AND NOT false AND NOT EXISTS (SELECT FROM lockstep.already_there AS a WHERE a.run_id = (SELECT pg_catalog.max(w.run_id) FROM lockstep."window" AS w WHERE w.name = ''mirror-record/window'') AND a.operation_id = ''window/note/names'' AND a.key OPERATOR(pg_catalog.=) ARRAY[t.person_id::bigint::text]) AND NOT EXISTS (SELECT FROM lockstep.referring_rows(''{}'', ARRAY[t.tableoid], ARRAY[t.ctid]))'
        USING gone.person_id, gone.name;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        BEGIN
          INSERT INTO public.names (person_id, name) VALUES (gone.person_id, gone.name)
          ON CONFLICT (person_id) DO NOTHING;
          RAISE SQLSTATE 'LS000';
        EXCEPTION
          WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
            NULL;
        END;
      END IF;
      IF n = 0 AND has THEN
        EXECUTE 'UPDATE public.names AS t SET person_id = come.person_id, name = come.name FROM (SELECT $1 AS person_id, $2 AS name) AS gone, (SELECT $3 AS person_id, $4 AS name) AS come WHERE lockstep."key of mirror-record/window: names"(t.person_id, gone.person_id) AND NOT (ROW(t.name::text)::record *<> ROW(gone.name::text)::record) AND NOT false AND NOT EXISTS (SELECT FROM lockstep.already_there AS a WHERE a.run_id = (SELECT pg_catalog.max(w.run_id) FROM lockstep."window" AS w WHERE w.name = ''mirror-record/window'') AND a.operation_id = ''window/note/names'' AND a.key OPERATOR(pg_catalog.=) ARRAY[t.person_id::bigint::text])'
          USING gone.person_id, gone.name, come.person_id, come.name;
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
WITH RECURSIVE candidate AS MATERIALIZED (
  SELECT public.names.*,
    public.names.ctid AS lockstep_row,
    public.names.tableoid AS lockstep_table,
    ARRAY[public.names.person_id::bigint::text] AS lockstep_key
  FROM public.names
  WHERE public.names.person_id > $1::bigint AND public.names.person_id <= $2::bigint
  FOR UPDATE
  ), judged AS MATERIALIZED (
  SELECT c.*, c.lockstep_said AND NOT c.lockstep_written AND NOT c.lockstep_there AS lockstep_goes FROM (
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
  OFFSET 0
  ) AS c
  ), edge AS MATERIALIZED (
  SELECT e.*
    FROM (
      SELECT pg_catalog.array_agg(lockstep_table) AS tables, pg_catalog.array_agg(lockstep_row) AS places
      FROM judged
      WHERE lockstep_goes
    ) AS c
  CROSS JOIN LATERAL lockstep.referring_rows(
    ARRAY[pg_catalog.to_regclass('public.names')::oid], c.tables, c.places
  ) AS e
  ), goes AS MATERIALIZED (
  SELECT lockstep_table AS relation, lockstep_row AS place FROM judged WHERE lockstep_goes
  ), stays AS (
  SELECT e.of_relation AS relation, e.of_place AS place FROM edge AS e
  WHERE NOT EXISTS (SELECT FROM goes AS g WHERE g.relation = e.relation AND g.place = e.place)
  UNION
  SELECT e.of_relation, e.of_place FROM edge AS e JOIN stays AS s ON s.relation = e.relation AND s.place = e.place
  ), going AS MATERIALIZED (
  SELECT relation, place FROM goes EXCEPT SELECT relation, place FROM stays
  ), removed AS (
  DELETE FROM public.names
  WHERE public.names.ctid = ANY (ARRAY(SELECT place FROM going WHERE relation = 'public.names'::pg_catalog.regclass))
  RETURNING 1
  ), told AS (
  SELECT c.*, CASE
    WHEN c.lockstep_goes
    THEN 'kept: others refer to it'
    ELSE CASE
    WHEN c.lockstep_there
    THEN NULL
    WHEN c.lockstep_said
    THEN 'kept: columns that the mapping does not fill were written'
    ELSE 'kept: not what the source says' END END AS lockstep_what
    FROM judged AS c
  WHERE NOT EXISTS (SELECT FROM going AS g WHERE g.relation = c.lockstep_table AND g.place = c.lockstep_row)
  )
  SELECT (SELECT count(*) FROM candidate) AS read, (SELECT count(*) FROM removed) AS changed,
    (SELECT count(*) FROM told WHERE lockstep_what IS NULL) AS skipped,
      (SELECT count(*) FROM told WHERE lockstep_what IS NOT NULL) AS kept,
    (
      SELECT json_agg(
        json_build_object(
          'what',
          o.lockstep_what,
          'row',
          to_jsonb(o.*) - ARRAY['lockstep_row',
          'lockstep_table',
          'lockstep_goes',
          'lockstep_what',
          'lockstep_key',
          'lockstep_there',
          'lockstep_said',
          'lockstep_written']
        )
      )
      FROM (SELECT * FROM told WHERE lockstep_what IS NOT NULL LIMIT 10) AS o
    ) AS findings,
    NULL::json AS problem;

----------------------------------------------------------------------------------------------------
-- statement undo/window/drop/1: remove the mirrors from public.people

-- sends
DROP TRIGGER "00 lockstep mirror-record/window: names i" ON public.people;
DROP TRIGGER "00 lockstep mirror-record/window: names u" ON public.people;
DROP TRIGGER "00 lockstep mirror-record/window: names d" ON public.people;
DROP TRIGGER "00 lockstep mirror-record/window: names t" ON public.people;
DROP TRIGGER IF EXISTS "~ lockstep mirror-record/window: names" ON public.people;

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
DELETE FROM lockstep.move WHERE window_name = 'mirror-record/window';

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
      VALUES ('public.people', '00 lockstep mirror-record/window: names i', true, NULL),
      ('public.people', '00 lockstep mirror-record/window: names u', true, NULL),
      ('public.people', '00 lockstep mirror-record/window: names d', true, NULL),
      ('public.people', '00 lockstep mirror-record/window: names t', false, NULL),
      ('public.names', '00 lockstep mirror-record/window: names t', false, NULL),
      (
        'public.people',
        '~ lockstep mirror-record/window: names',
        true,
        'lockstep."move of mirror-record/window: names"'
      )
    ) AS w (table_name, trigger_name, spreads, calls)
  CROSS JOIN LATERAL (
    SELECT pg_catalog.to_regclass(w.table_name) AS relid
    UNION
    SELECT t.relid
    FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(w.table_name)) AS t
    WHERE w.spreads
  ) AS p
  WHERE (w.calls IS NULL OR pg_catalog.to_regproc(w.calls) IS NOT NULL)
    AND NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_trigger AS g
    WHERE g.tgrelid = p.relid
    AND g.tgenabled = 'A'
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
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
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
DROP FUNCTION IF EXISTS lockstep."move of mirror-record/window: names"();
DROP FUNCTION IF EXISTS lockstep."follow of mirror-record/window: names"(bigint);
DROP FUNCTION IF EXISTS lockstep."same of mirror-record/window: names"(bigint, bigint);
DROP FUNCTION IF EXISTS lockstep."watch of mirror-record/window: names"();
DELETE FROM lockstep.touched WHERE window_name = 'mirror-record/window';
DELETE FROM lockstep.tombstone WHERE window_name = 'mirror-record/window';
DELETE FROM lockstep.old_writer WHERE window_name = 'mirror-record/window';
DELETE FROM lockstep.mirror_failure WHERE window_name = 'mirror-record/window';
DELETE FROM lockstep.move WHERE window_name = 'mirror-record/window';

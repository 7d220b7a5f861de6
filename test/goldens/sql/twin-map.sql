-- A key whose pairs are kept in a table.
-- The plan is `twin-map.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- statement keys/open/public.lone: keep id of public.lone in step with id_uuid from now on

-- sends
CREATE FUNCTION lockstep."twins of twin-map/keys: public.lone"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
  DECLARE
    hit boolean;
    taken boolean;
    wanted uuid;
    by_old_0 boolean;
    by_new_0 boolean;
    moved_0 boolean;
    other_0 bigint;
  BEGIN
    IF TG_OP = 'INSERT' THEN
      by_old_0 := NEW.id IS NOT NULL;
      by_new_0 := NEW.id_uuid IS NOT NULL;
      moved_0 := false;
    ELSE
      by_old_0 := NEW.id IS DISTINCT FROM OLD.id;
      by_new_0 := NEW.id_uuid IS DISTINCT FROM OLD.id_uuid;
      moved_0 := false;
    END IF;
    IF TG_OP = 'UPDATE'
      AND by_new_0
      AND NOT by_old_0
      AND OLD.id_uuid IS NOT NULL
      AND coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = ''
      THEN
      RAISE EXCEPTION 'lockstep window %: id_uuid of public.lone does not change alone', '"twin-map/keys"'
        USING ERRCODE = 'check_violation', HINT = 'What refers to the row follows id.';
    END IF;
    IF NEW.id_uuid IS NULL THEN
      NEW.id_uuid := pg_catalog.uuidv7();
    END IF;
    RETURN NEW;
  END
  $body$;

CREATE FUNCTION lockstep."keep of twin-map/keys: public.lone"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    IF TG_OP <> 'INSERT' THEN
      DELETE FROM public.pairs AS m WHERE m.table_name = 'lone' AND m.old_id = OLD.id::text;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.id_uuid IS NOT NULL THEN
      INSERT INTO public.pairs AS m (table_name, old_id, new_id) VALUES ('lone', NEW.id::text, NEW.id_uuid)
      ON CONFLICT (table_name, old_id) DO UPDATE SET new_id = EXCLUDED.new_id;
    END IF;
    RETURN NULL;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."twins of twin-map/keys: public.lone"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."keep of twin-map/keys: public.lone"() FROM PUBLIC;

CREATE TRIGGER "~ lockstep twin-map/keys: public.lone i" BEFORE INSERT ON public.lone
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."twins of twin-map/keys: public.lone"();

CREATE TRIGGER "~ lockstep twin-map/keys: public.lone u" BEFORE UPDATE
    ON public.lone
    FOR EACH ROW
    WHEN (
      OLD.id IS DISTINCT FROM NEW.id
      OR (
        OLD.id_uuid IS DISTINCT FROM NEW.id_uuid
        AND (OLD.id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
    )
    EXECUTE FUNCTION lockstep."twins of twin-map/keys: public.lone"();

CREATE TRIGGER "~ lockstep twin-map/keys: public.lone k" AFTER INSERT OR DELETE ON public.lone
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."keep of twin-map/keys: public.lone"();

CREATE TRIGGER "~ lockstep twin-map/keys: public.lone c" AFTER UPDATE
    ON public.lone
    FOR EACH ROW
    WHEN (
      OLD.id IS DISTINCT FROM NEW.id
      OR OLD.id_uuid IS DISTINCT FROM NEW.id_uuid
      AND (OLD.id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
    )
    EXECUTE FUNCTION lockstep."keep of twin-map/keys: public.lone"();

ALTER TABLE public.lone ENABLE ALWAYS TRIGGER "~ lockstep twin-map/keys: public.lone i";
ALTER TABLE public.lone ENABLE ALWAYS TRIGGER "~ lockstep twin-map/keys: public.lone u";
ALTER TABLE public.lone ENABLE ALWAYS TRIGGER "~ lockstep twin-map/keys: public.lone k";
ALTER TABLE public.lone ENABLE ALWAYS TRIGGER "~ lockstep twin-map/keys: public.lone c";

----------------------------------------------------------------------------------------------------
-- statement undo/keys/open/public.lone: no longer keep id of public.lone in step

-- sends
DROP TRIGGER "~ lockstep twin-map/keys: public.lone i" ON public.lone;
DROP TRIGGER "~ lockstep twin-map/keys: public.lone u" ON public.lone;
DROP TRIGGER "~ lockstep twin-map/keys: public.lone k" ON public.lone;
DROP TRIGGER "~ lockstep twin-map/keys: public.lone c" ON public.lone;
DROP FUNCTION lockstep."twins of twin-map/keys: public.lone"();
DROP FUNCTION lockstep."keep of twin-map/keys: public.lone"();

----------------------------------------------------------------------------------------------------
-- batch keys/fill/public.lone: fill id_uuid of public.lone

-- sends
WITH changed AS (
  UPDATE public.lone SET id_uuid = coalesce(public.lone.id_uuid, pg_catalog.uuidv7())
  WHERE public.lone.id > $1::bigint
    AND public.lone.id <= $2::bigint
    AND ((public.lone.id IS NOT NULL AND public.lone.id_uuid IS NULL))
  RETURNING public.lone.id::text AS old_id, public.lone.id_uuid AS new_id
  ), kept AS (
  INSERT INTO public.pairs (table_name, old_id, new_id) SELECT 'lone', old_id, new_id FROM changed
  ), met AS (
  SELECT count(*) AS read FROM public.lone WHERE public.lone.id > $1::bigint AND public.lone.id <= $2::bigint
  )
  SELECT greatest(read, changed) AS read,
    changed,
    greatest(read - changed, 0) AS skipped,
    0::bigint AS kept,
    NULL::json AS findings,
    CASE
      WHEN NOT (
        SELECT count(*)
        FROM pg_catalog.pg_trigger AS g
        WHERE g.tgrelid = 'public.lone'::pg_catalog.regclass
        AND g.tgenabled = 'A'
        AND g.tgname IN (
          '~ lockstep twin-map/keys: public.lone i',
          '~ lockstep twin-map/keys: public.lone u',
          '~ lockstep twin-map/keys: public.lone k',
          '~ lockstep twin-map/keys: public.lone c'
        )
      )
        = 4
      THEN json_build_object('code', 'mirror_silent', 'retry', false, 'rows', '[]'::json) END AS problem
  FROM met, (SELECT count(*) AS changed FROM changed) AS written;

-- after a row that is there
WITH changed AS (
  UPDATE public.lone SET id_uuid = coalesce(public.lone.id_uuid, pg_catalog.uuidv7())
  WHERE public.lone.id > $1::bigint
    AND public.lone.id <= $2::bigint
    AND ((public.lone.id IS NOT NULL AND public.lone.id_uuid IS NULL))
  RETURNING public.lone.id::text AS old_id, public.lone.id_uuid AS new_id
  ), kept AS (
  INSERT INTO public.pairs (table_name, old_id, new_id) SELECT 'lone', old_id, new_id FROM changed
  ON CONFLICT (table_name, old_id) DO UPDATE SET new_id = EXCLUDED.new_id
  ), met AS (
  SELECT count(*) AS read FROM public.lone WHERE public.lone.id > $1::bigint AND public.lone.id <= $2::bigint
  )
  SELECT greatest(read, changed) AS read,
    changed,
    greatest(read - changed, 0) AS skipped,
    0::bigint AS kept,
    NULL::json AS findings,
    CASE
      WHEN NOT (
        SELECT count(*)
        FROM pg_catalog.pg_trigger AS g
        WHERE g.tgrelid = 'public.lone'::pg_catalog.regclass
        AND g.tgenabled = 'A'
        AND g.tgname IN (
          '~ lockstep twin-map/keys: public.lone i',
          '~ lockstep twin-map/keys: public.lone u',
          '~ lockstep twin-map/keys: public.lone k',
          '~ lockstep twin-map/keys: public.lone c'
        )
      )
        = 4
      THEN json_build_object('code', 'mirror_silent', 'retry', false, 'rows', '[]'::json) END AS problem
  FROM met, (SELECT count(*) AS changed FROM changed) AS written;

----------------------------------------------------------------------------------------------------
-- statement flip/cutover: give the new columns of keys the names of the old ones

-- asserts: the window twin-map/keys can become: new leads
WITH violation AS MATERIALIZED (
  SELECT w.state
    FROM (SELECT 1) AS one
    LEFT JOIN lockstep."window" AS w
    ON w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'keys'
  WHERE w.state IS NULL OR w.state NOT IN ('old leads')
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- asserts: the triggers of twin-map/keys are as they were made
WITH violation AS MATERIALIZED (
  SELECT p.relid::pg_catalog.regclass::pg_catalog.text AS "table", w.trigger_name AS "trigger"
    FROM (
      VALUES ('public.lone', '~ lockstep twin-map/keys: public.lone i'),
      ('public.lone', '~ lockstep twin-map/keys: public.lone u'),
      ('public.lone', '~ lockstep twin-map/keys: public.lone k'),
      ('public.lone', '~ lockstep twin-map/keys: public.lone c')
    ) AS w (table_name, trigger_name)
  CROSS JOIN LATERAL (SELECT pg_catalog.to_regclass(w.table_name) AS relid
    UNION SELECT t.relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(w.table_name)) AS t) AS p
  WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_trigger AS g WHERE g.tgrelid = p.relid AND g.tgname = w.trigger_name AND g.tgenabled = 'A'
  )
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- asserts: nothing stands on the old columns of twin-map/keys that was not there when it was planned: drop it, and make it again behind the cutover
WITH violation AS MATERIALIZED (
  SELECT o.type || ' ' || o.identity AS what, c.relation || '.' || c.name AS stands_on
  FROM (VALUES ('public.lone', 'id')) AS c (relation, name)
  JOIN pg_catalog.pg_attribute AS a ON a.attrelid = pg_catalog.to_regclass(c.relation) AND a.attname = c.name
  JOIN pg_catalog.pg_depend AS d
    ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    AND d.refobjid = a.attrelid
    AND d.refobjsubid = a.attnum
  LEFT JOIN pg_catalog.pg_rewrite AS r ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = d.objid
  LEFT JOIN pg_catalog.pg_policy AS p ON d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND p.oid = d.objid
  LEFT JOIN pg_catalog.pg_proc AS f ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND f.oid = d.objid
  CROSS JOIN LATERAL (SELECT i.* FROM pg_catalog.pg_identify_object(
      CASE WHEN r.rulename = '_RETURN' THEN 'pg_catalog.pg_class'::pg_catalog.regclass ELSE d.classid END,
      CASE WHEN r.rulename = '_RETURN' THEN r.ev_class ELSE d.objid END, 0) AS i) AS o
  WHERE f.pronamespace <> 'lockstep'::pg_catalog.regnamespace
    OR r.oid IS NOT NULL
      AND r.ev_class NOT IN (
        SELECT pg_catalog.to_regclass(k.name)
        FROM (SELECT NULL::pg_catalog.text, NULL::pg_catalog.text WHERE false) AS k (name)
        WHERE pg_catalog.to_regclass(k.name) IS NOT NULL
      )
    OR p.oid IS NOT NULL
      AND NOT EXISTS (
      SELECT
      FROM (SELECT NULL::pg_catalog.text, NULL::pg_catalog.text WHERE false) AS k (relation, name)
      WHERE pg_catalog.to_regclass(k.relation) = p.polrelid AND k.name = p.polname)
  GROUP BY 1, 2
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- sends
ALTER TABLE public.lone RENAME COLUMN id TO id_legacy;
ALTER TABLE public.lone RENAME COLUMN id_uuid TO id;
ALTER TABLE public.lone DROP CONSTRAINT lone_pkey;
ALTER TABLE public.lone ADD CONSTRAINT lone_pkey PRIMARY KEY USING INDEX lone_pkey_uuid;
ALTER TABLE public.lone RENAME CONSTRAINT lone_id_not_null TO lone_id_not_null_legacy;
ALTER TABLE public.lone RENAME CONSTRAINT lone_id_not_null_uuid TO lone_id_not_null;
ALTER TABLE public.lone ALTER COLUMN id SET DEFAULT pg_catalog.uuidv7();

CREATE OR REPLACE FUNCTION lockstep."twins of twin-map/keys: public.lone"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
  DECLARE
    hit boolean;
    taken boolean;
    wanted uuid;
    by_old_0 boolean;
    by_new_0 boolean;
    moved_0 boolean;
    other_0 bigint;
  BEGIN
    IF TG_OP = 'INSERT' THEN
      by_old_0 := NEW.id_legacy IS NOT NULL;
      by_new_0 := NEW.id IS NOT NULL;
      moved_0 := false;
    ELSE
      by_old_0 := NEW.id_legacy IS DISTINCT FROM OLD.id_legacy;
      by_new_0 := NEW.id IS DISTINCT FROM OLD.id;
      moved_0 := false;
    END IF;
    IF TG_OP = 'UPDATE'
      AND by_old_0
      AND NOT by_new_0
      AND pg_catalog.current_setting('lockstep.seen', true) IS DISTINCT FROM pg_catalog.pg_current_xact_id()::text
        || ' twin-map/keys public.lone'
      THEN
      INSERT INTO lockstep.old_writer (window_name, mapping, side) VALUES ('twin-map/keys', 'public.lone', 'old');
      PERFORM pg_catalog.set_config(
        'lockstep.seen', pg_catalog.pg_current_xact_id()::text || ' twin-map/keys public.lone', true
      );
    END IF;
    IF TG_OP = 'UPDATE' AND by_old_0 AND NOT by_new_0 AND OLD.id_legacy IS NOT NULL THEN
      RAISE EXCEPTION 'lockstep window %: id_legacy of public.lone does not change alone', '"twin-map/keys"'
        USING ERRCODE = 'check_violation', HINT = 'What refers to the row follows id.';
    END IF;
    IF NEW.id IS NULL THEN
      NEW.id := pg_catalog.uuidv7();
    END IF;
    RETURN NEW;
  END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."keep of twin-map/keys: public.lone"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    IF TG_OP <> 'INSERT' THEN
      DELETE FROM public.pairs AS m WHERE m.table_name = 'lone' AND m.old_id = OLD.id_legacy::text;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.id IS NOT NULL THEN
      INSERT INTO public.pairs AS m (table_name, old_id, new_id) VALUES ('lone', NEW.id_legacy::text, NEW.id)
      ON CONFLICT (table_name, old_id) DO UPDATE SET new_id = EXCLUDED.new_id;
    END IF;
    RETURN NULL;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-map/keys: public.lone u" ON public.lone;

CREATE TRIGGER "~ lockstep twin-map/keys: public.lone u" BEFORE UPDATE
    ON public.lone
    FOR EACH ROW
    WHEN (OLD.id_legacy IS DISTINCT FROM NEW.id_legacy OR (OLD.id IS DISTINCT FROM NEW.id))
    EXECUTE FUNCTION lockstep."twins of twin-map/keys: public.lone"();

ALTER TABLE public.lone ENABLE ALWAYS TRIGGER "~ lockstep twin-map/keys: public.lone u";

WITH moved AS (
  UPDATE lockstep."window" AS w
    SET state = 'new leads', moved_at = clock_timestamp()
    WHERE w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'keys'
    RETURNING w.run_id, w.step, w.state, w.moved_at
  )
  INSERT INTO lockstep.window_move (window_run_id, step, to_state, at, by_run_id)
    SELECT run_id, step, state, moved_at, current_setting('lockstep.run_id')::bigint
    FROM moved;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/spare-new/1/build: build index lone_pkey_spare on public.lone concurrently

-- sends
CREATE UNIQUE INDEX CONCURRENTLY lone_pkey_spare ON public.lone USING btree (id);

-- has had its effect: index lone_pkey_spare is there and valid
WITH violation AS MATERIALIZED (
  SELECT 'no valid index lone_pkey_spare' AS missing
  WHERE NOT EXISTS (
    SELECT FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = i.indrelid
    WHERE n.nspname = 'public' AND c.relname = 'lone_pkey_spare' AND t.relname = 'lone'
      AND i.indisvalid AND i.indisready AND i.indislive)
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- has left nothing: no invalid index lone_pkey_spare is left
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'lone_pkey_spare' AND NOT i.indisvalid
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- takes away what is left
DROP INDEX CONCURRENTLY IF EXISTS public.lone_pkey_spare;

----------------------------------------------------------------------------------------------------
-- check undo/flip/compare/keys/1-in_sync: id of public.lone is what the old keys say (public.lone)

-- check
WITH violation AS MATERIALIZED (
  SELECT 'public.lone.id' AS "column",
    ARRAY[t.id_legacy::pg_catalog.text] AS key,
    t.id_legacy::pg_catalog.text AS old,
    t.id::pg_catalog.text AS new,
    NULL::pg_catalog.text AS expected
  FROM public.lone AS t WHERE t.id IS NULL
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/cutover: give the old columns of keys their names back

-- asserts: the window twin-map/keys can become: old leads
WITH violation AS MATERIALIZED (
  SELECT w.state
    FROM (SELECT 1) AS one
    LEFT JOIN lockstep."window" AS w
    ON w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'keys'
  WHERE w.state IS NULL OR w.state NOT IN ('new leads')
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- asserts: the triggers of twin-map/keys are as they were made: as flip/cutover

-- sends
ALTER TABLE public.lone ALTER COLUMN id DROP DEFAULT;
ALTER TABLE public.lone RENAME COLUMN id TO id_uuid;
ALTER TABLE public.lone RENAME COLUMN id_legacy TO id;
ALTER TABLE public.lone DROP CONSTRAINT lone_pkey;
ALTER TABLE public.lone ADD CONSTRAINT lone_pkey PRIMARY KEY USING INDEX lone_pkey_legacy;
ALTER INDEX public.lone_pkey_spare RENAME TO lone_pkey_uuid;
ALTER TABLE public.lone RENAME CONSTRAINT lone_id_not_null TO lone_id_not_null_uuid;
ALTER TABLE public.lone RENAME CONSTRAINT lone_id_not_null_legacy TO lone_id_not_null;

CREATE OR REPLACE FUNCTION lockstep."twins of twin-map/keys: public.lone"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
  DECLARE
    hit boolean;
    taken boolean;
    wanted uuid;
    by_old_0 boolean;
    by_new_0 boolean;
    moved_0 boolean;
    other_0 bigint;
  BEGIN
    IF TG_OP = 'INSERT' THEN
      by_old_0 := NEW.id IS NOT NULL;
      by_new_0 := NEW.id_uuid IS NOT NULL;
      moved_0 := false;
    ELSE
      by_old_0 := NEW.id IS DISTINCT FROM OLD.id;
      by_new_0 := NEW.id_uuid IS DISTINCT FROM OLD.id_uuid;
      moved_0 := false;
    END IF;
    IF TG_OP = 'UPDATE'
      AND by_new_0
      AND NOT by_old_0
      AND OLD.id_uuid IS NOT NULL
      AND coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = ''
      THEN
      RAISE EXCEPTION 'lockstep window %: id_uuid of public.lone does not change alone', '"twin-map/keys"'
        USING ERRCODE = 'check_violation', HINT = 'What refers to the row follows id.';
    END IF;
    IF NEW.id_uuid IS NULL THEN
      NEW.id_uuid := pg_catalog.uuidv7();
    END IF;
    RETURN NEW;
  END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."keep of twin-map/keys: public.lone"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    IF TG_OP <> 'INSERT' THEN
      DELETE FROM public.pairs AS m WHERE m.table_name = 'lone' AND m.old_id = OLD.id::text;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.id_uuid IS NOT NULL THEN
      INSERT INTO public.pairs AS m (table_name, old_id, new_id) VALUES ('lone', NEW.id::text, NEW.id_uuid)
      ON CONFLICT (table_name, old_id) DO UPDATE SET new_id = EXCLUDED.new_id;
    END IF;
    RETURN NULL;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-map/keys: public.lone u" ON public.lone;

-- sends: as keys/open/public.lone

ALTER TABLE public.lone ENABLE ALWAYS TRIGGER "~ lockstep twin-map/keys: public.lone u";

WITH moved AS (
  UPDATE lockstep."window" AS w
    SET state = 'old leads', moved_at = clock_timestamp()
    WHERE w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'keys'
    RETURNING w.run_id, w.step, w.state, w.moved_at
  )
  INSERT INTO lockstep.window_move (window_run_id, step, to_state, at, by_run_id)
    SELECT run_id, step, state, moved_at, current_setting('lockstep.run_id')::bigint
    FROM moved;

----------------------------------------------------------------------------------------------------
-- check done/compare/keys/1-in_sync: id of public.lone is what the old keys say (public.lone)

-- check: as undo/flip/compare/keys/1-in_sync

----------------------------------------------------------------------------------------------------
-- statement done/close/keys: no longer keep public.lone in step

-- asserts: the window twin-map/keys can become: closed
WITH violation AS MATERIALIZED (
  SELECT w.state
    FROM (SELECT 1) AS one
    LEFT JOIN lockstep."window" AS w
    ON w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'keys'
  WHERE w.state IS NULL OR w.state NOT IN ('old leads', 'new leads')
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- asserts: the triggers of twin-map/keys are as they were made: as flip/cutover

-- asserts: nobody has written to the old side of twin-map/keys for 15m
WITH violation AS MATERIALIZED (
  SELECT by_user, application, mapping, count(*) AS transactions, max(at) AS last_at FROM lockstep.old_writer
  WHERE window_name = 'twin-map/keys' AND side = 'old' AND at > clock_timestamp() - interval '900000 milliseconds'
  GROUP BY by_user, application, mapping
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- sends
DROP TRIGGER "~ lockstep twin-map/keys: public.lone i" ON public.lone;
DROP TRIGGER "~ lockstep twin-map/keys: public.lone u" ON public.lone;
DROP TRIGGER "~ lockstep twin-map/keys: public.lone k" ON public.lone;
DROP TRIGGER "~ lockstep twin-map/keys: public.lone c" ON public.lone;
DROP FUNCTION lockstep."twins of twin-map/keys: public.lone"();
DROP FUNCTION lockstep."keep of twin-map/keys: public.lone"();
DELETE FROM lockstep.tombstone WHERE window_name = 'twin-map/keys';
DELETE FROM lockstep.old_writer WHERE window_name = 'twin-map/keys';
DELETE FROM lockstep.mirror_failure WHERE window_name = 'twin-map/keys';
DELETE FROM lockstep.move WHERE window_name = 'twin-map/keys';

WITH moved AS (
  UPDATE lockstep."window" AS w
    SET state = 'closed', moved_at = clock_timestamp()
    WHERE w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'keys'
    RETURNING w.run_id, w.step, w.state, w.moved_at
  )
  INSERT INTO lockstep.window_move (window_run_id, step, to_state, at, by_run_id)
    SELECT run_id, step, state, moved_at, current_setting('lockstep.run_id')::bigint
    FROM moved;

----------------------------------------------------------------------------------------------------
-- statement done/drop/keys/1: drop the old columns of public.lone

-- sends
ALTER TABLE public.lone DROP COLUMN id_legacy;

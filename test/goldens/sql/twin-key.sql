-- A key by itself becomes a random uuid: opened, filled, compared, cut over, retired, and the way back of each.
-- The plan is `twin-key.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- statement keys/add/1/add: add column id_uuid to public.lone

-- sends
ALTER TABLE public.lone ADD COLUMN id_uuid uuid;

----------------------------------------------------------------------------------------------------
-- statement undo/keys/add/1/add: drop column id_uuid of public.lone

-- sends
ALTER TABLE public.lone DROP COLUMN id_uuid;

----------------------------------------------------------------------------------------------------
-- statement keys/window: note down the window

-- sends
INSERT INTO lockstep."window" (run_id, step, name, direction, state, sides)
  VALUES (
    current_setting('lockstep.run_id')::bigint,
    'keys',
    'twin-key/keys',
    'both',
    'old leads',
    '[{"mapping":"public.lone","from":"public.lone.id","to":"public.lone.id_uuid"}]'
  );

----------------------------------------------------------------------------------------------------
-- statement undo/keys/window: note down that nothing of the window is left

-- asserts: the window twin-key/keys can become: gone
WITH violation AS MATERIALIZED (
  SELECT w.state
    FROM (SELECT 1) AS one
    LEFT JOIN lockstep."window" AS w
    ON w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'keys'
  WHERE w.state IS NULL OR w.state NOT IN ('old leads', 'leaving')
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- sends
DELETE FROM lockstep.tombstone WHERE window_name = 'twin-key/keys';
DELETE FROM lockstep.old_writer WHERE window_name = 'twin-key/keys';
DELETE FROM lockstep.mirror_failure WHERE window_name = 'twin-key/keys';
DELETE FROM lockstep.move WHERE window_name = 'twin-key/keys';

WITH moved AS (
  UPDATE lockstep."window" AS w
    SET state = 'gone', moved_at = clock_timestamp()
    WHERE w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'keys'
    RETURNING w.run_id, w.step, w.state, w.moved_at
  )
  INSERT INTO lockstep.window_move (window_run_id, step, to_state, at, by_run_id)
    SELECT run_id, step, state, moved_at, current_setting('lockstep.run_id')::bigint
    FROM moved;

----------------------------------------------------------------------------------------------------
-- statement keys/open/public.lone: keep id of public.lone in step with id_uuid from now on

-- sends
CREATE FUNCTION lockstep."twins of twin-key/keys: public.lone"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      RAISE EXCEPTION 'lockstep window %: id_uuid of public.lone does not change alone', '"twin-key/keys"'
        USING ERRCODE = 'check_violation', HINT = 'What refers to the row follows id.';
    END IF;
    IF NEW.id_uuid IS NULL THEN
      NEW.id_uuid := pg_catalog.gen_random_uuid();
    END IF;
    RETURN NEW;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."twins of twin-key/keys: public.lone"() FROM PUBLIC;

CREATE TRIGGER "~ lockstep twin-key/keys: public.lone i" BEFORE INSERT ON public.lone
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."twins of twin-key/keys: public.lone"();

CREATE TRIGGER "~ lockstep twin-key/keys: public.lone u" BEFORE UPDATE
    ON public.lone
    FOR EACH ROW
    WHEN (
      OLD.id IS DISTINCT FROM NEW.id
      OR (
        OLD.id_uuid IS DISTINCT FROM NEW.id_uuid
        AND (OLD.id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
    )
    EXECUTE FUNCTION lockstep."twins of twin-key/keys: public.lone"();

ALTER TABLE public.lone ENABLE ALWAYS TRIGGER "~ lockstep twin-key/keys: public.lone i";
ALTER TABLE public.lone ENABLE ALWAYS TRIGGER "~ lockstep twin-key/keys: public.lone u";

----------------------------------------------------------------------------------------------------
-- statement undo/keys/open/public.lone: no longer keep id of public.lone in step

-- sends
DROP TRIGGER "~ lockstep twin-key/keys: public.lone i" ON public.lone;
DROP TRIGGER "~ lockstep twin-key/keys: public.lone u" ON public.lone;
DROP FUNCTION lockstep."twins of twin-key/keys: public.lone"();

----------------------------------------------------------------------------------------------------
-- batch keys/fill/public.lone: fill id_uuid of public.lone

-- sends
WITH changed AS (
  UPDATE public.lone SET id_uuid = coalesce(public.lone.id_uuid, pg_catalog.gen_random_uuid())
  WHERE public.lone.id > $1::bigint
    AND public.lone.id <= $2::bigint
    AND ((public.lone.id IS NOT NULL AND public.lone.id_uuid IS NULL))
  RETURNING 1
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
        AND g.tgname IN ('~ lockstep twin-key/keys: public.lone i', '~ lockstep twin-key/keys: public.lone u')
      )
        = 2
      THEN json_build_object('code', 'mirror_silent', 'retry', false, 'rows', '[]'::json) END AS problem
  FROM met, (SELECT count(*) AS changed FROM changed) AS written;

----------------------------------------------------------------------------------------------------
-- statement keys/beside/1/build: build index lone_pkey_uuid on public.lone concurrently

-- sends
CREATE UNIQUE INDEX CONCURRENTLY lone_pkey_uuid ON public.lone USING btree (id_uuid);

-- has had its effect: index lone_pkey_uuid is there and valid
WITH violation AS MATERIALIZED (
  SELECT 'no valid index lone_pkey_uuid' AS missing
  WHERE NOT EXISTS (
    SELECT FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = i.indrelid
    WHERE n.nspname = 'public' AND c.relname = 'lone_pkey_uuid' AND t.relname = 'lone'
      AND i.indisvalid AND i.indisready AND i.indislive)
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- has left nothing: no invalid index lone_pkey_uuid is left
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'lone_pkey_uuid' AND NOT i.indisvalid
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- takes away what is left
DROP INDEX CONCURRENTLY IF EXISTS public.lone_pkey_uuid;

-- stands in its way: every new key of twin-key/keys is one of a kind
WITH violation AS MATERIALIZED (
  SELECT 'public.lone.id_uuid' AS "column",
    d.lockstep_old::pg_catalog.text AS old,
    d.lockstep_new::pg_catalog.text AS new
    FROM (
    SELECT t.id AS lockstep_key0, t.id AS lockstep_old, t.id_uuid AS lockstep_new,
    pg_catalog.row_number() OVER (PARTITION BY t.id_uuid ORDER BY t.id) AS lockstep_number
  FROM public.lone AS t WHERE t.id_uuid IS NOT NULL) AS d WHERE d.lockstep_number > 1
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- mends that
DO $body$
  DECLARE
    key_0_0 bigint[];
    old_0 bigint[];
    taken uuid;
    given uuid;
  BEGIN
    SELECT coalesce(pg_catalog.array_agg(d.lockstep_key0 ORDER BY d.lockstep_key0), '{}'),
      coalesce(pg_catalog.array_agg(d.lockstep_old ORDER BY d.lockstep_key0), '{}') INTO key_0_0,
      old_0
    FROM (SELECT t.id AS lockstep_key0, t.id AS lockstep_old, t.id_uuid AS lockstep_new,
    pg_catalog.row_number() OVER (PARTITION BY t.id_uuid ORDER BY t.id) AS lockstep_number
  FROM public.lone AS t WHERE t.id_uuid IS NOT NULL) AS d WHERE d.lockstep_number > 1;
    LOCK TABLE public.lone IN SHARE ROW EXCLUSIVE MODE;
    FOR nth IN 1 .. pg_catalog.cardinality(old_0) LOOP
      SELECT t.id_uuid INTO taken FROM public.lone AS t WHERE t.id = key_0_0[nth];
      given := pg_catalog.gen_random_uuid();
      UPDATE public.lone AS t SET id_uuid = given WHERE t.id = key_0_0[nth];
      CONTINUE WHEN NOT FOUND;
      INSERT INTO lockstep.finding (run_id, operation_id, what, detail)
      VALUES (
        current_setting('lockstep.run_id')::bigint,
        'keys/beside/1/build',
        'two rows had one new key: the later one was given another',
        pg_catalog.json_build_object('column', 'public.lone.id_uuid', 'old', old_0[nth], 'taken', taken, 'given', given)
      );
    END LOOP;
  END
  $body$;

----------------------------------------------------------------------------------------------------
-- statement undo/keys/beside/1/build: drop index lone_pkey_uuid concurrently

-- sends
DROP INDEX CONCURRENTLY IF EXISTS public.lone_pkey_uuid;

-- has had its effect: index lone_pkey_uuid is gone
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'lone_pkey_uuid' AND true
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- statement keys/beside/2/require: require id_uuid of public.lone to be not null, for new rows

-- sends
ALTER TABLE public.lone ADD CONSTRAINT lone_id_not_null_uuid NOT NULL id_uuid NOT VALID;

----------------------------------------------------------------------------------------------------
-- statement undo/keys/beside/2/require: drop constraint lone_id_not_null_uuid

-- sends
ALTER TABLE public.lone DROP CONSTRAINT IF EXISTS lone_id_not_null_uuid;

----------------------------------------------------------------------------------------------------
-- statement keys/beside/2/prove: validate constraint lone_id_not_null_uuid of public.lone

-- sends
ALTER TABLE public.lone VALIDATE CONSTRAINT lone_id_not_null_uuid;

----------------------------------------------------------------------------------------------------
-- check proof/verify/1-in_sync: every new key of keys is what the old one says

-- check
WITH violation AS MATERIALIZED (
  SELECT 'public.lone.id_uuid' AS "column",
    ARRAY[t.id::pg_catalog.text] AS key,
    t.id::pg_catalog.text AS old,
    t.id_uuid::pg_catalog.text AS new,
    NULL::pg_catalog.text AS expected
  FROM public.lone AS t WHERE t.id_uuid IS NULL
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- statement flip/spare/1/build: build index lone_pkey_legacy on public.lone concurrently

-- sends
CREATE UNIQUE INDEX CONCURRENTLY lone_pkey_legacy ON public.lone USING btree (id);

-- has had its effect: index lone_pkey_legacy is there and valid
WITH violation AS MATERIALIZED (
  SELECT 'no valid index lone_pkey_legacy' AS missing
  WHERE NOT EXISTS (
    SELECT FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = i.indrelid
    WHERE n.nspname = 'public' AND c.relname = 'lone_pkey_legacy' AND t.relname = 'lone'
      AND i.indisvalid AND i.indisready AND i.indislive)
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- has left nothing: no invalid index lone_pkey_legacy is left
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'lone_pkey_legacy' AND NOT i.indisvalid
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- takes away what is left
DROP INDEX CONCURRENTLY IF EXISTS public.lone_pkey_legacy;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/spare/1/build: drop index lone_pkey_legacy concurrently

-- sends
DROP INDEX CONCURRENTLY IF EXISTS public.lone_pkey_legacy;

-- has had its effect: index lone_pkey_legacy is gone
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'lone_pkey_legacy' AND true
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check flip/compare/keys/1-in_sync: id_uuid of public.lone is what the old keys say (public.lone)

-- check: as proof/verify/1-in_sync

----------------------------------------------------------------------------------------------------
-- statement flip/cutover: give the new columns of keys the names of the old ones

-- asserts: the window twin-key/keys can become: new leads
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

-- asserts: the triggers of twin-key/keys are as they were made
WITH violation AS MATERIALIZED (
  SELECT p.relid::pg_catalog.regclass::pg_catalog.text AS "table", w.trigger_name AS "trigger"
    FROM (
      VALUES ('public.lone', '~ lockstep twin-key/keys: public.lone i'),
      ('public.lone', '~ lockstep twin-key/keys: public.lone u')
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

-- asserts: nothing stands on the old columns of twin-key/keys that was not there when it was planned: drop it, and make it again behind the cutover
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
ALTER TABLE public.lone ALTER COLUMN id SET DEFAULT pg_catalog.gen_random_uuid();

CREATE OR REPLACE FUNCTION lockstep."twins of twin-key/keys: public.lone"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
        || ' twin-key/keys public.lone'
      THEN
      INSERT INTO lockstep.old_writer (window_name, mapping, side) VALUES ('twin-key/keys', 'public.lone', 'old');
      PERFORM pg_catalog.set_config(
        'lockstep.seen', pg_catalog.pg_current_xact_id()::text || ' twin-key/keys public.lone', true
      );
    END IF;
    IF TG_OP = 'UPDATE' AND by_old_0 AND NOT by_new_0 AND OLD.id_legacy IS NOT NULL THEN
      RAISE EXCEPTION 'lockstep window %: id_legacy of public.lone does not change alone', '"twin-key/keys"'
        USING ERRCODE = 'check_violation', HINT = 'What refers to the row follows id.';
    END IF;
    IF NEW.id IS NULL THEN
      NEW.id := pg_catalog.gen_random_uuid();
    END IF;
    RETURN NEW;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-key/keys: public.lone u" ON public.lone;

CREATE TRIGGER "~ lockstep twin-key/keys: public.lone u" BEFORE UPDATE
    ON public.lone
    FOR EACH ROW
    WHEN (OLD.id_legacy IS DISTINCT FROM NEW.id_legacy OR (OLD.id IS DISTINCT FROM NEW.id))
    EXECUTE FUNCTION lockstep."twins of twin-key/keys: public.lone"();

ALTER TABLE public.lone ENABLE ALWAYS TRIGGER "~ lockstep twin-key/keys: public.lone u";

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

-- asserts: the window twin-key/keys can become: old leads
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

-- asserts: the triggers of twin-key/keys are as they were made: as flip/cutover

-- sends
ALTER TABLE public.lone ALTER COLUMN id DROP DEFAULT;
ALTER TABLE public.lone RENAME COLUMN id TO id_uuid;
ALTER TABLE public.lone RENAME COLUMN id_legacy TO id;
ALTER TABLE public.lone DROP CONSTRAINT lone_pkey;
ALTER TABLE public.lone ADD CONSTRAINT lone_pkey PRIMARY KEY USING INDEX lone_pkey_legacy;
ALTER INDEX public.lone_pkey_spare RENAME TO lone_pkey_uuid;
ALTER TABLE public.lone RENAME CONSTRAINT lone_id_not_null TO lone_id_not_null_uuid;
ALTER TABLE public.lone RENAME CONSTRAINT lone_id_not_null_legacy TO lone_id_not_null;

CREATE OR REPLACE FUNCTION lockstep."twins of twin-key/keys: public.lone"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      RAISE EXCEPTION 'lockstep window %: id_uuid of public.lone does not change alone', '"twin-key/keys"'
        USING ERRCODE = 'check_violation', HINT = 'What refers to the row follows id.';
    END IF;
    IF NEW.id_uuid IS NULL THEN
      NEW.id_uuid := pg_catalog.gen_random_uuid();
    END IF;
    RETURN NEW;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-key/keys: public.lone u" ON public.lone;

-- sends: as keys/open/public.lone

ALTER TABLE public.lone ENABLE ALWAYS TRIGGER "~ lockstep twin-key/keys: public.lone u";

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

-- asserts: the window twin-key/keys can become: closed
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

-- asserts: the triggers of twin-key/keys are as they were made: as flip/cutover

-- asserts: nobody has written to the old side of twin-key/keys for 15m
WITH violation AS MATERIALIZED (
  SELECT by_user, application, mapping, count(*) AS transactions, max(at) AS last_at FROM lockstep.old_writer
  WHERE window_name = 'twin-key/keys' AND side = 'old' AND at > clock_timestamp() - interval '900000 milliseconds'
  GROUP BY by_user, application, mapping
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- sends
DROP TRIGGER "~ lockstep twin-key/keys: public.lone i" ON public.lone;
DROP TRIGGER "~ lockstep twin-key/keys: public.lone u" ON public.lone;
DROP FUNCTION lockstep."twins of twin-key/keys: public.lone"();
DELETE FROM lockstep.tombstone WHERE window_name = 'twin-key/keys';
DELETE FROM lockstep.old_writer WHERE window_name = 'twin-key/keys';
DELETE FROM lockstep.mirror_failure WHERE window_name = 'twin-key/keys';
DELETE FROM lockstep.move WHERE window_name = 'twin-key/keys';

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

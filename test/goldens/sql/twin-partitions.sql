-- A partitioned table that refers to a key.
-- The plan is `twin-partitions.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- statement keys/open/public.calendars: keep id of public.calendars in step with id_uuid from now on

-- sends
CREATE FUNCTION lockstep."twins of twin-partitions/keys: public.calendars"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      RAISE EXCEPTION 'lockstep window %: id_uuid of public.calendars does not change alone', '"twin-partitions/keys"'
        USING ERRCODE = 'check_violation', HINT = 'What refers to the row follows id.';
    END IF;
    IF NEW.id_uuid IS NULL THEN
      NEW.id_uuid := pg_catalog.gen_random_uuid();
    END IF;
    RETURN NEW;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."twins of twin-partitions/keys: public.calendars"() FROM PUBLIC;

CREATE TRIGGER "~ lockstep twin-partitions/keys: public.calendars i" BEFORE INSERT ON public.calendars
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."twins of twin-partitions/keys: public.calendars"();

CREATE TRIGGER "~ lockstep twin-partitions/keys: public.calendars u" BEFORE UPDATE
    ON public.calendars
    FOR EACH ROW
    WHEN (
      OLD.id IS DISTINCT FROM NEW.id
      OR (
        OLD.id_uuid IS DISTINCT FROM NEW.id_uuid
        AND (OLD.id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
    )
    EXECUTE FUNCTION lockstep."twins of twin-partitions/keys: public.calendars"();

ALTER TABLE public.calendars ENABLE ALWAYS TRIGGER "~ lockstep twin-partitions/keys: public.calendars i";
ALTER TABLE public.calendars ENABLE ALWAYS TRIGGER "~ lockstep twin-partitions/keys: public.calendars u";

----------------------------------------------------------------------------------------------------
-- statement undo/keys/open/public.calendars: no longer keep id of public.calendars in step

-- sends
DROP TRIGGER "~ lockstep twin-partitions/keys: public.calendars i" ON public.calendars;
DROP TRIGGER "~ lockstep twin-partitions/keys: public.calendars u" ON public.calendars;
DROP FUNCTION lockstep."twins of twin-partitions/keys: public.calendars"();

----------------------------------------------------------------------------------------------------
-- statement keys/open/public.days: keep calendar_id of public.days in step with calendar_id_uuid from now on

-- sends
CREATE FUNCTION lockstep."twins of twin-partitions/keys: public.days"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    wanted_0 uuid;
  BEGIN
    IF TG_OP = 'INSERT' THEN
      by_old_0 := NEW.calendar_id IS NOT NULL;
      by_new_0 := NEW.calendar_id_uuid IS NOT NULL;
      moved_0 := false;
    ELSE
      by_old_0 := NEW.calendar_id IS DISTINCT FROM OLD.calendar_id;
      by_new_0 := NEW.calendar_id_uuid IS DISTINCT FROM OLD.calendar_id_uuid;
      moved_0 := false;
    END IF;
    taken := true;
    IF by_old_0 OR moved_0 AND NOT by_new_0 THEN
      wanted_0 := NULL;
      hit := true;
      IF NEW.calendar_id IS NOT NULL AND taken THEN
        SELECT p.id_uuid INTO wanted_0 FROM public.calendars AS p WHERE p.id = NEW.calendar_id;
        hit := FOUND;
        -- The lock fails with 40001 where the fill has come to the parent since the snapshot. Else it has still to come, waits for this
        -- transaction, and comes to this row behind it.
        IF hit AND wanted_0 IS NULL AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          PERFORM FROM public.calendars AS p WHERE p.id = NEW.calendar_id FOR SHARE;
        END IF;
      END IF;
      IF NOT (NOT by_new_0 OR NEW.calendar_id_uuid IS NULL OR wanted_0 IS NULL OR wanted_0 = NEW.calendar_id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: calendar_id and calendar_id_uuid of public.days are written with values that do not belong together',
          '"twin-partitions/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF hit OR NOT by_new_0 THEN
        NEW.calendar_id_uuid := wanted_0;
      END IF;
    ELSIF by_new_0 THEN
      other_0 := NULL;
      hit := true;
      IF NEW.calendar_id_uuid IS NOT NULL THEN
        SELECT p.id INTO other_0 FROM public.calendars AS p WHERE p.id_uuid = NEW.calendar_id_uuid;
        hit := FOUND;
      END IF;
      IF NOT (NOT by_old_0 OR NEW.calendar_id IS NULL OR other_0 IS NULL OR other_0 = NEW.calendar_id) THEN
        RAISE EXCEPTION 'lockstep window %: calendar_id and calendar_id_uuid of public.days are written with values that do not belong together',
          '"twin-partitions/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF taken AND (hit OR by_new_0 AND NOT by_old_0) THEN
        NEW.calendar_id := other_0;
      END IF;
    END IF;
    RETURN NEW;
  END
  $body$;

CREATE FUNCTION lockstep."settle of twin-partitions/keys: public.days"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    wanted_0 uuid;
    other_0 bigint;
  BEGIN
    IF TG_OP = 'INSERT'
      OR NEW.calendar_id IS DISTINCT FROM OLD.calendar_id
      OR NEW.calendar_id_uuid IS DISTINCT FROM OLD.calendar_id_uuid
      OR NEW.id IS DISTINCT FROM OLD.id
      OR NEW.at IS DISTINCT FROM OLD.at
      THEN
    IF NEW.calendar_id_uuid IS NULL AND NEW.calendar_id IS NOT NULL THEN
      SELECT p.id_uuid INTO wanted_0 FROM public.calendars AS p WHERE p.id = NEW.calendar_id;
      IF wanted_0 IS NOT NULL THEN
        UPDATE public.days AS t
          SET calendar_id_uuid = wanted_0
          WHERE t.id = NEW.id
          AND t.at = NEW.at
          AND t.calendar_id IS NOT DISTINCT FROM NEW.calendar_id
          AND t.calendar_id_uuid IS NULL;
      END IF;
    ELSIF NEW.calendar_id IS NULL AND NEW.calendar_id_uuid IS NOT NULL THEN
      SELECT p.id INTO other_0 FROM public.calendars AS p WHERE p.id_uuid = NEW.calendar_id_uuid;
      IF other_0 IS NOT NULL THEN
        UPDATE public.days AS t
          SET calendar_id = other_0
          WHERE t.id = NEW.id
          AND t.at = NEW.at
          AND t.calendar_id_uuid IS NOT DISTINCT FROM NEW.calendar_id_uuid
          AND t.calendar_id IS NULL;
      END IF;
    END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."twins of twin-partitions/keys: public.days"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."settle of twin-partitions/keys: public.days"() FROM PUBLIC;

CREATE TRIGGER "~ lockstep twin-partitions/keys: public.days i" BEFORE INSERT ON public.days
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."twins of twin-partitions/keys: public.days"();

CREATE TRIGGER "~ lockstep twin-partitions/keys: public.days u" BEFORE UPDATE
    ON public.days
    FOR EACH ROW
    WHEN (
      OLD.calendar_id IS DISTINCT FROM NEW.calendar_id
      OR (
        OLD.calendar_id_uuid IS DISTINCT FROM NEW.calendar_id_uuid
        AND (OLD.calendar_id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
    )
    EXECUTE FUNCTION lockstep."twins of twin-partitions/keys: public.days"();

CREATE CONSTRAINT TRIGGER "~ lockstep twin-partitions/keys: public.days s" AFTER INSERT OR UPDATE
    ON public.days DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    WHEN ((NEW.calendar_id IS NULL) <> (NEW.calendar_id_uuid IS NULL))
    EXECUTE FUNCTION lockstep."settle of twin-partitions/keys: public.days"();

ALTER TABLE public.days ENABLE ALWAYS TRIGGER "~ lockstep twin-partitions/keys: public.days i";
ALTER TABLE public.days ENABLE ALWAYS TRIGGER "~ lockstep twin-partitions/keys: public.days u";
ALTER TABLE public.days ENABLE ALWAYS TRIGGER "~ lockstep twin-partitions/keys: public.days s";

----------------------------------------------------------------------------------------------------
-- statement undo/keys/open/public.days: no longer keep calendar_id of public.days in step

-- asserts: no partition was detached while twin-partitions/keys was open: attach it again, or drop it
WITH violation AS MATERIALIZED (
  SELECT w.part AS detached, w.whole AS "from" FROM (VALUES ('public.days', 'public.days_2026')) AS w (whole, part)
  WHERE pg_catalog.to_regclass(w.part) IS NOT NULL AND NOT EXISTS (
    SELECT
      FROM pg_catalog.pg_partition_ancestors(pg_catalog.to_regclass(w.part)) AS a
      WHERE a.relid = pg_catalog.to_regclass(w.whole))
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- sends
DROP TRIGGER "~ lockstep twin-partitions/keys: public.days i" ON public.days;
DROP TRIGGER "~ lockstep twin-partitions/keys: public.days u" ON public.days;
DROP TRIGGER "~ lockstep twin-partitions/keys: public.days s" ON public.days;
DROP FUNCTION lockstep."twins of twin-partitions/keys: public.days"();
DROP FUNCTION lockstep."settle of twin-partitions/keys: public.days"();

----------------------------------------------------------------------------------------------------
-- batch keys/fill/public.calendars: fill id_uuid of public.calendars

-- sends
WITH changed AS (
  UPDATE public.calendars SET id_uuid = coalesce(public.calendars.id_uuid, pg_catalog.gen_random_uuid())
  WHERE public.calendars.id > $1::bigint
    AND public.calendars.id <= $2::bigint
    AND ((public.calendars.id IS NOT NULL AND public.calendars.id_uuid IS NULL))
  RETURNING 1
  ), met AS (
  SELECT count(*) AS read
    FROM public.calendars
    WHERE public.calendars.id > $1::bigint
    AND public.calendars.id <= $2::bigint
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
        WHERE g.tgrelid = 'public.calendars'::pg_catalog.regclass
        AND g.tgenabled = 'A'
        AND g.tgname IN (
          '~ lockstep twin-partitions/keys: public.calendars i', '~ lockstep twin-partitions/keys: public.calendars u'
        )
      )
        = 2
      THEN json_build_object('code', 'mirror_silent', 'retry', false, 'rows', '[]'::json) END AS problem
  FROM met, (SELECT count(*) AS changed FROM changed) AS written;

----------------------------------------------------------------------------------------------------
-- batch keys/fill/public.days/1: fill calendar_id_uuid of public.days

-- sends
WITH changed AS (
  UPDATE public.days
    SET calendar_id_uuid
      = coalesce(
        public.days.calendar_id_uuid, (SELECT p.id_uuid FROM public.calendars AS p WHERE p.id = public.days.calendar_id)
      )
  WHERE (public.days.id, public.days.at) > ($1::bigint, $2::date)
    AND (public.days.id, public.days.at) <= ($3::bigint, $4::date)
    AND ((public.days.calendar_id IS NOT NULL AND public.days.calendar_id_uuid IS NULL))
  RETURNING public.days.id AS lockstep_key0, public.days.at AS lockstep_key1, true
    AND (public.days.calendar_id IS NULL) <> (public.days.calendar_id_uuid IS NULL) AS lockstep_missing0,
      public.days.calendar_id AS lockstep_old0_0,
      public.days.calendar_id_uuid AS lockstep_new0_0
  ), unfilled AS MATERIALIZED (
  SELECT ARRAY[c.lockstep_key0::text, c.lockstep_key1::text] AS key, false AS orphan, CASE
    WHEN c.lockstep_old0_0 IS NOT NULL
    THEN EXISTS (SELECT FROM public.calendars AS p WHERE p.id = c.lockstep_old0_0)
    ELSE EXISTS (SELECT FROM public.calendars AS p WHERE p.id_uuid = c.lockstep_new0_0) END AS unconverted,
    CASE
      WHEN c.lockstep_old0_0 IS NOT NULL
      THEN 'calendar_id = ' || coalesce(c.lockstep_old0_0::text, 'NULL') || ' finds no row of public.calendars'
      ELSE 'calendar_id_uuid = '
        || coalesce(c.lockstep_new0_0::text, 'NULL')
        || ' finds no row of public.calendars' END AS message,
        'public.days.calendar_id_uuid' AS "column",
        'public.calendars' AS parent,
        'UPDATE public.calendars SET id_uuid = pg_catalog.gen_random_uuid() WHERE id_uuid IS NULL' AS repair,
    (
      SELECT (
        SELECT pg_catalog.json_object_agg(
          v.key, CASE
          WHEN pg_catalog.length(v.value::text) > 500
          THEN pg_catalog.to_json(pg_catalog.left(v.value #>> '{}', 500) || '…')
          ELSE v.value END
        )
        FROM pg_catalog.json_each(pg_catalog.row_to_json(t.*)) AS v
      )
      FROM public.days AS t
      WHERE t.id = c.lockstep_key0
      AND t.at = c.lockstep_key1
    ) AS row
  FROM changed AS c WHERE c.lockstep_missing0
  ), aside AS (
  SELECT key, (array_agg(row))[1] AS row, string_agg(message, '; ') AS message FROM unfilled WHERE orphan GROUP BY key
  ), lacking AS (
  SELECT count(*) AS rows FROM changed AS c WHERE c.lockstep_missing0
  ), met AS (
  SELECT count(*) AS read
    FROM public.days
    WHERE (public.days.id, public.days.at) > ($1::bigint, $2::date)
    AND (public.days.id, public.days.at) <= ($3::bigint, $4::date)
  )
  SELECT greatest(read, changed) AS read,
    changed,
    greatest(read - changed, 0) AS skipped,
    0::bigint AS kept,
    NULL::json AS findings,
    CASE
      WHEN NOT NOT EXISTS (
      SELECT
      FROM (
        VALUES ('public.days', '~ lockstep twin-partitions/keys: public.days i'),
        ('public.days', '~ lockstep twin-partitions/keys: public.days u'),
        ('public.days', '~ lockstep twin-partitions/keys: public.days s')
      ) AS w (table_name, trigger_name)
      CROSS JOIN LATERAL (
      SELECT pg_catalog.to_regclass(w.table_name) AS relid
    UNION SELECT t.relid FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(w.table_name)) AS t) AS p
    WHERE NOT EXISTS (
      SELECT
      FROM pg_catalog.pg_trigger AS g
      WHERE g.tgrelid = p.relid
      AND g.tgname = w.trigger_name
      AND g.tgenabled = 'A'
    ))
      THEN json_build_object('code', 'mirror_silent', 'retry', false, 'rows', '[]'::json)
      ELSE (
        SELECT json_build_object(
          'code',
          'parent_not_converted',
          'retry',
          false,
          'rows',
          json_agg(json_build_object('column', u."column", 'parent', u.parent, 'repair', u.repair, 'row', u.row))
        )
        FROM (SELECT * FROM unfilled WHERE unconverted LIMIT 10) AS u
        HAVING count(*) > 0
      ) END AS problem
  FROM met, (SELECT count(*) - (SELECT rows FROM lacking) AS changed FROM changed) AS written;

----------------------------------------------------------------------------------------------------
-- statement flip/cutover: give the new columns of keys the names of the old ones

-- asserts: the window twin-partitions/keys can become: new leads
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

-- asserts: the triggers of twin-partitions/keys are as they were made
WITH violation AS MATERIALIZED (
  SELECT p.relid::pg_catalog.regclass::pg_catalog.text AS "table", w.trigger_name AS "trigger"
    FROM (
      VALUES ('public.calendars', '~ lockstep twin-partitions/keys: public.calendars i'),
      ('public.calendars', '~ lockstep twin-partitions/keys: public.calendars u'),
      ('public.days', '~ lockstep twin-partitions/keys: public.days i'),
      ('public.days', '~ lockstep twin-partitions/keys: public.days u'),
      ('public.days', '~ lockstep twin-partitions/keys: public.days s')
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

-- asserts: every partition has its part of the indexes that twin-partitions/keys made: build what is missing, and ALTER INDEX … ATTACH PARTITION
WITH violation AS MATERIALIZED (
  SELECT w.index FROM (VALUES ('public.days_calendar_id_idx_uuid')) AS w (index)
  WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_index AS i WHERE i.indexrelid = pg_catalog.to_regclass(w.index) AND i.indisvalid
  )
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- asserts: nothing stands on the old columns of twin-partitions/keys that was not there when it was planned: drop it, and make it again behind the cutover
WITH violation AS MATERIALIZED (
  SELECT o.type || ' ' || o.identity AS what, c.relation || '.' || c.name AS stands_on
  FROM (
    VALUES ('public.calendars', 'id'), ('public.days', 'calendar_id'), ('public.days_2026', 'calendar_id')
  ) AS c (relation, name)
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

-- asserts: no partition was detached while twin-partitions/keys was open: attach it again, or drop it: as undo/keys/open/public.days

-- sends
ALTER TABLE public.days DROP CONSTRAINT days_calendar_id_fkey;
ALTER TABLE public.calendars RENAME COLUMN id TO id_legacy;
ALTER TABLE public.calendars RENAME COLUMN id_uuid TO id;
ALTER TABLE public.days RENAME COLUMN calendar_id TO calendar_id_legacy;
ALTER TABLE public.days RENAME COLUMN calendar_id_uuid TO calendar_id;
ALTER TABLE public.calendars DROP CONSTRAINT calendars_pkey;
ALTER TABLE public.calendars ADD CONSTRAINT calendars_pkey PRIMARY KEY USING INDEX calendars_pkey_uuid;
ALTER TABLE public.calendars RENAME CONSTRAINT calendars_id_not_null TO calendars_id_not_null_legacy;
ALTER TABLE public.calendars RENAME CONSTRAINT calendars_id_not_null_uuid TO calendars_id_not_null;
ALTER INDEX IF EXISTS public.days_2026_calendar_id_idx RENAME TO days_2026_calendar_id_idx_legacy;
ALTER INDEX IF EXISTS public.days_2026_calendar_id_idx_uuid RENAME TO days_2026_calendar_id_idx;
ALTER INDEX public.days_calendar_id_idx RENAME TO days_calendar_id_idx_legacy;
ALTER INDEX public.days_calendar_id_idx_uuid RENAME TO days_calendar_id_idx;
ALTER TABLE IF EXISTS public.days_2026 RENAME CONSTRAINT days_calendar_id_fkey_uuid TO days_calendar_id_fkey;
ALTER TABLE public.days RENAME CONSTRAINT days_calendar_id_fkey_uuid TO days_calendar_id_fkey;
ALTER TABLE public.calendars ALTER COLUMN id SET DEFAULT pg_catalog.gen_random_uuid();

DO $body$BEGIN IF to_regclass('public.days_2026') IS NOT NULL
    THEN
    EXECUTE 'COMMENT ON COLUMN public.days_2026.calendar_id IS ''of this year'''; END IF; END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."twins of twin-partitions/keys: public.calendars"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
        || ' twin-partitions/keys public.calendars'
      THEN
      INSERT INTO lockstep.old_writer (window_name, mapping, side)
        VALUES ('twin-partitions/keys', 'public.calendars', 'old');
      PERFORM pg_catalog.set_config(
        'lockstep.seen', pg_catalog.pg_current_xact_id()::text || ' twin-partitions/keys public.calendars', true
      );
    END IF;
    IF TG_OP = 'UPDATE' AND by_old_0 AND NOT by_new_0 AND OLD.id_legacy IS NOT NULL THEN
      RAISE EXCEPTION 'lockstep window %: id_legacy of public.calendars does not change alone', '"twin-partitions/keys"'
        USING ERRCODE = 'check_violation', HINT = 'What refers to the row follows id.';
    END IF;
    IF NEW.id IS NULL THEN
      NEW.id := pg_catalog.gen_random_uuid();
    END IF;
    RETURN NEW;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-partitions/keys: public.calendars u" ON public.calendars;

CREATE TRIGGER "~ lockstep twin-partitions/keys: public.calendars u" BEFORE UPDATE
    ON public.calendars
    FOR EACH ROW
    WHEN (OLD.id_legacy IS DISTINCT FROM NEW.id_legacy OR (OLD.id IS DISTINCT FROM NEW.id))
    EXECUTE FUNCTION lockstep."twins of twin-partitions/keys: public.calendars"();

ALTER TABLE public.calendars ENABLE ALWAYS TRIGGER "~ lockstep twin-partitions/keys: public.calendars u";

CREATE OR REPLACE FUNCTION lockstep."twins of twin-partitions/keys: public.days"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    wanted_0 uuid;
  BEGIN
    IF TG_OP = 'INSERT' THEN
      by_old_0 := NEW.calendar_id_legacy IS NOT NULL;
      by_new_0 := NEW.calendar_id IS NOT NULL;
      moved_0 := false;
    ELSE
      by_old_0 := NEW.calendar_id_legacy IS DISTINCT FROM OLD.calendar_id_legacy;
      by_new_0 := NEW.calendar_id IS DISTINCT FROM OLD.calendar_id;
      moved_0 := false;
    END IF;
    IF by_old_0
      AND NOT by_new_0
      AND pg_catalog.current_setting('lockstep.seen', true) IS DISTINCT FROM pg_catalog.pg_current_xact_id()::text
        || ' twin-partitions/keys public.days'
      THEN
      INSERT INTO lockstep.old_writer (window_name, mapping, side)
        VALUES ('twin-partitions/keys', 'public.days', 'old');
      PERFORM pg_catalog.set_config(
        'lockstep.seen', pg_catalog.pg_current_xact_id()::text || ' twin-partitions/keys public.days', true
      );
    END IF;
    taken := true;
    IF by_new_0 OR moved_0 AND NOT by_old_0 AND taken AND NEW.calendar_id IS NOT NULL THEN
      other_0 := NULL;
      hit := true;
      IF NEW.calendar_id IS NOT NULL THEN
        SELECT p.id_legacy INTO other_0 FROM public.calendars AS p WHERE p.id = NEW.calendar_id;
        hit := FOUND;
      END IF;
      IF NOT (NOT by_old_0 OR NEW.calendar_id_legacy IS NULL OR other_0 IS NULL OR other_0 = NEW.calendar_id_legacy)
        THEN
        RAISE EXCEPTION 'lockstep window %: calendar_id_legacy and calendar_id of public.days are written with values that do not belong together',
          '"twin-partitions/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF taken AND (hit OR by_new_0 AND NOT by_old_0) THEN
        NEW.calendar_id_legacy := other_0;
      END IF;
    ELSIF by_old_0 OR moved_0 THEN
      wanted_0 := NULL;
      hit := true;
      IF NEW.calendar_id_legacy IS NOT NULL AND taken THEN
        SELECT p.id INTO wanted_0 FROM public.calendars AS p WHERE p.id_legacy = NEW.calendar_id_legacy;
        hit := FOUND;
        -- The lock fails with 40001 where the fill has come to the parent since the snapshot. Else it has still to come, waits for this
        -- transaction, and comes to this row behind it.
        IF hit AND wanted_0 IS NULL AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          PERFORM FROM public.calendars AS p WHERE p.id_legacy = NEW.calendar_id_legacy FOR SHARE;
        END IF;
      END IF;
      IF NOT (NOT by_new_0 OR NEW.calendar_id IS NULL OR wanted_0 IS NULL OR wanted_0 = NEW.calendar_id) THEN
        RAISE EXCEPTION 'lockstep window %: calendar_id_legacy and calendar_id of public.days are written with values that do not belong together',
          '"twin-partitions/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF hit OR NOT by_new_0 THEN
        NEW.calendar_id := wanted_0;
      END IF;
    END IF;
    RETURN NEW;
  END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."settle of twin-partitions/keys: public.days"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    wanted_0 uuid;
    other_0 bigint;
  BEGIN
    IF TG_OP = 'INSERT'
      OR NEW.calendar_id_legacy IS DISTINCT FROM OLD.calendar_id_legacy
      OR NEW.calendar_id IS DISTINCT FROM OLD.calendar_id
      OR NEW.id IS DISTINCT FROM OLD.id
      OR NEW.at IS DISTINCT FROM OLD.at
      THEN
    IF NEW.calendar_id IS NULL AND NEW.calendar_id_legacy IS NOT NULL THEN
      SELECT p.id INTO wanted_0 FROM public.calendars AS p WHERE p.id_legacy = NEW.calendar_id_legacy;
      IF wanted_0 IS NOT NULL THEN
        UPDATE public.days AS t
          SET calendar_id = wanted_0
          WHERE t.id = NEW.id
          AND t.at = NEW.at
          AND t.calendar_id_legacy IS NOT DISTINCT FROM NEW.calendar_id_legacy
          AND t.calendar_id IS NULL;
      END IF;
    ELSIF NEW.calendar_id_legacy IS NULL AND NEW.calendar_id IS NOT NULL THEN
      SELECT p.id_legacy INTO other_0 FROM public.calendars AS p WHERE p.id = NEW.calendar_id;
      IF other_0 IS NOT NULL THEN
        UPDATE public.days AS t
          SET calendar_id_legacy = other_0
          WHERE t.id = NEW.id
          AND t.at = NEW.at
          AND t.calendar_id IS NOT DISTINCT FROM NEW.calendar_id
          AND t.calendar_id_legacy IS NULL;
      END IF;
    END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-partitions/keys: public.days u" ON public.days;

CREATE TRIGGER "~ lockstep twin-partitions/keys: public.days u" BEFORE UPDATE
    ON public.days
    FOR EACH ROW
    WHEN (
      OLD.calendar_id_legacy IS DISTINCT FROM NEW.calendar_id_legacy
      OR (OLD.calendar_id IS DISTINCT FROM NEW.calendar_id)
    )
    EXECUTE FUNCTION lockstep."twins of twin-partitions/keys: public.days"();

ALTER TABLE public.days ENABLE ALWAYS TRIGGER "~ lockstep twin-partitions/keys: public.days u";

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
-- statement undo/flip/spare-new/1/build: build index calendars_pkey_spare on public.calendars concurrently

-- sends
CREATE UNIQUE INDEX CONCURRENTLY calendars_pkey_spare ON public.calendars USING btree (id);

-- has had its effect: index calendars_pkey_spare is there and valid
WITH violation AS MATERIALIZED (
  SELECT 'no valid index calendars_pkey_spare' AS missing
  WHERE NOT EXISTS (
    SELECT FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = i.indrelid
    WHERE n.nspname = 'public' AND c.relname = 'calendars_pkey_spare' AND t.relname = 'calendars'
      AND i.indisvalid AND i.indisready AND i.indislive)
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- has left nothing: no invalid index calendars_pkey_spare is left
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'calendars_pkey_spare' AND NOT i.indisvalid
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- takes away what is left
DROP INDEX CONCURRENTLY IF EXISTS public.calendars_pkey_spare;

----------------------------------------------------------------------------------------------------
-- check undo/flip/compare/keys/1-in_sync: id of public.calendars is what the old keys say (public.calendars)

-- check
WITH violation AS MATERIALIZED (
  SELECT 'public.calendars.id' AS "column",
    ARRAY[t.id_legacy::pg_catalog.text] AS key,
    t.id_legacy::pg_catalog.text AS old,
    t.id::pg_catalog.text AS new,
    NULL::pg_catalog.text AS expected
  FROM public.calendars AS t WHERE t.id IS NULL
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check undo/flip/compare/keys/2-in_sync: calendar_id of public.days is what the old keys say (public.days)

-- check
WITH violation AS MATERIALIZED (
  SELECT 'public.days.calendar_id' AS "column",
    ARRAY[t.id::pg_catalog.text,
    t.at::pg_catalog.text] AS key,
    t.calendar_id_legacy::pg_catalog.text AS old,
    t.calendar_id::pg_catalog.text AS new,
    (
      CASE WHEN true THEN CASE WHEN p.lockstep_there THEN p.id ELSE NULL::pg_catalog.uuid END END
    )::pg_catalog.text AS expected
  FROM public.days AS t
    LEFT JOIN (SELECT true AS lockstep_there, * FROM public.calendars) AS p
    ON p.id_legacy = t.calendar_id_legacy
  WHERE t.calendar_id IS DISTINCT FROM (
    CASE WHEN true THEN CASE WHEN p.lockstep_there THEN p.id ELSE NULL::pg_catalog.uuid END END
  )
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/cutover: give the old columns of keys their names back

-- asserts: the window twin-partitions/keys can become: old leads
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

-- asserts: the triggers of twin-partitions/keys are as they were made: as flip/cutover

-- asserts: no partition was detached while twin-partitions/keys was open: attach it again, or drop it: as undo/keys/open/public.days

-- sends
ALTER TABLE public.days DROP CONSTRAINT days_calendar_id_fkey;

DO $body$BEGIN IF to_regclass('public.days_2026') IS NOT NULL
    THEN
    EXECUTE 'COMMENT ON COLUMN public.days_2026.calendar_id IS NULL'; END IF; END
  $body$;

ALTER TABLE public.calendars ALTER COLUMN id DROP DEFAULT;
ALTER TABLE public.calendars RENAME COLUMN id TO id_uuid;
ALTER TABLE public.calendars RENAME COLUMN id_legacy TO id;
ALTER TABLE public.days RENAME COLUMN calendar_id TO calendar_id_uuid;
ALTER TABLE public.days RENAME COLUMN calendar_id_legacy TO calendar_id;
ALTER TABLE public.calendars DROP CONSTRAINT calendars_pkey;
ALTER TABLE public.calendars ADD CONSTRAINT calendars_pkey PRIMARY KEY USING INDEX calendars_pkey_legacy;
ALTER INDEX public.calendars_pkey_spare RENAME TO calendars_pkey_uuid;
ALTER TABLE public.calendars RENAME CONSTRAINT calendars_id_not_null TO calendars_id_not_null_uuid;
ALTER TABLE public.calendars RENAME CONSTRAINT calendars_id_not_null_legacy TO calendars_id_not_null;
ALTER INDEX IF EXISTS public.days_2026_calendar_id_idx RENAME TO days_2026_calendar_id_idx_uuid;
ALTER INDEX IF EXISTS public.days_2026_calendar_id_idx_legacy RENAME TO days_2026_calendar_id_idx;
ALTER INDEX public.days_calendar_id_idx RENAME TO days_calendar_id_idx_uuid;
ALTER INDEX public.days_calendar_id_idx_legacy RENAME TO days_calendar_id_idx;

ALTER TABLE IF EXISTS public.days_2026 ADD CONSTRAINT days_calendar_id_fkey FOREIGN KEY (calendar_id) REFERENCES public.calendars(id) NOT VALID;

ALTER TABLE IF EXISTS public.days_2026 ADD CONSTRAINT days_calendar_id_fkey_uuid FOREIGN KEY (calendar_id_uuid) REFERENCES public.calendars(id_uuid) NOT VALID;

ALTER TABLE public.days ADD CONSTRAINT days_calendar_id_fkey FOREIGN KEY (calendar_id) REFERENCES public.calendars(id) NOT VALID;

ALTER TABLE public.days ADD CONSTRAINT days_calendar_id_fkey_uuid FOREIGN KEY (calendar_id_uuid) REFERENCES public.calendars(id_uuid) NOT VALID;

CREATE OR REPLACE FUNCTION lockstep."twins of twin-partitions/keys: public.calendars"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      RAISE EXCEPTION 'lockstep window %: id_uuid of public.calendars does not change alone', '"twin-partitions/keys"'
        USING ERRCODE = 'check_violation', HINT = 'What refers to the row follows id.';
    END IF;
    IF NEW.id_uuid IS NULL THEN
      NEW.id_uuid := pg_catalog.gen_random_uuid();
    END IF;
    RETURN NEW;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-partitions/keys: public.calendars u" ON public.calendars;

-- sends: as keys/open/public.calendars

ALTER TABLE public.calendars ENABLE ALWAYS TRIGGER "~ lockstep twin-partitions/keys: public.calendars u";

CREATE OR REPLACE FUNCTION lockstep."twins of twin-partitions/keys: public.days"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    wanted_0 uuid;
  BEGIN
    IF TG_OP = 'INSERT' THEN
      by_old_0 := NEW.calendar_id IS NOT NULL;
      by_new_0 := NEW.calendar_id_uuid IS NOT NULL;
      moved_0 := false;
    ELSE
      by_old_0 := NEW.calendar_id IS DISTINCT FROM OLD.calendar_id;
      by_new_0 := NEW.calendar_id_uuid IS DISTINCT FROM OLD.calendar_id_uuid;
      moved_0 := false;
    END IF;
    taken := true;
    IF by_old_0 OR moved_0 AND NOT by_new_0 THEN
      wanted_0 := NULL;
      hit := true;
      IF NEW.calendar_id IS NOT NULL AND taken THEN
        SELECT p.id_uuid INTO wanted_0 FROM public.calendars AS p WHERE p.id = NEW.calendar_id;
        hit := FOUND;
        -- The lock fails with 40001 where the fill has come to the parent since the snapshot. Else it has still to come, waits for this
        -- transaction, and comes to this row behind it.
        IF hit AND wanted_0 IS NULL AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          PERFORM FROM public.calendars AS p WHERE p.id = NEW.calendar_id FOR SHARE;
        END IF;
      END IF;
      IF NOT (NOT by_new_0 OR NEW.calendar_id_uuid IS NULL OR wanted_0 IS NULL OR wanted_0 = NEW.calendar_id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: calendar_id and calendar_id_uuid of public.days are written with values that do not belong together',
          '"twin-partitions/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF hit OR NOT by_new_0 THEN
        NEW.calendar_id_uuid := wanted_0;
      END IF;
    ELSIF by_new_0 THEN
      other_0 := NULL;
      hit := true;
      IF NEW.calendar_id_uuid IS NOT NULL THEN
        SELECT p.id INTO other_0 FROM public.calendars AS p WHERE p.id_uuid = NEW.calendar_id_uuid;
        hit := FOUND;
      END IF;
      IF NOT (NOT by_old_0 OR NEW.calendar_id IS NULL OR other_0 IS NULL OR other_0 = NEW.calendar_id) THEN
        RAISE EXCEPTION 'lockstep window %: calendar_id and calendar_id_uuid of public.days are written with values that do not belong together',
          '"twin-partitions/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF taken AND (hit OR by_new_0 AND NOT by_old_0) THEN
        NEW.calendar_id := other_0;
      END IF;
    END IF;
    RETURN NEW;
  END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."settle of twin-partitions/keys: public.days"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    wanted_0 uuid;
    other_0 bigint;
  BEGIN
    IF TG_OP = 'INSERT'
      OR NEW.calendar_id IS DISTINCT FROM OLD.calendar_id
      OR NEW.calendar_id_uuid IS DISTINCT FROM OLD.calendar_id_uuid
      OR NEW.id IS DISTINCT FROM OLD.id
      OR NEW.at IS DISTINCT FROM OLD.at
      THEN
    IF NEW.calendar_id_uuid IS NULL AND NEW.calendar_id IS NOT NULL THEN
      SELECT p.id_uuid INTO wanted_0 FROM public.calendars AS p WHERE p.id = NEW.calendar_id;
      IF wanted_0 IS NOT NULL THEN
        UPDATE public.days AS t
          SET calendar_id_uuid = wanted_0
          WHERE t.id = NEW.id
          AND t.at = NEW.at
          AND t.calendar_id IS NOT DISTINCT FROM NEW.calendar_id
          AND t.calendar_id_uuid IS NULL;
      END IF;
    ELSIF NEW.calendar_id IS NULL AND NEW.calendar_id_uuid IS NOT NULL THEN
      SELECT p.id INTO other_0 FROM public.calendars AS p WHERE p.id_uuid = NEW.calendar_id_uuid;
      IF other_0 IS NOT NULL THEN
        UPDATE public.days AS t
          SET calendar_id = other_0
          WHERE t.id = NEW.id
          AND t.at = NEW.at
          AND t.calendar_id_uuid IS NOT DISTINCT FROM NEW.calendar_id_uuid
          AND t.calendar_id IS NULL;
      END IF;
    END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-partitions/keys: public.days u" ON public.days;

-- sends: as keys/open/public.days

ALTER TABLE public.days ENABLE ALWAYS TRIGGER "~ lockstep twin-partitions/keys: public.days u";

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
-- statement undo/flip/prove/1/validate: validate constraint days_calendar_id_fkey of public.days_2026

-- sends
ALTER TABLE IF EXISTS public.days_2026 VALIDATE CONSTRAINT days_calendar_id_fkey;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/prove/2/validate: validate constraint days_calendar_id_fkey_uuid of public.days_2026

-- sends
ALTER TABLE IF EXISTS public.days_2026 VALIDATE CONSTRAINT days_calendar_id_fkey_uuid;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/prove/3/validate: validate constraint days_calendar_id_fkey of public.days

-- sends
ALTER TABLE public.days VALIDATE CONSTRAINT days_calendar_id_fkey;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/prove/4/validate: validate constraint days_calendar_id_fkey_uuid of public.days

-- sends
ALTER TABLE public.days VALIDATE CONSTRAINT days_calendar_id_fkey_uuid;

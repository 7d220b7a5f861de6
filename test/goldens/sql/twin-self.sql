-- A table that refers to itself.
-- The plan is `twin-self.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- statement keys/open/public.folders: keep id, parent_id of public.folders in step with id_uuid, parent_id_uuid from now on

-- sends
CREATE FUNCTION lockstep."twins of twin-self/keys: public.folders"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    by_old_1 boolean;
    by_new_1 boolean;
    moved_1 boolean;
    other_1 bigint;
    wanted_1 uuid;
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
    IF TG_OP = 'INSERT' THEN
      by_old_1 := NEW.parent_id IS NOT NULL;
      by_new_1 := NEW.parent_id_uuid IS NOT NULL;
      moved_1 := false;
    ELSE
      by_old_1 := NEW.parent_id IS DISTINCT FROM OLD.parent_id;
      by_new_1 := NEW.parent_id_uuid IS DISTINCT FROM OLD.parent_id_uuid;
      moved_1 := false;
    END IF;
    IF TG_OP = 'UPDATE'
      AND by_new_0
      AND NOT by_old_0
      AND OLD.id_uuid IS NOT NULL
      AND coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = ''
      THEN
      RAISE EXCEPTION 'lockstep window %: id_uuid of public.folders does not change alone', '"twin-self/keys"'
        USING ERRCODE = 'check_violation', HINT = 'What refers to the row follows id.';
    END IF;
    IF NEW.id_uuid IS NULL THEN
      NEW.id_uuid := pg_catalog.gen_random_uuid();
    END IF;
    taken := true;
    IF by_old_1 OR moved_1 AND NOT by_new_1 THEN
      wanted_1 := NULL;
      hit := true;
      IF NEW.parent_id IS NOT NULL AND taken THEN
        SELECT p.id_uuid INTO wanted_1 FROM public.folders AS p WHERE p.id = NEW.parent_id;
        hit := FOUND;
        IF NOT hit AND NEW.id = NEW.parent_id THEN
          wanted_1 := NEW.id_uuid;
          hit := true;
        END IF;
        -- The lock fails with 40001 where the fill has come to the parent since the snapshot. Else it has still to come, waits for this
        -- transaction, and comes to this row behind it.
        IF hit AND wanted_1 IS NULL AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          PERFORM FROM public.folders AS p WHERE p.id = NEW.parent_id FOR SHARE;
        END IF;
      END IF;
      IF NOT (NOT by_new_1 OR NEW.parent_id_uuid IS NULL OR wanted_1 IS NULL OR wanted_1 = NEW.parent_id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: parent_id and parent_id_uuid of public.folders are written with values that do not belong together',
          '"twin-self/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF hit OR NOT by_new_1 THEN
        NEW.parent_id_uuid := wanted_1;
      END IF;
    ELSIF by_new_1 THEN
      other_1 := NULL;
      hit := true;
      IF NEW.parent_id_uuid IS NOT NULL THEN
        SELECT p.id INTO other_1 FROM public.folders AS p WHERE p.id_uuid = NEW.parent_id_uuid;
        hit := FOUND;
        IF NOT hit AND NEW.id_uuid = NEW.parent_id_uuid THEN
          other_1 := NEW.id;
          hit := true;
        END IF;
      END IF;
      IF NOT (NOT by_old_1 OR NEW.parent_id IS NULL OR other_1 IS NULL OR other_1 = NEW.parent_id) THEN
        RAISE EXCEPTION 'lockstep window %: parent_id and parent_id_uuid of public.folders are written with values that do not belong together',
          '"twin-self/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF taken AND (hit OR by_new_1 AND NOT by_old_1) THEN
        NEW.parent_id := other_1;
      END IF;
    END IF;
    RETURN NEW;
  END
  $body$;

CREATE FUNCTION lockstep."settle of twin-self/keys: public.folders"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    wanted_1 uuid;
    other_1 bigint;
  BEGIN
    IF TG_OP = 'INSERT'
      OR NEW.parent_id IS DISTINCT FROM OLD.parent_id
      OR NEW.parent_id_uuid IS DISTINCT FROM OLD.parent_id_uuid
      OR NEW.id IS DISTINCT FROM OLD.id
      THEN
    IF NEW.parent_id_uuid IS NULL AND NEW.parent_id IS NOT NULL THEN
      SELECT p.id_uuid INTO wanted_1 FROM public.folders AS p WHERE p.id = NEW.parent_id;
      IF wanted_1 IS NOT NULL THEN
        UPDATE public.folders AS t
          SET parent_id_uuid = wanted_1
          WHERE t.id = NEW.id
          AND t.parent_id IS NOT DISTINCT FROM NEW.parent_id
          AND t.parent_id_uuid IS NULL;
      END IF;
    ELSIF NEW.parent_id IS NULL AND NEW.parent_id_uuid IS NOT NULL THEN
      SELECT p.id INTO other_1 FROM public.folders AS p WHERE p.id_uuid = NEW.parent_id_uuid;
      IF other_1 IS NOT NULL THEN
        UPDATE public.folders AS t
          SET parent_id = other_1
          WHERE t.id = NEW.id
          AND t.parent_id_uuid IS NOT DISTINCT FROM NEW.parent_id_uuid
          AND t.parent_id IS NULL;
      END IF;
    END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."twins of twin-self/keys: public.folders"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."settle of twin-self/keys: public.folders"() FROM PUBLIC;

CREATE TRIGGER "~ lockstep twin-self/keys: public.folders i" BEFORE INSERT ON public.folders
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."twins of twin-self/keys: public.folders"();

CREATE TRIGGER "~ lockstep twin-self/keys: public.folders u" BEFORE UPDATE
    ON public.folders
    FOR EACH ROW
    WHEN (
      OLD.id IS DISTINCT FROM NEW.id
      OR (
        OLD.id_uuid IS DISTINCT FROM NEW.id_uuid
        AND (OLD.id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
      OR OLD.parent_id IS DISTINCT FROM NEW.parent_id
      OR (
        OLD.parent_id_uuid IS DISTINCT FROM NEW.parent_id_uuid
        AND (OLD.parent_id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
    )
    EXECUTE FUNCTION lockstep."twins of twin-self/keys: public.folders"();

CREATE CONSTRAINT TRIGGER "~ lockstep twin-self/keys: public.folders s" AFTER INSERT ON public.folders DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    WHEN ((NEW.parent_id IS NULL) <> (NEW.parent_id_uuid IS NULL))
    EXECUTE FUNCTION lockstep."settle of twin-self/keys: public.folders"();

CREATE CONSTRAINT TRIGGER "~ lockstep twin-self/keys: public.folders t" AFTER UPDATE
    ON public.folders DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    WHEN (
      ((NEW.parent_id IS NULL) <> (NEW.parent_id_uuid IS NULL))
      AND (
        NOT (OLD.id_uuid IS NULL AND NEW.id_uuid IS NOT NULL)
        OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = ''
      )
    )
    EXECUTE FUNCTION lockstep."settle of twin-self/keys: public.folders"();

ALTER TABLE public.folders ENABLE ALWAYS TRIGGER "~ lockstep twin-self/keys: public.folders i";
ALTER TABLE public.folders ENABLE ALWAYS TRIGGER "~ lockstep twin-self/keys: public.folders u";
ALTER TABLE public.folders ENABLE ALWAYS TRIGGER "~ lockstep twin-self/keys: public.folders s";
ALTER TABLE public.folders ENABLE ALWAYS TRIGGER "~ lockstep twin-self/keys: public.folders t";

----------------------------------------------------------------------------------------------------
-- statement undo/keys/open/public.folders: no longer keep id, parent_id of public.folders in step

-- sends
DROP TRIGGER "~ lockstep twin-self/keys: public.folders i" ON public.folders;
DROP TRIGGER "~ lockstep twin-self/keys: public.folders u" ON public.folders;
DROP TRIGGER "~ lockstep twin-self/keys: public.folders s" ON public.folders;
DROP TRIGGER "~ lockstep twin-self/keys: public.folders t" ON public.folders;
DROP FUNCTION lockstep."twins of twin-self/keys: public.folders"();
DROP FUNCTION lockstep."settle of twin-self/keys: public.folders"();

----------------------------------------------------------------------------------------------------
-- batch keys/fill/public.folders: fill id_uuid of public.folders

-- sends
WITH changed AS (
  UPDATE public.folders SET id_uuid = coalesce(public.folders.id_uuid, pg_catalog.gen_random_uuid())
  WHERE public.folders.id > $1::bigint
    AND public.folders.id <= $2::bigint
    AND ((public.folders.id IS NOT NULL AND public.folders.id_uuid IS NULL))
  RETURNING 1
  ), met AS (
  SELECT count(*) AS read FROM public.folders WHERE public.folders.id > $1::bigint AND public.folders.id <= $2::bigint
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
        WHERE g.tgrelid = 'public.folders'::pg_catalog.regclass
        AND g.tgenabled = 'A'
        AND g.tgname IN (
          '~ lockstep twin-self/keys: public.folders i',
          '~ lockstep twin-self/keys: public.folders u',
          '~ lockstep twin-self/keys: public.folders s',
          '~ lockstep twin-self/keys: public.folders t'
        )
      )
        = 4
      THEN json_build_object('code', 'mirror_silent', 'retry', false, 'rows', '[]'::json) END AS problem
  FROM met, (SELECT count(*) AS changed FROM changed) AS written;

----------------------------------------------------------------------------------------------------
-- batch keys/fill/public.folders/1: fill parent_id_uuid of public.folders

-- sends
WITH changed AS (
  UPDATE public.folders
    SET parent_id_uuid
      = coalesce(
        public.folders.parent_id_uuid, (SELECT p.id_uuid FROM public.folders AS p WHERE p.id = public.folders.parent_id)
      )
  WHERE public.folders.id > $1::bigint
    AND public.folders.id <= $2::bigint
    AND ((public.folders.parent_id IS NOT NULL AND public.folders.parent_id_uuid IS NULL))
  RETURNING public.folders.id AS lockstep_key0, true
    AND (public.folders.parent_id IS NULL) <> (public.folders.parent_id_uuid IS NULL) AS lockstep_missing0,
      public.folders.parent_id AS lockstep_old0_0,
      public.folders.parent_id_uuid AS lockstep_new0_0
  ), unfilled AS MATERIALIZED (
  SELECT ARRAY[c.lockstep_key0::text] AS key, false AS orphan, CASE
    WHEN c.lockstep_old0_0 IS NOT NULL
    THEN EXISTS (SELECT FROM public.folders AS p WHERE p.id = c.lockstep_old0_0)
    ELSE EXISTS (SELECT FROM public.folders AS p WHERE p.id_uuid = c.lockstep_new0_0) END AS unconverted,
    CASE
      WHEN c.lockstep_old0_0 IS NOT NULL
      THEN 'parent_id = ' || coalesce(c.lockstep_old0_0::text, 'NULL') || ' finds no row of public.folders'
      ELSE 'parent_id_uuid = '
        || coalesce(c.lockstep_new0_0::text, 'NULL')
        || ' finds no row of public.folders' END AS message,
        'public.folders.parent_id_uuid' AS "column",
        'public.folders' AS parent,
        'UPDATE public.folders SET id_uuid = pg_catalog.gen_random_uuid() WHERE id_uuid IS NULL' AS repair,
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
      FROM public.folders AS t
      WHERE t.id = c.lockstep_key0
    ) AS row
  FROM changed AS c WHERE c.lockstep_missing0
  ), aside AS (
  SELECT key, (array_agg(row))[1] AS row, string_agg(message, '; ') AS message FROM unfilled WHERE orphan GROUP BY key
  ), lacking AS (
  SELECT count(*) AS rows FROM changed AS c WHERE c.lockstep_missing0
  ), met AS (
  SELECT count(*) AS read FROM public.folders WHERE public.folders.id > $1::bigint AND public.folders.id <= $2::bigint
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
        WHERE g.tgrelid = 'public.folders'::pg_catalog.regclass
        AND g.tgenabled = 'A'
        AND g.tgname IN (
          '~ lockstep twin-self/keys: public.folders i',
          '~ lockstep twin-self/keys: public.folders u',
          '~ lockstep twin-self/keys: public.folders s',
          '~ lockstep twin-self/keys: public.folders t'
        )
      )
        = 4
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

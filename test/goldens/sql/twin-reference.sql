-- A key and a column that refers to it: opened, filled, compared, cut over, kept, and the way back of each.
-- The plan is `twin-reference.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- check keys/before/1-castable: public.texts.id survives as uuid

-- check
WITH violation AS MATERIALIZED (
  SELECT to_json((SELECT s FROM (SELECT pg_catalog.quote_literal(l.given) AS id,
    pg_catalog.concat_ws('; ', CASE
      WHEN NOT l.valid
      THEN 'not a uuid'
      WHEN lower(l.back) <> lower(l.given)
      THEN 'comes back as ' || pg_catalog.quote_literal(l.back) END,
      CASE
        WHEN d1.least IS NOT NULL
        THEN 'double of '
          || pg_catalog.quote_literal(
            CASE WHEN l.given = d1.least THEN d1.greatest ELSE d1.least END
          ) END) AS why) AS s)) AS shown,
    l.valid, coalesce(lower(l.back) <> lower(l.given), false) AS changed, d1.least IS NOT NULL AS double
  FROM (
    SELECT t.id AS k1, v.given, v.valid, w.value, w.value::text COLLATE "C" AS back
    FROM public.texts AS t,
      LATERAL (
        SELECT v.given, pg_catalog.pg_input_is_valid(v.given, 'uuid') AS valid
        FROM (SELECT t.id::text COLLATE "C" AS given) AS v
        OFFSET 0
      ) AS v,
      LATERAL (SELECT CASE WHEN v.valid THEN v.given::uuid END AS value OFFSET 0) AS w
    WHERE t.id IS NOT NULL
  ) AS l
  LEFT JOIN (
    SELECT l.value AS value, min(l.given) AS least, max(l.given) AS greatest
    FROM (
    SELECT t.id AS k1, v.given, v.valid, w.value, w.value::text COLLATE "C" AS back
    FROM public.texts AS t,
      LATERAL (
        SELECT v.given, pg_catalog.pg_input_is_valid(v.given, 'uuid') AS valid
        FROM (SELECT t.id::text COLLATE "C" AS given) AS v
        OFFSET 0
      ) AS v,
      LATERAL (SELECT CASE WHEN v.valid THEN v.given::uuid END AS value OFFSET 0) AS w
    WHERE t.id IS NOT NULL
    ) AS l WHERE l.valid
    GROUP BY l.value HAVING min(l.given) <> max(l.given)
  ) AS d1 ON d1.value = l.value
  WHERE NOT l.valid OR lower(l.back) <> lower(l.given) OR d1.least IS NOT NULL
  ORDER BY l.k1, l.given
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(s.shown) FROM (SELECT shown FROM violation LIMIT 10) AS s) AS samples,
    json_build_object('values', (SELECT count(t.id) FROM public.texts AS t),
      'not_readable', count(*) FILTER (WHERE NOT valid),
      'changed', count(*) FILTER (WHERE changed),
      'letter_case', (SELECT count(*) FROM (
    SELECT t.id AS k1, v.given, v.valid, w.value, w.value::text COLLATE "C" AS back
    FROM public.texts AS t,
      LATERAL (
        SELECT v.given, pg_catalog.pg_input_is_valid(v.given, 'uuid') AS valid
        FROM (SELECT t.id::text COLLATE "C" AS given) AS v
        WHERE v.given <> lower(v.given)
        OFFSET 0
      ) AS v,
      LATERAL (SELECT CASE WHEN v.valid THEN v.given::uuid END AS value OFFSET 0) AS w
    WHERE t.id IS NOT NULL
  ) AS l
      WHERE l.back <> l.given AND NOT lower(l.back) <> lower(l.given)),
      'doubles', count(*) FILTER (WHERE double)) AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- statement keys/add/1/add: add column id_uuid to public.texts

-- sends
ALTER TABLE public.texts ADD COLUMN id_uuid uuid;

----------------------------------------------------------------------------------------------------
-- statement undo/keys/add/1/add: drop column id_uuid of public.texts

-- sends
ALTER TABLE public.texts DROP COLUMN id_uuid;

----------------------------------------------------------------------------------------------------
-- statement keys/add/2/add: add column text_id_uuid to public.text_notes

-- sends
ALTER TABLE public.text_notes ADD COLUMN text_id_uuid uuid;

----------------------------------------------------------------------------------------------------
-- statement undo/keys/add/2/add: drop column text_id_uuid of public.text_notes

-- sends
ALTER TABLE public.text_notes DROP COLUMN text_id_uuid;

----------------------------------------------------------------------------------------------------
-- statement keys/window: note down the window

-- sends
INSERT INTO lockstep."window" (run_id, step, name, direction, state, sides)
  VALUES (
    current_setting('lockstep.run_id')::bigint,
    'keys',
    'twin-reference/keys',
    'both',
    'old leads',
    '[{"mapping":"public.texts","from":"public.texts.id","to":"public.texts.id_uuid"},{"mapping":"public.text_notes","from":"public.text_notes.text_id","to":"public.text_notes.text_id_uuid"}]'
  );

----------------------------------------------------------------------------------------------------
-- statement undo/keys/window: note down that nothing of the window is left

-- asserts: the window twin-reference/keys can become: gone
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
DELETE FROM lockstep.tombstone WHERE window_name = 'twin-reference/keys';
DELETE FROM lockstep.old_writer WHERE window_name = 'twin-reference/keys';
DELETE FROM lockstep.mirror_failure WHERE window_name = 'twin-reference/keys';
DELETE FROM lockstep.move WHERE window_name = 'twin-reference/keys';

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
-- statement keys/open/public.texts: keep id of public.texts in step with id_uuid from now on

-- sends
CREATE FUNCTION lockstep."twins of twin-reference/keys: public.texts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    other_0 character varying(36);
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
    IF (by_old_0 OR NEW.id_uuid IS NULL) AND NEW.id IS NOT NULL THEN
      wanted := NEW.id::pg_catalog.text::pg_catalog.uuid;
      IF NOT (NOT by_new_0 OR wanted = NEW.id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: id and id_uuid of public.texts are written with values that do not belong together',
          '"twin-reference/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      NEW.id_uuid := wanted;
    ELSIF by_new_0 AND NEW.id_uuid IS NOT NULL THEN
      NEW.id := NEW.id_uuid::text;
    END IF;
    RETURN NEW;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."twins of twin-reference/keys: public.texts"() FROM PUBLIC;

CREATE TRIGGER "~ lockstep twin-reference/keys: public.texts i" BEFORE INSERT ON public.texts
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."twins of twin-reference/keys: public.texts"();

CREATE TRIGGER "~ lockstep twin-reference/keys: public.texts u" BEFORE UPDATE
    ON public.texts
    FOR EACH ROW
    WHEN (
      OLD.id IS DISTINCT FROM NEW.id
      OR (
        OLD.id_uuid IS DISTINCT FROM NEW.id_uuid
        AND (OLD.id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
    )
    EXECUTE FUNCTION lockstep."twins of twin-reference/keys: public.texts"();

ALTER TABLE public.texts ENABLE ALWAYS TRIGGER "~ lockstep twin-reference/keys: public.texts i";
ALTER TABLE public.texts ENABLE ALWAYS TRIGGER "~ lockstep twin-reference/keys: public.texts u";

----------------------------------------------------------------------------------------------------
-- statement undo/keys/open/public.texts: no longer keep id of public.texts in step

-- sends
DROP TRIGGER "~ lockstep twin-reference/keys: public.texts i" ON public.texts;
DROP TRIGGER "~ lockstep twin-reference/keys: public.texts u" ON public.texts;
DROP FUNCTION lockstep."twins of twin-reference/keys: public.texts"();

----------------------------------------------------------------------------------------------------
-- statement keys/open/public.text_notes: keep text_id of public.text_notes in step with text_id_uuid from now on

-- sends
CREATE FUNCTION lockstep."twins of twin-reference/keys: public.text_notes"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    other_0 character varying(36);
    wanted_0 uuid;
  BEGIN
    IF TG_OP = 'INSERT' THEN
      by_old_0 := NEW.text_id IS NOT NULL;
      by_new_0 := NEW.text_id_uuid IS NOT NULL;
      moved_0 := false;
    ELSE
      by_old_0 := NEW.text_id IS DISTINCT FROM OLD.text_id;
      by_new_0 := NEW.text_id_uuid IS DISTINCT FROM OLD.text_id_uuid;
      moved_0 := false;
    END IF;
    taken := true;
    IF by_old_0
      OR moved_0
      AND NOT by_new_0
      OR TG_OP = 'UPDATE'
      AND NEW.text_id IS NOT NULL
      AND NEW.text_id_uuid IS NULL
      AND NOT by_new_0
      THEN
      wanted_0 := NULL;
      hit := true;
      IF NEW.text_id IS NOT NULL AND taken THEN
        wanted_0 := NEW.text_id::pg_catalog.text::pg_catalog.uuid;
      END IF;
      IF NOT (NOT by_new_0 OR NEW.text_id_uuid IS NULL OR wanted_0 IS NULL OR wanted_0 = NEW.text_id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: text_id and text_id_uuid of public.text_notes are written with values that do not belong together',
          '"twin-reference/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF hit OR NOT by_new_0 THEN
        NEW.text_id_uuid := wanted_0;
      END IF;
    ELSIF by_new_0 THEN
      other_0 := NULL;
      hit := true;
      IF NEW.text_id_uuid IS NOT NULL THEN
        SELECT p.id INTO other_0 FROM public.texts AS p WHERE p.id_uuid = NEW.text_id_uuid;
        hit := FOUND;
        IF NOT hit
          AND taken
          AND NEW.text_id IS NOT NULL
          AND NEW.text_id::pg_catalog.text::pg_catalog.uuid = NEW.text_id_uuid
          THEN
          other_0 := NEW.text_id;
          hit := true;
        END IF;
        IF NOT hit THEN
          other_0 := NEW.text_id_uuid::text;
          hit := true;
        END IF;
      END IF;
      IF NOT (NOT by_old_0 OR NEW.text_id IS NULL OR other_0 IS NULL OR other_0 = NEW.text_id) THEN
        RAISE EXCEPTION 'lockstep window %: text_id and text_id_uuid of public.text_notes are written with values that do not belong together',
          '"twin-reference/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF taken AND (hit OR by_new_0 AND NOT by_old_0) THEN
        NEW.text_id := other_0;
      END IF;
    END IF;
    RETURN NEW;
  END
  $body$;

CREATE FUNCTION lockstep."settle of twin-reference/keys: public.text_notes"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    other_0 character varying(36);
  BEGIN
    IF TG_OP = 'INSERT'
      OR NEW.text_id IS DISTINCT FROM OLD.text_id
      OR NEW.text_id_uuid IS DISTINCT FROM OLD.text_id_uuid
      OR NEW.id IS DISTINCT FROM OLD.id
      THEN
    IF NEW.text_id_uuid IS NULL AND NEW.text_id IS NOT NULL THEN
      wanted_0 := NEW.text_id::pg_catalog.text::pg_catalog.uuid;
      IF wanted_0 IS NOT NULL THEN
        UPDATE public.text_notes AS t
          SET text_id_uuid = wanted_0
          WHERE t.id = NEW.id
          AND t.text_id IS NOT DISTINCT FROM NEW.text_id
          AND t.text_id_uuid IS NULL;
      END IF;
    ELSIF NEW.text_id IS NULL AND NEW.text_id_uuid IS NOT NULL THEN
      SELECT p.id INTO other_0 FROM public.texts AS p WHERE p.id_uuid = NEW.text_id_uuid;
      IF other_0 IS NOT NULL THEN
        UPDATE public.text_notes AS t
          SET text_id = other_0
          WHERE t.id = NEW.id
          AND t.text_id_uuid IS NOT DISTINCT FROM NEW.text_id_uuid
          AND t.text_id IS NULL;
      END IF;
    END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."twins of twin-reference/keys: public.text_notes"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."settle of twin-reference/keys: public.text_notes"() FROM PUBLIC;

CREATE TRIGGER "~ lockstep twin-reference/keys: public.text_notes i" BEFORE INSERT ON public.text_notes
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."twins of twin-reference/keys: public.text_notes"();

CREATE TRIGGER "~ lockstep twin-reference/keys: public.text_notes u" BEFORE UPDATE
    ON public.text_notes
    FOR EACH ROW
    WHEN (
      OLD.text_id IS DISTINCT FROM NEW.text_id
      OR (
        OLD.text_id_uuid IS DISTINCT FROM NEW.text_id_uuid
        AND (OLD.text_id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
      OR (NEW.text_id_uuid IS NULL AND (OLD.id IS DISTINCT FROM NEW.id))
    )
    EXECUTE FUNCTION lockstep."twins of twin-reference/keys: public.text_notes"();

CREATE CONSTRAINT TRIGGER "~ lockstep twin-reference/keys: public.text_notes s" AFTER INSERT OR UPDATE
    ON public.text_notes DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    WHEN ((NEW.text_id IS NULL) <> (NEW.text_id_uuid IS NULL))
    EXECUTE FUNCTION lockstep."settle of twin-reference/keys: public.text_notes"();

ALTER TABLE public.text_notes ENABLE ALWAYS TRIGGER "~ lockstep twin-reference/keys: public.text_notes i";
ALTER TABLE public.text_notes ENABLE ALWAYS TRIGGER "~ lockstep twin-reference/keys: public.text_notes u";
ALTER TABLE public.text_notes ENABLE ALWAYS TRIGGER "~ lockstep twin-reference/keys: public.text_notes s";

----------------------------------------------------------------------------------------------------
-- statement undo/keys/open/public.text_notes: no longer keep text_id of public.text_notes in step

-- sends
DROP TRIGGER "~ lockstep twin-reference/keys: public.text_notes i" ON public.text_notes;
DROP TRIGGER "~ lockstep twin-reference/keys: public.text_notes u" ON public.text_notes;
DROP TRIGGER "~ lockstep twin-reference/keys: public.text_notes s" ON public.text_notes;
DROP FUNCTION lockstep."twins of twin-reference/keys: public.text_notes"();
DROP FUNCTION lockstep."settle of twin-reference/keys: public.text_notes"();

----------------------------------------------------------------------------------------------------
-- batch keys/fill/public.texts: fill id_uuid of public.texts

-- sends
WITH changed AS (
  UPDATE public.texts SET id_uuid = coalesce(public.texts.id_uuid, public.texts.id::pg_catalog.text::pg_catalog.uuid)
  WHERE public.texts.id > $1::character varying(36)
    AND public.texts.id <= $2::character varying(36)
    AND ((public.texts.id IS NOT NULL AND public.texts.id_uuid IS NULL))
  RETURNING 1
  ), met AS (
  SELECT count(*) AS read
    FROM public.texts
    WHERE public.texts.id > $1::character varying(36)
    AND public.texts.id <= $2::character varying(36)
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
        WHERE g.tgrelid = 'public.texts'::pg_catalog.regclass
        AND g.tgenabled = 'A'
        AND g.tgname IN (
          '~ lockstep twin-reference/keys: public.texts i', '~ lockstep twin-reference/keys: public.texts u'
        )
      )
        = 2
      THEN json_build_object('code', 'mirror_silent', 'retry', false, 'rows', '[]'::json) END AS problem
  FROM met, (SELECT count(*) AS changed FROM changed) AS written;

----------------------------------------------------------------------------------------------------
-- batch keys/fill/public.text_notes: fill text_id_uuid of public.text_notes

-- sends
WITH changed AS (
  UPDATE public.text_notes
    SET text_id_uuid
      = coalesce(public.text_notes.text_id_uuid, public.text_notes.text_id::pg_catalog.text::pg_catalog.uuid)
  WHERE public.text_notes.id > $1::bigint
    AND public.text_notes.id <= $2::bigint
    AND ((public.text_notes.text_id IS NOT NULL AND public.text_notes.text_id_uuid IS NULL))
  RETURNING 1
  ), met AS (
  SELECT count(*) AS read
    FROM public.text_notes
    WHERE public.text_notes.id > $1::bigint
    AND public.text_notes.id <= $2::bigint
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
        WHERE g.tgrelid = 'public.text_notes'::pg_catalog.regclass
        AND g.tgenabled = 'A'
        AND g.tgname IN (
          '~ lockstep twin-reference/keys: public.text_notes i',
          '~ lockstep twin-reference/keys: public.text_notes u',
          '~ lockstep twin-reference/keys: public.text_notes s'
        )
      )
        = 3
      THEN json_build_object('code', 'mirror_silent', 'retry', false, 'rows', '[]'::json) END AS problem
  FROM met, (SELECT count(*) AS changed FROM changed) AS written;

----------------------------------------------------------------------------------------------------
-- statement keys/beside/1/build: build index texts_pkey_uuid on public.texts concurrently

-- sends
CREATE UNIQUE INDEX CONCURRENTLY texts_pkey_uuid ON public.texts USING btree (id_uuid);

-- has had its effect: index texts_pkey_uuid is there and valid
WITH violation AS MATERIALIZED (
  SELECT 'no valid index texts_pkey_uuid' AS missing
  WHERE NOT EXISTS (
    SELECT FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = i.indrelid
    WHERE n.nspname = 'public' AND c.relname = 'texts_pkey_uuid' AND t.relname = 'texts'
      AND i.indisvalid AND i.indisready AND i.indislive)
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- has left nothing: no invalid index texts_pkey_uuid is left
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'texts_pkey_uuid' AND NOT i.indisvalid
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- takes away what is left
DROP INDEX CONCURRENTLY IF EXISTS public.texts_pkey_uuid;

-- stands in its way: every new key of twin-reference/keys is one of a kind
WITH violation AS MATERIALIZED (
  SELECT 'public.texts.id_uuid' AS "column",
    d.lockstep_old::pg_catalog.text AS old,
    d.lockstep_new::pg_catalog.text AS new
    FROM (
    SELECT t.id AS lockstep_key0, t.id AS lockstep_old, t.id_uuid AS lockstep_new,
    pg_catalog.row_number() OVER (PARTITION BY t.id_uuid ORDER BY t.id) AS lockstep_number
  FROM public.texts AS t WHERE t.id_uuid IS NOT NULL) AS d WHERE d.lockstep_number > 1
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- statement undo/keys/beside/1/build: drop index texts_pkey_uuid concurrently

-- sends
DROP INDEX CONCURRENTLY IF EXISTS public.texts_pkey_uuid;

-- has had its effect: index texts_pkey_uuid is gone
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'texts_pkey_uuid' AND true
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- statement keys/beside/2/require: require id_uuid of public.texts to be not null, for new rows

-- sends
ALTER TABLE public.texts ADD CONSTRAINT texts_id_not_null_uuid NOT NULL id_uuid NOT VALID;

----------------------------------------------------------------------------------------------------
-- statement undo/keys/beside/2/require: drop constraint texts_id_not_null_uuid

-- sends
ALTER TABLE public.texts DROP CONSTRAINT IF EXISTS texts_id_not_null_uuid;

----------------------------------------------------------------------------------------------------
-- statement keys/beside/2/prove: validate constraint texts_id_not_null_uuid of public.texts

-- sends
ALTER TABLE public.texts VALIDATE CONSTRAINT texts_id_not_null_uuid;

----------------------------------------------------------------------------------------------------
-- statement keys/beside/3/require: require text_id_uuid of public.text_notes to be not null, for new rows

-- sends
ALTER TABLE public.text_notes ADD CONSTRAINT text_notes_text_id_not_null_uuid NOT NULL text_id_uuid NOT VALID;

----------------------------------------------------------------------------------------------------
-- statement undo/keys/beside/3/require: drop constraint text_notes_text_id_not_null_uuid

-- sends
ALTER TABLE public.text_notes DROP CONSTRAINT IF EXISTS text_notes_text_id_not_null_uuid;

----------------------------------------------------------------------------------------------------
-- statement keys/beside/3/prove: validate constraint text_notes_text_id_not_null_uuid of public.text_notes

-- sends
ALTER TABLE public.text_notes VALIDATE CONSTRAINT text_notes_text_id_not_null_uuid;

----------------------------------------------------------------------------------------------------
-- statement keys/beside/4/add: add constraint text_notes_text_id_fkey_uuid to public.text_notes, not valid yet

-- sends
ALTER TABLE public.text_notes ADD CONSTRAINT text_notes_text_id_fkey_uuid FOREIGN KEY (text_id_uuid) REFERENCES public.texts(id_uuid) NOT VALID;

----------------------------------------------------------------------------------------------------
-- statement undo/keys/beside/4/add: drop constraint text_notes_text_id_fkey_uuid

-- sends
ALTER TABLE public.text_notes DROP CONSTRAINT IF EXISTS text_notes_text_id_fkey_uuid;

----------------------------------------------------------------------------------------------------
-- statement keys/beside/4/validate: validate constraint text_notes_text_id_fkey_uuid of public.text_notes

-- sends
ALTER TABLE public.text_notes VALIDATE CONSTRAINT text_notes_text_id_fkey_uuid;

----------------------------------------------------------------------------------------------------
-- check proof/verify/1-in_sync: every new key of keys is what the old one says

-- check
WITH violation AS MATERIALIZED (
  SELECT 'public.texts.id_uuid' AS "column",
    ARRAY[t.id::pg_catalog.text] AS key,
    t.id::pg_catalog.text AS old,
    t.id_uuid::pg_catalog.text AS new,
    t.id::pg_catalog.text::pg_catalog.uuid::pg_catalog.text AS expected
  FROM public.texts AS t WHERE t.id_uuid IS DISTINCT FROM t.id::pg_catalog.text::pg_catalog.uuid
  UNION ALL
  SELECT 'public.text_notes.text_id_uuid' AS "column",
    ARRAY[t.id::pg_catalog.text] AS key,
    t.text_id::pg_catalog.text AS old,
    t.text_id_uuid::pg_catalog.text AS new,
    CASE
    WHEN true
    THEN t.text_id::pg_catalog.text::pg_catalog.uuid END::pg_catalog.text AS expected
  FROM public.text_notes AS t
    WHERE t.text_id_uuid IS DISTINCT FROM CASE
    WHEN true
    THEN t.text_id::pg_catalog.text::pg_catalog.uuid END
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- statement flip/spare/1/build: build index texts_pkey_legacy on public.texts concurrently

-- sends
CREATE UNIQUE INDEX CONCURRENTLY texts_pkey_legacy ON public.texts USING btree (id);

-- has had its effect: index texts_pkey_legacy is there and valid
WITH violation AS MATERIALIZED (
  SELECT 'no valid index texts_pkey_legacy' AS missing
  WHERE NOT EXISTS (
    SELECT FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = i.indrelid
    WHERE n.nspname = 'public' AND c.relname = 'texts_pkey_legacy' AND t.relname = 'texts'
      AND i.indisvalid AND i.indisready AND i.indislive)
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- has left nothing: no invalid index texts_pkey_legacy is left
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'texts_pkey_legacy' AND NOT i.indisvalid
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- takes away what is left
DROP INDEX CONCURRENTLY IF EXISTS public.texts_pkey_legacy;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/spare/1/build: drop index texts_pkey_legacy concurrently

-- sends
DROP INDEX CONCURRENTLY IF EXISTS public.texts_pkey_legacy;

-- has had its effect: index texts_pkey_legacy is gone
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'texts_pkey_legacy' AND true
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check flip/compare/keys/1-in_sync: id_uuid of public.texts is what the old keys say (public.texts)

-- check
WITH violation AS MATERIALIZED (
  SELECT 'public.texts.id_uuid' AS "column",
    ARRAY[t.id::pg_catalog.text] AS key,
    t.id::pg_catalog.text AS old,
    t.id_uuid::pg_catalog.text AS new,
    t.id::pg_catalog.text::pg_catalog.uuid::pg_catalog.text AS expected
  FROM public.texts AS t WHERE t.id_uuid IS DISTINCT FROM t.id::pg_catalog.text::pg_catalog.uuid
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check flip/compare/keys/2-in_sync: text_id_uuid of public.text_notes is what the old keys say (public.text_notes)

-- check
WITH violation AS MATERIALIZED (
  SELECT 'public.text_notes.text_id_uuid' AS "column",
    ARRAY[t.id::pg_catalog.text] AS key,
    t.text_id::pg_catalog.text AS old,
    t.text_id_uuid::pg_catalog.text AS new,
    CASE
    WHEN true
    THEN t.text_id::pg_catalog.text::pg_catalog.uuid END::pg_catalog.text AS expected
  FROM public.text_notes AS t
    WHERE t.text_id_uuid IS DISTINCT FROM CASE
    WHEN true
    THEN t.text_id::pg_catalog.text::pg_catalog.uuid END
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- statement flip/cutover: give the new columns of keys the names of the old ones

-- asserts: the window twin-reference/keys can become: new leads
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

-- asserts: the triggers of twin-reference/keys are as they were made
WITH violation AS MATERIALIZED (
  SELECT p.relid::pg_catalog.regclass::pg_catalog.text AS "table", w.trigger_name AS "trigger"
    FROM (
      VALUES ('public.texts', '~ lockstep twin-reference/keys: public.texts i'),
      ('public.texts', '~ lockstep twin-reference/keys: public.texts u'),
      ('public.text_notes', '~ lockstep twin-reference/keys: public.text_notes i'),
      ('public.text_notes', '~ lockstep twin-reference/keys: public.text_notes u'),
      ('public.text_notes', '~ lockstep twin-reference/keys: public.text_notes s')
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

-- asserts: nothing stands on the old columns of twin-reference/keys that was not there when it was planned: drop it, and make it again behind the cutover
WITH violation AS MATERIALIZED (
  SELECT o.type || ' ' || o.identity AS what, c.relation || '.' || c.name AS stands_on
  FROM (VALUES ('public.texts', 'id'), ('public.text_notes', 'text_id')) AS c (relation, name)
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
ALTER TABLE public.text_notes DROP CONSTRAINT text_notes_text_id_fkey;
ALTER TABLE public.texts RENAME COLUMN id TO id_legacy;
ALTER TABLE public.texts RENAME COLUMN id_uuid TO id;
ALTER TABLE public.text_notes RENAME COLUMN text_id TO text_id_legacy;
ALTER TABLE public.text_notes RENAME COLUMN text_id_uuid TO text_id;
ALTER TABLE public.texts DROP CONSTRAINT texts_pkey;
ALTER TABLE public.texts ADD CONSTRAINT texts_pkey PRIMARY KEY USING INDEX texts_pkey_uuid;
ALTER TABLE public.texts RENAME CONSTRAINT texts_id_not_null TO texts_id_not_null_legacy;
ALTER TABLE public.texts RENAME CONSTRAINT texts_id_not_null_uuid TO texts_id_not_null;
ALTER TABLE public.text_notes RENAME CONSTRAINT text_notes_text_id_not_null TO text_notes_text_id_not_null_legacy;
ALTER TABLE public.text_notes RENAME CONSTRAINT text_notes_text_id_not_null_uuid TO text_notes_text_id_not_null;
ALTER TABLE public.text_notes RENAME CONSTRAINT text_notes_text_id_fkey_uuid TO text_notes_text_id_fkey;
ALTER TABLE public.texts ALTER COLUMN id SET DEFAULT ((gen_random_uuid())::text)::uuid;
ALTER TABLE public.texts ALTER COLUMN id_legacy DROP DEFAULT;

CREATE OR REPLACE FUNCTION lockstep."twins of twin-reference/keys: public.texts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    other_0 character varying(36);
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
        || ' twin-reference/keys public.texts'
      THEN
      INSERT INTO lockstep.old_writer (window_name, mapping, side)
        VALUES ('twin-reference/keys', 'public.texts', 'old');
      PERFORM pg_catalog.set_config(
        'lockstep.seen', pg_catalog.pg_current_xact_id()::text || ' twin-reference/keys public.texts', true
      );
    END IF;
    IF by_new_0 AND NEW.id IS NOT NULL THEN
      IF NOT (NOT by_old_0 OR NEW.id_legacy IS NULL OR NEW.id_legacy::pg_catalog.text::pg_catalog.uuid = NEW.id) THEN
        RAISE EXCEPTION 'lockstep window %: id_legacy and id of public.texts are written with values that do not belong together',
          '"twin-reference/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      NEW.id_legacy := NEW.id::text;
    ELSIF by_old_0 AND NEW.id_legacy IS NOT NULL THEN
      wanted := NEW.id_legacy::pg_catalog.text::pg_catalog.uuid;
      IF NOT (NOT by_new_0 OR wanted = NEW.id) THEN
        RAISE EXCEPTION 'lockstep window %: id_legacy and id of public.texts are written with values that do not belong together',
          '"twin-reference/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      NEW.id := wanted;
    END IF;
    RETURN NEW;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-reference/keys: public.texts u" ON public.texts;

CREATE TRIGGER "~ lockstep twin-reference/keys: public.texts u" BEFORE UPDATE
    ON public.texts
    FOR EACH ROW
    WHEN (OLD.id_legacy IS DISTINCT FROM NEW.id_legacy OR (OLD.id IS DISTINCT FROM NEW.id))
    EXECUTE FUNCTION lockstep."twins of twin-reference/keys: public.texts"();

ALTER TABLE public.texts ENABLE ALWAYS TRIGGER "~ lockstep twin-reference/keys: public.texts u";

CREATE OR REPLACE FUNCTION lockstep."twins of twin-reference/keys: public.text_notes"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    other_0 character varying(36);
    wanted_0 uuid;
  BEGIN
    IF TG_OP = 'INSERT' THEN
      by_old_0 := NEW.text_id_legacy IS NOT NULL;
      by_new_0 := NEW.text_id IS NOT NULL;
      moved_0 := false;
    ELSE
      by_old_0 := NEW.text_id_legacy IS DISTINCT FROM OLD.text_id_legacy;
      by_new_0 := NEW.text_id IS DISTINCT FROM OLD.text_id;
      moved_0 := false;
    END IF;
    IF by_old_0
      AND NOT by_new_0
      AND pg_catalog.current_setting('lockstep.seen', true) IS DISTINCT FROM pg_catalog.pg_current_xact_id()::text
        || ' twin-reference/keys public.text_notes'
      THEN
      INSERT INTO lockstep.old_writer (window_name, mapping, side)
        VALUES ('twin-reference/keys', 'public.text_notes', 'old');
      PERFORM pg_catalog.set_config(
        'lockstep.seen', pg_catalog.pg_current_xact_id()::text || ' twin-reference/keys public.text_notes', true
      );
    END IF;
    taken := true;
    IF by_new_0 OR moved_0 AND NOT by_old_0 AND taken AND NEW.text_id IS NOT NULL THEN
      other_0 := NULL;
      hit := true;
      IF NEW.text_id IS NOT NULL THEN
        SELECT p.id_legacy INTO other_0 FROM public.texts AS p WHERE p.id = NEW.text_id;
        hit := FOUND;
        IF NOT hit
          AND taken
          AND NEW.text_id_legacy IS NOT NULL
          AND NEW.text_id_legacy::pg_catalog.text::pg_catalog.uuid = NEW.text_id
          THEN
          other_0 := NEW.text_id_legacy;
          hit := true;
        END IF;
        IF NOT hit THEN
          other_0 := NEW.text_id::text;
          hit := true;
        END IF;
      END IF;
      IF NOT (NOT by_old_0 OR NEW.text_id_legacy IS NULL OR other_0 IS NULL OR other_0 = NEW.text_id_legacy) THEN
        RAISE EXCEPTION 'lockstep window %: text_id_legacy and text_id of public.text_notes are written with values that do not belong together',
          '"twin-reference/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF taken AND (hit OR by_new_0 AND NOT by_old_0) THEN
        NEW.text_id_legacy := other_0;
      END IF;
    ELSIF by_old_0 OR moved_0 THEN
      wanted_0 := NULL;
      hit := true;
      IF NEW.text_id_legacy IS NOT NULL AND taken THEN
        SELECT p.id INTO wanted_0 FROM public.texts AS p WHERE p.id_legacy = NEW.text_id_legacy;
        hit := FOUND;
        IF NOT hit AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          RAISE EXCEPTION 'lockstep window %: the snapshot is older than the new key of public.texts',
            'twin-reference/keys'
            USING ERRCODE = 'serialization_failure', HINT = 'Try the transaction again.';
        END IF;
        -- The lock fails with 40001 where the fill has come to the parent since the snapshot. Else it has still to come, waits for this
        -- transaction, and comes to this row behind it.
        IF hit AND wanted_0 IS NULL AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          PERFORM FROM public.texts AS p WHERE p.id_legacy = NEW.text_id_legacy FOR SHARE;
        END IF;
      END IF;
      IF NOT (NOT by_new_0 OR NEW.text_id IS NULL OR wanted_0 IS NULL OR wanted_0 = NEW.text_id) THEN
        RAISE EXCEPTION 'lockstep window %: text_id_legacy and text_id of public.text_notes are written with values that do not belong together',
          '"twin-reference/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF hit OR NOT by_new_0 THEN
        NEW.text_id := wanted_0;
      END IF;
    END IF;
    RETURN NEW;
  END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."settle of twin-reference/keys: public.text_notes"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    other_0 character varying(36);
  BEGIN
    IF TG_OP = 'INSERT'
      OR NEW.text_id_legacy IS DISTINCT FROM OLD.text_id_legacy
      OR NEW.text_id IS DISTINCT FROM OLD.text_id
      OR NEW.id IS DISTINCT FROM OLD.id
      THEN
    IF NEW.text_id IS NULL AND NEW.text_id_legacy IS NOT NULL THEN
      SELECT p.id INTO wanted_0 FROM public.texts AS p WHERE p.id_legacy = NEW.text_id_legacy;
      IF wanted_0 IS NOT NULL THEN
        UPDATE public.text_notes AS t
          SET text_id = wanted_0
          WHERE t.id = NEW.id
          AND t.text_id_legacy IS NOT DISTINCT FROM NEW.text_id_legacy
          AND t.text_id IS NULL;
      END IF;
    ELSIF NEW.text_id_legacy IS NULL AND NEW.text_id IS NOT NULL THEN
      SELECT p.id_legacy INTO other_0 FROM public.texts AS p WHERE p.id = NEW.text_id;
      IF other_0 IS NOT NULL THEN
        UPDATE public.text_notes AS t
          SET text_id_legacy = other_0
          WHERE t.id = NEW.id
          AND t.text_id IS NOT DISTINCT FROM NEW.text_id
          AND t.text_id_legacy IS NULL;
      END IF;
    END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-reference/keys: public.text_notes u" ON public.text_notes;

CREATE TRIGGER "~ lockstep twin-reference/keys: public.text_notes u" BEFORE UPDATE
    ON public.text_notes
    FOR EACH ROW
    WHEN (OLD.text_id_legacy IS DISTINCT FROM NEW.text_id_legacy OR (OLD.text_id IS DISTINCT FROM NEW.text_id))
    EXECUTE FUNCTION lockstep."twins of twin-reference/keys: public.text_notes"();

ALTER TABLE public.text_notes ENABLE ALWAYS TRIGGER "~ lockstep twin-reference/keys: public.text_notes u";

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
-- statement undo/flip/spare-new/1/build: build index texts_pkey_spare on public.texts concurrently

-- sends
CREATE UNIQUE INDEX CONCURRENTLY texts_pkey_spare ON public.texts USING btree (id);

-- has had its effect: index texts_pkey_spare is there and valid
WITH violation AS MATERIALIZED (
  SELECT 'no valid index texts_pkey_spare' AS missing
  WHERE NOT EXISTS (
    SELECT FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = i.indrelid
    WHERE n.nspname = 'public' AND c.relname = 'texts_pkey_spare' AND t.relname = 'texts'
      AND i.indisvalid AND i.indisready AND i.indislive)
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- has left nothing: no invalid index texts_pkey_spare is left
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'texts_pkey_spare' AND NOT i.indisvalid
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- takes away what is left
DROP INDEX CONCURRENTLY IF EXISTS public.texts_pkey_spare;

----------------------------------------------------------------------------------------------------
-- check undo/flip/compare/keys/1-in_sync: id of public.texts is what the old keys say (public.texts)

-- check
WITH violation AS MATERIALIZED (
  SELECT 'public.texts.id' AS "column",
    ARRAY[t.id_legacy::pg_catalog.text] AS key,
    t.id_legacy::pg_catalog.text AS old,
    t.id::pg_catalog.text AS new,
    t.id_legacy::pg_catalog.text::pg_catalog.uuid::pg_catalog.text AS expected
  FROM public.texts AS t WHERE t.id IS DISTINCT FROM t.id_legacy::pg_catalog.text::pg_catalog.uuid
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check undo/flip/compare/keys/2-in_sync: text_id of public.text_notes is what the old keys say (public.text_notes)

-- check
WITH violation AS MATERIALIZED (
  SELECT 'public.text_notes.text_id' AS "column",
    ARRAY[t.id::pg_catalog.text] AS key,
    t.text_id_legacy::pg_catalog.text AS old,
    t.text_id::pg_catalog.text AS new,
    (
      CASE
      WHEN true
      THEN CASE
      WHEN p.lockstep_there
      THEN p.id
      ELSE t.text_id_legacy::pg_catalog.text::pg_catalog.uuid END END
    )::pg_catalog.text AS expected
  FROM public.text_notes AS t
    LEFT JOIN (SELECT true AS lockstep_there, * FROM public.texts) AS p
    ON p.id_legacy = t.text_id_legacy
  WHERE t.text_id IS DISTINCT FROM (
    CASE
    WHEN true
    THEN CASE
    WHEN p.lockstep_there
    THEN p.id
    ELSE t.text_id_legacy::pg_catalog.text::pg_catalog.uuid END END
  )
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/cutover: give the old columns of keys their names back

-- asserts: the window twin-reference/keys can become: old leads
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

-- asserts: the triggers of twin-reference/keys are as they were made: as flip/cutover

-- sends
ALTER TABLE public.text_notes DROP CONSTRAINT text_notes_text_id_fkey;
ALTER TABLE public.texts ALTER COLUMN id DROP DEFAULT;
ALTER TABLE public.texts ALTER COLUMN id_legacy SET DEFAULT (gen_random_uuid())::text;
ALTER TABLE public.texts RENAME COLUMN id TO id_uuid;
ALTER TABLE public.texts RENAME COLUMN id_legacy TO id;
ALTER TABLE public.text_notes RENAME COLUMN text_id TO text_id_uuid;
ALTER TABLE public.text_notes RENAME COLUMN text_id_legacy TO text_id;
ALTER TABLE public.texts DROP CONSTRAINT texts_pkey;
ALTER TABLE public.texts ADD CONSTRAINT texts_pkey PRIMARY KEY USING INDEX texts_pkey_legacy;
ALTER INDEX public.texts_pkey_spare RENAME TO texts_pkey_uuid;
ALTER TABLE public.texts RENAME CONSTRAINT texts_id_not_null TO texts_id_not_null_uuid;
ALTER TABLE public.texts RENAME CONSTRAINT texts_id_not_null_legacy TO texts_id_not_null;
ALTER TABLE public.text_notes RENAME CONSTRAINT text_notes_text_id_not_null TO text_notes_text_id_not_null_uuid;
ALTER TABLE public.text_notes RENAME CONSTRAINT text_notes_text_id_not_null_legacy TO text_notes_text_id_not_null;

ALTER TABLE public.text_notes ADD CONSTRAINT text_notes_text_id_fkey FOREIGN KEY (text_id) REFERENCES public.texts(id) NOT VALID;

ALTER TABLE public.text_notes ADD CONSTRAINT text_notes_text_id_fkey_uuid FOREIGN KEY (text_id_uuid) REFERENCES public.texts(id_uuid) NOT VALID;

CREATE OR REPLACE FUNCTION lockstep."twins of twin-reference/keys: public.texts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    other_0 character varying(36);
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
    IF (by_old_0 OR NEW.id_uuid IS NULL) AND NEW.id IS NOT NULL THEN
      wanted := NEW.id::pg_catalog.text::pg_catalog.uuid;
      IF NOT (NOT by_new_0 OR wanted = NEW.id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: id and id_uuid of public.texts are written with values that do not belong together',
          '"twin-reference/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      NEW.id_uuid := wanted;
    ELSIF by_new_0 AND NEW.id_uuid IS NOT NULL THEN
      NEW.id := NEW.id_uuid::text;
    END IF;
    RETURN NEW;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-reference/keys: public.texts u" ON public.texts;

-- sends: as keys/open/public.texts

ALTER TABLE public.texts ENABLE ALWAYS TRIGGER "~ lockstep twin-reference/keys: public.texts u";

CREATE OR REPLACE FUNCTION lockstep."twins of twin-reference/keys: public.text_notes"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    other_0 character varying(36);
    wanted_0 uuid;
  BEGIN
    IF TG_OP = 'INSERT' THEN
      by_old_0 := NEW.text_id IS NOT NULL;
      by_new_0 := NEW.text_id_uuid IS NOT NULL;
      moved_0 := false;
    ELSE
      by_old_0 := NEW.text_id IS DISTINCT FROM OLD.text_id;
      by_new_0 := NEW.text_id_uuid IS DISTINCT FROM OLD.text_id_uuid;
      moved_0 := false;
    END IF;
    taken := true;
    IF by_old_0
      OR moved_0
      AND NOT by_new_0
      OR TG_OP = 'UPDATE'
      AND NEW.text_id IS NOT NULL
      AND NEW.text_id_uuid IS NULL
      AND NOT by_new_0
      THEN
      wanted_0 := NULL;
      hit := true;
      IF NEW.text_id IS NOT NULL AND taken THEN
        wanted_0 := NEW.text_id::pg_catalog.text::pg_catalog.uuid;
      END IF;
      IF NOT (NOT by_new_0 OR NEW.text_id_uuid IS NULL OR wanted_0 IS NULL OR wanted_0 = NEW.text_id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: text_id and text_id_uuid of public.text_notes are written with values that do not belong together',
          '"twin-reference/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF hit OR NOT by_new_0 THEN
        NEW.text_id_uuid := wanted_0;
      END IF;
    ELSIF by_new_0 THEN
      other_0 := NULL;
      hit := true;
      IF NEW.text_id_uuid IS NOT NULL THEN
        SELECT p.id INTO other_0 FROM public.texts AS p WHERE p.id_uuid = NEW.text_id_uuid;
        hit := FOUND;
        IF NOT hit
          AND taken
          AND NEW.text_id IS NOT NULL
          AND NEW.text_id::pg_catalog.text::pg_catalog.uuid = NEW.text_id_uuid
          THEN
          other_0 := NEW.text_id;
          hit := true;
        END IF;
        IF NOT hit THEN
          other_0 := NEW.text_id_uuid::text;
          hit := true;
        END IF;
      END IF;
      IF NOT (NOT by_old_0 OR NEW.text_id IS NULL OR other_0 IS NULL OR other_0 = NEW.text_id) THEN
        RAISE EXCEPTION 'lockstep window %: text_id and text_id_uuid of public.text_notes are written with values that do not belong together',
          '"twin-reference/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF taken AND (hit OR by_new_0 AND NOT by_old_0) THEN
        NEW.text_id := other_0;
      END IF;
    END IF;
    RETURN NEW;
  END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."settle of twin-reference/keys: public.text_notes"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    other_0 character varying(36);
  BEGIN
    IF TG_OP = 'INSERT'
      OR NEW.text_id IS DISTINCT FROM OLD.text_id
      OR NEW.text_id_uuid IS DISTINCT FROM OLD.text_id_uuid
      OR NEW.id IS DISTINCT FROM OLD.id
      THEN
    IF NEW.text_id_uuid IS NULL AND NEW.text_id IS NOT NULL THEN
      wanted_0 := NEW.text_id::pg_catalog.text::pg_catalog.uuid;
      IF wanted_0 IS NOT NULL THEN
        UPDATE public.text_notes AS t
          SET text_id_uuid = wanted_0
          WHERE t.id = NEW.id
          AND t.text_id IS NOT DISTINCT FROM NEW.text_id
          AND t.text_id_uuid IS NULL;
      END IF;
    ELSIF NEW.text_id IS NULL AND NEW.text_id_uuid IS NOT NULL THEN
      SELECT p.id INTO other_0 FROM public.texts AS p WHERE p.id_uuid = NEW.text_id_uuid;
      IF other_0 IS NOT NULL THEN
        UPDATE public.text_notes AS t
          SET text_id = other_0
          WHERE t.id = NEW.id
          AND t.text_id_uuid IS NOT DISTINCT FROM NEW.text_id_uuid
          AND t.text_id IS NULL;
      END IF;
    END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-reference/keys: public.text_notes u" ON public.text_notes;

-- sends: as keys/open/public.text_notes

ALTER TABLE public.text_notes ENABLE ALWAYS TRIGGER "~ lockstep twin-reference/keys: public.text_notes u";

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
-- statement undo/flip/prove/1/validate: validate constraint text_notes_text_id_fkey of public.text_notes

-- sends
ALTER TABLE public.text_notes VALIDATE CONSTRAINT text_notes_text_id_fkey;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/prove/2/validate: validate constraint text_notes_text_id_fkey_uuid of public.text_notes

-- sends
ALTER TABLE public.text_notes VALIDATE CONSTRAINT text_notes_text_id_fkey_uuid;

----------------------------------------------------------------------------------------------------
-- check done/compare/keys/1-in_sync: id of public.texts is what the old keys say (public.texts)

-- check: as undo/flip/compare/keys/1-in_sync

----------------------------------------------------------------------------------------------------
-- check done/compare/keys/2-in_sync: text_id of public.text_notes is what the old keys say (public.text_notes)

-- check: as undo/flip/compare/keys/2-in_sync

----------------------------------------------------------------------------------------------------
-- statement done/close/keys: no longer keep public.texts, public.text_notes in step

-- asserts: the window twin-reference/keys can become: closed
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

-- asserts: the triggers of twin-reference/keys are as they were made: as flip/cutover

-- asserts: nobody has written to the old side of twin-reference/keys for 15m
WITH violation AS MATERIALIZED (
  SELECT by_user, application, mapping, count(*) AS transactions, max(at) AS last_at FROM lockstep.old_writer
  WHERE window_name = 'twin-reference/keys' AND side = 'old' AND at > clock_timestamp() - interval '900000 milliseconds'
  GROUP BY by_user, application, mapping
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- sends
DROP TRIGGER "~ lockstep twin-reference/keys: public.texts i" ON public.texts;
DROP TRIGGER "~ lockstep twin-reference/keys: public.texts u" ON public.texts;
DROP FUNCTION lockstep."twins of twin-reference/keys: public.texts"();
DROP TRIGGER "~ lockstep twin-reference/keys: public.text_notes i" ON public.text_notes;
DROP TRIGGER "~ lockstep twin-reference/keys: public.text_notes u" ON public.text_notes;
DROP TRIGGER "~ lockstep twin-reference/keys: public.text_notes s" ON public.text_notes;
DROP FUNCTION lockstep."twins of twin-reference/keys: public.text_notes"();
DROP FUNCTION lockstep."settle of twin-reference/keys: public.text_notes"();
ALTER TABLE public.texts ALTER COLUMN id_legacy DROP NOT NULL;
ALTER TABLE public.text_notes ALTER COLUMN text_id_legacy DROP NOT NULL;
DELETE FROM lockstep.tombstone WHERE window_name = 'twin-reference/keys';
DELETE FROM lockstep.old_writer WHERE window_name = 'twin-reference/keys';
DELETE FROM lockstep.mirror_failure WHERE window_name = 'twin-reference/keys';
DELETE FROM lockstep.move WHERE window_name = 'twin-reference/keys';

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

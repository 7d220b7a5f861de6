-- What hangs on a key: a view, a policy, a comment, a default, a sequence; over the cutover and back.
-- The plan is `twin-dependents.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- statement flip/spare/1/build: build index items_pkey_legacy on public.items concurrently

-- sends
CREATE UNIQUE INDEX CONCURRENTLY items_pkey_legacy ON public.items USING btree (id);

-- has had its effect: index items_pkey_legacy is there and valid
WITH violation AS MATERIALIZED (
  SELECT 'no valid index items_pkey_legacy' AS missing
  WHERE NOT EXISTS (
    SELECT FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = i.indrelid
    WHERE n.nspname = 'public' AND c.relname = 'items_pkey_legacy' AND t.relname = 'items'
      AND i.indisvalid AND i.indisready AND i.indislive)
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- has left nothing: no invalid index items_pkey_legacy is left
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'items_pkey_legacy' AND NOT i.indisvalid
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- takes away what is left
DROP INDEX CONCURRENTLY IF EXISTS public.items_pkey_legacy;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/spare/1/build: drop index items_pkey_legacy concurrently

-- sends
DROP INDEX CONCURRENTLY IF EXISTS public.items_pkey_legacy;

-- has had its effect: index items_pkey_legacy is gone
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'items_pkey_legacy' AND true
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check flip/compare/keys/1-in_sync: id_uuid of public.items is what the old keys say (public.items)

-- check
WITH violation AS MATERIALIZED (
  SELECT 'public.items.id_uuid' AS "column",
    ARRAY[t.id::pg_catalog.text] AS key,
    t.id::pg_catalog.text AS old,
    t.id_uuid::pg_catalog.text AS new,
    NULL::pg_catalog.text AS expected
  FROM public.items AS t WHERE t.id_uuid IS NULL
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check flip/compare/keys/2-in_sync: item_id_uuid of public.lines is what the old keys say (public.lines)

-- check
WITH violation AS MATERIALIZED (
  SELECT 'public.lines.item_id_uuid' AS "column",
    ARRAY[t.id::pg_catalog.text] AS key,
    t.item_id::pg_catalog.text AS old,
    t.item_id_uuid::pg_catalog.text AS new,
    (
      CASE WHEN true THEN CASE WHEN p.lockstep_there THEN p.id_uuid ELSE NULL::pg_catalog.uuid END END
    )::pg_catalog.text AS expected
  FROM public.lines AS t LEFT JOIN (SELECT true AS lockstep_there, * FROM public.items) AS p ON p.id = t.item_id
  WHERE t.item_id_uuid IS DISTINCT FROM (
    CASE WHEN true THEN CASE WHEN p.lockstep_there THEN p.id_uuid ELSE NULL::pg_catalog.uuid END END
  )
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- statement flip/cutover: give the new columns of keys the names of the old ones

-- asserts: the window twin-dependents/keys can become: new leads
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

-- asserts: the triggers of twin-dependents/keys are as they were made
WITH violation AS MATERIALIZED (
  SELECT p.relid::pg_catalog.regclass::pg_catalog.text AS "table", w.trigger_name AS "trigger"
    FROM (
      VALUES ('public.items', '~ lockstep twin-dependents/keys: public.items i'),
      ('public.items', '~ lockstep twin-dependents/keys: public.items u'),
      ('public.lines', '~ lockstep twin-dependents/keys: public.lines i'),
      ('public.lines', '~ lockstep twin-dependents/keys: public.lines u'),
      ('public.lines', '~ lockstep twin-dependents/keys: public.lines s')
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

-- asserts: nothing stands on the old columns of twin-dependents/keys that was not there when it was planned: drop it, and make it again behind the cutover
WITH violation AS MATERIALIZED (
  SELECT o.type || ' ' || o.identity AS what, c.relation || '.' || c.name AS stands_on
  FROM (VALUES ('public.items', 'id'), ('public.lines', 'item_id')) AS c (relation, name)
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
        FROM (VALUES ('public.cheap_items')) AS k (name)
        WHERE pg_catalog.to_regclass(k.name) IS NOT NULL
      )
    OR p.oid IS NOT NULL AND NOT EXISTS (SELECT FROM (VALUES ('public.lines', 'lines_of_items')) AS k (relation, name)
      WHERE pg_catalog.to_regclass(k.relation) = p.polrelid AND k.name = p.polname)
  GROUP BY 1, 2
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- sends
DROP POLICY lines_of_items ON public.lines;
DROP VIEW public.cheap_items;
ALTER TABLE public.lines DROP CONSTRAINT lines_item_id_fkey;
ALTER TABLE public.items RENAME COLUMN id TO id_legacy;
ALTER TABLE public.items RENAME COLUMN id_uuid TO id;
ALTER TABLE public.lines RENAME COLUMN item_id TO item_id_legacy;
ALTER TABLE public.lines RENAME COLUMN item_id_uuid TO item_id;
ALTER TABLE public.items DROP CONSTRAINT items_pkey;
ALTER TABLE public.items ADD CONSTRAINT items_pkey PRIMARY KEY USING INDEX items_pkey_uuid;
ALTER TABLE public.items RENAME CONSTRAINT items_id_not_null TO items_id_not_null_legacy;
ALTER TABLE public.items RENAME CONSTRAINT items_id_not_null_uuid TO items_id_not_null;
ALTER TABLE public.lines RENAME CONSTRAINT lines_item_id_not_null TO lines_item_id_not_null_legacy;
ALTER TABLE public.lines RENAME CONSTRAINT lines_item_id_not_null_uuid TO lines_item_id_not_null;
ALTER INDEX public.lines_item_id_idx RENAME TO lines_item_id_idx_legacy;
ALTER INDEX public.lines_item_id_idx_uuid RENAME TO lines_item_id_idx;
ALTER TABLE public.lines RENAME CONSTRAINT lines_item_id_fkey_uuid TO lines_item_id_fkey;
ALTER TABLE public.items ALTER COLUMN id SET DEFAULT pg_catalog.gen_random_uuid();
COMMENT ON COLUMN public.items.id IS 'goes on invoices';
CREATE VIEW public.cheap_items AS
   SELECT id,
      price
     FROM public.items
    WHERE (price < 10);

ALTER VIEW public.cheap_items OWNER TO lockstep_golden;
REVOKE ALL ON TABLE public.cheap_items FROM PUBLIC, lockstep_golden;

GRANT
    DELETE,
    INSERT, MAINTAIN, REFERENCES,
    SELECT, TRIGGER, TRUNCATE,
    UPDATE
    ON TABLE public.cheap_items TO lockstep_golden;

GRANT SELECT ON TABLE public.cheap_items TO PUBLIC;

CREATE POLICY lines_of_items ON public.lines AS PERMISSIVE FOR ALL TO PUBLIC USING ((item_id IN ( SELECT items.id
     FROM public.items)));

CREATE OR REPLACE FUNCTION lockstep."twins of twin-dependents/keys: public.items"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
        || ' twin-dependents/keys public.items'
      THEN
      INSERT INTO lockstep.old_writer (window_name, mapping, side)
        VALUES ('twin-dependents/keys', 'public.items', 'old');
      PERFORM pg_catalog.set_config(
        'lockstep.seen', pg_catalog.pg_current_xact_id()::text || ' twin-dependents/keys public.items', true
      );
    END IF;
    IF TG_OP = 'UPDATE' AND by_old_0 AND NOT by_new_0 AND OLD.id_legacy IS NOT NULL THEN
      RAISE EXCEPTION 'lockstep window %: id_legacy of public.items does not change alone', '"twin-dependents/keys"'
        USING ERRCODE = 'check_violation', HINT = 'What refers to the row follows id.';
    END IF;
    IF NEW.id IS NULL THEN
      NEW.id := pg_catalog.gen_random_uuid();
    END IF;
    RETURN NEW;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-dependents/keys: public.items u" ON public.items;

CREATE TRIGGER "~ lockstep twin-dependents/keys: public.items u" BEFORE UPDATE
    ON public.items
    FOR EACH ROW
    WHEN (OLD.id_legacy IS DISTINCT FROM NEW.id_legacy OR (OLD.id IS DISTINCT FROM NEW.id))
    EXECUTE FUNCTION lockstep."twins of twin-dependents/keys: public.items"();

ALTER TABLE public.items ENABLE ALWAYS TRIGGER "~ lockstep twin-dependents/keys: public.items u";

CREATE OR REPLACE FUNCTION lockstep."twins of twin-dependents/keys: public.lines"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      by_old_0 := NEW.item_id_legacy IS NOT NULL;
      by_new_0 := NEW.item_id IS NOT NULL;
      moved_0 := false;
    ELSE
      by_old_0 := NEW.item_id_legacy IS DISTINCT FROM OLD.item_id_legacy;
      by_new_0 := NEW.item_id IS DISTINCT FROM OLD.item_id;
      moved_0 := false;
    END IF;
    IF by_old_0
      AND NOT by_new_0
      AND pg_catalog.current_setting('lockstep.seen', true) IS DISTINCT FROM pg_catalog.pg_current_xact_id()::text
        || ' twin-dependents/keys public.lines'
      THEN
      INSERT INTO lockstep.old_writer (window_name, mapping, side)
        VALUES ('twin-dependents/keys', 'public.lines', 'old');
      PERFORM pg_catalog.set_config(
        'lockstep.seen', pg_catalog.pg_current_xact_id()::text || ' twin-dependents/keys public.lines', true
      );
    END IF;
    taken := true;
    IF by_new_0 OR moved_0 AND NOT by_old_0 AND taken AND NEW.item_id IS NOT NULL THEN
      other_0 := NULL;
      hit := true;
      IF NEW.item_id IS NOT NULL THEN
        SELECT p.id_legacy INTO other_0 FROM public.items AS p WHERE p.id = NEW.item_id;
        hit := FOUND;
      END IF;
      IF NOT (NOT by_old_0 OR NEW.item_id_legacy IS NULL OR other_0 IS NULL OR other_0 = NEW.item_id_legacy) THEN
        RAISE EXCEPTION 'lockstep window %: item_id_legacy and item_id of public.lines are written with values that do not belong together',
          '"twin-dependents/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF taken AND (hit OR by_new_0 AND NOT by_old_0) THEN
        NEW.item_id_legacy := other_0;
      END IF;
    ELSIF by_old_0 OR moved_0 THEN
      wanted_0 := NULL;
      hit := true;
      IF NEW.item_id_legacy IS NOT NULL AND taken THEN
        SELECT p.id INTO wanted_0 FROM public.items AS p WHERE p.id_legacy = NEW.item_id_legacy;
        hit := FOUND;
        IF NOT hit AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          RAISE EXCEPTION 'lockstep window %: the snapshot is older than the new key of public.items',
            'twin-dependents/keys'
            USING ERRCODE = 'serialization_failure', HINT = 'Try the transaction again.';
        END IF;
        -- The lock fails with 40001 where the fill has come to the parent since the snapshot. Else it has still to come, waits for this
        -- transaction, and comes to this row behind it.
        IF hit AND wanted_0 IS NULL AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          PERFORM FROM public.items AS p WHERE p.id_legacy = NEW.item_id_legacy FOR SHARE;
        END IF;
      END IF;
      IF NOT (NOT by_new_0 OR NEW.item_id IS NULL OR wanted_0 IS NULL OR wanted_0 = NEW.item_id) THEN
        RAISE EXCEPTION 'lockstep window %: item_id_legacy and item_id of public.lines are written with values that do not belong together',
          '"twin-dependents/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF hit OR NOT by_new_0 THEN
        NEW.item_id := wanted_0;
      END IF;
    END IF;
    RETURN NEW;
  END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."settle of twin-dependents/keys: public.lines"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      OR NEW.item_id_legacy IS DISTINCT FROM OLD.item_id_legacy
      OR NEW.item_id IS DISTINCT FROM OLD.item_id
      OR NEW.id IS DISTINCT FROM OLD.id
      THEN
    IF NEW.item_id IS NULL AND NEW.item_id_legacy IS NOT NULL THEN
      SELECT p.id INTO wanted_0 FROM public.items AS p WHERE p.id_legacy = NEW.item_id_legacy;
      IF wanted_0 IS NOT NULL THEN
        UPDATE public.lines AS t
          SET item_id = wanted_0
          WHERE t.id = NEW.id
          AND t.item_id_legacy IS NOT DISTINCT FROM NEW.item_id_legacy
          AND t.item_id IS NULL;
      END IF;
    ELSIF NEW.item_id_legacy IS NULL AND NEW.item_id IS NOT NULL THEN
      SELECT p.id_legacy INTO other_0 FROM public.items AS p WHERE p.id = NEW.item_id;
      IF other_0 IS NOT NULL THEN
        UPDATE public.lines AS t
          SET item_id_legacy = other_0
          WHERE t.id = NEW.id
          AND t.item_id IS NOT DISTINCT FROM NEW.item_id
          AND t.item_id_legacy IS NULL;
      END IF;
    END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-dependents/keys: public.lines u" ON public.lines;

CREATE TRIGGER "~ lockstep twin-dependents/keys: public.lines u" BEFORE UPDATE
    ON public.lines
    FOR EACH ROW
    WHEN (OLD.item_id_legacy IS DISTINCT FROM NEW.item_id_legacy OR (OLD.item_id IS DISTINCT FROM NEW.item_id))
    EXECUTE FUNCTION lockstep."twins of twin-dependents/keys: public.lines"();

ALTER TABLE public.lines ENABLE ALWAYS TRIGGER "~ lockstep twin-dependents/keys: public.lines u";

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
-- statement undo/flip/spare-new/1/build: build index items_pkey_spare on public.items concurrently

-- sends
CREATE UNIQUE INDEX CONCURRENTLY items_pkey_spare ON public.items USING btree (id);

-- has had its effect: index items_pkey_spare is there and valid
WITH violation AS MATERIALIZED (
  SELECT 'no valid index items_pkey_spare' AS missing
  WHERE NOT EXISTS (
    SELECT FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = i.indrelid
    WHERE n.nspname = 'public' AND c.relname = 'items_pkey_spare' AND t.relname = 'items'
      AND i.indisvalid AND i.indisready AND i.indislive)
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- has left nothing: no invalid index items_pkey_spare is left
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'items_pkey_spare' AND NOT i.indisvalid
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- takes away what is left
DROP INDEX CONCURRENTLY IF EXISTS public.items_pkey_spare;

----------------------------------------------------------------------------------------------------
-- check undo/flip/compare/keys/1-in_sync: id of public.items is what the old keys say (public.items)

-- check
WITH violation AS MATERIALIZED (
  SELECT 'public.items.id' AS "column",
    ARRAY[t.id_legacy::pg_catalog.text] AS key,
    t.id_legacy::pg_catalog.text AS old,
    t.id::pg_catalog.text AS new,
    NULL::pg_catalog.text AS expected
  FROM public.items AS t WHERE t.id IS NULL
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check undo/flip/compare/keys/2-in_sync: item_id of public.lines is what the old keys say (public.lines)

-- check
WITH violation AS MATERIALIZED (
  SELECT 'public.lines.item_id' AS "column",
    ARRAY[t.id::pg_catalog.text] AS key,
    t.item_id_legacy::pg_catalog.text AS old,
    t.item_id::pg_catalog.text AS new,
    (
      CASE WHEN true THEN CASE WHEN p.lockstep_there THEN p.id ELSE NULL::pg_catalog.uuid END END
    )::pg_catalog.text AS expected
  FROM public.lines AS t
    LEFT JOIN (SELECT true AS lockstep_there, * FROM public.items) AS p
    ON p.id_legacy = t.item_id_legacy
  WHERE t.item_id IS DISTINCT FROM (
    CASE WHEN true THEN CASE WHEN p.lockstep_there THEN p.id ELSE NULL::pg_catalog.uuid END END
  )
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/cutover: give the old columns of keys their names back

-- asserts: the window twin-dependents/keys can become: old leads
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

-- asserts: the triggers of twin-dependents/keys are as they were made: as flip/cutover

-- sends
DROP POLICY lines_of_items ON public.lines;
DROP VIEW public.cheap_items;
ALTER TABLE public.lines DROP CONSTRAINT lines_item_id_fkey;
COMMENT ON COLUMN public.items.id IS NULL;
ALTER TABLE public.items ALTER COLUMN id DROP DEFAULT;
ALTER TABLE public.items RENAME COLUMN id TO id_uuid;
ALTER TABLE public.items RENAME COLUMN id_legacy TO id;
ALTER TABLE public.lines RENAME COLUMN item_id TO item_id_uuid;
ALTER TABLE public.lines RENAME COLUMN item_id_legacy TO item_id;
ALTER TABLE public.items DROP CONSTRAINT items_pkey;
ALTER TABLE public.items ADD CONSTRAINT items_pkey PRIMARY KEY USING INDEX items_pkey_legacy;
ALTER INDEX public.items_pkey_spare RENAME TO items_pkey_uuid;
ALTER TABLE public.items RENAME CONSTRAINT items_id_not_null TO items_id_not_null_uuid;
ALTER TABLE public.items RENAME CONSTRAINT items_id_not_null_legacy TO items_id_not_null;
ALTER TABLE public.lines RENAME CONSTRAINT lines_item_id_not_null TO lines_item_id_not_null_uuid;
ALTER TABLE public.lines RENAME CONSTRAINT lines_item_id_not_null_legacy TO lines_item_id_not_null;
ALTER INDEX public.lines_item_id_idx RENAME TO lines_item_id_idx_uuid;
ALTER INDEX public.lines_item_id_idx_legacy RENAME TO lines_item_id_idx;

ALTER TABLE public.lines ADD CONSTRAINT lines_item_id_fkey FOREIGN KEY (item_id) REFERENCES public.items(id)
    ON DELETE CASCADE NOT VALID;

ALTER TABLE public.lines ADD CONSTRAINT lines_item_id_fkey_uuid FOREIGN KEY (item_id_uuid) REFERENCES public.items(id_uuid)
    ON DELETE CASCADE NOT VALID;

CREATE VIEW public.cheap_items AS
   SELECT id,
      price
     FROM public.items
    WHERE (price < 10);

ALTER VIEW public.cheap_items OWNER TO lockstep_golden;
REVOKE ALL ON TABLE public.cheap_items FROM PUBLIC, lockstep_golden;

GRANT
    DELETE,
    INSERT, MAINTAIN, REFERENCES,
    SELECT, TRIGGER, TRUNCATE,
    UPDATE
    ON TABLE public.cheap_items TO lockstep_golden;

GRANT SELECT ON TABLE public.cheap_items TO PUBLIC;

CREATE POLICY lines_of_items ON public.lines AS PERMISSIVE FOR ALL TO PUBLIC USING ((item_id IN ( SELECT items.id
     FROM public.items)));

CREATE OR REPLACE FUNCTION lockstep."twins of twin-dependents/keys: public.items"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      RAISE EXCEPTION 'lockstep window %: id_uuid of public.items does not change alone', '"twin-dependents/keys"'
        USING ERRCODE = 'check_violation', HINT = 'What refers to the row follows id.';
    END IF;
    IF NEW.id_uuid IS NULL THEN
      NEW.id_uuid := pg_catalog.gen_random_uuid();
    END IF;
    RETURN NEW;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-dependents/keys: public.items u" ON public.items;

CREATE TRIGGER "~ lockstep twin-dependents/keys: public.items u" BEFORE UPDATE
    ON public.items
    FOR EACH ROW
    WHEN (
      OLD.id IS DISTINCT FROM NEW.id
      OR (
        OLD.id_uuid IS DISTINCT FROM NEW.id_uuid
        AND (OLD.id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
    )
    EXECUTE FUNCTION lockstep."twins of twin-dependents/keys: public.items"();

ALTER TABLE public.items ENABLE ALWAYS TRIGGER "~ lockstep twin-dependents/keys: public.items u";

CREATE OR REPLACE FUNCTION lockstep."twins of twin-dependents/keys: public.lines"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      by_old_0 := NEW.item_id IS NOT NULL;
      by_new_0 := NEW.item_id_uuid IS NOT NULL;
      moved_0 := false;
    ELSE
      by_old_0 := NEW.item_id IS DISTINCT FROM OLD.item_id;
      by_new_0 := NEW.item_id_uuid IS DISTINCT FROM OLD.item_id_uuid;
      moved_0 := false;
    END IF;
    taken := true;
    IF by_old_0 OR moved_0 AND NOT by_new_0 THEN
      wanted_0 := NULL;
      hit := true;
      IF NEW.item_id IS NOT NULL AND taken THEN
        SELECT p.id_uuid INTO wanted_0 FROM public.items AS p WHERE p.id = NEW.item_id;
        hit := FOUND;
        IF NOT hit AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          RAISE EXCEPTION 'lockstep window %: the snapshot is older than the new key of public.items',
            'twin-dependents/keys'
            USING ERRCODE = 'serialization_failure', HINT = 'Try the transaction again.';
        END IF;
        -- The lock fails with 40001 where the fill has come to the parent since the snapshot. Else it has still to come, waits for this
        -- transaction, and comes to this row behind it.
        IF hit AND wanted_0 IS NULL AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          PERFORM FROM public.items AS p WHERE p.id = NEW.item_id FOR SHARE;
        END IF;
        -- Until NOT NULL stands on it, the fill of this table is still to come. One condition alone is no query.
        IF hit AND wanted_0 IS NULL THEN
          IF (
            SELECT a.attnotnull
            FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = TG_RELID
            AND a.attname = 'item_id_uuid'
          )
            THEN
            RAISE EXCEPTION 'lockstep window %: the row of public.items that item_id of public.lines refers to has no new key',
              '"twin-dependents/keys"'
              USING ERRCODE = 'not_null_violation',
                DETAIL = 'Key (item_id)=(' || NEW.item_id || ') is there, its item_id_uuid would be NULL.',
                HINT
                  = 'Give it one, then write again: UPDATE public.items SET id_uuid = pg_catalog.gen_random_uuid() WHERE id_uuid IS NULL (LS6610)';
          END IF;
        END IF;
      END IF;
      IF NOT (NOT by_new_0 OR NEW.item_id_uuid IS NULL OR wanted_0 IS NULL OR wanted_0 = NEW.item_id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: item_id and item_id_uuid of public.lines are written with values that do not belong together',
          '"twin-dependents/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF hit OR NOT by_new_0 THEN
        NEW.item_id_uuid := wanted_0;
      END IF;
    ELSIF by_new_0 THEN
      other_0 := NULL;
      hit := true;
      IF NEW.item_id_uuid IS NOT NULL THEN
        SELECT p.id INTO other_0 FROM public.items AS p WHERE p.id_uuid = NEW.item_id_uuid;
        hit := FOUND;
      END IF;
      IF NOT (NOT by_old_0 OR NEW.item_id IS NULL OR other_0 IS NULL OR other_0 = NEW.item_id) THEN
        RAISE EXCEPTION 'lockstep window %: item_id and item_id_uuid of public.lines are written with values that do not belong together',
          '"twin-dependents/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF taken AND (hit OR by_new_0 AND NOT by_old_0) THEN
        NEW.item_id := other_0;
      END IF;
    END IF;
    RETURN NEW;
  END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."settle of twin-dependents/keys: public.lines"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      OR NEW.item_id IS DISTINCT FROM OLD.item_id
      OR NEW.item_id_uuid IS DISTINCT FROM OLD.item_id_uuid
      OR NEW.id IS DISTINCT FROM OLD.id
      THEN
    IF NEW.item_id_uuid IS NULL AND NEW.item_id IS NOT NULL THEN
      SELECT p.id_uuid INTO wanted_0 FROM public.items AS p WHERE p.id = NEW.item_id;
      IF wanted_0 IS NOT NULL THEN
        UPDATE public.lines AS t
          SET item_id_uuid = wanted_0
          WHERE t.id = NEW.id
          AND t.item_id IS NOT DISTINCT FROM NEW.item_id
          AND t.item_id_uuid IS NULL;
      END IF;
    ELSIF NEW.item_id IS NULL AND NEW.item_id_uuid IS NOT NULL THEN
      SELECT p.id INTO other_0 FROM public.items AS p WHERE p.id_uuid = NEW.item_id_uuid;
      IF other_0 IS NOT NULL THEN
        UPDATE public.lines AS t
          SET item_id = other_0
          WHERE t.id = NEW.id
          AND t.item_id_uuid IS NOT DISTINCT FROM NEW.item_id_uuid
          AND t.item_id IS NULL;
      END IF;
    END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-dependents/keys: public.lines u" ON public.lines;

CREATE TRIGGER "~ lockstep twin-dependents/keys: public.lines u" BEFORE UPDATE
    ON public.lines
    FOR EACH ROW
    WHEN (
      OLD.item_id IS DISTINCT FROM NEW.item_id
      OR (
        OLD.item_id_uuid IS DISTINCT FROM NEW.item_id_uuid
        AND (OLD.item_id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
    )
    EXECUTE FUNCTION lockstep."twins of twin-dependents/keys: public.lines"();

ALTER TABLE public.lines ENABLE ALWAYS TRIGGER "~ lockstep twin-dependents/keys: public.lines u";

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
-- statement undo/flip/prove/1/validate: validate constraint lines_item_id_fkey of public.lines

-- sends
ALTER TABLE public.lines VALIDATE CONSTRAINT lines_item_id_fkey;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/prove/2/validate: validate constraint lines_item_id_fkey_uuid of public.lines

-- sends
ALTER TABLE public.lines VALIDATE CONSTRAINT lines_item_id_fkey_uuid;

----------------------------------------------------------------------------------------------------
-- check done/compare/keys/1-in_sync: id of public.items is what the old keys say (public.items)

-- check: as undo/flip/compare/keys/1-in_sync

----------------------------------------------------------------------------------------------------
-- check done/compare/keys/2-in_sync: item_id of public.lines is what the old keys say (public.lines)

-- check: as undo/flip/compare/keys/2-in_sync

----------------------------------------------------------------------------------------------------
-- statement done/close/keys: no longer keep public.items, public.lines in step

-- asserts: the window twin-dependents/keys can become: closed
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

-- asserts: the triggers of twin-dependents/keys are as they were made: as flip/cutover

-- asserts: nobody has written to the old side of twin-dependents/keys for 15m
WITH violation AS MATERIALIZED (
  SELECT by_user, application, mapping, count(*) AS transactions, max(at) AS last_at FROM lockstep.old_writer
  WHERE window_name = 'twin-dependents/keys'
    AND side = 'old'
    AND at > clock_timestamp() - interval '900000 milliseconds'
  GROUP BY by_user, application, mapping
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- sends
DROP TRIGGER "~ lockstep twin-dependents/keys: public.items i" ON public.items;
DROP TRIGGER "~ lockstep twin-dependents/keys: public.items u" ON public.items;
DROP FUNCTION lockstep."twins of twin-dependents/keys: public.items"();
DROP TRIGGER "~ lockstep twin-dependents/keys: public.lines i" ON public.lines;
DROP TRIGGER "~ lockstep twin-dependents/keys: public.lines u" ON public.lines;
DROP TRIGGER "~ lockstep twin-dependents/keys: public.lines s" ON public.lines;
DROP FUNCTION lockstep."twins of twin-dependents/keys: public.lines"();
DROP FUNCTION lockstep."settle of twin-dependents/keys: public.lines"();
ALTER TABLE public.lines ALTER COLUMN item_id_legacy DROP NOT NULL;
DELETE FROM lockstep.tombstone WHERE window_name = 'twin-dependents/keys';
DELETE FROM lockstep.old_writer WHERE window_name = 'twin-dependents/keys';
DELETE FROM lockstep.mirror_failure WHERE window_name = 'twin-dependents/keys';
DELETE FROM lockstep.move WHERE window_name = 'twin-dependents/keys';

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
-- statement done/drop/keys/1: drop the old columns of public.items

-- sends
ALTER TABLE public.items DROP COLUMN id_legacy;

----------------------------------------------------------------------------------------------------
-- statement done/drop/keys/2: drop the old columns of public.lines

-- sends
ALTER TABLE public.lines DROP COLUMN item_id_legacy;

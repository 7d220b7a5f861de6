-- What refers to nothing becomes NULL, and comes again on the way back.
-- The plan is `twin-set-null.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- check keys/before/orphans/1-no_orphans: every public.remarks.owner_id has its public.owners.id, else it becomes NULL

-- check
WITH violation AS MATERIALIZED (
  SELECT c.* FROM public.remarks AS c
  WHERE c.owner_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.owners AS p WHERE p.id = c.owner_id)
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check keys/before/orphans/2-no_orphans: every public.remarks.subject_id has its public.owners.id, else it becomes NULL

-- check
WITH violation AS MATERIALIZED (
  SELECT c.* FROM (SELECT * FROM public.remarks WHERE (subject_type = 'Owner'
  )) AS c
  WHERE c.subject_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.owners AS p WHERE p.id = c.subject_id)
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- batch keys/orphans/public.remarks.owner_id: set owner_id of public.remarks to NULL where public.owners has no such row

-- sends
WITH orphan AS MATERIALIZED (
  SELECT public.remarks.id AS lockstep_k0, public.remarks.owner_id AS lockstep_v0
  FROM public.remarks
    WHERE public.remarks.id > $1::bigint
    AND public.remarks.id <= $2::bigint
    AND public.remarks.owner_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.owners AS p WHERE p.id = public.remarks.owner_id)
  ), changed AS (
  UPDATE public.remarks SET owner_id = NULL
  FROM orphan AS o
  WHERE public.remarks.id = o.lockstep_k0 AND public.remarks.id > $1::bigint AND public.remarks.id <= $2::bigint
    AND public.remarks.owner_id IS NOT DISTINCT FROM o.lockstep_v0
  RETURNING ARRAY[o.lockstep_k0::text] AS key,
    ARRAY[o.lockstep_v0::text] AS before,
    ARRAY[public.remarks.owner_id::text] AS after
  ), kept AS (
  INSERT INTO lockstep.before_image (run_id, operation_id, key, before, after)
  SELECT current_setting('lockstep.run_id')::bigint, 'keys/orphans/public.remarks.owner_id', key, before, after
    FROM changed
  ), met AS (
  SELECT count(*) AS read FROM public.remarks WHERE public.remarks.id > $1::bigint AND public.remarks.id <= $2::bigint
  )
  SELECT greatest(read, changed) AS read,
    changed,
    greatest(read - changed, 0) AS skipped,
    0::bigint AS kept,
    NULL::json AS findings,
    NULL::json AS problem
  FROM met, (SELECT count(*) AS changed FROM changed) AS written;

----------------------------------------------------------------------------------------------------
-- batch undo/keys/orphans/public.remarks.owner_id: restore owner_id of public.remarks where nobody changed it since

-- sends
WITH image AS MATERIALIZED (
  SELECT i.id, i.key, i.before, i.after FROM lockstep.before_image AS i
  WHERE i.run_id = current_setting('lockstep.run_id')::bigint
    AND i.operation_id = 'keys/orphans/public.remarks.owner_id'
    AND i.id > $1::bigint
    AND i.id <= $2::bigint
  ), restored AS (
  UPDATE public.remarks AS t SET owner_id = i.before[1]::bigint
  FROM image AS i
  WHERE t.id = i.key[1]::bigint AND ARRAY[t.owner_id::text] = i.after
  RETURNING i.id
  ), since AS (
  SELECT i.key, i.before, to_jsonb(t.*) AS row FROM image AS i LEFT JOIN public.remarks AS t ON t.id = i.key[1]::bigint
  WHERE i.id NOT IN (SELECT id FROM restored)
  )
  SELECT (SELECT count(*) FROM image) AS read,
    (SELECT count(*) FROM restored) AS changed,
    0::bigint AS skipped,
    (SELECT count(*) FROM since) AS kept,
    (
      SELECT json_agg(
        json_build_object(
          'what', CASE
          WHEN row IS NULL
          THEN 'gone since'
          ELSE 'kept: changed by others since' END, 'key', key, 'before', before, 'row', row
        )
      )
      FROM (SELECT * FROM since LIMIT 10) AS s
    ) AS findings,
    NULL::json AS problem;

----------------------------------------------------------------------------------------------------
-- batch keys/orphans/public.remarks.subject_id: set subject_id of public.remarks to NULL where public.owners has no such row

-- sends
WITH orphan AS MATERIALIZED (
  SELECT public.remarks.id AS lockstep_k0, public.remarks.subject_id AS lockstep_v0
  FROM public.remarks
    WHERE public.remarks.id > $1::bigint
    AND public.remarks.id <= $2::bigint
    AND (subject_type = 'Owner'
  )
    AND public.remarks.subject_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.owners AS p WHERE p.id = public.remarks.subject_id)
  ), changed AS (
  UPDATE public.remarks SET subject_id = NULL
  FROM orphan AS o
  WHERE public.remarks.id = o.lockstep_k0
    AND public.remarks.id > $1::bigint
    AND public.remarks.id <= $2::bigint
    AND (subject_type = 'Owner'
  )
    AND public.remarks.subject_id IS NOT DISTINCT FROM o.lockstep_v0
  RETURNING ARRAY[o.lockstep_k0::text] AS key,
    ARRAY[o.lockstep_v0::text] AS before,
    ARRAY[public.remarks.subject_id::text] AS after
  ), kept AS (
  INSERT INTO lockstep.before_image (run_id, operation_id, key, before, after)
  SELECT current_setting('lockstep.run_id')::bigint, 'keys/orphans/public.remarks.subject_id', key, before, after
    FROM changed
  ), met AS (
  SELECT count(*) AS read FROM public.remarks WHERE public.remarks.id > $1::bigint AND public.remarks.id <= $2::bigint
  )
  SELECT greatest(read, changed) AS read,
    changed,
    greatest(read - changed, 0) AS skipped,
    0::bigint AS kept,
    NULL::json AS findings,
    NULL::json AS problem
  FROM met, (SELECT count(*) AS changed FROM changed) AS written;

----------------------------------------------------------------------------------------------------
-- batch undo/keys/orphans/public.remarks.subject_id: restore subject_id of public.remarks where nobody changed it since

-- sends
WITH image AS MATERIALIZED (
  SELECT i.id, i.key, i.before, i.after FROM lockstep.before_image AS i
  WHERE i.run_id = current_setting('lockstep.run_id')::bigint
    AND i.operation_id = 'keys/orphans/public.remarks.subject_id'
    AND i.id > $1::bigint
    AND i.id <= $2::bigint
  ), restored AS (
  UPDATE public.remarks AS t SET subject_id = i.before[1]::bigint
  FROM image AS i
  WHERE t.id = i.key[1]::bigint AND ARRAY[t.subject_id::text] = i.after
  RETURNING i.id
  ), since AS (
  SELECT i.key, i.before, to_jsonb(t.*) AS row FROM image AS i LEFT JOIN public.remarks AS t ON t.id = i.key[1]::bigint
  WHERE i.id NOT IN (SELECT id FROM restored)
  )
  SELECT (SELECT count(*) FROM image) AS read,
    (SELECT count(*) FROM restored) AS changed,
    0::bigint AS skipped,
    (SELECT count(*) FROM since) AS kept,
    (
      SELECT json_agg(
        json_build_object(
          'what', CASE
          WHEN row IS NULL
          THEN 'gone since'
          ELSE 'kept: changed by others since' END, 'key', key, 'before', before, 'row', row
        )
      )
      FROM (SELECT * FROM since LIMIT 10) AS s
    ) AS findings,
    NULL::json AS problem;

----------------------------------------------------------------------------------------------------
-- statement keys/open/public.owners: keep id of public.owners in step with id_uuid from now on

-- sends
CREATE FUNCTION lockstep."twins of twin-set-null/keys: public.owners"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      RAISE EXCEPTION 'lockstep window %: id_uuid of public.owners does not change alone', '"twin-set-null/keys"'
        USING ERRCODE = 'check_violation', HINT = 'What refers to the row follows id.';
    END IF;
    IF NEW.id_uuid IS NULL THEN
      NEW.id_uuid := pg_catalog.gen_random_uuid();
    END IF;
    RETURN NEW;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."twins of twin-set-null/keys: public.owners"() FROM PUBLIC;

CREATE TRIGGER "~ lockstep twin-set-null/keys: public.owners i" BEFORE INSERT ON public.owners
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."twins of twin-set-null/keys: public.owners"();

CREATE TRIGGER "~ lockstep twin-set-null/keys: public.owners u" BEFORE UPDATE
    ON public.owners
    FOR EACH ROW
    WHEN (
      OLD.id IS DISTINCT FROM NEW.id
      OR (
        OLD.id_uuid IS DISTINCT FROM NEW.id_uuid
        AND (OLD.id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
    )
    EXECUTE FUNCTION lockstep."twins of twin-set-null/keys: public.owners"();

ALTER TABLE public.owners ENABLE ALWAYS TRIGGER "~ lockstep twin-set-null/keys: public.owners i";
ALTER TABLE public.owners ENABLE ALWAYS TRIGGER "~ lockstep twin-set-null/keys: public.owners u";

----------------------------------------------------------------------------------------------------
-- statement undo/keys/open/public.owners: no longer keep id of public.owners in step

-- sends
DROP TRIGGER "~ lockstep twin-set-null/keys: public.owners i" ON public.owners;
DROP TRIGGER "~ lockstep twin-set-null/keys: public.owners u" ON public.owners;
DROP FUNCTION lockstep."twins of twin-set-null/keys: public.owners"();

----------------------------------------------------------------------------------------------------
-- statement keys/open/public.remarks: keep owner_id, subject_id of public.remarks in step with owner_id_uuid, subject_id_uuid from now on

-- sends
CREATE FUNCTION lockstep."p4dfe of twin-set-null/keys: public.remarks"(text) RETURNS boolean LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT (subject_type = 'Owner'
  ) IS TRUE FROM (SELECT $1 AS subject_type) AS remarks;
  END;

CREATE FUNCTION lockstep."twins of twin-set-null/keys: public.remarks"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    by_old_1 boolean;
    by_new_1 boolean;
    moved_1 boolean;
    other_1 bigint;
    wanted_1 uuid;
  BEGIN
    IF TG_OP = 'INSERT' THEN
      by_old_0 := NEW.owner_id IS NOT NULL;
      by_new_0 := NEW.owner_id_uuid IS NOT NULL;
      moved_0 := false;
    ELSE
      by_old_0 := NEW.owner_id IS DISTINCT FROM OLD.owner_id;
      by_new_0 := NEW.owner_id_uuid IS DISTINCT FROM OLD.owner_id_uuid;
      moved_0 := false;
    END IF;
    IF TG_OP = 'INSERT' THEN
      by_old_1 := NEW.subject_id IS NOT NULL;
      by_new_1 := NEW.subject_id_uuid IS NOT NULL;
      moved_1 := false;
    ELSE
      by_old_1 := NEW.subject_id IS DISTINCT FROM OLD.subject_id;
      by_new_1 := NEW.subject_id_uuid IS DISTINCT FROM OLD.subject_id_uuid;
      moved_1 := NEW.subject_type IS DISTINCT FROM OLD.subject_type;
    END IF;
    taken := true;
    IF by_old_0 OR moved_0 AND NOT by_new_0 THEN
      wanted_0 := NULL;
      hit := true;
      IF NEW.owner_id IS NOT NULL AND taken THEN
        SELECT p.id_uuid INTO wanted_0 FROM public.owners AS p WHERE p.id = NEW.owner_id;
        hit := FOUND;
        -- The lock fails with 40001 where the fill has come to the parent since the snapshot. Else it has still to come, waits for this
        -- transaction, and comes to this row behind it.
        IF hit AND wanted_0 IS NULL AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          PERFORM FROM public.owners AS p WHERE p.id = NEW.owner_id FOR SHARE;
        END IF;
      END IF;
      IF NOT (NOT by_new_0 OR NEW.owner_id_uuid IS NULL OR wanted_0 IS NULL OR wanted_0 = NEW.owner_id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: owner_id and owner_id_uuid of public.remarks are written with values that do not belong together',
          '"twin-set-null/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF hit OR NOT by_new_0 THEN
        NEW.owner_id_uuid := wanted_0;
      END IF;
    ELSIF by_new_0 THEN
      other_0 := NULL;
      hit := true;
      IF NEW.owner_id_uuid IS NOT NULL THEN
        SELECT p.id INTO other_0 FROM public.owners AS p WHERE p.id_uuid = NEW.owner_id_uuid;
        hit := FOUND;
      END IF;
      IF NOT (NOT by_old_0 OR NEW.owner_id IS NULL OR other_0 IS NULL OR other_0 = NEW.owner_id) THEN
        RAISE EXCEPTION 'lockstep window %: owner_id and owner_id_uuid of public.remarks are written with values that do not belong together',
          '"twin-set-null/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF taken AND (hit OR by_new_0 AND NOT by_old_0) THEN
        NEW.owner_id := other_0;
      END IF;
    END IF;
    taken := lockstep."p4dfe of twin-set-null/keys: public.remarks"(NEW.subject_type);
    IF by_old_1 OR moved_1 AND NOT by_new_1 THEN
      wanted_1 := NULL;
      hit := true;
      IF NEW.subject_id IS NOT NULL AND taken THEN
        SELECT p.id_uuid INTO wanted_1 FROM public.owners AS p WHERE p.id = NEW.subject_id;
        hit := FOUND;
        -- The lock fails with 40001 where the fill has come to the parent since the snapshot. Else it has still to come, waits for this
        -- transaction, and comes to this row behind it.
        IF hit AND wanted_1 IS NULL AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          PERFORM FROM public.owners AS p WHERE p.id = NEW.subject_id FOR SHARE;
        END IF;
      END IF;
      IF NOT (NOT by_new_1 OR NEW.subject_id_uuid IS NULL OR wanted_1 IS NULL OR wanted_1 = NEW.subject_id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: subject_id and subject_id_uuid of public.remarks are written with values that do not belong together',
          '"twin-set-null/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF hit OR NOT by_new_1 THEN
        NEW.subject_id_uuid := wanted_1;
      END IF;
    ELSIF by_new_1 THEN
      other_1 := NULL;
      hit := true;
      -- A row that refers to another table, or to none, has no new value here.
      IF NOT taken THEN
        NEW.subject_id_uuid := NULL;
      END IF;
      IF NEW.subject_id_uuid IS NOT NULL THEN
        SELECT p.id INTO other_1 FROM public.owners AS p WHERE p.id_uuid = NEW.subject_id_uuid;
        hit := FOUND;
      END IF;
      IF NOT (NOT by_old_1 OR NEW.subject_id IS NULL OR other_1 IS NULL OR other_1 = NEW.subject_id) THEN
        RAISE EXCEPTION 'lockstep window %: subject_id and subject_id_uuid of public.remarks are written with values that do not belong together',
          '"twin-set-null/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF taken AND (hit OR by_new_1 AND NOT by_old_1) THEN
        NEW.subject_id := other_1;
      END IF;
    END IF;
    RETURN NEW;
  END
  $body$;

CREATE FUNCTION lockstep."settle of twin-set-null/keys: public.remarks"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    wanted_1 uuid;
    other_1 bigint;
  BEGIN
    IF NEW.owner_id_uuid IS NULL AND NEW.owner_id IS NOT NULL THEN
      SELECT p.id_uuid INTO wanted_0 FROM public.owners AS p WHERE p.id = NEW.owner_id;
      IF wanted_0 IS NOT NULL THEN
        UPDATE public.remarks AS t
          SET owner_id_uuid = wanted_0
          WHERE t.id = NEW.id
          AND t.owner_id IS NOT DISTINCT FROM NEW.owner_id
          AND t.owner_id_uuid IS NULL;
      END IF;
    ELSIF NEW.owner_id IS NULL AND NEW.owner_id_uuid IS NOT NULL THEN
      SELECT p.id INTO other_0 FROM public.owners AS p WHERE p.id_uuid = NEW.owner_id_uuid;
      IF other_0 IS NOT NULL THEN
        UPDATE public.remarks AS t
          SET owner_id = other_0
          WHERE t.id = NEW.id
          AND t.owner_id_uuid IS NOT DISTINCT FROM NEW.owner_id_uuid
          AND t.owner_id IS NULL;
      END IF;
    END IF;
    IF NEW.subject_id_uuid IS NULL
      AND NEW.subject_id IS NOT NULL
      AND lockstep."p4dfe of twin-set-null/keys: public.remarks"(NEW.subject_type)
      THEN
      SELECT p.id_uuid INTO wanted_1 FROM public.owners AS p WHERE p.id = NEW.subject_id;
      IF wanted_1 IS NOT NULL THEN
        UPDATE public.remarks AS t
          SET subject_id_uuid = wanted_1
          WHERE t.id = NEW.id
          AND t.subject_id IS NOT DISTINCT FROM NEW.subject_id
          AND t.subject_id_uuid IS NULL;
      END IF;
    ELSIF NEW.subject_id IS NULL AND NEW.subject_id_uuid IS NOT NULL THEN
      SELECT p.id INTO other_1 FROM public.owners AS p WHERE p.id_uuid = NEW.subject_id_uuid;
      IF other_1 IS NOT NULL THEN
        UPDATE public.remarks AS t
          SET subject_id = other_1
          WHERE t.id = NEW.id
          AND t.subject_id_uuid IS NOT DISTINCT FROM NEW.subject_id_uuid
          AND t.subject_id IS NULL;
      END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."twins of twin-set-null/keys: public.remarks"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."settle of twin-set-null/keys: public.remarks"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."p4dfe of twin-set-null/keys: public.remarks"(text) FROM PUBLIC;

CREATE TRIGGER "~ lockstep twin-set-null/keys: public.remarks i" BEFORE INSERT ON public.remarks
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."twins of twin-set-null/keys: public.remarks"();

CREATE TRIGGER "~ lockstep twin-set-null/keys: public.remarks u" BEFORE UPDATE
    ON public.remarks
    FOR EACH ROW
    WHEN (
      OLD.owner_id IS DISTINCT FROM NEW.owner_id
      OR (
        OLD.owner_id_uuid IS DISTINCT FROM NEW.owner_id_uuid
        AND (OLD.owner_id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
      OR OLD.subject_id IS DISTINCT FROM NEW.subject_id
      OR OLD.subject_type IS DISTINCT FROM NEW.subject_type
      OR (
        OLD.subject_id_uuid IS DISTINCT FROM NEW.subject_id_uuid
        AND (OLD.subject_id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
    )
    EXECUTE FUNCTION lockstep."twins of twin-set-null/keys: public.remarks"();

CREATE CONSTRAINT TRIGGER "~ lockstep twin-set-null/keys: public.remarks s" AFTER INSERT OR UPDATE
    ON public.remarks DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    WHEN (
      (NEW.owner_id IS NULL) <> (NEW.owner_id_uuid IS NULL) OR (NEW.subject_id IS NULL) <> (NEW.subject_id_uuid IS NULL)
    )
    EXECUTE FUNCTION lockstep."settle of twin-set-null/keys: public.remarks"();

ALTER TABLE public.remarks ENABLE ALWAYS TRIGGER "~ lockstep twin-set-null/keys: public.remarks i";
ALTER TABLE public.remarks ENABLE ALWAYS TRIGGER "~ lockstep twin-set-null/keys: public.remarks u";
ALTER TABLE public.remarks ENABLE ALWAYS TRIGGER "~ lockstep twin-set-null/keys: public.remarks s";

----------------------------------------------------------------------------------------------------
-- statement undo/keys/open/public.remarks: no longer keep owner_id, subject_id of public.remarks in step

-- sends
DROP TRIGGER "~ lockstep twin-set-null/keys: public.remarks i" ON public.remarks;
DROP TRIGGER "~ lockstep twin-set-null/keys: public.remarks u" ON public.remarks;
DROP TRIGGER "~ lockstep twin-set-null/keys: public.remarks s" ON public.remarks;
DROP FUNCTION lockstep."twins of twin-set-null/keys: public.remarks"();
DROP FUNCTION lockstep."settle of twin-set-null/keys: public.remarks"();
DROP FUNCTION lockstep."p4dfe of twin-set-null/keys: public.remarks"(text);

----------------------------------------------------------------------------------------------------
-- batch keys/fill/public.owners: fill id_uuid of public.owners

-- sends
WITH changed AS (
  UPDATE public.owners SET id_uuid = coalesce(public.owners.id_uuid, pg_catalog.gen_random_uuid())
  WHERE public.owners.id > $1::bigint
    AND public.owners.id <= $2::bigint
    AND ((public.owners.id IS NOT NULL AND public.owners.id_uuid IS NULL))
  RETURNING 1
  ), met AS (
  SELECT count(*) AS read FROM public.owners WHERE public.owners.id > $1::bigint AND public.owners.id <= $2::bigint
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
        WHERE g.tgrelid = 'public.owners'::pg_catalog.regclass
        AND g.tgenabled = 'A'
        AND g.tgname IN (
          '~ lockstep twin-set-null/keys: public.owners i', '~ lockstep twin-set-null/keys: public.owners u'
        )
      )
        = 2
      THEN json_build_object('code', 'mirror_silent', 'retry', false, 'rows', '[]'::json) END AS problem
  FROM met, (SELECT count(*) AS changed FROM changed) AS written;

----------------------------------------------------------------------------------------------------
-- batch keys/fill/public.remarks/1: fill owner_id_uuid, subject_id_uuid of public.remarks

-- sends
WITH changed AS (
  UPDATE public.remarks
    SET owner_id_uuid
      = coalesce(
        public.remarks.owner_id_uuid, (SELECT p.id_uuid FROM public.owners AS p WHERE p.id = public.remarks.owner_id)
      ),
      subject_id_uuid = coalesce(public.remarks.subject_id_uuid,
      CASE
    WHEN (subject_type = 'Owner'
  ) THEN (SELECT p.id_uuid FROM public.owners AS p WHERE p.id = public.remarks.subject_id) END)
  WHERE public.remarks.id > $1::bigint
    AND public.remarks.id <= $2::bigint
    AND ((public.remarks.owner_id IS NOT NULL AND public.remarks.owner_id_uuid IS NULL)
    OR (public.remarks.subject_id IS NOT NULL
    AND public.remarks.subject_id_uuid IS NULL
    AND (subject_type = 'Owner'
  )))
  RETURNING public.remarks.id AS lockstep_key0, true
    AND (public.remarks.owner_id IS NULL) <> (public.remarks.owner_id_uuid IS NULL) AS lockstep_missing0,
      public.remarks.owner_id AS lockstep_old0_0,
      public.remarks.owner_id_uuid AS lockstep_new0_0,
      (subject_type = 'Owner'
  ) IS TRUE
    AND (public.remarks.subject_id IS NULL) <> (public.remarks.subject_id_uuid IS NULL) AS lockstep_missing1,
      public.remarks.subject_id AS lockstep_old1_0,
      public.remarks.subject_id_uuid AS lockstep_new1_0
  ), unfilled AS MATERIALIZED (
  SELECT ARRAY[c.lockstep_key0::text] AS key, false AS orphan, CASE
    WHEN c.lockstep_old0_0 IS NOT NULL
    THEN EXISTS (SELECT FROM public.owners AS p WHERE p.id = c.lockstep_old0_0)
    ELSE EXISTS (SELECT FROM public.owners AS p WHERE p.id_uuid = c.lockstep_new0_0) END AS unconverted,
    CASE
      WHEN c.lockstep_old0_0 IS NOT NULL
      THEN 'owner_id = ' || coalesce(c.lockstep_old0_0::text, 'NULL') || ' finds no row of public.owners'
      ELSE 'owner_id_uuid = '
        || coalesce(c.lockstep_new0_0::text, 'NULL')
        || ' finds no row of public.owners' END AS message,
        'public.remarks.owner_id_uuid' AS "column",
        'public.owners' AS parent,
        'UPDATE public.owners SET id_uuid = pg_catalog.gen_random_uuid() WHERE id_uuid IS NULL' AS repair,
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
      FROM public.remarks AS t
      WHERE t.id = c.lockstep_key0
    ) AS row
  FROM changed AS c WHERE c.lockstep_missing0
  UNION ALL
  SELECT ARRAY[c.lockstep_key0::text] AS key, false AS orphan, CASE
    WHEN c.lockstep_old1_0 IS NOT NULL
    THEN EXISTS (SELECT FROM public.owners AS p WHERE p.id = c.lockstep_old1_0)
    ELSE EXISTS (SELECT FROM public.owners AS p WHERE p.id_uuid = c.lockstep_new1_0) END AS unconverted,
    CASE
      WHEN c.lockstep_old1_0 IS NOT NULL
      THEN 'subject_id = ' || coalesce(c.lockstep_old1_0::text, 'NULL') || ' finds no row of public.owners'
      ELSE 'subject_id_uuid = '
        || coalesce(c.lockstep_new1_0::text, 'NULL')
        || ' finds no row of public.owners' END AS message,
        'public.remarks.subject_id_uuid' AS "column",
        'public.owners' AS parent,
        'UPDATE public.owners SET id_uuid = pg_catalog.gen_random_uuid() WHERE id_uuid IS NULL' AS repair,
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
      FROM public.remarks AS t
      WHERE t.id = c.lockstep_key0
    ) AS row
  FROM changed AS c WHERE c.lockstep_missing1
  ), aside AS (
  SELECT key, (array_agg(row))[1] AS row, string_agg(message, '; ') AS message FROM unfilled WHERE orphan GROUP BY key
  ), lacking AS (
  SELECT count(*) AS rows FROM changed AS c WHERE c.lockstep_missing0 OR c.lockstep_missing1
  ), met AS (
  SELECT count(*) AS read FROM public.remarks WHERE public.remarks.id > $1::bigint AND public.remarks.id <= $2::bigint
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
        WHERE g.tgrelid = 'public.remarks'::pg_catalog.regclass
        AND g.tgenabled = 'A'
        AND g.tgname IN (
          '~ lockstep twin-set-null/keys: public.remarks i',
          '~ lockstep twin-set-null/keys: public.remarks u',
          '~ lockstep twin-set-null/keys: public.remarks s'
        )
      )
        = 3
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
-- batch flip/late/public.remarks: fill what of public.remarks has its parent by now

-- sends
WITH changed AS (
  UPDATE public.remarks
    SET owner_id_uuid
      = coalesce(
        public.remarks.owner_id_uuid, (SELECT p.id_uuid FROM public.owners AS p WHERE p.id = public.remarks.owner_id)
      ),
      owner_id
        = coalesce(
          public.remarks.owner_id, (SELECT p.id FROM public.owners AS p WHERE p.id_uuid = public.remarks.owner_id_uuid)
        ),
      subject_id_uuid = coalesce(public.remarks.subject_id_uuid,
      CASE
    WHEN (subject_type = 'Owner'
  )
    THEN (SELECT p.id_uuid FROM public.owners AS p WHERE p.id = public.remarks.subject_id) END),
      subject_id = coalesce(public.remarks.subject_id,
      CASE
    WHEN (subject_type = 'Owner'
  ) THEN (SELECT p.id FROM public.owners AS p WHERE p.id_uuid = public.remarks.subject_id_uuid) END)
  WHERE public.remarks.id > $1::bigint
    AND public.remarks.id <= $2::bigint
    AND (
      (public.remarks.owner_id IS NULL) <> (public.remarks.owner_id_uuid IS NULL)
      AND (
        EXISTS (SELECT FROM public.owners AS p WHERE p.id = public.remarks.owner_id)
        OR EXISTS (SELECT FROM public.owners AS p WHERE p.id_uuid = public.remarks.owner_id_uuid)
      )
      OR (public.remarks.subject_id IS NULL) <> (public.remarks.subject_id_uuid IS NULL)
      AND (
        EXISTS (SELECT FROM public.owners AS p WHERE p.id = public.remarks.subject_id)
        OR EXISTS (SELECT FROM public.owners AS p WHERE p.id_uuid = public.remarks.subject_id_uuid)
      )
    )
  RETURNING public.remarks.id AS lockstep_key0, true
    AND (public.remarks.owner_id IS NULL) <> (public.remarks.owner_id_uuid IS NULL) AS lockstep_missing0,
      public.remarks.owner_id AS lockstep_old0_0,
      public.remarks.owner_id_uuid AS lockstep_new0_0,
      (subject_type = 'Owner'
  ) IS TRUE
    AND (public.remarks.subject_id IS NULL) <> (public.remarks.subject_id_uuid IS NULL) AS lockstep_missing1,
      public.remarks.subject_id AS lockstep_old1_0,
      public.remarks.subject_id_uuid AS lockstep_new1_0
  ), unfilled AS MATERIALIZED (
  SELECT ARRAY[c.lockstep_key0::text] AS key, false AS orphan, CASE
    WHEN c.lockstep_old0_0 IS NOT NULL
    THEN EXISTS (SELECT FROM public.owners AS p WHERE p.id = c.lockstep_old0_0)
    ELSE EXISTS (SELECT FROM public.owners AS p WHERE p.id_uuid = c.lockstep_new0_0) END AS unconverted,
    CASE
      WHEN c.lockstep_old0_0 IS NOT NULL
      THEN 'owner_id = ' || coalesce(c.lockstep_old0_0::text, 'NULL') || ' finds no row of public.owners'
      ELSE 'owner_id_uuid = '
        || coalesce(c.lockstep_new0_0::text, 'NULL')
        || ' finds no row of public.owners' END AS message,
        'public.remarks.owner_id_uuid' AS "column",
        'public.owners' AS parent,
        'UPDATE public.owners SET id_uuid = pg_catalog.gen_random_uuid() WHERE id_uuid IS NULL' AS repair,
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
      FROM public.remarks AS t
      WHERE t.id = c.lockstep_key0
    ) AS row
  FROM changed AS c WHERE c.lockstep_missing0
  UNION ALL
  SELECT ARRAY[c.lockstep_key0::text] AS key, false AS orphan, CASE
    WHEN c.lockstep_old1_0 IS NOT NULL
    THEN EXISTS (SELECT FROM public.owners AS p WHERE p.id = c.lockstep_old1_0)
    ELSE EXISTS (SELECT FROM public.owners AS p WHERE p.id_uuid = c.lockstep_new1_0) END AS unconverted,
    CASE
      WHEN c.lockstep_old1_0 IS NOT NULL
      THEN 'subject_id = ' || coalesce(c.lockstep_old1_0::text, 'NULL') || ' finds no row of public.owners'
      ELSE 'subject_id_uuid = '
        || coalesce(c.lockstep_new1_0::text, 'NULL')
        || ' finds no row of public.owners' END AS message,
        'public.remarks.subject_id_uuid' AS "column",
        'public.owners' AS parent,
        'UPDATE public.owners SET id_uuid = pg_catalog.gen_random_uuid() WHERE id_uuid IS NULL' AS repair,
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
      FROM public.remarks AS t
      WHERE t.id = c.lockstep_key0
    ) AS row
  FROM changed AS c WHERE c.lockstep_missing1
  ), aside AS (
  SELECT key, (array_agg(row))[1] AS row, string_agg(message, '; ') AS message FROM unfilled WHERE orphan GROUP BY key
  ), lacking AS (
  SELECT count(*) AS rows FROM changed AS c WHERE c.lockstep_missing0 OR c.lockstep_missing1
  ), met AS (
  SELECT count(*) AS read FROM public.remarks WHERE public.remarks.id > $1::bigint AND public.remarks.id <= $2::bigint
  )
  SELECT read, changed, greatest(read - changed - (SELECT count(*) FROM aside), 0) AS skipped, 0::bigint AS kept,
    NULL::json AS findings,
      (
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
      ) AS problem,
      (SELECT json_agg(json_build_object('key', key, 'row', row, 'message', message)) FROM aside) AS aside
  FROM met, (SELECT count(*) - (SELECT rows FROM lacking) AS changed FROM changed) AS written;

----------------------------------------------------------------------------------------------------
-- batch flip/orphans/public.remarks.owner_id: set owner_id of public.remarks to NULL where public.owners has no such row

-- sends
WITH orphan AS MATERIALIZED (
  SELECT public.remarks.id AS lockstep_k0, public.remarks.owner_id AS lockstep_v0
  FROM public.remarks
    WHERE public.remarks.id > $1::bigint
    AND public.remarks.id <= $2::bigint
    AND public.remarks.owner_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.owners AS p WHERE p.id = public.remarks.owner_id)
  ), changed AS (
  UPDATE public.remarks SET owner_id = NULL
  FROM orphan AS o
  WHERE public.remarks.id = o.lockstep_k0 AND public.remarks.id > $1::bigint AND public.remarks.id <= $2::bigint
    AND public.remarks.owner_id IS NOT DISTINCT FROM o.lockstep_v0
  RETURNING ARRAY[o.lockstep_k0::text] AS key,
    ARRAY[o.lockstep_v0::text] AS before,
    ARRAY[public.remarks.owner_id::text] AS after
  ), kept AS (
  INSERT INTO lockstep.before_image (run_id, operation_id, key, before, after)
  SELECT current_setting('lockstep.run_id')::bigint, 'flip/orphans/public.remarks.owner_id', key, before, after
    FROM changed
  ), met AS (
  SELECT count(*) AS read FROM public.remarks WHERE public.remarks.id > $1::bigint AND public.remarks.id <= $2::bigint
  )
  SELECT greatest(read, changed) AS read,
    changed,
    greatest(read - changed, 0) AS skipped,
    0::bigint AS kept,
    NULL::json AS findings,
    NULL::json AS problem
  FROM met, (SELECT count(*) AS changed FROM changed) AS written;

----------------------------------------------------------------------------------------------------
-- batch undo/flip/orphans/public.remarks.owner_id: restore owner_id of public.remarks where nobody changed it since

-- sends
WITH image AS MATERIALIZED (
  SELECT i.id, i.key, i.before, i.after FROM lockstep.before_image AS i
  WHERE i.run_id = current_setting('lockstep.run_id')::bigint
    AND i.operation_id = 'flip/orphans/public.remarks.owner_id'
    AND i.id > $1::bigint
    AND i.id <= $2::bigint
  ), restored AS (
  UPDATE public.remarks AS t SET owner_id = i.before[1]::bigint
  FROM image AS i
  WHERE t.id = i.key[1]::bigint AND ARRAY[t.owner_id::text] = i.after
  RETURNING i.id
  ), since AS (
  SELECT i.key, i.before, to_jsonb(t.*) AS row FROM image AS i LEFT JOIN public.remarks AS t ON t.id = i.key[1]::bigint
  WHERE i.id NOT IN (SELECT id FROM restored)
  )
  SELECT (SELECT count(*) FROM image) AS read,
    (SELECT count(*) FROM restored) AS changed,
    0::bigint AS skipped,
    (SELECT count(*) FROM since) AS kept,
    (
      SELECT json_agg(
        json_build_object(
          'what', CASE
          WHEN row IS NULL
          THEN 'gone since'
          ELSE 'kept: changed by others since' END, 'key', key, 'before', before, 'row', row
        )
      )
      FROM (SELECT * FROM since LIMIT 10) AS s
    ) AS findings,
    NULL::json AS problem;

----------------------------------------------------------------------------------------------------
-- batch flip/orphans/public.remarks.subject_id: set subject_id of public.remarks to NULL where public.owners has no such row

-- sends
WITH orphan AS MATERIALIZED (
  SELECT public.remarks.id AS lockstep_k0, public.remarks.subject_id AS lockstep_v0
  FROM public.remarks
    WHERE public.remarks.id > $1::bigint
    AND public.remarks.id <= $2::bigint
    AND (subject_type = 'Owner'
  )
    AND public.remarks.subject_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.owners AS p WHERE p.id = public.remarks.subject_id)
  ), changed AS (
  UPDATE public.remarks SET subject_id = NULL
  FROM orphan AS o
  WHERE public.remarks.id = o.lockstep_k0
    AND public.remarks.id > $1::bigint
    AND public.remarks.id <= $2::bigint
    AND (subject_type = 'Owner'
  )
    AND public.remarks.subject_id IS NOT DISTINCT FROM o.lockstep_v0
  RETURNING ARRAY[o.lockstep_k0::text] AS key,
    ARRAY[o.lockstep_v0::text] AS before,
    ARRAY[public.remarks.subject_id::text] AS after
  ), kept AS (
  INSERT INTO lockstep.before_image (run_id, operation_id, key, before, after)
  SELECT current_setting('lockstep.run_id')::bigint, 'flip/orphans/public.remarks.subject_id', key, before, after
    FROM changed
  ), met AS (
  SELECT count(*) AS read FROM public.remarks WHERE public.remarks.id > $1::bigint AND public.remarks.id <= $2::bigint
  )
  SELECT greatest(read, changed) AS read,
    changed,
    greatest(read - changed, 0) AS skipped,
    0::bigint AS kept,
    NULL::json AS findings,
    NULL::json AS problem
  FROM met, (SELECT count(*) AS changed FROM changed) AS written;

----------------------------------------------------------------------------------------------------
-- batch undo/flip/orphans/public.remarks.subject_id: restore subject_id of public.remarks where nobody changed it since

-- sends
WITH image AS MATERIALIZED (
  SELECT i.id, i.key, i.before, i.after FROM lockstep.before_image AS i
  WHERE i.run_id = current_setting('lockstep.run_id')::bigint
    AND i.operation_id = 'flip/orphans/public.remarks.subject_id'
    AND i.id > $1::bigint
    AND i.id <= $2::bigint
  ), restored AS (
  UPDATE public.remarks AS t SET subject_id = i.before[1]::bigint
  FROM image AS i
  WHERE t.id = i.key[1]::bigint AND ARRAY[t.subject_id::text] = i.after
  RETURNING i.id
  ), since AS (
  SELECT i.key, i.before, to_jsonb(t.*) AS row FROM image AS i LEFT JOIN public.remarks AS t ON t.id = i.key[1]::bigint
  WHERE i.id NOT IN (SELECT id FROM restored)
  )
  SELECT (SELECT count(*) FROM image) AS read,
    (SELECT count(*) FROM restored) AS changed,
    0::bigint AS skipped,
    (SELECT count(*) FROM since) AS kept,
    (
      SELECT json_agg(
        json_build_object(
          'what', CASE
          WHEN row IS NULL
          THEN 'gone since'
          ELSE 'kept: changed by others since' END, 'key', key, 'before', before, 'row', row
        )
      )
      FROM (SELECT * FROM since LIMIT 10) AS s
    ) AS findings,
    NULL::json AS problem;

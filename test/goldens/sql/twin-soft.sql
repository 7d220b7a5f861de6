-- Columns that refer to a key without a foreign key, one of them in some of its rows; what refers to nothing stays.
-- The plan is `twin-soft.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- check keys/before/orphans/1-no_orphans: every public.remarks.owner_id has its public.owners.id, else it is kept

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
-- check keys/before/orphans/2-no_orphans: every public.remarks.subject_id has its public.owners.id, else it is kept

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
-- statement keys/open/public.owners: keep id of public.owners in step with id_uuid from now on

-- sends
CREATE FUNCTION lockstep."twins of twin-soft/keys: public.owners"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    IF by_old_0 OR by_new_0 OR NEW.id_uuid IS NULL THEN
      wanted := (
        SELECT pg_catalog.encode(
          pg_catalog.set_byte(
            pg_catalog.set_byte(d.h, 6, pg_catalog.get_byte(d.h, 6) & 15 | 128),
            8,
            pg_catalog.get_byte(d.h, 8) & 63 | 128
          ),
          'hex'
        )::pg_catalog.uuid
        FROM (
          SELECT pg_catalog.substr(
            pg_catalog.sha256(
              pg_catalog.uuid_send('6ba7b810-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid)
              || pg_catalog.convert_to(NEW.id::pg_catalog.text, 'UTF8')
            ),
            1,
            16
          ) AS h
          OFFSET 0
        ) AS d
      );
      IF NOT (NEW.id_uuid IS NULL OR NOT by_new_0 OR wanted = NEW.id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: id and id_uuid of public.owners are written with values that do not belong together',
          '"twin-soft/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      NEW.id_uuid := wanted;
    END IF;
    RETURN NEW;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."twins of twin-soft/keys: public.owners"() FROM PUBLIC;

CREATE TRIGGER "~ lockstep twin-soft/keys: public.owners i" BEFORE INSERT ON public.owners
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."twins of twin-soft/keys: public.owners"();

CREATE TRIGGER "~ lockstep twin-soft/keys: public.owners u" BEFORE UPDATE
    ON public.owners
    FOR EACH ROW
    WHEN (
      OLD.id IS DISTINCT FROM NEW.id
      OR (
        OLD.id_uuid IS DISTINCT FROM NEW.id_uuid
        AND (OLD.id_uuid IS NOT NULL OR coalesce(current_setting('lockstep.run_id', true), '') = '')
      )
    )
    EXECUTE FUNCTION lockstep."twins of twin-soft/keys: public.owners"();

ALTER TABLE public.owners ENABLE ALWAYS TRIGGER "~ lockstep twin-soft/keys: public.owners i";
ALTER TABLE public.owners ENABLE ALWAYS TRIGGER "~ lockstep twin-soft/keys: public.owners u";

----------------------------------------------------------------------------------------------------
-- statement undo/keys/open/public.owners: no longer keep id of public.owners in step

-- sends
DROP TRIGGER "~ lockstep twin-soft/keys: public.owners i" ON public.owners;
DROP TRIGGER "~ lockstep twin-soft/keys: public.owners u" ON public.owners;
DROP FUNCTION lockstep."twins of twin-soft/keys: public.owners"();

----------------------------------------------------------------------------------------------------
-- statement keys/open/public.remarks: keep owner_id, subject_id of public.remarks in step with owner_id_uuid, subject_id_uuid from now on

-- sends
CREATE FUNCTION lockstep."p4dfe of twin-soft/keys: public.remarks"(text) RETURNS boolean LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT (subject_type = 'Owner'
  ) IS TRUE FROM (SELECT $1 AS subject_type) AS remarks;
  END;

CREATE FUNCTION lockstep."twins of twin-soft/keys: public.remarks"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      wanted := NULL;
      hit := true;
      IF NEW.owner_id IS NOT NULL AND taken THEN
        wanted := (
          SELECT pg_catalog.encode(
            pg_catalog.set_byte(
              pg_catalog.set_byte(d.h, 6, pg_catalog.get_byte(d.h, 6) & 15 | 128),
              8,
              pg_catalog.get_byte(d.h, 8) & 63 | 128
            ),
            'hex'
          )::pg_catalog.uuid
          FROM (
            SELECT pg_catalog.substr(
              pg_catalog.sha256(
                pg_catalog.uuid_send('6ba7b810-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid)
                || pg_catalog.convert_to(NEW.owner_id::pg_catalog.text, 'UTF8')
              ),
              1,
              16
            ) AS h
            OFFSET 0
          ) AS d
        );
        hit := true;
      END IF;
      IF NOT (NOT by_new_0 OR NEW.owner_id_uuid IS NULL OR wanted IS NULL OR wanted = NEW.owner_id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: owner_id and owner_id_uuid of public.remarks are written with values that do not belong together',
          '"twin-soft/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF hit OR NOT by_new_0 THEN
        NEW.owner_id_uuid := wanted;
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
          '"twin-soft/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF taken AND (hit OR by_new_0 AND NOT by_old_0) THEN
        NEW.owner_id := other_0;
      END IF;
    END IF;
    taken := lockstep."p4dfe of twin-soft/keys: public.remarks"(NEW.subject_type);
    IF by_old_1 OR moved_1 AND NOT by_new_1 THEN
      wanted := NULL;
      hit := true;
      IF NEW.subject_id IS NOT NULL AND taken THEN
        wanted := (
          SELECT pg_catalog.encode(
            pg_catalog.set_byte(
              pg_catalog.set_byte(d.h, 6, pg_catalog.get_byte(d.h, 6) & 15 | 128),
              8,
              pg_catalog.get_byte(d.h, 8) & 63 | 128
            ),
            'hex'
          )::pg_catalog.uuid
          FROM (
            SELECT pg_catalog.substr(
              pg_catalog.sha256(
                pg_catalog.uuid_send('6ba7b810-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid)
                || pg_catalog.convert_to(NEW.subject_id::pg_catalog.text, 'UTF8')
              ),
              1,
              16
            ) AS h
            OFFSET 0
          ) AS d
        );
        hit := true;
      END IF;
      IF NOT (NOT by_new_1 OR NEW.subject_id_uuid IS NULL OR wanted IS NULL OR wanted = NEW.subject_id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: subject_id and subject_id_uuid of public.remarks are written with values that do not belong together',
          '"twin-soft/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF hit OR NOT by_new_1 THEN
        NEW.subject_id_uuid := wanted;
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
          '"twin-soft/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF taken AND (hit OR by_new_1 AND NOT by_old_1) THEN
        NEW.subject_id := other_1;
      END IF;
    END IF;
    RETURN NEW;
  END
  $body$;

CREATE FUNCTION lockstep."settle of twin-soft/keys: public.remarks"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
  DECLARE
    wanted uuid;
    other_0 bigint;
    other_1 bigint;
  BEGIN
    IF NEW.owner_id_uuid IS NULL AND NEW.owner_id IS NOT NULL THEN
      SELECT p.id_uuid INTO wanted FROM public.owners AS p WHERE p.id = NEW.owner_id;
      IF wanted IS NOT NULL THEN
        UPDATE public.remarks AS t
          SET owner_id_uuid = wanted
          WHERE t.id = NEW.id
          AND t.owner_id = NEW.owner_id
          AND t.owner_id_uuid IS NULL;
      END IF;
    ELSIF NEW.owner_id IS NULL AND NEW.owner_id_uuid IS NOT NULL THEN
      SELECT p.id INTO other_0 FROM public.owners AS p WHERE p.id_uuid = NEW.owner_id_uuid;
      IF other_0 IS NOT NULL THEN
        UPDATE public.remarks AS t
          SET owner_id = other_0
          WHERE t.id = NEW.id
          AND t.owner_id_uuid = NEW.owner_id_uuid
          AND t.owner_id IS NULL;
      END IF;
    END IF;
    IF NEW.subject_id_uuid IS NULL
      AND NEW.subject_id IS NOT NULL
      AND lockstep."p4dfe of twin-soft/keys: public.remarks"(NEW.subject_type)
      THEN
      SELECT p.id_uuid INTO wanted FROM public.owners AS p WHERE p.id = NEW.subject_id;
      IF wanted IS NOT NULL THEN
        UPDATE public.remarks AS t
          SET subject_id_uuid = wanted
          WHERE t.id = NEW.id
          AND t.subject_id = NEW.subject_id
          AND t.subject_id_uuid IS NULL;
      END IF;
    ELSIF NEW.subject_id IS NULL AND NEW.subject_id_uuid IS NOT NULL THEN
      SELECT p.id INTO other_1 FROM public.owners AS p WHERE p.id_uuid = NEW.subject_id_uuid;
      IF other_1 IS NOT NULL THEN
        UPDATE public.remarks AS t
          SET subject_id = other_1
          WHERE t.id = NEW.id
          AND t.subject_id_uuid = NEW.subject_id_uuid
          AND t.subject_id IS NULL;
      END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."twins of twin-soft/keys: public.remarks"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."settle of twin-soft/keys: public.remarks"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."p4dfe of twin-soft/keys: public.remarks"(text) FROM PUBLIC;

CREATE TRIGGER "~ lockstep twin-soft/keys: public.remarks i" BEFORE INSERT ON public.remarks
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."twins of twin-soft/keys: public.remarks"();

CREATE TRIGGER "~ lockstep twin-soft/keys: public.remarks u" BEFORE UPDATE
    ON public.remarks
    FOR EACH ROW
    WHEN (
      OLD.owner_id IS DISTINCT FROM NEW.owner_id
      OR (
        OLD.owner_id_uuid IS DISTINCT FROM NEW.owner_id_uuid
        AND (OLD.owner_id_uuid IS NOT NULL OR coalesce(current_setting('lockstep.run_id', true), '') = '')
      )
      OR OLD.subject_id IS DISTINCT FROM NEW.subject_id
      OR OLD.subject_type IS DISTINCT FROM NEW.subject_type
      OR (
        OLD.subject_id_uuid IS DISTINCT FROM NEW.subject_id_uuid
        AND (OLD.subject_id_uuid IS NOT NULL OR coalesce(current_setting('lockstep.run_id', true), '') = '')
      )
    )
    EXECUTE FUNCTION lockstep."twins of twin-soft/keys: public.remarks"();

CREATE CONSTRAINT TRIGGER "~ lockstep twin-soft/keys: public.remarks s" AFTER INSERT OR UPDATE
    ON public.remarks DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    WHEN (
      (NEW.owner_id IS NULL) <> (NEW.owner_id_uuid IS NULL) OR (NEW.subject_id IS NULL) <> (NEW.subject_id_uuid IS NULL)
    )
    EXECUTE FUNCTION lockstep."settle of twin-soft/keys: public.remarks"();

ALTER TABLE public.remarks ENABLE ALWAYS TRIGGER "~ lockstep twin-soft/keys: public.remarks i";
ALTER TABLE public.remarks ENABLE ALWAYS TRIGGER "~ lockstep twin-soft/keys: public.remarks u";
ALTER TABLE public.remarks ENABLE ALWAYS TRIGGER "~ lockstep twin-soft/keys: public.remarks s";

----------------------------------------------------------------------------------------------------
-- statement undo/keys/open/public.remarks: no longer keep owner_id, subject_id of public.remarks in step

-- sends
DROP TRIGGER "~ lockstep twin-soft/keys: public.remarks i" ON public.remarks;
DROP TRIGGER "~ lockstep twin-soft/keys: public.remarks u" ON public.remarks;
DROP TRIGGER "~ lockstep twin-soft/keys: public.remarks s" ON public.remarks;
DROP FUNCTION lockstep."twins of twin-soft/keys: public.remarks"();
DROP FUNCTION lockstep."settle of twin-soft/keys: public.remarks"();
DROP FUNCTION lockstep."p4dfe of twin-soft/keys: public.remarks"(text);

----------------------------------------------------------------------------------------------------
-- batch keys/fill/public.owners: fill id_uuid of public.owners

-- sends
WITH changed AS (
  UPDATE public.owners
    SET id_uuid
      = coalesce(
        public.owners.id_uuid,
        (
          SELECT pg_catalog.encode(
            pg_catalog.set_byte(
              pg_catalog.set_byte(d.h, 6, pg_catalog.get_byte(d.h, 6) & 15 | 128),
              8,
              pg_catalog.get_byte(d.h, 8) & 63 | 128
            ),
            'hex'
          )::pg_catalog.uuid
          FROM (
            SELECT pg_catalog.substr(
              pg_catalog.sha256(
                pg_catalog.uuid_send('6ba7b810-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid)
                || pg_catalog.convert_to(public.owners.id::pg_catalog.text, 'UTF8')
              ),
              1,
              16
            ) AS h
            OFFSET 0
          ) AS d
        )
      )
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
        AND g.tgname IN ('~ lockstep twin-soft/keys: public.owners i', '~ lockstep twin-soft/keys: public.owners u')
      )
        = 2
      THEN json_build_object('code', 'mirror_silent', 'retry', false, 'rows', '[]'::json) END AS problem
  FROM met, (SELECT count(*) AS changed FROM changed) AS written;

----------------------------------------------------------------------------------------------------
-- batch keys/fill/public.remarks: fill owner_id_uuid, subject_id_uuid of public.remarks

-- sends
WITH changed AS (
  UPDATE public.remarks
    SET owner_id_uuid
      = coalesce(
        public.remarks.owner_id_uuid,
        (
          SELECT pg_catalog.encode(
            pg_catalog.set_byte(
              pg_catalog.set_byte(d.h, 6, pg_catalog.get_byte(d.h, 6) & 15 | 128),
              8,
              pg_catalog.get_byte(d.h, 8) & 63 | 128
            ),
            'hex'
          )::pg_catalog.uuid
          FROM (
            SELECT pg_catalog.substr(
              pg_catalog.sha256(
                pg_catalog.uuid_send('6ba7b810-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid)
                || pg_catalog.convert_to(public.remarks.owner_id::pg_catalog.text, 'UTF8')
              ),
              1,
              16
            ) AS h
            OFFSET 0
          ) AS d
        )
      ),
      subject_id_uuid = coalesce(public.remarks.subject_id_uuid,
      CASE
    WHEN (subject_type = 'Owner'
  )
    THEN (
      SELECT pg_catalog.encode(
        pg_catalog.set_byte(
          pg_catalog.set_byte(d.h, 6, pg_catalog.get_byte(d.h, 6) & 15 | 128), 8, pg_catalog.get_byte(d.h, 8) & 63 | 128
        ),
        'hex'
      )::pg_catalog.uuid
      FROM (
        SELECT pg_catalog.substr(
          pg_catalog.sha256(
            pg_catalog.uuid_send('6ba7b810-9dad-11d1-80b4-00c04fd430c8'::pg_catalog.uuid)
            || pg_catalog.convert_to(public.remarks.subject_id::pg_catalog.text, 'UTF8')
          ),
          1,
          16
        ) AS h
        OFFSET 0
      ) AS d
    ) END)
  WHERE public.remarks.id > $1::bigint
    AND public.remarks.id <= $2::bigint
    AND ((public.remarks.owner_id IS NOT NULL AND public.remarks.owner_id_uuid IS NULL)
    OR (public.remarks.subject_id IS NOT NULL
    AND public.remarks.subject_id_uuid IS NULL
    AND (subject_type = 'Owner'
  )))
  RETURNING 1
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
          '~ lockstep twin-soft/keys: public.remarks i',
          '~ lockstep twin-soft/keys: public.remarks u',
          '~ lockstep twin-soft/keys: public.remarks s'
        )
      )
        = 3
      THEN json_build_object('code', 'mirror_silent', 'retry', false, 'rows', '[]'::json) END AS problem
  FROM met, (SELECT count(*) AS changed FROM changed) AS written;

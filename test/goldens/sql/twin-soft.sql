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
        AND (OLD.id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
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
    IF by_old_0
      OR moved_0
      AND NOT by_new_0
      OR TG_OP = 'UPDATE'
      AND NEW.owner_id IS NOT NULL
      AND NEW.owner_id_uuid IS NULL
      AND NOT by_new_0
      THEN
      wanted_0 := NULL;
      hit := true;
      IF NEW.owner_id IS NOT NULL AND taken THEN
        wanted_0 := (
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
      END IF;
      IF NOT (NOT by_new_0 OR NEW.owner_id_uuid IS NULL OR wanted_0 IS NULL OR wanted_0 = NEW.owner_id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: owner_id and owner_id_uuid of public.remarks are written with values that do not belong together',
          '"twin-soft/keys"'
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
        IF NOT hit
          AND taken
          AND NEW.owner_id IS NOT NULL
          AND (
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
          )
            = NEW.owner_id_uuid
          THEN
          other_0 := NEW.owner_id;
          hit := true;
        END IF;
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
    IF by_old_1
      OR moved_1
      AND NOT by_new_1
      OR TG_OP = 'UPDATE'
      AND NEW.subject_id IS NOT NULL
      AND NEW.subject_id_uuid IS NULL
      AND NOT by_new_1
      THEN
      wanted_1 := NULL;
      hit := true;
      IF NEW.subject_id IS NOT NULL AND taken THEN
        wanted_1 := (
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
      END IF;
      IF NOT (NOT by_new_1 OR NEW.subject_id_uuid IS NULL OR wanted_1 IS NULL OR wanted_1 = NEW.subject_id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: subject_id and subject_id_uuid of public.remarks are written with values that do not belong together',
          '"twin-soft/keys"'
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
        IF NOT hit
          AND taken
          AND NEW.subject_id IS NOT NULL
          AND (
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
          )
            = NEW.subject_id_uuid
          THEN
          other_1 := NEW.subject_id;
          hit := true;
        END IF;
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
      wanted_0 := (
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
      AND lockstep."p4dfe of twin-soft/keys: public.remarks"(NEW.subject_type)
      THEN
      wanted_1 := (
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
        AND (OLD.owner_id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
      OR (NEW.owner_id_uuid IS NULL AND (OLD.id IS DISTINCT FROM NEW.id))
      OR OLD.subject_id IS DISTINCT FROM NEW.subject_id
      OR OLD.subject_type IS DISTINCT FROM NEW.subject_type
      OR (
        OLD.subject_id_uuid IS DISTINCT FROM NEW.subject_id_uuid
        AND (OLD.subject_id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
      OR (NEW.subject_id_uuid IS NULL AND (OLD.id IS DISTINCT FROM NEW.id))
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

----------------------------------------------------------------------------------------------------
-- statement flip/cutover: give the new columns of keys the names of the old ones

-- asserts: the window twin-soft/keys can become: new leads
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

-- asserts: the triggers of twin-soft/keys are as they were made
WITH violation AS MATERIALIZED (
  SELECT p.relid::pg_catalog.regclass::pg_catalog.text AS "table", w.trigger_name AS "trigger"
    FROM (
      VALUES ('public.owners', '~ lockstep twin-soft/keys: public.owners i'),
      ('public.owners', '~ lockstep twin-soft/keys: public.owners u'),
      ('public.remarks', '~ lockstep twin-soft/keys: public.remarks i'),
      ('public.remarks', '~ lockstep twin-soft/keys: public.remarks u'),
      ('public.remarks', '~ lockstep twin-soft/keys: public.remarks s')
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

-- asserts: nothing stands on the old columns of twin-soft/keys that was not there when it was planned: drop it, and make it again behind the cutover
WITH violation AS MATERIALIZED (
  SELECT o.type || ' ' || o.identity AS what, c.relation || '.' || c.name AS stands_on
  FROM (VALUES ('public.owners', 'id'), ('public.remarks', 'owner_id')) AS c (relation, name)
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
ALTER TABLE public.owners RENAME COLUMN id TO id_legacy;
ALTER TABLE public.owners RENAME COLUMN id_uuid TO id;
ALTER TABLE public.remarks RENAME COLUMN owner_id TO owner_id_legacy;
ALTER TABLE public.remarks RENAME COLUMN owner_id_uuid TO owner_id;
ALTER TABLE public.owners DROP CONSTRAINT owners_pkey;
ALTER TABLE public.owners ADD CONSTRAINT owners_pkey PRIMARY KEY USING INDEX owners_pkey_uuid;
ALTER TABLE public.owners RENAME CONSTRAINT owners_id_not_null TO owners_id_not_null_legacy;
ALTER TABLE public.owners RENAME CONSTRAINT owners_id_not_null_uuid TO owners_id_not_null;
ALTER TABLE public.owners ALTER COLUMN id SET DEFAULT pg_catalog.gen_random_uuid();

CREATE OR REPLACE FUNCTION lockstep."twins of twin-soft/keys: public.owners"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
        || ' twin-soft/keys public.owners'
      THEN
      INSERT INTO lockstep.old_writer (window_name, mapping, side) VALUES ('twin-soft/keys', 'public.owners', 'old');
      PERFORM pg_catalog.set_config(
        'lockstep.seen', pg_catalog.pg_current_xact_id()::text || ' twin-soft/keys public.owners', true
      );
    END IF;
    IF TG_OP = 'UPDATE' AND by_old_0 AND NOT by_new_0 AND OLD.id_legacy IS NOT NULL THEN
      RAISE EXCEPTION 'lockstep window %: id_legacy of public.owners does not change alone', '"twin-soft/keys"'
        USING ERRCODE = 'check_violation', HINT = 'What refers to the row follows id.';
    END IF;
    IF NEW.id IS NULL THEN
      NEW.id := (
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
              || pg_catalog.convert_to(NEW.id_legacy::pg_catalog.text, 'UTF8')
            ),
            1,
            16
          ) AS h
          OFFSET 0
        ) AS d
      );
    END IF;
    RETURN NEW;
  END
  $body$;

DROP TRIGGER "~ lockstep twin-soft/keys: public.owners u" ON public.owners;

CREATE TRIGGER "~ lockstep twin-soft/keys: public.owners u" BEFORE UPDATE
    ON public.owners
    FOR EACH ROW
    WHEN (OLD.id_legacy IS DISTINCT FROM NEW.id_legacy OR (OLD.id IS DISTINCT FROM NEW.id))
    EXECUTE FUNCTION lockstep."twins of twin-soft/keys: public.owners"();

ALTER TABLE public.owners ENABLE ALWAYS TRIGGER "~ lockstep twin-soft/keys: public.owners u";

CREATE OR REPLACE FUNCTION lockstep."twins of twin-soft/keys: public.remarks"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      by_old_0 := NEW.owner_id_legacy IS NOT NULL;
      by_new_0 := NEW.owner_id IS NOT NULL;
      moved_0 := false;
    ELSE
      by_old_0 := NEW.owner_id_legacy IS DISTINCT FROM OLD.owner_id_legacy;
      by_new_0 := NEW.owner_id IS DISTINCT FROM OLD.owner_id;
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
    IF by_old_0
      AND NOT by_new_0
      AND pg_catalog.current_setting('lockstep.seen', true) IS DISTINCT FROM pg_catalog.pg_current_xact_id()::text
        || ' twin-soft/keys public.remarks'
      THEN
      INSERT INTO lockstep.old_writer (window_name, mapping, side) VALUES ('twin-soft/keys', 'public.remarks', 'old');
      PERFORM pg_catalog.set_config(
        'lockstep.seen', pg_catalog.pg_current_xact_id()::text || ' twin-soft/keys public.remarks', true
      );
    END IF;
    taken := true;
    IF by_new_0 OR moved_0 AND NOT by_old_0 AND taken AND NEW.owner_id IS NOT NULL THEN
      other_0 := NULL;
      hit := true;
      IF NEW.owner_id IS NOT NULL THEN
        SELECT p.id_legacy INTO other_0 FROM public.owners AS p WHERE p.id = NEW.owner_id;
        hit := FOUND;
        IF NOT hit
          AND taken
          AND NEW.owner_id_legacy IS NOT NULL
          AND (
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
                  || pg_catalog.convert_to(NEW.owner_id_legacy::pg_catalog.text, 'UTF8')
                ),
                1,
                16
              ) AS h
              OFFSET 0
            ) AS d
          )
            = NEW.owner_id
          THEN
          other_0 := NEW.owner_id_legacy;
          hit := true;
        END IF;
      END IF;
      IF NOT (NOT by_old_0 OR NEW.owner_id_legacy IS NULL OR other_0 IS NULL OR other_0 = NEW.owner_id_legacy) THEN
        RAISE EXCEPTION 'lockstep window %: owner_id_legacy and owner_id of public.remarks are written with values that do not belong together',
          '"twin-soft/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF taken AND (hit OR by_new_0 AND NOT by_old_0) THEN
        NEW.owner_id_legacy := other_0;
      END IF;
    ELSIF by_old_0 OR moved_0 THEN
      wanted_0 := NULL;
      hit := true;
      IF NEW.owner_id_legacy IS NOT NULL AND taken THEN
        SELECT p.id INTO wanted_0 FROM public.owners AS p WHERE p.id_legacy = NEW.owner_id_legacy;
        hit := FOUND;
        -- The lock fails with 40001 where the fill has come to the parent since the snapshot. Else it has still to come, waits for this
        -- transaction, and comes to this row behind it.
        IF hit AND wanted_0 IS NULL AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          PERFORM FROM public.owners AS p WHERE p.id_legacy = NEW.owner_id_legacy FOR SHARE;
        END IF;
      END IF;
      IF NOT (NOT by_new_0 OR NEW.owner_id IS NULL OR wanted_0 IS NULL OR wanted_0 = NEW.owner_id) THEN
        RAISE EXCEPTION 'lockstep window %: owner_id_legacy and owner_id of public.remarks are written with values that do not belong together',
          '"twin-soft/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF hit OR NOT by_new_0 THEN
        NEW.owner_id := wanted_0;
      END IF;
    END IF;
    IF by_old_1
      AND NOT by_new_1
      AND pg_catalog.current_setting('lockstep.seen', true) IS DISTINCT FROM pg_catalog.pg_current_xact_id()::text
        || ' twin-soft/keys public.remarks'
      THEN
      INSERT INTO lockstep.old_writer (window_name, mapping, side) VALUES ('twin-soft/keys', 'public.remarks', 'old');
      PERFORM pg_catalog.set_config(
        'lockstep.seen', pg_catalog.pg_current_xact_id()::text || ' twin-soft/keys public.remarks', true
      );
    END IF;
    taken := lockstep."p4dfe of twin-soft/keys: public.remarks"(NEW.subject_type);
    IF by_new_1 OR moved_1 AND NOT by_old_1 AND taken AND NEW.subject_id_uuid IS NOT NULL THEN
      other_1 := NULL;
      hit := true;
      -- A row that refers to another table, or to none, has no new value here.
      IF NOT taken THEN
        NEW.subject_id_uuid := NULL;
      END IF;
      IF NEW.subject_id_uuid IS NOT NULL THEN
        SELECT p.id_legacy INTO other_1 FROM public.owners AS p WHERE p.id = NEW.subject_id_uuid;
        hit := FOUND;
        IF NOT hit
          AND taken
          AND NEW.subject_id IS NOT NULL
          AND (
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
          )
            = NEW.subject_id_uuid
          THEN
          other_1 := NEW.subject_id;
          hit := true;
        END IF;
      END IF;
      IF NOT (NOT by_old_1 OR NEW.subject_id IS NULL OR other_1 IS NULL OR other_1 = NEW.subject_id) THEN
        RAISE EXCEPTION 'lockstep window %: subject_id and subject_id_uuid of public.remarks are written with values that do not belong together',
          '"twin-soft/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF taken AND (hit OR by_new_1 AND NOT by_old_1) THEN
        NEW.subject_id := other_1;
      END IF;
    ELSIF by_old_1 OR moved_1 THEN
      wanted_1 := NULL;
      hit := true;
      IF NEW.subject_id IS NOT NULL AND taken THEN
        SELECT p.id INTO wanted_1 FROM public.owners AS p WHERE p.id_legacy = NEW.subject_id;
        hit := FOUND;
        -- The lock fails with 40001 where the fill has come to the parent since the snapshot. Else it has still to come, waits for this
        -- transaction, and comes to this row behind it.
        IF hit AND wanted_1 IS NULL AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          PERFORM FROM public.owners AS p WHERE p.id_legacy = NEW.subject_id FOR SHARE;
        END IF;
      END IF;
      IF NOT (NOT by_new_1 OR NEW.subject_id_uuid IS NULL OR wanted_1 IS NULL OR wanted_1 = NEW.subject_id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: subject_id and subject_id_uuid of public.remarks are written with values that do not belong together',
          '"twin-soft/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF hit OR NOT by_new_1 THEN
        NEW.subject_id_uuid := wanted_1;
      END IF;
    END IF;
    RETURN NEW;
  END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."settle of twin-soft/keys: public.remarks"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    IF NEW.owner_id IS NULL AND NEW.owner_id_legacy IS NOT NULL THEN
      SELECT p.id INTO wanted_0 FROM public.owners AS p WHERE p.id_legacy = NEW.owner_id_legacy;
      IF wanted_0 IS NOT NULL THEN
        UPDATE public.remarks AS t
          SET owner_id = wanted_0
          WHERE t.id = NEW.id
          AND t.owner_id_legacy IS NOT DISTINCT FROM NEW.owner_id_legacy
          AND t.owner_id IS NULL;
      END IF;
    ELSIF NEW.owner_id_legacy IS NULL AND NEW.owner_id IS NOT NULL THEN
      SELECT p.id_legacy INTO other_0 FROM public.owners AS p WHERE p.id = NEW.owner_id;
      IF other_0 IS NOT NULL THEN
        UPDATE public.remarks AS t
          SET owner_id_legacy = other_0
          WHERE t.id = NEW.id
          AND t.owner_id IS NOT DISTINCT FROM NEW.owner_id
          AND t.owner_id_legacy IS NULL;
      END IF;
    END IF;
    IF NEW.subject_id_uuid IS NULL
      AND NEW.subject_id IS NOT NULL
      AND lockstep."p4dfe of twin-soft/keys: public.remarks"(NEW.subject_type)
      THEN
      SELECT p.id INTO wanted_1 FROM public.owners AS p WHERE p.id_legacy = NEW.subject_id;
      IF wanted_1 IS NOT NULL THEN
        UPDATE public.remarks AS t
          SET subject_id_uuid = wanted_1
          WHERE t.id = NEW.id
          AND t.subject_id IS NOT DISTINCT FROM NEW.subject_id
          AND t.subject_id_uuid IS NULL;
      END IF;
    ELSIF NEW.subject_id IS NULL AND NEW.subject_id_uuid IS NOT NULL THEN
      SELECT p.id_legacy INTO other_1 FROM public.owners AS p WHERE p.id = NEW.subject_id_uuid;
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

DROP TRIGGER "~ lockstep twin-soft/keys: public.remarks u" ON public.remarks;

CREATE TRIGGER "~ lockstep twin-soft/keys: public.remarks u" BEFORE UPDATE
    ON public.remarks
    FOR EACH ROW
    WHEN (
      OLD.owner_id_legacy IS DISTINCT FROM NEW.owner_id_legacy
      OR (OLD.owner_id IS DISTINCT FROM NEW.owner_id)
      OR OLD.subject_id IS DISTINCT FROM NEW.subject_id
      OR OLD.subject_type IS DISTINCT FROM NEW.subject_type
      OR (OLD.subject_id_uuid IS DISTINCT FROM NEW.subject_id_uuid)
    )
    EXECUTE FUNCTION lockstep."twins of twin-soft/keys: public.remarks"();

ALTER TABLE public.remarks ENABLE ALWAYS TRIGGER "~ lockstep twin-soft/keys: public.remarks u";

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
-- statement undo/flip/spare-new/1/build: build index owners_pkey_spare on public.owners concurrently

-- sends
CREATE UNIQUE INDEX CONCURRENTLY owners_pkey_spare ON public.owners USING btree (id);

-- has had its effect: index owners_pkey_spare is there and valid
WITH violation AS MATERIALIZED (
  SELECT 'no valid index owners_pkey_spare' AS missing
  WHERE NOT EXISTS (
    SELECT FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = i.indrelid
    WHERE n.nspname = 'public' AND c.relname = 'owners_pkey_spare' AND t.relname = 'owners'
      AND i.indisvalid AND i.indisready AND i.indislive)
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- has left nothing: no invalid index owners_pkey_spare is left
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'owners_pkey_spare' AND NOT i.indisvalid
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- takes away what is left
DROP INDEX CONCURRENTLY IF EXISTS public.owners_pkey_spare;

----------------------------------------------------------------------------------------------------
-- check undo/flip/compare/keys/1-in_sync: id of public.owners is what the old keys say (public.owners)

-- check
WITH violation AS MATERIALIZED (
  SELECT 'public.owners.id' AS "column",
    ARRAY[t.id_legacy::pg_catalog.text] AS key,
    t.id_legacy::pg_catalog.text AS old,
    t.id::pg_catalog.text AS new,
    NULL::pg_catalog.text AS expected
  FROM public.owners AS t WHERE t.id IS NULL
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check undo/flip/compare/keys/2-in_sync: owner_id, subject_id_uuid of public.remarks are what the old keys say (public.remarks)

-- check
WITH violation AS MATERIALIZED (
  SELECT 'public.remarks.owner_id' AS "column",
    ARRAY[t.id::pg_catalog.text] AS key,
    t.owner_id_legacy::pg_catalog.text AS old,
    t.owner_id::pg_catalog.text AS new,
    (
      CASE WHEN true THEN CASE WHEN p.lockstep_there THEN p.id ELSE NULL::pg_catalog.uuid END END
    )::pg_catalog.text AS expected
  FROM public.remarks AS t
    LEFT JOIN (SELECT true AS lockstep_there, * FROM public.owners) AS p
    ON p.id_legacy = t.owner_id_legacy
  WHERE t.owner_id IS DISTINCT FROM (
    CASE WHEN true THEN CASE WHEN p.lockstep_there THEN p.id ELSE NULL::pg_catalog.uuid END END
  )
    AND NOT (true AND p.lockstep_there IS NULL AND NOT EXISTS (SELECT FROM public.owners AS q WHERE q.id = t.owner_id))
  UNION ALL
  SELECT 'public.remarks.subject_id_uuid' AS "column",
    ARRAY[t.id::pg_catalog.text] AS key,
    t.subject_id::pg_catalog.text AS old,
    t.subject_id_uuid::pg_catalog.text AS new,
    (
      CASE WHEN t.lockstep_part THEN CASE WHEN p.lockstep_there THEN p.id ELSE NULL::pg_catalog.uuid END END
    )::pg_catalog.text AS expected
  FROM (SELECT *, (subject_type = 'Owner'
  ) IS TRUE AS lockstep_part
    FROM public.remarks) AS t
    LEFT JOIN (SELECT true AS lockstep_there, * FROM public.owners) AS p
    ON p.id_legacy = t.subject_id
  WHERE t.subject_id_uuid IS DISTINCT FROM (
    CASE WHEN t.lockstep_part THEN CASE WHEN p.lockstep_there THEN p.id ELSE NULL::pg_catalog.uuid END END
  )
    AND NOT (
      t.lockstep_part
      AND p.lockstep_there IS NULL
      AND NOT EXISTS (SELECT FROM public.owners AS q WHERE q.id = t.subject_id_uuid)
    )
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/cutover: give the old columns of keys their names back

-- asserts: the window twin-soft/keys can become: old leads
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

-- asserts: the triggers of twin-soft/keys are as they were made: as flip/cutover

-- sends
ALTER TABLE public.owners ALTER COLUMN id DROP DEFAULT;
ALTER TABLE public.owners RENAME COLUMN id TO id_uuid;
ALTER TABLE public.owners RENAME COLUMN id_legacy TO id;
ALTER TABLE public.remarks RENAME COLUMN owner_id TO owner_id_uuid;
ALTER TABLE public.remarks RENAME COLUMN owner_id_legacy TO owner_id;
ALTER TABLE public.owners DROP CONSTRAINT owners_pkey;
ALTER TABLE public.owners ADD CONSTRAINT owners_pkey PRIMARY KEY USING INDEX owners_pkey_legacy;
ALTER INDEX public.owners_pkey_spare RENAME TO owners_pkey_uuid;
ALTER TABLE public.owners RENAME CONSTRAINT owners_id_not_null TO owners_id_not_null_uuid;
ALTER TABLE public.owners RENAME CONSTRAINT owners_id_not_null_legacy TO owners_id_not_null;

CREATE OR REPLACE FUNCTION lockstep."twins of twin-soft/keys: public.owners"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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

DROP TRIGGER "~ lockstep twin-soft/keys: public.owners u" ON public.owners;

-- sends: as keys/open/public.owners

ALTER TABLE public.owners ENABLE ALWAYS TRIGGER "~ lockstep twin-soft/keys: public.owners u";

CREATE OR REPLACE FUNCTION lockstep."twins of twin-soft/keys: public.remarks"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    IF by_old_0
      OR moved_0
      AND NOT by_new_0
      OR TG_OP = 'UPDATE'
      AND NEW.owner_id IS NOT NULL
      AND NEW.owner_id_uuid IS NULL
      AND NOT by_new_0
      THEN
      wanted_0 := NULL;
      hit := true;
      IF NEW.owner_id IS NOT NULL AND taken THEN
        wanted_0 := (
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
      END IF;
      IF NOT (NOT by_new_0 OR NEW.owner_id_uuid IS NULL OR wanted_0 IS NULL OR wanted_0 = NEW.owner_id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: owner_id and owner_id_uuid of public.remarks are written with values that do not belong together',
          '"twin-soft/keys"'
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
        IF NOT hit
          AND taken
          AND NEW.owner_id IS NOT NULL
          AND (
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
          )
            = NEW.owner_id_uuid
          THEN
          other_0 := NEW.owner_id;
          hit := true;
        END IF;
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
    IF by_old_1
      OR moved_1
      AND NOT by_new_1
      OR TG_OP = 'UPDATE'
      AND NEW.subject_id IS NOT NULL
      AND NEW.subject_id_uuid IS NULL
      AND NOT by_new_1
      THEN
      wanted_1 := NULL;
      hit := true;
      IF NEW.subject_id IS NOT NULL AND taken THEN
        wanted_1 := (
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
      END IF;
      IF NOT (NOT by_new_1 OR NEW.subject_id_uuid IS NULL OR wanted_1 IS NULL OR wanted_1 = NEW.subject_id_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: subject_id and subject_id_uuid of public.remarks are written with values that do not belong together',
          '"twin-soft/keys"'
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
        IF NOT hit
          AND taken
          AND NEW.subject_id IS NOT NULL
          AND (
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
          )
            = NEW.subject_id_uuid
          THEN
          other_1 := NEW.subject_id;
          hit := true;
        END IF;
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

CREATE OR REPLACE FUNCTION lockstep."settle of twin-soft/keys: public.remarks"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      wanted_0 := (
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
      AND lockstep."p4dfe of twin-soft/keys: public.remarks"(NEW.subject_type)
      THEN
      wanted_1 := (
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

DROP TRIGGER "~ lockstep twin-soft/keys: public.remarks u" ON public.remarks;

-- sends: as keys/open/public.remarks

ALTER TABLE public.remarks ENABLE ALWAYS TRIGGER "~ lockstep twin-soft/keys: public.remarks u";

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

-- A key of two columns, one of which is converted, and what refers to both.
-- The plan is `twin-composite.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- statement keys/open/public.members: keep id of public.members in step with id_uuid from now on

-- sends
CREATE FUNCTION lockstep."twins of twin-composite/keys: public.members"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      RAISE EXCEPTION 'lockstep window %: id_uuid of public.members does not change alone', '"twin-composite/keys"'
        USING ERRCODE = 'check_violation', HINT = 'What refers to the row follows id.';
    END IF;
    IF NEW.id_uuid IS NULL THEN
      NEW.id_uuid := pg_catalog.gen_random_uuid();
    END IF;
    RETURN NEW;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."twins of twin-composite/keys: public.members"() FROM PUBLIC;

CREATE TRIGGER "~ lockstep twin-composite/keys: public.members i" BEFORE INSERT ON public.members
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."twins of twin-composite/keys: public.members"();

CREATE TRIGGER "~ lockstep twin-composite/keys: public.members u" BEFORE UPDATE
    ON public.members
    FOR EACH ROW
    WHEN (
      OLD.id IS DISTINCT FROM NEW.id
      OR (
        OLD.id_uuid IS DISTINCT FROM NEW.id_uuid
        AND (OLD.id_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
      OR (NEW.id_uuid IS NULL AND (OLD.tenant IS DISTINCT FROM NEW.tenant))
    )
    EXECUTE FUNCTION lockstep."twins of twin-composite/keys: public.members"();

ALTER TABLE public.members ENABLE ALWAYS TRIGGER "~ lockstep twin-composite/keys: public.members i";
ALTER TABLE public.members ENABLE ALWAYS TRIGGER "~ lockstep twin-composite/keys: public.members u";

----------------------------------------------------------------------------------------------------
-- statement undo/keys/open/public.members: no longer keep id of public.members in step

-- sends
DROP TRIGGER "~ lockstep twin-composite/keys: public.members i" ON public.members;
DROP TRIGGER "~ lockstep twin-composite/keys: public.members u" ON public.members;
DROP FUNCTION lockstep."twins of twin-composite/keys: public.members"();

----------------------------------------------------------------------------------------------------
-- statement keys/open/public.posts: keep author of public.posts in step with author_uuid from now on

-- sends
CREATE FUNCTION lockstep."twins of twin-composite/keys: public.posts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      by_old_0 := NEW.author IS NOT NULL;
      by_new_0 := NEW.author_uuid IS NOT NULL;
      moved_0 := false;
    ELSE
      by_old_0 := NEW.author IS DISTINCT FROM OLD.author;
      by_new_0 := NEW.author_uuid IS DISTINCT FROM OLD.author_uuid;
      moved_0 := NEW.tenant IS DISTINCT FROM OLD.tenant;
    END IF;
    taken := true;
    IF by_old_0 OR moved_0 AND NOT by_new_0 THEN
      wanted_0 := NULL;
      hit := true;
      IF NEW.author IS NOT NULL AND NEW.tenant IS NOT NULL AND taken THEN
        SELECT p.id_uuid INTO wanted_0 FROM public.members AS p WHERE p.id = NEW.author AND p.tenant = NEW.tenant;
        hit := FOUND;
        -- The lock fails with 40001 where the fill has come to the parent since the snapshot. Else it has still to come, waits for this
        -- transaction, and comes to this row behind it.
        IF hit AND wanted_0 IS NULL AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          PERFORM FROM public.members AS p WHERE p.id = NEW.author AND p.tenant = NEW.tenant FOR SHARE;
        END IF;
      ELSIF taken THEN
        wanted_0 := CASE WHEN by_new_0 OR NOT by_old_0 THEN NEW.author_uuid END;
      END IF;
      IF NOT (NOT by_new_0 OR NEW.author_uuid IS NULL OR wanted_0 IS NULL OR wanted_0 = NEW.author_uuid) THEN
        RAISE EXCEPTION 'lockstep window %: author and author_uuid of public.posts are written with values that do not belong together',
          '"twin-composite/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF hit OR NOT by_new_0 THEN
        NEW.author_uuid := wanted_0;
      END IF;
    ELSIF by_new_0 THEN
      other_0 := NULL;
      hit := true;
      IF NEW.author_uuid IS NOT NULL AND NEW.tenant IS NOT NULL THEN
        SELECT p.id INTO other_0 FROM public.members AS p WHERE p.id_uuid = NEW.author_uuid AND p.tenant = NEW.tenant;
        hit := FOUND;
      ELSE
        other_0 := CASE WHEN NOT by_new_0 THEN NEW.author END;
      END IF;
      IF NOT (NOT by_old_0 OR NEW.author IS NULL OR other_0 IS NULL OR other_0 = NEW.author) THEN
        RAISE EXCEPTION 'lockstep window %: author and author_uuid of public.posts are written with values that do not belong together',
          '"twin-composite/keys"'
          USING ERRCODE = 'check_violation', HINT = 'Write one of the two; the other follows.';
      END IF;
      IF taken AND (hit OR by_new_0 AND NOT by_old_0) THEN
        NEW.author := other_0;
      END IF;
    END IF;
    RETURN NEW;
  END
  $body$;

CREATE FUNCTION lockstep."settle of twin-composite/keys: public.posts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      OR NEW.author IS DISTINCT FROM OLD.author
      OR NEW.author_uuid IS DISTINCT FROM OLD.author_uuid
      OR NEW.tenant IS DISTINCT FROM OLD.tenant
      OR NEW.id IS DISTINCT FROM OLD.id
      THEN
    IF NEW.author_uuid IS NULL AND NEW.author IS NOT NULL AND NEW.tenant IS NOT NULL THEN
      SELECT p.id_uuid INTO wanted_0 FROM public.members AS p WHERE p.id = NEW.author AND p.tenant = NEW.tenant;
      IF wanted_0 IS NOT NULL THEN
        UPDATE public.posts AS t
          SET author_uuid = wanted_0
          WHERE t.id = NEW.id
          AND t.author IS NOT DISTINCT FROM NEW.author
          AND t.author_uuid IS NULL;
      END IF;
    ELSIF NEW.author IS NULL AND NEW.author_uuid IS NOT NULL AND NEW.tenant IS NOT NULL THEN
      SELECT p.id INTO other_0 FROM public.members AS p WHERE p.id_uuid = NEW.author_uuid AND p.tenant = NEW.tenant;
      IF other_0 IS NOT NULL THEN
        UPDATE public.posts AS t
          SET author = other_0
          WHERE t.id = NEW.id
          AND t.author_uuid IS NOT DISTINCT FROM NEW.author_uuid
          AND t.author IS NULL;
      END IF;
    END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."twins of twin-composite/keys: public.posts"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."settle of twin-composite/keys: public.posts"() FROM PUBLIC;

CREATE TRIGGER "~ lockstep twin-composite/keys: public.posts i" BEFORE INSERT ON public.posts
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."twins of twin-composite/keys: public.posts"();

CREATE TRIGGER "~ lockstep twin-composite/keys: public.posts u" BEFORE UPDATE
    ON public.posts
    FOR EACH ROW
    WHEN (
      OLD.author IS DISTINCT FROM NEW.author
      OR OLD.tenant IS DISTINCT FROM NEW.tenant
      OR (
        OLD.author_uuid IS DISTINCT FROM NEW.author_uuid
        AND (OLD.author_uuid IS NOT NULL OR coalesce(pg_catalog.current_setting('lockstep.run_id', true), '') = '')
      )
    )
    EXECUTE FUNCTION lockstep."twins of twin-composite/keys: public.posts"();

CREATE CONSTRAINT TRIGGER "~ lockstep twin-composite/keys: public.posts s" AFTER INSERT OR UPDATE
    ON public.posts DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    WHEN ((NEW.author IS NULL) <> (NEW.author_uuid IS NULL))
    EXECUTE FUNCTION lockstep."settle of twin-composite/keys: public.posts"();

ALTER TABLE public.posts ENABLE ALWAYS TRIGGER "~ lockstep twin-composite/keys: public.posts i";
ALTER TABLE public.posts ENABLE ALWAYS TRIGGER "~ lockstep twin-composite/keys: public.posts u";
ALTER TABLE public.posts ENABLE ALWAYS TRIGGER "~ lockstep twin-composite/keys: public.posts s";

----------------------------------------------------------------------------------------------------
-- statement undo/keys/open/public.posts: no longer keep author of public.posts in step

-- sends
DROP TRIGGER "~ lockstep twin-composite/keys: public.posts i" ON public.posts;
DROP TRIGGER "~ lockstep twin-composite/keys: public.posts u" ON public.posts;
DROP TRIGGER "~ lockstep twin-composite/keys: public.posts s" ON public.posts;
DROP FUNCTION lockstep."twins of twin-composite/keys: public.posts"();
DROP FUNCTION lockstep."settle of twin-composite/keys: public.posts"();

----------------------------------------------------------------------------------------------------
-- batch keys/fill/public.members: fill id_uuid of public.members

-- sends
WITH changed AS (
  UPDATE public.members SET id_uuid = coalesce(public.members.id_uuid, pg_catalog.gen_random_uuid())
  WHERE (public.members.tenant, public.members.id) > ($1::integer, $2::bigint)
    AND (public.members.tenant, public.members.id) <= ($3::integer, $4::bigint)
    AND ((public.members.id IS NOT NULL AND public.members.id_uuid IS NULL))
  RETURNING 1
  ), met AS (
  SELECT count(*) AS read
    FROM public.members
    WHERE (public.members.tenant, public.members.id) > ($1::integer, $2::bigint)
    AND (public.members.tenant, public.members.id) <= ($3::integer, $4::bigint)
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
        WHERE g.tgrelid = 'public.members'::pg_catalog.regclass
        AND g.tgenabled = 'A'
        AND g.tgname IN (
          '~ lockstep twin-composite/keys: public.members i', '~ lockstep twin-composite/keys: public.members u'
        )
      )
        = 2
      THEN json_build_object('code', 'mirror_silent', 'retry', false, 'rows', '[]'::json) END AS problem
  FROM met, (SELECT count(*) AS changed FROM changed) AS written;

----------------------------------------------------------------------------------------------------
-- batch keys/fill/public.posts/1: fill author_uuid of public.posts

-- sends
WITH changed AS (
  UPDATE public.posts
    SET author_uuid
      = coalesce(
        public.posts.author_uuid,
        (SELECT p.id_uuid FROM public.members AS p WHERE p.id = public.posts.author AND p.tenant = public.posts.tenant)
      )
  WHERE public.posts.id > $1::bigint
    AND public.posts.id <= $2::bigint
    AND ((public.posts.author IS NOT NULL AND public.posts.author_uuid IS NULL))
  RETURNING public.posts.id AS lockstep_key0, true
    AND (public.posts.author IS NULL) <> (public.posts.author_uuid IS NULL) AS lockstep_missing0,
      public.posts.author AS lockstep_old0_0,
      public.posts.tenant AS lockstep_old0_1,
      public.posts.author_uuid AS lockstep_new0_0,
      public.posts.tenant AS lockstep_new0_1
  ), unfilled AS MATERIALIZED (
  SELECT ARRAY[c.lockstep_key0::text] AS key, false AS orphan, CASE
    WHEN c.lockstep_old0_0 IS NOT NULL
    THEN EXISTS (SELECT FROM public.members AS p WHERE p.id = c.lockstep_old0_0 AND p.tenant = c.lockstep_old0_1)
    ELSE EXISTS (
      SELECT FROM public.members AS p WHERE p.id_uuid = c.lockstep_new0_0 AND p.tenant = c.lockstep_new0_1
    ) END AS unconverted,
    CASE
      WHEN c.lockstep_old0_0 IS NOT NULL
      THEN 'author = '
        || coalesce(c.lockstep_old0_0::text, 'NULL')
        || ', '
        || 'tenant = '
        || coalesce(c.lockstep_old0_1::text, 'NULL')
        || ' finds no row of public.members'
      ELSE 'author_uuid = '
        || coalesce(c.lockstep_new0_0::text, 'NULL')
        || ', '
        || 'tenant = '
        || coalesce(c.lockstep_new0_1::text, 'NULL')
        || ' finds no row of public.members' END AS message,
        'public.posts.author_uuid' AS "column",
        'public.members' AS parent,
        'UPDATE public.members SET id_uuid = pg_catalog.gen_random_uuid() WHERE id_uuid IS NULL' AS repair,
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
      FROM public.posts AS t
      WHERE t.id = c.lockstep_key0
    ) AS row
  FROM changed AS c WHERE c.lockstep_missing0
  ), aside AS (
  SELECT key, (array_agg(row))[1] AS row, string_agg(message, '; ') AS message FROM unfilled WHERE orphan GROUP BY key
  ), lacking AS (
  SELECT count(*) AS rows FROM changed AS c WHERE c.lockstep_missing0
  ), met AS (
  SELECT count(*) AS read FROM public.posts WHERE public.posts.id > $1::bigint AND public.posts.id <= $2::bigint
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
        WHERE g.tgrelid = 'public.posts'::pg_catalog.regclass
        AND g.tgenabled = 'A'
        AND g.tgname IN (
          '~ lockstep twin-composite/keys: public.posts i',
          '~ lockstep twin-composite/keys: public.posts u',
          '~ lockstep twin-composite/keys: public.posts s'
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
-- statement keys/beside/1/build: build index members_pkey_uuid on public.members concurrently

-- sends
CREATE UNIQUE INDEX CONCURRENTLY members_pkey_uuid ON public.members USING btree (tenant, id_uuid);

-- has had its effect: index members_pkey_uuid is there and valid
WITH violation AS MATERIALIZED (
  SELECT 'no valid index members_pkey_uuid' AS missing
  WHERE NOT EXISTS (
    SELECT FROM pg_index i
    JOIN pg_class c ON c.oid = i.indexrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_class t ON t.oid = i.indrelid
    WHERE n.nspname = 'public' AND c.relname = 'members_pkey_uuid' AND t.relname = 'members'
      AND i.indisvalid AND i.indisready AND i.indislive)
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- has left nothing: no invalid index members_pkey_uuid is left
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'members_pkey_uuid' AND NOT i.indisvalid
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- takes away what is left
DROP INDEX CONCURRENTLY IF EXISTS public.members_pkey_uuid;

-- stands in its way: every new key of twin-composite/keys is one of a kind
WITH violation AS MATERIALIZED (
  SELECT 'public.members.id_uuid' AS "column",
    d.lockstep_old::pg_catalog.text AS old,
    d.lockstep_new::pg_catalog.text AS new
    FROM (
    SELECT t.tenant AS lockstep_key0, t.id AS lockstep_key1, t.id AS lockstep_old, t.id_uuid AS lockstep_new,
    pg_catalog.row_number() OVER (PARTITION BY t.tenant, t.id_uuid ORDER BY t.tenant, t.id) AS lockstep_number
  FROM public.members AS t WHERE t.id_uuid IS NOT NULL) AS d WHERE d.lockstep_number > 1
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- mends that
DO $body$
  DECLARE
    key_0_0 integer[];
    key_0_1 bigint[];
    old_0 bigint[];
    taken uuid;
    given uuid;
  BEGIN
    SELECT coalesce(pg_catalog.array_agg(d.lockstep_key0 ORDER BY d.lockstep_key0, d.lockstep_key1), '{}'),
      coalesce(pg_catalog.array_agg(d.lockstep_key1 ORDER BY d.lockstep_key0, d.lockstep_key1), '{}'),
      coalesce(pg_catalog.array_agg(d.lockstep_old ORDER BY d.lockstep_key0, d.lockstep_key1), '{}') INTO key_0_0,
      key_0_1,
      old_0
    FROM (SELECT t.tenant AS lockstep_key0, t.id AS lockstep_key1, t.id AS lockstep_old, t.id_uuid AS lockstep_new,
    pg_catalog.row_number() OVER (PARTITION BY t.tenant, t.id_uuid ORDER BY t.tenant, t.id) AS lockstep_number
  FROM public.members AS t WHERE t.id_uuid IS NOT NULL) AS d WHERE d.lockstep_number > 1;
    LOCK TABLE public.members, public.posts IN SHARE ROW EXCLUSIVE MODE;
    FOR nth IN 1 .. pg_catalog.cardinality(old_0) LOOP
      SELECT t.id_uuid INTO taken FROM public.members AS t WHERE t.tenant = key_0_0[nth] AND t.id = key_0_1[nth];
      given := pg_catalog.gen_random_uuid();
      UPDATE public.members AS t SET id_uuid = given WHERE t.tenant = key_0_0[nth] AND t.id = key_0_1[nth];
      CONTINUE WHEN NOT FOUND;
      UPDATE public.posts AS c SET author_uuid = p.id_uuid FROM public.members AS p
      WHERE p.id = c.author
        AND p.tenant = c.tenant
        AND c.author = old_0[nth]
        AND c.author_uuid = taken
        AND p.id_uuid = given;
      INSERT INTO lockstep.finding (run_id, operation_id, what, detail)
      VALUES (
        current_setting('lockstep.run_id')::bigint,
        'keys/beside/1/build',
        'two rows had one new key: the later one was given another',
        pg_catalog.json_build_object(
          'column', 'public.members.id_uuid', 'old', old_0[nth], 'taken', taken, 'given', given
        )
      );
    END LOOP;
  END
  $body$;

----------------------------------------------------------------------------------------------------
-- statement undo/keys/beside/1/build: drop index members_pkey_uuid concurrently

-- sends
DROP INDEX CONCURRENTLY IF EXISTS public.members_pkey_uuid;

-- has had its effect: index members_pkey_uuid is gone
WITH violation AS MATERIALIZED (
  SELECT n.nspname AS schema, c.relname AS index, i.indisvalid AS valid
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relname = 'members_pkey_uuid' AND true
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

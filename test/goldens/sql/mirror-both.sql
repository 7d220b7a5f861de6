-- A mirror in both directions, over its cutover: a delete of the new row sets columns of the old one.
-- The plan is `mirror-both.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- check window/before/1-subscribed: no subscription writes to the tables of window

-- check
WITH violation AS MATERIALIZED (
  SELECT r.srrelid::regclass::text AS "table"
    FROM pg_catalog.pg_subscription_rel AS r
    WHERE r.srrelid IN (pg_catalog.to_regclass('public.people'), pg_catalog.to_regclass('public.contacts'))
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check window/before/2-published: published tables that window writes have a replica identity

-- check
WITH violation AS MATERIALIZED (
  SELECT DISTINCT c.oid::regclass::text AS "table", p.pubname AS publication, c.relreplident AS "replica identity"
  FROM (VALUES ('public.contacts'), ('public.people')) AS w (name)
  CROSS JOIN LATERAL (
    SELECT pg_catalog.to_regclass(w.name)::oid AS relid
    UNION
    SELECT t.relid
    FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(w.name)) AS t
  ) AS l
  JOIN pg_catalog.pg_class AS c ON c.oid = l.relid AND c.relkind = 'r'
  JOIN pg_catalog.pg_publication AS p ON p.pubupdate OR p.pubdelete
  CROSS JOIN LATERAL pg_catalog.pg_get_publication_tables(p.pubname) AS t
  WHERE (t.relid = c.oid OR t.relid IN (SELECT a.relid FROM pg_catalog.pg_partition_ancestors(c.oid) AS a))
    AND c.relreplident <> 'f'
      AND NOT EXISTS (
        SELECT
        FROM pg_catalog.pg_index AS i
        WHERE i.indrelid = c.oid
        AND CASE c.relreplident
        WHEN 'd'
        THEN i.indisprimary
        WHEN 'i'
        THEN i.indisreplident
        ELSE false END
      )
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check window/before/3-in_sync: what public.contacts holds before its window opens is what public.people says (contacts)

-- check
WITH expected AS NOT MATERIALIZED (SELECT id AS person_id, (lower(email)
  )::text AS email
  FROM public.people),
  actual AS NOT MATERIALIZED (SELECT person_id, email
  FROM public.contacts
  WHERE (called IS NULL
  )),
  pair AS MATERIALIZED (
    SELECT p.problem, CASE WHEN p.problem <> 'extra' THEN to_jsonb(s.*) END AS expected,
      CASE WHEN p.problem <> 'missing' THEN to_jsonb(t.*) END AS found
    FROM expected AS e FULL JOIN actual AS a ON e.person_id = a.person_id
    CROSS JOIN LATERAL (
      SELECT CASE
      WHEN a.person_id IS NOT DISTINCT FROM NULL
      THEN 'missing'
      WHEN e.person_id IS NOT DISTINCT FROM NULL
      THEN 'extra'
      WHEN e.email::text COLLATE pg_catalog."C" IS DISTINCT FROM a.email::text COLLATE pg_catalog."C"
        THEN 'different' END AS problem) AS p
    CROSS JOIN LATERAL (SELECT e.person_id AS person_id, e.email AS email) AS s
    CROSS JOIN LATERAL (SELECT a.person_id AS person_id, a.email AS email) AS t
    WHERE p.problem IN ('extra', 'different')
  ),
  difference AS MATERIALIZED (
    SELECT p.problem, p.expected, p.found FROM pair AS p
  ),
  tally AS (SELECT problem, count(*) AS n FROM difference GROUP BY problem)
  SELECT (SELECT count(*) FROM difference) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM difference ORDER BY problem LIMIT 10) AS s) AS samples,
    json_build_object('compared', (SELECT count(*) FROM expected),
      'missing', coalesce((SELECT n FROM tally WHERE problem = 'missing'), 0),
      'extra', coalesce((SELECT n FROM tally WHERE problem = 'extra'), 0),
      'different', coalesce((SELECT n FROM tally WHERE problem = 'different'), 0),
      'double', coalesce((SELECT n FROM tally WHERE problem = 'double'), 0)
    ) AS figures;

----------------------------------------------------------------------------------------------------
-- check window/before/4-goes_back: what public.contacts says of a row of public.people goes back unchanged (contacts)

-- check
WITH violation AS MATERIALIZED (
  SELECT 'another source row' AS problem, NULL::jsonb AS source, to_jsonb(b.*) AS back
    FROM (
    SELECT email AS email, person_id AS id
  FROM (SELECT id AS person_id, (lower(email)
  )::text AS email
  FROM public.people) AS contacts) AS b
  LEFT JOIN public.people AS s ON s.id = b.id WHERE s.id IS NULL
  UNION ALL
  SELECT 'another value', to_jsonb(s.*), to_jsonb(b.*) FROM (SELECT email AS email, person_id AS id
  FROM (SELECT id AS person_id, (lower(email)
  )::text AS email
  FROM public.people) AS contacts) AS b
  JOIN public.people AS s ON s.id = b.id WHERE (ROW(s.email::text)::record *<> ROW(b.email::text)::record)
  UNION ALL
  SELECT 'not of this mapping', NULL, to_jsonb(contacts.*) FROM (SELECT id AS person_id, (lower(email)
  )::text AS email
  FROM public.people) AS contacts
  WHERE (called IS NULL
  ) IS NOT TRUE
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- statement window/prepare: make the functions that keep public.people → public.contacts in step

-- sends
CREATE FUNCTION lockstep."row of mirror-both/window: contacts"(bigint, text) RETURNS TABLE (person_id bigint, email text)
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT id AS person_id, (lower(email)
  )::text AS email
  FROM (SELECT $1 AS id, $2 AS email) AS people;
  END;

CREATE FUNCTION lockstep."key of mirror-both/window: contacts"(bigint, bigint) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

CREATE FUNCTION lockstep."part of mirror-both/window: contacts"(text) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT (called IS NULL
  ) IS TRUE FROM (SELECT $1 AS called) AS contacts;
  END;

CREATE OR REPLACE FUNCTION lockstep."same of mirror-both/window: contacts"(bigint, bigint) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

CREATE OR REPLACE FUNCTION lockstep."follow of mirror-both/window: contacts"(bigint) RETURNS void LANGUAGE plpgsql
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET lc_numeric = 'C'
    SET lc_time = 'C'
    SET array_nulls = 'on'
    SET transform_null_equals = 'off'
    SET xmlbinary = 'base64'
    SET xmloption = 'content'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
    SET default_text_search_config
    FROM CURRENT
  AS $body$
  #variable_conflict use_column
  DECLARE
    one record;
    come record;
    followed bigint;
    n bigint;
    stayed bigint;
    echo text := pg_catalog.current_setting('lockstep.echo', true);
    said text;
  BEGIN
    LOOP
      followed := CASE
        WHEN pg_catalog.starts_with(
          coalesce(pg_catalog.current_setting('lockstep.moves_old_709ac7ad5e00', true), ''),
          pg_catalog.pg_current_xact_id()::text || ' '
        )
        THEN pg_catalog.split_part(pg_catalog.current_setting('lockstep.moves_old_709ac7ad5e00', true), ' ', 2)::bigint
        ELSE 0 END;
      EXECUTE 'SELECT m.id, m.from_key, m.to_key, m.row_before, m.row_after FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both/window'' AND m.mapping = ''contacts'' AND m.side = ''old'' AND m.id > $1 AND ($2 IS NULL OR m.id <= $2) ORDER BY m.id LIMIT 1' INTO one
        USING followed, $1;
      EXIT WHEN one.id IS NULL;
      -- First: what triggers of the other side do to this one may come here again.
      said := pg_catalog.set_config(
        'lockstep.moves_old_709ac7ad5e00', pg_catalog.pg_current_xact_id()::text || ' ' || one.id, true
      );
      IF one.to_key IS NULL THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts > ' || pg_catalog.pg_current_xact_id()::text || ' ' || one.from_key::text,
        true
      );
        EXECUTE 'DELETE FROM public.contacts AS t WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, $1[1]::bigint) AND lockstep."part of mirror-both/window: contacts"(t.called)'
          USING one.from_key;
        GET DIAGNOSTICS n = ROW_COUNT;
      ELSE
        stayed := 0;
        EXECUTE 'SELECT FROM public.contacts AS t WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, $1[1]::bigint) AND NOT lockstep."part of mirror-both/window: contacts"(t.called)'
          USING one.to_key;
        GET DIAGNOSTICS stayed = ROW_COUNT;
        IF stayed > 0 THEN
          RAISE EXCEPTION 'lockstep window %: the row of % with this key belongs to others',
            '"mirror-both/window"',
            'public.contacts'
          USING ERRCODE = 'unique_violation',
            DETAIL = pg_catalog.format('Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(one.to_key, ', '));
        END IF;
        stayed := 0;
        EXECUTE 'SELECT r.* FROM public.people AS s CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r WHERE lockstep."same of mirror-both/window: contacts"(s.id, $1[1]::bigint)' INTO come
          USING one.row_after;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 THEN
          -- It went on, or is deleted; or it never went: a BEFORE trigger of a partition can keep a row where it is.
          EXECUTE 'SELECT FROM public.people AS s WHERE lockstep."same of mirror-both/window: contacts"(s.id, $1[1]::bigint) AND NOT EXISTS (SELECT FROM public.people AS s WHERE lockstep."same of mirror-both/window: contacts"(s.id, $2[1]::bigint)) AND NOT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both/window'' AND m.mapping = ''contacts'' AND m.side = ''old'' AND m.id > $3 AND m.from_key OPERATOR(pg_catalog.=) $4)'
            USING one.row_before, one.row_after, one.id, one.to_key;
          GET DIAGNOSTICS stayed = ROW_COUNT;
        END IF;
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts > ' || pg_catalog.pg_current_xact_id()::text || ' ' || one.to_key::text,
        true
      );
        IF n > 0 THEN
          EXECUTE 'UPDATE public.contacts AS t SET person_id = $2, email = $3 WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, $1[1]::bigint) AND lockstep."part of mirror-both/window: contacts"(t.called)'
            USING one.from_key, come.person_id, come.email;
          GET DIAGNOSTICS n = ROW_COUNT;
        ELSIF stayed = 0 THEN
          EXECUTE 'UPDATE public.contacts AS t SET person_id = $2[1]::bigint WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, $1[1]::bigint) AND lockstep."part of mirror-both/window: contacts"(t.called)'
            USING one.from_key, one.to_key;
          GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
    said := pg_catalog.set_config('lockstep.echo', coalesce(echo, ''), true);
      IF n > 0 THEN
        EXECUTE 'UPDATE lockstep.move AS m SET found = true WHERE m.id = $1' USING one.id;
      END IF;
    END LOOP;
  END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."move of mirror-both/window: contacts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET lc_numeric = 'C'
    SET lc_time = 'C'
    SET array_nulls = 'on'
    SET transform_null_equals = 'off'
    SET xmlbinary = 'base64'
    SET xmloption = 'content'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
    SET default_text_search_config
    FROM CURRENT
  AS $body$
  #variable_conflict use_column
  DECLARE
    gone record;
    come record;
    from_key text[];
    to_key text[];
    said text;
  BEGIN
    IF pg_catalog.current_setting('lockstep.echo', true)
      = 'mirror-both/window: contacts < '
      || pg_catalog.pg_current_xact_id()::text
      || ' '
      || ARRAY[NEW.id::bigint::text]::text
      THEN
      RETURN NEW;
    END IF;
    SELECT r.* INTO gone FROM lockstep."row of mirror-both/window: contacts"(OLD.id, OLD.email) AS r;
    IF NOT FOUND THEN
      RETURN NEW;
    END IF;
    from_key := ARRAY[gone.person_id::bigint::text];
    SELECT r.* INTO come FROM lockstep."row of mirror-both/window: contacts"(NEW.id, NEW.email) AS r;
    IF FOUND THEN
      to_key := ARRAY[come.person_id::bigint::text];
    END IF;
    INSERT INTO lockstep.move (window_name, mapping, side, from_key, to_key, row_before, row_after)
    VALUES (
      'mirror-both/window',
      'contacts',
      'old',
      from_key,
      to_key,
      ARRAY[OLD.id::bigint::text],
      ARRAY[NEW.id::bigint::text]
    );
    IF NOT pg_catalog.starts_with(
      coalesce(pg_catalog.current_setting('lockstep.moves_old_709ac7ad5e00', true), ''),
      pg_catalog.pg_current_xact_id()::text || ' '
    )
      THEN
      said := pg_catalog.set_config(
        'lockstep.moves_old_709ac7ad5e00', pg_catalog.pg_current_xact_id()::text || ' 0', true
      );
    END IF;
    RETURN NEW;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."move of mirror-both/window: contacts"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."follow of mirror-both/window: contacts"(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."same of mirror-both/window: contacts"(bigint, bigint) FROM PUBLIC;

CREATE FUNCTION lockstep."mirror of mirror-both/window: contacts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET lc_numeric = 'C'
    SET lc_time = 'C'
    SET array_nulls = 'on'
    SET transform_null_equals = 'off'
    SET xmlbinary = 'base64'
    SET xmloption = 'content'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
    SET default_text_search_config
    FROM CURRENT
  AS $body$
  #variable_conflict use_column
  DECLARE
    gone record;
    come record;
    gone_key text[];
    come_key text[];
    had boolean := false;
    has boolean := false;
    moved boolean := false;
    followed boolean := false;
    written boolean := false;
    mine bigint;
    n bigint;
    scans text := pg_catalog.current_setting('enable_seqscan');
    echo text := pg_catalog.current_setting('lockstep.echo', true);
    said text;
  BEGIN
    had := TG_OP <> 'INSERT';
    IF TG_OP = 'UPDATE' THEN
      moved := NOT lockstep."same of mirror-both/window: contacts"(OLD.id, NEW.id);
    END IF;
    -- By the index: a plan is kept that was made when there were few rows.
    said := pg_catalog.set_config('enable_seqscan', 'off', true);
    IF TG_OP = 'DELETE' THEN
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
        WHERE lockstep."same of mirror-both/window: contacts"(s.id, OLD.id);
    ELSE
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
        WHERE lockstep."same of mirror-both/window: contacts"(s.id, NEW.id);
    END IF;
    has := FOUND;
    said := pg_catalog.set_config('enable_seqscan', scans, true);
    come_key := ARRAY[come.person_id::bigint::text];
    IF had AND (moved OR NOT has) THEN
      SELECT r.* INTO gone FROM lockstep."row of mirror-both/window: contacts"(OLD.id, OLD.email) AS r;
      gone_key := ARRAY[gone.person_id::bigint::text];
    ELSIF had THEN
      gone_key := come_key;
    END IF;
    IF moved
      OR pg_catalog.starts_with(
        coalesce(pg_catalog.current_setting('lockstep.moves_old_709ac7ad5e00', true), ''),
        pg_catalog.pg_current_xact_id()::text || ' '
      )
      THEN
      IF moved THEN
        EXECUTE 'SELECT pg_catalog.min(m.id) FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both/window'' AND m.mapping = ''contacts'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1' INTO mine
          USING gone_key;
      END IF;
      PERFORM lockstep."follow of mirror-both/window: contacts"(mine);
      IF moved THEN
        EXECUTE 'DELETE FROM lockstep.move AS m WHERE m.id = $1 RETURNING m.found' INTO followed USING mine;
      ELSIF had AND NOT has THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both/window'' AND m.mapping = ''contacts'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1 AND m.found)' INTO followed
          USING gone_key;
        moved := followed;
      END IF;
      IF has THEN
        EXECUTE 'SELECT FROM public.contacts AS t CROSS JOIN (SELECT $1 AS person_id, $2 AS email) AS come WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, come.person_id) AND NOT (ROW(t.person_id::bigint, t.email::text)::record *<> ROW(come.person_id::bigint, come.email::text)::record)'
          USING come.person_id, come.email;
        GET DIAGNOSTICS n = ROW_COUNT;
        written := n > 0;
      END IF;
    END IF;
    IF moved THEN
      -- The key of before is nobody's, unless another row has it by now.
      EXECUTE 'SELECT FROM public.people AS s CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r WHERE lockstep."same of mirror-both/window: contacts"(s.id, $1[1]::bigint)'
        USING ARRAY[OLD.id::bigint::text];
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        IF followed IS NOT TRUE THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts > ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_key::text,
        true
      );
          EXECUTE 'DELETE FROM public.contacts AS t USING (SELECT $1 AS person_id, $2 AS email) AS gone WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, gone.person_id) AND lockstep."part of mirror-both/window: contacts"(t.called)'
            USING gone.person_id, gone.email;
          GET DIAGNOSTICS n = ROW_COUNT;
          IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
            BEGIN
              INSERT INTO public.contacts (person_id, email) VALUES (gone.person_id, gone.email)
              ON CONFLICT (person_id) DO NOTHING;
              RAISE SQLSTATE 'LS000';
            EXCEPTION
              WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
                NULL;
            END;
          END IF;
        END IF;
        INSERT INTO lockstep.tombstone (window_name, mapping, key)
          VALUES ('mirror-both/window', 'contacts', gone_key)
          ON CONFLICT DO NOTHING;
      END IF;
    ELSIF had AND NOT has THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts > ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_key::text,
        true
      );
      EXECUTE 'DELETE FROM public.contacts AS t USING (SELECT $1 AS person_id, $2 AS email) AS gone WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, gone.person_id) AND lockstep."part of mirror-both/window: contacts"(t.called)'
        USING gone.person_id, gone.email;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        BEGIN
          INSERT INTO public.contacts (person_id, email) VALUES (gone.person_id, gone.email)
          ON CONFLICT (person_id) DO NOTHING;
          RAISE SQLSTATE 'LS000';
        EXCEPTION
          WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
            NULL;
        END;
      END IF;
      INSERT INTO lockstep.tombstone (window_name, mapping, key)
        VALUES ('mirror-both/window', 'contacts', gone_key)
        ON CONFLICT DO NOTHING;
    END IF;
    IF has THEN
      IF moved OR NOT had THEN
        EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
          USING 'mirror-both/window', 'contacts', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-both/window', 'contacts', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
            USING 'mirror-both/window', 'contacts', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF NOT written THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts > ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_key::text,
        true
      );
      INSERT INTO public.contacts AS t (person_id, email) VALUES (come.person_id, come.email)
      ON CONFLICT (person_id) DO UPDATE
        SET email = EXCLUDED.email
        WHERE lockstep."part of mirror-both/window: contacts"(t.called);
      IF NOT FOUND THEN
        RAISE EXCEPTION 'lockstep window %: the row of % with this key belongs to others',
          '"mirror-both/window"',
          'public.contacts'
          USING ERRCODE = 'unique_violation',
            DETAIL = pg_catalog.format('Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(come_key, ', '));
      END IF;
      END IF;
    END IF;
    said := pg_catalog.set_config('lockstep.echo', coalesce(echo, ''), true);
    RETURN NULL;
  END
  $body$;

CREATE FUNCTION lockstep."truncate of mirror-both/window: contacts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET lc_numeric = 'C'
    SET lc_time = 'C'
    SET array_nulls = 'on'
    SET transform_null_equals = 'off'
    SET xmlbinary = 'base64'
    SET xmloption = 'content'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
    SET default_text_search_config
    FROM CURRENT
  AS $body$
  BEGIN
    RAISE EXCEPTION 'lockstep window %: TRUNCATE of % would leave the other side behind',
      '"mirror-both/window"',
      TG_RELID::pg_catalog.regclass
      USING ERRCODE = 'object_in_use', HINT = 'Use DELETE, or close the window first.';
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."mirror of mirror-both/window: contacts"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."truncate of mirror-both/window: contacts"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."row of mirror-both/window: contacts"(bigint, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."key of mirror-both/window: contacts"(bigint, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."part of mirror-both/window: contacts"(text) FROM PUBLIC;

----------------------------------------------------------------------------------------------------
-- statement undo/window/prepare: drop the functions of the window

-- sends
DROP FUNCTION lockstep."mirror of mirror-both/window: contacts"();
DROP FUNCTION lockstep."truncate of mirror-both/window: contacts"();
DROP FUNCTION lockstep."row of mirror-both/window: contacts"(bigint, text);
DROP FUNCTION lockstep."key of mirror-both/window: contacts"(bigint, bigint);
DROP FUNCTION lockstep."part of mirror-both/window: contacts"(text);
DROP FUNCTION IF EXISTS lockstep."move of mirror-both/window: contacts"();
DROP FUNCTION IF EXISTS lockstep."follow of mirror-both/window: contacts"(bigint);
DROP FUNCTION IF EXISTS lockstep."same of mirror-both/window: contacts"(bigint, bigint);

----------------------------------------------------------------------------------------------------
-- batch window/note/contacts: note down the rows of public.contacts that are there (contacts)

-- sends
WITH there AS MATERIALIZED (
  SELECT ARRAY[public.contacts.person_id::bigint::text] AS key FROM public.contacts
  WHERE (called IS NULL
  ) AND public.contacts.person_id > $1::bigint AND public.contacts.person_id <= $2::bigint
  ), noted AS (
  INSERT INTO lockstep.already_there (run_id, operation_id, key)
    SELECT current_setting('lockstep.run_id')::bigint, 'window/note/contacts', key
    FROM there
  ON CONFLICT DO NOTHING
  RETURNING 1
  )
  SELECT (SELECT count(*) FROM there) AS read, (SELECT count(*) FROM noted) AS changed,
    0::bigint AS skipped, 0::bigint AS kept, NULL::json AS findings, NULL::json AS problem;

----------------------------------------------------------------------------------------------------
-- statement window/open: keep public.people → public.contacts in step from now on

-- sends
CREATE TRIGGER "00 lockstep mirror-both/window: contacts i" AFTER INSERT ON public.people
    FOR EACH ROW
    WHEN (
      (
        pg_catalog.current_setting('lockstep.echo', true) IS DISTINCT FROM 'mirror-both/window: contacts < '
          || pg_catalog.pg_current_xact_id()::text
          || ' '
          || ARRAY[NEW.id::bigint::text]::text
        OR NOT pg_catalog.has_table_privilege('lockstep.tombstone'::pg_catalog.regclass, 'INSERT')
      )
    )
    EXECUTE FUNCTION lockstep."mirror of mirror-both/window: contacts"();

CREATE TRIGGER "00 lockstep mirror-both/window: contacts u" AFTER UPDATE
    ON public.people
    FOR EACH ROW
    WHEN (
      ROW(OLD.id, OLD.email)::record *<> ROW(NEW.id, NEW.email)::record
      AND (
        pg_catalog.current_setting('lockstep.echo', true) IS DISTINCT FROM 'mirror-both/window: contacts < '
          || pg_catalog.pg_current_xact_id()::text
          || ' '
          || ARRAY[NEW.id::bigint::text]::text
        OR NOT pg_catalog.has_table_privilege('lockstep.tombstone'::pg_catalog.regclass, 'INSERT')
      )
    )
    EXECUTE FUNCTION lockstep."mirror of mirror-both/window: contacts"();

CREATE TRIGGER "00 lockstep mirror-both/window: contacts d" AFTER DELETE ON public.people
    FOR EACH ROW
    WHEN (
      (
        pg_catalog.current_setting('lockstep.echo', true) IS DISTINCT FROM 'mirror-both/window: contacts < '
          || pg_catalog.pg_current_xact_id()::text
          || ' '
          || ARRAY[OLD.id::bigint::text]::text
        OR NOT pg_catalog.has_table_privilege('lockstep.tombstone'::pg_catalog.regclass, 'INSERT')
      )
    )
    EXECUTE FUNCTION lockstep."mirror of mirror-both/window: contacts"();

CREATE TRIGGER "00 lockstep mirror-both/window: contacts t" BEFORE TRUNCATE
    ON public.people
    FOR EACH STATEMENT
    EXECUTE FUNCTION lockstep."truncate of mirror-both/window: contacts"();

CREATE TRIGGER "00 lockstep mirror-both/window: contacts t" BEFORE TRUNCATE
    ON public.contacts
    FOR EACH STATEMENT
    EXECUTE FUNCTION lockstep."truncate of mirror-both/window: contacts"();

ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-both/window: contacts i";
ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-both/window: contacts u";
ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-both/window: contacts d";
ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-both/window: contacts t";
ALTER TABLE public.contacts ENABLE ALWAYS TRIGGER "00 lockstep mirror-both/window: contacts t";

CREATE TRIGGER "~ lockstep mirror-both/window: contacts" BEFORE UPDATE
    ON public.people
    FOR EACH ROW
    WHEN ((OLD.id) IS DISTINCT FROM (NEW.id))
    EXECUTE FUNCTION lockstep."move of mirror-both/window: contacts"();

ALTER TABLE public.people ENABLE ALWAYS TRIGGER "~ lockstep mirror-both/window: contacts";

INSERT INTO lockstep."window" (run_id, step, name, direction, state, sides)
  VALUES (
    current_setting('lockstep.run_id')::bigint,
    'window',
    'mirror-both/window',
    'both',
    'old leads',
    '[{"mapping":"contacts","from":"public.people","to":"public.contacts"}]'
  );

----------------------------------------------------------------------------------------------------
-- statement undo/window/leave: let the mirrors of window only take away what they brought

-- asserts: the window mirror-both/window can become: leaving
WITH violation AS MATERIALIZED (
  SELECT w.state
    FROM (SELECT 1) AS one
    LEFT JOIN lockstep."window" AS w
    ON w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'window'
  WHERE w.state IS NULL OR w.state NOT IN ('old leads')
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- asserts: what a side of mirror-both/window did not take has been made good
WITH violation AS MATERIALIZED (
  (SELECT w.lockstep_key AS key, to_jsonb(e.*) - 'lockstep_here' AS expected, to_jsonb(a.*) - 'lockstep_here' AS found
  FROM (
    SELECT k.key AS lockstep_key, k.key[1]::bigint AS person_id
    FROM (
    SELECT DISTINCT k.key
    FROM lockstep.mirror_failure AS f
    CROSS JOIN LATERAL (VALUES (f.key_before), (f.key_after)) AS k (key)
  WHERE f.window_name = 'mirror-both/window'
    AND f.mapping = 'contacts'
    AND f.accepted_at IS NULL
    AND k.key IS NOT NULL) AS k) AS w
  LEFT JOIN LATERAL (SELECT true AS lockstep_here, s.* FROM (SELECT id AS person_id, (lower(email)
  )::text AS email
  FROM public.people
  WHERE id = w.person_id
  OFFSET 0) AS s) AS e ON true
  LEFT JOIN LATERAL (
    SELECT true AS lockstep_here, t.*
    FROM (
    SELECT *
    FROM (
    SELECT t.*
    FROM public.contacts AS t
    WHERE t.person_id = w.lockstep_key[1]::bigint
  OFFSET 0) AS contacts WHERE (called IS NULL
  )
  OFFSET 0) AS t) AS a ON true
  WHERE (
    e.lockstep_here IS DISTINCT FROM a.lockstep_here
    OR (e.lockstep_here AND (ROW(e.email::text)::record *<> ROW(a.email::text)::record))
  ))
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- sends
CREATE OR REPLACE FUNCTION lockstep."mirror of mirror-both/window: contacts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET lc_numeric = 'C'
    SET lc_time = 'C'
    SET array_nulls = 'on'
    SET transform_null_equals = 'off'
    SET xmlbinary = 'base64'
    SET xmloption = 'content'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
    SET default_text_search_config
    FROM CURRENT
  AS $body$
  #variable_conflict use_column
  DECLARE
    gone record;
    come record;
    gone_key text[];
    come_key text[];
    had boolean := false;
    has boolean := false;
    n bigint;
  BEGIN
    IF TG_OP <> 'INSERT' THEN
      SELECT r.* INTO gone FROM lockstep."row of mirror-both/window: contacts"(OLD.id, OLD.email) AS r;
      had := FOUND;
      gone_key := ARRAY[gone.person_id::bigint::text];
    END IF;
    IF TG_OP <> 'DELETE' THEN
      SELECT r.* INTO come FROM lockstep."row of mirror-both/window: contacts"(NEW.id, NEW.email) AS r;
      has := FOUND;
      come_key := ARRAY[come.person_id::bigint::text];
    END IF;
    IF had THEN
      -- Behind the lock nobody can begin to refer to the row.
      EXECUTE 'SELECT FROM public.contacts AS t CROSS JOIN (SELECT $1 AS person_id, $2 AS email) AS gone WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, gone.person_id) AND lockstep."part of mirror-both/window: contacts"(t.called) FOR UPDATE OF t'
        USING gone.person_id, gone.email;
      EXECUTE 'DELETE FROM public.contacts AS t USING (SELECT $1 AS person_id, $2 AS email) AS gone WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, gone.person_id) AND lockstep."part of mirror-both/window: contacts"(t.called) AND NOT (ROW(t.email::text)::record *<> ROW(gone.email::text)::record) AND NOT (ROW(t.called::text, t.since::timestamp with time zone)::record *<> ROW(NULL::text, NULL::timestamp with time zone)::record) AND NOT EXISTS (SELECT FROM lockstep.already_there AS a WHERE a.run_id = (SELECT pg_catalog.max(w.run_id) FROM lockstep."window" AS w WHERE w.name = ''mirror-both/window'') AND a.operation_id = ''window/note/contacts'' AND a.key OPERATOR(pg_catalog.=) ARRAY[t.person_id::bigint::text]) AND NOT EXISTS (SELECT FROM lockstep.referring_rows(''{}'', ARRAY[t.tableoid], ARRAY[t.ctid]))'
        USING gone.person_id, gone.email;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        BEGIN
          INSERT INTO public.contacts (person_id, email) VALUES (gone.person_id, gone.email)
          ON CONFLICT (person_id) DO NOTHING;
          RAISE SQLSTATE 'LS000';
        EXCEPTION
          WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
            NULL;
        END;
      END IF;
      IF n = 0 AND has THEN
        EXECUTE 'UPDATE public.contacts AS t SET person_id = come.person_id, email = come.email FROM (SELECT $1 AS person_id, $2 AS email) AS gone, (SELECT $3 AS person_id, $4 AS email) AS come WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, gone.person_id) AND lockstep."part of mirror-both/window: contacts"(t.called) AND NOT (ROW(t.email::text)::record *<> ROW(gone.email::text)::record) AND NOT (ROW(t.called::text, t.since::timestamp with time zone)::record *<> ROW(NULL::text, NULL::timestamp with time zone)::record) AND NOT EXISTS (SELECT FROM lockstep.already_there AS a WHERE a.run_id = (SELECT pg_catalog.max(w.run_id) FROM lockstep."window" AS w WHERE w.name = ''mirror-both/window'') AND a.operation_id = ''window/note/contacts'' AND a.key OPERATOR(pg_catalog.=) ARRAY[t.person_id::bigint::text])'
          USING gone.person_id, gone.email, come.person_id, come.email;
      END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

WITH moved AS (
  UPDATE lockstep."window" AS w
    SET state = 'leaving', moved_at = clock_timestamp()
    WHERE w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'window'
    RETURNING w.run_id, w.step, w.state, w.moved_at
  )
  INSERT INTO lockstep.window_move (window_run_id, step, to_state, at, by_run_id)
    SELECT run_id, step, state, moved_at, current_setting('lockstep.run_id')::bigint
    FROM moved;

----------------------------------------------------------------------------------------------------
-- batch undo/window/take-away/contacts: delete from public.contacts what the window brought (contacts)

-- sends
WITH RECURSIVE candidate AS MATERIALIZED (
  SELECT public.contacts.*,
    public.contacts.ctid AS lockstep_row,
    public.contacts.tableoid AS lockstep_table,
    ARRAY[public.contacts.person_id::bigint::text] AS lockstep_key
  FROM public.contacts
  WHERE (called IS NULL
  ) AND public.contacts.person_id > $1::bigint AND public.contacts.person_id <= $2::bigint
  FOR UPDATE
  ), judged AS MATERIALIZED (
  SELECT c.*, c.lockstep_said AND NOT c.lockstep_written AND NOT c.lockstep_there AS lockstep_goes FROM (
  SELECT c.*,
    EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE a.run_id = current_setting('lockstep.run_id')::bigint
      AND a.operation_id = 'window/note/contacts'
      AND a.key = c.lockstep_key
    ) AS lockstep_there,
    coalesce((
      SELECT NOT (ROW(e.email::text)::record *<> ROW(c.email::text)::record)
      FROM (
      SELECT id AS person_id, (lower(email)
  )::text AS email
  FROM public.people
  WHERE id = c.person_id
  OFFSET 0) AS e), false) AS lockstep_said,
    (
      ROW(
        c.called::text, c.since::timestamp with time zone
      )::record *<> ROW(NULL::text, NULL::timestamp with time zone)::record
    ) AS lockstep_written
  FROM candidate AS c
  OFFSET 0
  ) AS c
  ), edge AS MATERIALIZED (
  SELECT e.*
    FROM (
      SELECT pg_catalog.array_agg(lockstep_table) AS tables, pg_catalog.array_agg(lockstep_row) AS places
      FROM judged
      WHERE lockstep_goes
    ) AS c
  CROSS JOIN LATERAL lockstep.referring_rows(
    ARRAY[pg_catalog.to_regclass('public.contacts')::oid], c.tables, c.places
  ) AS e
  ), goes AS MATERIALIZED (
  SELECT lockstep_table AS relation, lockstep_row AS place FROM judged WHERE lockstep_goes
  ), stays AS (
  SELECT e.of_relation AS relation, e.of_place AS place FROM edge AS e
  WHERE NOT EXISTS (SELECT FROM goes AS g WHERE g.relation = e.relation AND g.place = e.place)
  UNION
  SELECT e.of_relation, e.of_place FROM edge AS e JOIN stays AS s ON s.relation = e.relation AND s.place = e.place
  ), going AS MATERIALIZED (
  SELECT relation, place FROM goes EXCEPT SELECT relation, place FROM stays
  ), removed AS (
  DELETE FROM public.contacts
  WHERE public.contacts.ctid
    = ANY (ARRAY(SELECT place FROM going WHERE relation = 'public.contacts'::pg_catalog.regclass))
  RETURNING 1
  ), told AS (
  SELECT c.*, CASE
    WHEN c.lockstep_goes
    THEN 'kept: others refer to it'
    ELSE CASE
    WHEN c.lockstep_there
    THEN NULL
    WHEN c.lockstep_said
    THEN 'kept: columns that the mapping does not fill were written'
    ELSE 'kept: not what the source says' END END AS lockstep_what
    FROM judged AS c
  WHERE NOT EXISTS (SELECT FROM going AS g WHERE g.relation = c.lockstep_table AND g.place = c.lockstep_row)
  )
  SELECT (SELECT count(*) FROM candidate) AS read, (SELECT count(*) FROM removed) AS changed,
    (SELECT count(*) FROM told WHERE lockstep_what IS NULL) AS skipped,
      (SELECT count(*) FROM told WHERE lockstep_what IS NOT NULL) AS kept,
    (
      SELECT json_agg(
        json_build_object(
          'what',
          o.lockstep_what,
          'row',
          to_jsonb(o.*) - ARRAY['lockstep_row',
          'lockstep_table',
          'lockstep_goes',
          'lockstep_what',
          'lockstep_key',
          'lockstep_there',
          'lockstep_said',
          'lockstep_written']
        )
      )
      FROM (SELECT * FROM told WHERE lockstep_what IS NOT NULL LIMIT 10) AS o
    ) AS findings,
    NULL::json AS problem;

----------------------------------------------------------------------------------------------------
-- statement undo/window/drop/1: remove the mirrors from public.people

-- sends
DROP TRIGGER "00 lockstep mirror-both/window: contacts i" ON public.people;
DROP TRIGGER "00 lockstep mirror-both/window: contacts u" ON public.people;
DROP TRIGGER "00 lockstep mirror-both/window: contacts d" ON public.people;
DROP TRIGGER "00 lockstep mirror-both/window: contacts t" ON public.people;
DROP TRIGGER IF EXISTS "~ lockstep mirror-both/window: contacts" ON public.people;

----------------------------------------------------------------------------------------------------
-- statement undo/window/drop/2: remove the mirrors from public.contacts

-- sends
DROP TRIGGER "00 lockstep mirror-both/window: contacts t" ON public.contacts;

----------------------------------------------------------------------------------------------------
-- statement undo/window/open: forget what the window of public.people → public.contacts noted

-- asserts: the window mirror-both/window can become: gone
WITH violation AS MATERIALIZED (
  SELECT w.state
    FROM (SELECT 1) AS one
    LEFT JOIN lockstep."window" AS w
    ON w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'window'
  WHERE w.state IS NULL OR w.state NOT IN ('old leads', 'leaving')
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- sends
DELETE FROM lockstep.tombstone WHERE window_name = 'mirror-both/window';
DELETE FROM lockstep.old_writer WHERE window_name = 'mirror-both/window';
DELETE FROM lockstep.mirror_failure WHERE window_name = 'mirror-both/window';
DELETE FROM lockstep.move WHERE window_name = 'mirror-both/window';

WITH moved AS (
  UPDATE lockstep."window" AS w
    SET state = 'gone', moved_at = clock_timestamp()
    WHERE w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'window'
    RETURNING w.run_id, w.step, w.state, w.moved_at
  )
  INSERT INTO lockstep.window_move (window_run_id, step, to_state, at, by_run_id)
    SELECT run_id, step, state, moved_at, current_setting('lockstep.run_id')::bigint
    FROM moved;

----------------------------------------------------------------------------------------------------
-- batch fill/fill/contacts: copy public.people into public.contacts (contacts)

-- sends
WITH source AS MATERIALIZED (
  SELECT id AS person_id, (lower(email)
  )::text AS email
  FROM public.people
  WHERE public.people.id > $1::bigint AND public.people.id <= $2::bigint
  FOR NO KEY UPDATE
  ), inserted AS (
  INSERT INTO public.contacts (person_id, email)
  SELECT person_id, email FROM source
  ORDER BY person_id
  RETURNING person_id
  ), tally AS (
  SELECT (SELECT count(*) FROM source) AS read, (SELECT count(*) FROM inserted) AS changed
  )
  SELECT read, changed, 0::bigint AS skipped, 0::bigint AS kept, NULL::json AS findings,
    CASE
      WHEN NOT (NOT EXISTS (
      SELECT p.relid::regclass::text AS "table", w.trigger_name AS "trigger"
      FROM (
        VALUES ('public.people', '00 lockstep mirror-both/window: contacts i', true, NULL),
        ('public.people', '00 lockstep mirror-both/window: contacts u', true, NULL),
        ('public.people', '00 lockstep mirror-both/window: contacts d', true, NULL)
      ) AS w (table_name, trigger_name, spreads, calls)
  CROSS JOIN LATERAL (
    SELECT pg_catalog.to_regclass(w.table_name) AS relid
    UNION
    SELECT t.relid
    FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(w.table_name)) AS t
    WHERE w.spreads
  ) AS p
  WHERE (w.calls IS NULL OR pg_catalog.to_regproc(w.calls) IS NOT NULL)
    AND NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_trigger AS g
    WHERE g.tgrelid = p.relid
    AND g.tgenabled = 'A'
    AND (g.tgname = w.trigger_name OR g.tgparentid <> 0)
      AND g.tgfoid IN (
        SELECT o.tgfoid
        FROM pg_catalog.pg_trigger AS o
        WHERE o.tgrelid = pg_catalog.to_regclass(w.table_name)
        AND o.tgname = w.trigger_name
      ))))
      THEN json_build_object('code', 'mirror_silent', 'retry', false, 'rows', '[]'::json)
      ELSE CASE
      WHEN read <> changed
      THEN json_build_object('code', 'rows_left_out', 'retry', false, 'rows', '[]'::json) END END AS problem
  FROM tally;

-- after a row that is there
WITH source AS MATERIALIZED (
  SELECT id AS person_id, (lower(email)
  )::text AS email
  FROM public.people
  WHERE public.people.id > $1::bigint AND public.people.id <= $2::bigint
  FOR NO KEY UPDATE
  ), inserted AS (
  INSERT INTO public.contacts (person_id, email)
  SELECT person_id, email FROM source
  ORDER BY person_id
  ON CONFLICT (person_id) DO NOTHING
  RETURNING person_id
  ), met AS MATERIALIZED (
  SELECT s.* FROM source AS s WHERE NOT EXISTS (SELECT FROM inserted AS i WHERE i.person_id = s.person_id)
  ), differing AS (
  SELECT to_jsonb(m.*) AS expected, to_jsonb(t.*) AS found
  FROM met AS m CROSS JOIN LATERAL (SELECT * FROM public.contacts AS w WHERE w.person_id = m.person_id OFFSET 0) AS t
  WHERE (ROW(m.email::text)::record *<> ROW(t.email::text)::record) LIMIT 10
  )
  SELECT (SELECT count(*) FROM source) AS read,
    (SELECT count(*) FROM inserted) AS changed,
    (SELECT count(*) FROM met) AS skipped,
    0::bigint AS kept,
    (
      SELECT json_agg(json_build_object('what', 'already there, and different', 'expected', expected, 'found', found))
      FROM differing
    ) AS findings,
    CASE
      WHEN NOT (NOT EXISTS (
      SELECT p.relid::regclass::text AS "table", w.trigger_name AS "trigger"
      FROM (
        VALUES ('public.people', '00 lockstep mirror-both/window: contacts i', true, NULL),
        ('public.people', '00 lockstep mirror-both/window: contacts u', true, NULL),
        ('public.people', '00 lockstep mirror-both/window: contacts d', true, NULL)
      ) AS w (table_name, trigger_name, spreads, calls)
  CROSS JOIN LATERAL (
    SELECT pg_catalog.to_regclass(w.table_name) AS relid
    UNION
    SELECT t.relid
    FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(w.table_name)) AS t
    WHERE w.spreads
  ) AS p
  WHERE (w.calls IS NULL OR pg_catalog.to_regproc(w.calls) IS NOT NULL)
    AND NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_trigger AS g
    WHERE g.tgrelid = p.relid
    AND g.tgenabled = 'A'
    AND (g.tgname = w.trigger_name OR g.tgparentid <> 0)
      AND g.tgfoid IN (
        SELECT o.tgfoid
        FROM pg_catalog.pg_trigger AS o
        WHERE o.tgrelid = pg_catalog.to_regclass(w.table_name)
        AND o.tgname = w.trigger_name
      ))))
      THEN json_build_object('code', 'mirror_silent', 'retry', false, 'rows', '[]'::json)
      ELSE NULL::json END AS problem;

----------------------------------------------------------------------------------------------------
-- check fill/join/window/1-in_sync: public.contacts corresponds to public.people, and nothing that was deleted is back (contacts)

-- check
WITH expected AS NOT MATERIALIZED (SELECT id AS person_id, (lower(email)
  )::text AS email
  FROM public.people),
  actual AS NOT MATERIALIZED (SELECT person_id, email
  FROM public.contacts
  WHERE (called IS NULL
  )),
  pair AS MATERIALIZED (
    SELECT p.problem, CASE WHEN p.problem <> 'extra' THEN to_jsonb(s.*) END AS expected,
      CASE WHEN p.problem <> 'missing' THEN to_jsonb(t.*) END AS found,
      ARRAY[e.person_id::bigint::text] AS expected_key, ARRAY[a.person_id::bigint::text] AS found_key
    FROM expected AS e FULL JOIN actual AS a ON e.person_id = a.person_id
    CROSS JOIN LATERAL (
      SELECT CASE
      WHEN a.person_id IS NOT DISTINCT FROM NULL
      THEN 'missing'
      WHEN e.person_id IS NOT DISTINCT FROM NULL
      THEN 'extra'
      WHEN e.email::text COLLATE pg_catalog."C" IS DISTINCT FROM a.email::text COLLATE pg_catalog."C"
        THEN 'different' END AS problem) AS p
    CROSS JOIN LATERAL (SELECT e.person_id AS person_id, e.email AS email) AS s
    CROSS JOIN LATERAL (SELECT a.person_id AS person_id, a.email AS email) AS t
    WHERE p.problem IN ('missing', 'extra', 'different')
  ),
  difference AS MATERIALIZED (
    SELECT p.problem, p.expected, p.found FROM pair AS p
    WHERE NOT EXISTS (
      SELECT
      FROM lockstep.mirror_failure AS f
      WHERE f.window_name = 'mirror-both/window'
      AND f.mapping = 'contacts'
        AND f.accepted_at IS NOT NULL
          AND (p.expected_key IN (f.key_before, f.key_after) OR p.found_key IN (f.key_before, f.key_after)))
    UNION ALL
    SELECT 'resurrected', NULL, to_jsonb(a.*)
      FROM lockstep.tombstone AS d
      CROSS JOIN LATERAL (
      SELECT *
      FROM (
      SELECT t.*
      FROM public.contacts AS t
      WHERE t.person_id = d.key[1]::bigint
  OFFSET 0) AS contacts WHERE (called IS NULL
  )
    OFFSET 0) AS a
      WHERE d.window_name = 'mirror-both/window' AND d.mapping = 'contacts'
  ),
  tally AS (SELECT problem, count(*) AS n FROM difference GROUP BY problem)
  SELECT (SELECT count(*) FROM difference) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM difference ORDER BY problem LIMIT 10) AS s) AS samples,
    json_build_object('compared', (SELECT count(*) FROM expected),
      'missing', coalesce((SELECT n FROM tally WHERE problem = 'missing'), 0),
      'extra', coalesce((SELECT n FROM tally WHERE problem = 'extra'), 0),
      'different', coalesce((SELECT n FROM tally WHERE problem = 'different'), 0),
      'double', coalesce((SELECT n FROM tally WHERE problem = 'double'), 0),
      'resurrected', coalesce((SELECT n FROM tally WHERE problem = 'resurrected'), 0)
    ) AS figures;

----------------------------------------------------------------------------------------------------
-- statement fill/join/window: keep public.contacts → public.people in step from now on

-- sends
CREATE FUNCTION lockstep."back of mirror-both/window: contacts"(bigint, text, text) RETURNS TABLE (email text, id bigint)
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT email AS email, person_id AS id
  FROM (SELECT $1 AS person_id, $2 AS email, $3 AS called) AS contacts;
  END;

CREATE FUNCTION lockstep."own of mirror-both/window: contacts"(bigint, bigint) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

CREATE FUNCTION lockstep."unset of mirror-both/window: contacts"(bigint) RETURNS bigint
  LANGUAGE sql VOLATILE BEGIN ATOMIC
  WITH changed AS (UPDATE public.people SET email = (NULL
  ) WHERE people.id = $1 RETURNING 1)
  SELECT count(*) FROM changed;
  END;

CREATE FUNCTION lockstep."mirror back of mirror-both/window: contacts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET lc_numeric = 'C'
    SET lc_time = 'C'
    SET array_nulls = 'on'
    SET transform_null_equals = 'off'
    SET xmlbinary = 'base64'
    SET xmloption = 'content'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
    SET default_text_search_config
    FROM CURRENT
  AS $body$
  #variable_conflict use_column
  DECLARE
    gone record;
    now record;
    come record;
    gone_row text[];
    come_row text[];
    gone_key text[];
    come_key text[];
    had boolean := false;
    has boolean := false;
    moved boolean := false;
    followed boolean;
    written boolean := false;
    mine bigint;
    fits boolean;
    n bigint;
    scans text := pg_catalog.current_setting('enable_seqscan');
    echo text := pg_catalog.current_setting('lockstep.echo', true);
    said text;
  BEGIN
    GET DIAGNOSTICS said = PG_CONTEXT;
    IF pg_catalog.strpos(pg_catalog.substr(said, pg_catalog.strpos(said, 'lockstep."mirror ') + 1), 'lockstep."mirror ')
      = 0
      THEN
      EXECUTE 'SELECT FROM lockstep.old_writer AS w WHERE w.xid = pg_catalog.pg_current_xact_id() AND w.window_name = $1 AND w.mapping = $2 AND w.side = $3'
        USING 'mirror-both/window', 'contacts', 'new';
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        INSERT INTO lockstep.old_writer (window_name, mapping, side) VALUES ('mirror-both/window', 'contacts', 'new');
      END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
      had := lockstep."part of mirror-both/window: contacts"(OLD.called);
      IF had THEN
        SELECT b.* INTO gone
          FROM lockstep."back of mirror-both/window: contacts"(OLD.person_id, OLD.email, OLD.called) AS b;
        gone_row := ARRAY[gone.id::bigint::text];
        gone_key := ARRAY[OLD.person_id::bigint::text];
      END IF;
    END IF;
    -- By the index: a plan is kept that was made when there were few rows.
    said := pg_catalog.set_config('enable_seqscan', 'off', true);
    IF TG_OP = 'DELETE' THEN
      SELECT t.* INTO now
        FROM public.contacts AS t
        WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, OLD.person_id);
    ELSE
      SELECT t.* INTO now
        FROM public.contacts AS t
        WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, NEW.person_id);
    END IF;
    fits := FOUND;
    said := pg_catalog.set_config('enable_seqscan', scans, true);
    IF fits THEN
      has := lockstep."part of mirror-both/window: contacts"(now.called);
      IF has THEN
        SELECT b.* INTO come
          FROM lockstep."back of mirror-both/window: contacts"(now.person_id, now.email, now.called) AS b;
        come_row := ARRAY[come.id::bigint::text];
        come_key := ARRAY[now.person_id::bigint::text];
      END IF;
    END IF;
    IF had THEN
      moved := false;
      IF has AND NOT moved THEN
        moved := NOT lockstep."own of mirror-both/window: contacts"(come.id, gone.id);
      END IF;
    END IF;
    IF had AND (NOT has OR gone_key OPERATOR(pg_catalog.<>) come_key) THEN
      n := 0;
      IF TG_OP = 'UPDATE' THEN
        EXECUTE 'SELECT FROM public.contacts AS s CROSS JOIN LATERAL (SELECT b.* FROM lockstep."back of mirror-both/window: contacts"(s.person_id, s.email, s.called) AS b WHERE lockstep."part of mirror-both/window: contacts"(s.called)) AS r WHERE lockstep."key of mirror-both/window: contacts"(s.person_id, $1[1]::bigint)'
          USING ARRAY[OLD.person_id::bigint::text];
        GET DIAGNOSTICS n = ROW_COUNT;
      END IF;
      IF n = 0 THEN
        INSERT INTO lockstep.tombstone (window_name, mapping, key)
          VALUES ('mirror-both/window', 'contacts', gone_key)
          ON CONFLICT DO NOTHING;
      END IF;
    END IF;
    IF had AND (NOT has OR moved) THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts < ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_row::text,
        true
      );
      PERFORM lockstep."unset of mirror-both/window: contacts"(gone.id);
      IF EXISTS (
        SELECT
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
        WHERE lockstep."own of mirror-both/window: contacts"(s.id, gone.id)
      )
        THEN
        RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the old shape would still hold it',
          '"mirror-both/window"',
          TG_RELID::pg_catalog.regclass
          USING ERRCODE = 'check_violation',
            DETAIL
              = pg_catalog.format(
                'Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(coalesce(come_key, gone_key), ', ')
              );
      END IF;
    END IF;
    IF has THEN
      IF NOT had OR gone_key OPERATOR(pg_catalog.<>) come_key THEN
        EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
          USING 'mirror-both/window', 'contacts', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-both/window', 'contacts', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
            USING 'mirror-both/window', 'contacts', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF NOT had OR moved THEN
        PERFORM
          FROM public.people AS s
          WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id)
          FOR NO KEY UPDATE;
        IF EXISTS (
          SELECT
          FROM public.people AS s
          CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
          WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id)
          AND NOT lockstep."key of mirror-both/window: contacts"(r.person_id, now.person_id)
        )
          THEN
          RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the row there stands for another one already',
            '"mirror-both/window"',
            TG_RELID::pg_catalog.regclass
            USING ERRCODE = 'check_violation',
              DETAIL
                = pg_catalog.format(
                  'Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(coalesce(come_key, gone_key), ', ')
                );
        END IF;
      END IF;
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts < ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_row::text,
        true
      );
      IF NOT written THEN
        UPDATE public.people AS s
          SET email = come.email
          WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id);
        IF NOT FOUND THEN
          INSERT INTO public.people (email, id) VALUES (come.email, come.id);
        END IF;
      END IF;
      fits := EXISTS (
        SELECT
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
        WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id)
        AND lockstep."key of mirror-both/window: contacts"(r.person_id, now.person_id)
        AND NOT (ROW(r.email::text)::record *<> ROW(now.email::text)::record)
      );
      IF NOT fits
        AND EXISTS (
          SELECT
          FROM public.people AS s
          WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id)
          AND (ROW(s.email::text)::record *<> ROW(come.email::text)::record)
        )
        THEN
        said := pg_catalog.set_config(
          'lockstep.echo',
          'mirror-both/window: contacts > ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_key::text,
          true
        );
        UPDATE public.contacts AS t SET email = r.email
        FROM public.people AS s
          CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
          WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id)
          AND lockstep."key of mirror-both/window: contacts"(r.person_id, now.person_id)
          AND lockstep."key of mirror-both/window: contacts"(t.person_id, r.person_id);
        fits := FOUND;
      END IF;
      IF NOT fits THEN
        RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the old shape cannot say it',
          '"mirror-both/window"',
          TG_RELID::pg_catalog.regclass
          USING ERRCODE = 'check_violation',
            DETAIL
              = pg_catalog.format(
                'Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(coalesce(come_key, gone_key), ', ')
              );
      END IF;
    END IF;
    said := pg_catalog.set_config('lockstep.echo', coalesce(echo, ''), true);
    RETURN NULL;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."mirror back of mirror-both/window: contacts"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."back of mirror-both/window: contacts"(bigint, text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."own of mirror-both/window: contacts"(bigint, bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."unset of mirror-both/window: contacts"(bigint) FROM PUBLIC;

CREATE TRIGGER "00 lockstep mirror-both/window: contacts i" AFTER INSERT ON public.contacts
    FOR EACH ROW
    WHEN (
      (
        pg_catalog.current_setting('lockstep.echo', true) IS DISTINCT FROM 'mirror-both/window: contacts > '
          || pg_catalog.pg_current_xact_id()::text
          || ' '
          || ARRAY[NEW.person_id::bigint::text]::text
        OR NOT pg_catalog.has_table_privilege('lockstep.tombstone'::pg_catalog.regclass, 'INSERT')
      )
    )
    EXECUTE FUNCTION lockstep."mirror back of mirror-both/window: contacts"();

ALTER TABLE public.contacts ENABLE ALWAYS TRIGGER "00 lockstep mirror-both/window: contacts i";

CREATE TRIGGER "00 lockstep mirror-both/window: contacts u" AFTER UPDATE
    ON public.contacts
    FOR EACH ROW
    WHEN (
      ROW(OLD.person_id, OLD.email, OLD.called)::record *<> ROW(NEW.person_id, NEW.email, NEW.called)::record
      AND (
        pg_catalog.current_setting('lockstep.echo', true) IS DISTINCT FROM 'mirror-both/window: contacts > '
          || pg_catalog.pg_current_xact_id()::text
          || ' '
          || ARRAY[NEW.person_id::bigint::text]::text
        OR NOT pg_catalog.has_table_privilege('lockstep.tombstone'::pg_catalog.regclass, 'INSERT')
      )
    )
    EXECUTE FUNCTION lockstep."mirror back of mirror-both/window: contacts"();

ALTER TABLE public.contacts ENABLE ALWAYS TRIGGER "00 lockstep mirror-both/window: contacts u";

CREATE TRIGGER "00 lockstep mirror-both/window: contacts d" AFTER DELETE ON public.contacts
    FOR EACH ROW
    WHEN (
      (
        pg_catalog.current_setting('lockstep.echo', true) IS DISTINCT FROM 'mirror-both/window: contacts > '
          || pg_catalog.pg_current_xact_id()::text
          || ' '
          || ARRAY[OLD.person_id::bigint::text]::text
        OR NOT pg_catalog.has_table_privilege('lockstep.tombstone'::pg_catalog.regclass, 'INSERT')
      )
    )
    EXECUTE FUNCTION lockstep."mirror back of mirror-both/window: contacts"();

ALTER TABLE public.contacts ENABLE ALWAYS TRIGGER "00 lockstep mirror-both/window: contacts d";

DO $body$
  #variable_conflict use_column
  DECLARE
    own record;
    at bigint;
    given boolean;
    top numeric;
  BEGIN
    FOR own IN
      SELECT s.* FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_sequence AS s ON s.seqrelid IN (
        SELECT d.refobjid FROM pg_catalog.pg_attrdef AS f JOIN pg_catalog.pg_depend AS d ON d.objid = f.oid
        WHERE f.adrelid = a.attrelid AND f.adnum = a.attnum AND d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
        UNION ALL
        SELECT d.objid FROM pg_catalog.pg_depend AS d
        WHERE d.refobjid = a.attrelid
          AND d.refobjsubid = a.attnum
          AND d.deptype = 'i'
          AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass)
      WHERE a.attrelid = 'public.people'::pg_catalog.regclass AND a.attname = 'id'
    LOOP
      EXECUTE format('SELECT last_value, is_called FROM %s', own.seqrelid::pg_catalog.regclass) INTO at, given;
      top := CASE
        WHEN own.seqincrement > 0
        THEN (SELECT max(id) FROM public.people)
        ELSE (SELECT min(id) FROM public.people) END;
      IF (top - at) * own.seqincrement > 0 OR (top = at AND NOT given) THEN
        top := at + own.seqincrement * ceil((top - at) / own.seqincrement);
        PERFORM pg_catalog.setval(own.seqrelid, greatest(own.seqmin, least(own.seqmax, top))::bigint, true);
      END IF;
    END LOOP;
  END
  $body$;

----------------------------------------------------------------------------------------------------
-- statement undo/fill/join/window: no longer answer writes to public.contacts

-- sends
DROP TRIGGER "00 lockstep mirror-both/window: contacts i" ON public.contacts;
DROP TRIGGER "00 lockstep mirror-both/window: contacts u" ON public.contacts;
DROP TRIGGER "00 lockstep mirror-both/window: contacts d" ON public.contacts;
DROP TRIGGER IF EXISTS "~ lockstep mirror-both/window: contacts" ON public.contacts;
DROP FUNCTION lockstep."mirror back of mirror-both/window: contacts"();
DROP FUNCTION lockstep."back of mirror-both/window: contacts"(bigint, text, text);
DROP FUNCTION lockstep."own of mirror-both/window: contacts"(bigint, bigint);
DROP FUNCTION lockstep."unset of mirror-both/window: contacts"(bigint);

----------------------------------------------------------------------------------------------------
-- statement flip/watch: make the functions that note down which keys are written

-- sends
CREATE OR REPLACE FUNCTION lockstep."watch of mirror-both/window: contacts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET lc_numeric = 'C'
    SET lc_time = 'C'
    SET array_nulls = 'on'
    SET transform_null_equals = 'off'
    SET xmlbinary = 'base64'
    SET xmloption = 'content'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
    SET default_text_search_config
    FROM CURRENT
  AS $body$
  BEGIN
    IF TG_ARGV[0] = 'old' THEN
      IF TG_OP = 'UPDATE' THEN
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both/window', 'contacts', k.key
          FROM (
            SELECT ARRAY[r.person_id::bigint::text]
            FROM lockstep."row of mirror-both/window: contacts"(OLD.id, OLD.email) AS r
            UNION
            SELECT ARRAY[r.person_id::bigint::text]
            FROM lockstep."row of mirror-both/window: contacts"(NEW.id, NEW.email) AS r
          ) AS k (key);
      ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both/window', 'contacts', k.key
          FROM (
            SELECT ARRAY[r.person_id::bigint::text]
            FROM lockstep."row of mirror-both/window: contacts"(NEW.id, NEW.email) AS r
          ) AS k (key);
      ELSE
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both/window', 'contacts', k.key
          FROM (
            SELECT ARRAY[r.person_id::bigint::text]
            FROM lockstep."row of mirror-both/window: contacts"(OLD.id, OLD.email) AS r
          ) AS k (key);
      END IF;
    ELSE
      IF TG_OP = 'UPDATE' THEN
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both/window', 'contacts', k.key
          FROM (SELECT ARRAY[OLD.person_id::bigint::text] UNION SELECT ARRAY[NEW.person_id::bigint::text]) AS k (key);
      ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both/window', 'contacts', k.key
          FROM (SELECT ARRAY[NEW.person_id::bigint::text]) AS k (key);
      ELSE
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both/window', 'contacts', k.key
          FROM (SELECT ARRAY[OLD.person_id::bigint::text]) AS k (key);
      END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."watch of mirror-both/window: contacts"() FROM PUBLIC;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/watch: forget which keys were written

-- sends
DROP FUNCTION IF EXISTS lockstep."watch of mirror-both/window: contacts"();
DELETE FROM lockstep.touched WHERE window_name = 'mirror-both/window';

----------------------------------------------------------------------------------------------------
-- statement flip/watch/1: note down which keys of public.people are written from now on

-- sends
CREATE OR REPLACE TRIGGER "00 lockstep mirror-both/window: contacts w" AFTER INSERT OR UPDATE
    OR DELETE ON public.people
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."watch of mirror-both/window: contacts"('old');

ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-both/window: contacts w";

----------------------------------------------------------------------------------------------------
-- statement undo/flip/watch/1: stop noting down which keys of public.people are written

-- sends
DROP TRIGGER IF EXISTS "00 lockstep mirror-both/window: contacts w" ON public.people;

-- sends: as fill/join/window

----------------------------------------------------------------------------------------------------
-- statement flip/watch/2: note down which keys of public.contacts are written from now on

-- sends
CREATE OR REPLACE TRIGGER "00 lockstep mirror-both/window: contacts w" AFTER INSERT OR UPDATE
    OR DELETE ON public.contacts
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."watch of mirror-both/window: contacts"('new');

ALTER TABLE public.contacts ENABLE ALWAYS TRIGGER "00 lockstep mirror-both/window: contacts w";

----------------------------------------------------------------------------------------------------
-- statement undo/flip/watch/2: stop noting down which keys of public.contacts are written

-- sends
DROP TRIGGER IF EXISTS "00 lockstep mirror-both/window: contacts w" ON public.contacts;

----------------------------------------------------------------------------------------------------
-- check flip/compare/window/1-in_sync: public.contacts corresponds to public.people, and nothing that was deleted is back (contacts)

-- check: as fill/join/window/1-in_sync

----------------------------------------------------------------------------------------------------
-- statement flip/cutover: let the new side of window lead

-- works off before it locks
WITH entry AS MATERIALIZED (
  SELECT t.ctid AS place, t.key
    FROM lockstep.touched AS t
    WHERE window_name = 'mirror-both/window'
    AND mapping = 'contacts'
    LIMIT 10000
  ), differs AS MATERIALIZED (
  SELECT d.key
    FROM (
    SELECT w.lockstep_key AS key, to_jsonb(e.*) - 'lockstep_here' AS expected, to_jsonb(a.*) - 'lockstep_here' AS found
  FROM (SELECT k.key AS lockstep_key, k.key[1]::bigint AS person_id FROM (SELECT DISTINCT key FROM entry) AS k) AS w
  LEFT JOIN LATERAL (SELECT true AS lockstep_here, s.* FROM (SELECT id AS person_id, (lower(email)
  )::text AS email
  FROM public.people
  WHERE id = w.person_id
  OFFSET 0) AS s) AS e ON true
  LEFT JOIN LATERAL (
    SELECT true AS lockstep_here, t.*
    FROM (
    SELECT *
    FROM (
    SELECT t.*
    FROM public.contacts AS t
    WHERE t.person_id = w.lockstep_key[1]::bigint
  OFFSET 0) AS contacts WHERE (called IS NULL
  )
  OFFSET 0) AS t) AS a ON true
  WHERE (
    e.lockstep_here IS DISTINCT FROM a.lockstep_here
    OR (e.lockstep_here AND (ROW(e.email::text)::record *<> ROW(a.email::text)::record))
  )) AS d
  ), settled AS (
  DELETE FROM lockstep.touched AS t
    WHERE t.ctid = ANY (ARRAY(SELECT place FROM entry WHERE key NOT IN (SELECT key FROM differs)))
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM settled) AS settled,
    (
      SELECT count(*) FROM lockstep.touched AS t WHERE window_name = 'mirror-both/window' AND mapping = 'contacts'
    ) - (SELECT count(*) FROM settled) AS rest;

-- how much is left
SELECT count(*) AS rest FROM lockstep.touched AS t WHERE window_name = 'mirror-both/window' AND mapping = 'contacts';

-- asserts: the window mirror-both/window can become: new leads: as undo/window/leave

-- asserts: the mirror of contacts is as it was made
WITH violation AS MATERIALIZED (
  SELECT p.relid::regclass::text AS "table", w.trigger_name AS "trigger"
    FROM (
      VALUES ('public.people', '00 lockstep mirror-both/window: contacts i', true, NULL),
      ('public.people', '00 lockstep mirror-both/window: contacts u', true, NULL),
      ('public.people', '00 lockstep mirror-both/window: contacts d', true, NULL),
      ('public.people', '00 lockstep mirror-both/window: contacts t', false, NULL),
      ('public.contacts', '00 lockstep mirror-both/window: contacts t', false, NULL),
      ('public.contacts', '00 lockstep mirror-both/window: contacts i', true, NULL),
      ('public.contacts', '00 lockstep mirror-both/window: contacts u', true, NULL),
      ('public.contacts', '00 lockstep mirror-both/window: contacts d', true, NULL),
      (
        'public.people',
        '~ lockstep mirror-both/window: contacts',
        true,
        'lockstep."move of mirror-both/window: contacts"'
      )
    ) AS w (table_name, trigger_name, spreads, calls)
  CROSS JOIN LATERAL (
    SELECT pg_catalog.to_regclass(w.table_name) AS relid
    UNION
    SELECT t.relid
    FROM pg_catalog.pg_partition_tree(pg_catalog.to_regclass(w.table_name)) AS t
    WHERE w.spreads
  ) AS p
  WHERE (w.calls IS NULL OR pg_catalog.to_regproc(w.calls) IS NOT NULL)
    AND NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_trigger AS g
    WHERE g.tgrelid = p.relid
    AND g.tgenabled = 'A'
    AND (g.tgname = w.trigger_name OR g.tgparentid <> 0)
      AND g.tgfoid IN (
        SELECT o.tgfoid
        FROM pg_catalog.pg_trigger AS o
        WHERE o.tgrelid = pg_catalog.to_regclass(w.table_name)
        AND o.tgname = w.trigger_name
      ))
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- asserts: what a side of mirror-both/window did not take has been made good: as undo/window/leave

-- asserts: what was written since the comparison is the same on both sides (contacts)
WITH violation AS MATERIALIZED (
  SELECT w.lockstep_key AS key, to_jsonb(e.*) - 'lockstep_here' AS expected, to_jsonb(a.*) - 'lockstep_here' AS found
  FROM (
    SELECT k.key AS lockstep_key, k.key[1]::bigint AS person_id
    FROM (
      SELECT DISTINCT key FROM lockstep.touched WHERE window_name = 'mirror-both/window' AND mapping = 'contacts'
    ) AS k
  ) AS w
  LEFT JOIN LATERAL (SELECT true AS lockstep_here, s.* FROM (SELECT id AS person_id, (lower(email)
  )::text AS email
  FROM public.people
  WHERE id = w.person_id
  OFFSET 0) AS s) AS e ON true
  LEFT JOIN LATERAL (
    SELECT true AS lockstep_here, t.*
    FROM (
    SELECT *
    FROM (
    SELECT t.*
    FROM public.contacts AS t
    WHERE t.person_id = w.lockstep_key[1]::bigint
  OFFSET 0) AS contacts WHERE (called IS NULL
  )
  OFFSET 0) AS t) AS a ON true
  WHERE (
    e.lockstep_here IS DISTINCT FROM a.lockstep_here
    OR (e.lockstep_here AND (ROW(e.email::text)::record *<> ROW(a.email::text)::record))
  )
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- sends
WITH moved AS (
  UPDATE lockstep."window" AS w
    SET state = 'new leads', moved_at = clock_timestamp()
    WHERE w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'window'
    RETURNING w.run_id, w.step, w.state, w.moved_at
  )
  INSERT INTO lockstep.window_move (window_run_id, step, to_state, at, by_run_id)
    SELECT run_id, step, state, moved_at, current_setting('lockstep.run_id')::bigint
    FROM moved;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/watch-again: make the functions that note down which keys are written

-- sends: as flip/watch

REVOKE ALL ON FUNCTION lockstep."watch of mirror-both/window: contacts"() FROM PUBLIC;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/watch-again/1: note down which keys of public.people are written from now on

-- sends: as flip/watch/1

ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-both/window: contacts w";

----------------------------------------------------------------------------------------------------
-- statement undo/flip/watch-again/2: note down which keys of public.contacts are written from now on

-- sends: as flip/watch/2

ALTER TABLE public.contacts ENABLE ALWAYS TRIGGER "00 lockstep mirror-both/window: contacts w";

----------------------------------------------------------------------------------------------------
-- check undo/flip/compare/window/1-in_sync: public.contacts corresponds to public.people, and nothing that was deleted is back (contacts)

-- check: as fill/join/window/1-in_sync

----------------------------------------------------------------------------------------------------
-- statement undo/flip/cutover: let the old side of window lead

-- works off before it locks: as flip/cutover

-- how much is left
SELECT count(*) AS rest FROM lockstep.touched AS t WHERE window_name = 'mirror-both/window' AND mapping = 'contacts';

-- asserts: the window mirror-both/window can become: old leads
WITH violation AS MATERIALIZED (
  SELECT w.state
    FROM (SELECT 1) AS one
    LEFT JOIN lockstep."window" AS w
    ON w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'window'
  WHERE w.state IS NULL OR w.state NOT IN ('new leads')
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- asserts: the mirror of contacts is as it was made: as flip/cutover

-- asserts: what a side of mirror-both/window did not take has been made good: as undo/window/leave

-- asserts: what was written since the comparison is the same on both sides (contacts): as flip/cutover

-- sends
WITH moved AS (
  UPDATE lockstep."window" AS w
    SET state = 'old leads', moved_at = clock_timestamp()
    WHERE w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'window'
    RETURNING w.run_id, w.step, w.state, w.moved_at
  )
  INSERT INTO lockstep.window_move (window_run_id, step, to_state, at, by_run_id)
    SELECT run_id, step, state, moved_at, current_setting('lockstep.run_id')::bigint
    FROM moved;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/lead: note down who still writes the new side

-- sends
CREATE OR REPLACE FUNCTION lockstep."same of mirror-both/window: contacts"(bigint, bigint) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

-- sends: as window/prepare

-- sends: as window/prepare

REVOKE ALL ON FUNCTION lockstep."move of mirror-both/window: contacts"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."follow of mirror-both/window: contacts"(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."same of mirror-both/window: contacts"(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION lockstep."mirror of mirror-both/window: contacts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET lc_numeric = 'C'
    SET lc_time = 'C'
    SET array_nulls = 'on'
    SET transform_null_equals = 'off'
    SET xmlbinary = 'base64'
    SET xmloption = 'content'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
    SET default_text_search_config
    FROM CURRENT
  AS $body$
  #variable_conflict use_column
  DECLARE
    gone record;
    come record;
    gone_key text[];
    come_key text[];
    had boolean := false;
    has boolean := false;
    moved boolean := false;
    followed boolean := false;
    written boolean := false;
    mine bigint;
    n bigint;
    scans text := pg_catalog.current_setting('enable_seqscan');
    echo text := pg_catalog.current_setting('lockstep.echo', true);
    said text;
  BEGIN
    had := TG_OP <> 'INSERT';
    IF TG_OP = 'UPDATE' THEN
      moved := NOT lockstep."same of mirror-both/window: contacts"(OLD.id, NEW.id);
    END IF;
    -- By the index: a plan is kept that was made when there were few rows.
    said := pg_catalog.set_config('enable_seqscan', 'off', true);
    IF TG_OP = 'DELETE' THEN
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
        WHERE lockstep."same of mirror-both/window: contacts"(s.id, OLD.id);
    ELSE
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
        WHERE lockstep."same of mirror-both/window: contacts"(s.id, NEW.id);
    END IF;
    has := FOUND;
    said := pg_catalog.set_config('enable_seqscan', scans, true);
    come_key := ARRAY[come.person_id::bigint::text];
    IF had AND (moved OR NOT has) THEN
      SELECT r.* INTO gone FROM lockstep."row of mirror-both/window: contacts"(OLD.id, OLD.email) AS r;
      gone_key := ARRAY[gone.person_id::bigint::text];
    ELSIF had THEN
      gone_key := come_key;
    END IF;
    IF moved
      OR pg_catalog.starts_with(
        coalesce(pg_catalog.current_setting('lockstep.moves_old_709ac7ad5e00', true), ''),
        pg_catalog.pg_current_xact_id()::text || ' '
      )
      THEN
      IF moved THEN
        EXECUTE 'SELECT pg_catalog.min(m.id) FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both/window'' AND m.mapping = ''contacts'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1' INTO mine
          USING gone_key;
      END IF;
      PERFORM lockstep."follow of mirror-both/window: contacts"(mine);
      IF moved THEN
        EXECUTE 'DELETE FROM lockstep.move AS m WHERE m.id = $1 RETURNING m.found' INTO followed USING mine;
      ELSIF had AND NOT has THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both/window'' AND m.mapping = ''contacts'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1 AND m.found)' INTO followed
          USING gone_key;
        moved := followed;
      END IF;
      IF has THEN
        EXECUTE 'SELECT FROM public.contacts AS t CROSS JOIN (SELECT $1 AS person_id, $2 AS email) AS come WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, come.person_id) AND NOT (ROW(t.person_id::bigint, t.email::text)::record *<> ROW(come.person_id::bigint, come.email::text)::record)'
          USING come.person_id, come.email;
        GET DIAGNOSTICS n = ROW_COUNT;
        written := n > 0;
      END IF;
    END IF;
    IF moved THEN
      -- The key of before is nobody's, unless another row has it by now.
      EXECUTE 'SELECT FROM public.people AS s CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r WHERE lockstep."same of mirror-both/window: contacts"(s.id, $1[1]::bigint)'
        USING ARRAY[OLD.id::bigint::text];
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        IF followed IS NOT TRUE THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts > ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_key::text,
        true
      );
          EXECUTE 'DELETE FROM public.contacts AS t USING (SELECT $1 AS person_id, $2 AS email) AS gone WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, gone.person_id) AND lockstep."part of mirror-both/window: contacts"(t.called)'
            USING gone.person_id, gone.email;
          GET DIAGNOSTICS n = ROW_COUNT;
          IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
            BEGIN
              INSERT INTO public.contacts (person_id, email) VALUES (gone.person_id, gone.email)
              ON CONFLICT (person_id) DO NOTHING;
              RAISE SQLSTATE 'LS000';
            EXCEPTION
              WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
                NULL;
            END;
          END IF;
        END IF;
        INSERT INTO lockstep.tombstone (window_name, mapping, key)
          VALUES ('mirror-both/window', 'contacts', gone_key)
          ON CONFLICT DO NOTHING;
      END IF;
    ELSIF had AND NOT has THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts > ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_key::text,
        true
      );
      EXECUTE 'DELETE FROM public.contacts AS t USING (SELECT $1 AS person_id, $2 AS email) AS gone WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, gone.person_id) AND lockstep."part of mirror-both/window: contacts"(t.called)'
        USING gone.person_id, gone.email;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        BEGIN
          INSERT INTO public.contacts (person_id, email) VALUES (gone.person_id, gone.email)
          ON CONFLICT (person_id) DO NOTHING;
          RAISE SQLSTATE 'LS000';
        EXCEPTION
          WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
            NULL;
        END;
      END IF;
      INSERT INTO lockstep.tombstone (window_name, mapping, key)
        VALUES ('mirror-both/window', 'contacts', gone_key)
        ON CONFLICT DO NOTHING;
    END IF;
    IF has THEN
      IF moved OR NOT had THEN
        EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
          USING 'mirror-both/window', 'contacts', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-both/window', 'contacts', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
            USING 'mirror-both/window', 'contacts', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF NOT written THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts > ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_key::text,
        true
      );
      INSERT INTO public.contacts AS t (person_id, email) VALUES (come.person_id, come.email)
      ON CONFLICT (person_id) DO UPDATE
        SET email = EXCLUDED.email
        WHERE lockstep."part of mirror-both/window: contacts"(t.called);
      IF NOT FOUND THEN
        RAISE EXCEPTION 'lockstep window %: the row of % with this key belongs to others',
          '"mirror-both/window"',
          'public.contacts'
          USING ERRCODE = 'unique_violation',
            DETAIL = pg_catalog.format('Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(come_key, ', '));
      END IF;
      END IF;
    END IF;
    said := pg_catalog.set_config('lockstep.echo', coalesce(echo, ''), true);
    RETURN NULL;
  END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."mirror back of mirror-both/window: contacts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET lc_numeric = 'C'
    SET lc_time = 'C'
    SET array_nulls = 'on'
    SET transform_null_equals = 'off'
    SET xmlbinary = 'base64'
    SET xmloption = 'content'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
    SET default_text_search_config
    FROM CURRENT
  AS $body$
  #variable_conflict use_column
  DECLARE
    gone record;
    now record;
    come record;
    gone_row text[];
    come_row text[];
    gone_key text[];
    come_key text[];
    had boolean := false;
    has boolean := false;
    moved boolean := false;
    followed boolean;
    written boolean := false;
    mine bigint;
    fits boolean;
    n bigint;
    scans text := pg_catalog.current_setting('enable_seqscan');
    echo text := pg_catalog.current_setting('lockstep.echo', true);
    said text;
  BEGIN
    GET DIAGNOSTICS said = PG_CONTEXT;
    IF pg_catalog.strpos(pg_catalog.substr(said, pg_catalog.strpos(said, 'lockstep."mirror ') + 1), 'lockstep."mirror ')
      = 0
      THEN
      EXECUTE 'SELECT FROM lockstep.old_writer AS w WHERE w.xid = pg_catalog.pg_current_xact_id() AND w.window_name = $1 AND w.mapping = $2 AND w.side = $3'
        USING 'mirror-both/window', 'contacts', 'new';
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        INSERT INTO lockstep.old_writer (window_name, mapping, side) VALUES ('mirror-both/window', 'contacts', 'new');
      END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
      had := lockstep."part of mirror-both/window: contacts"(OLD.called);
      IF had THEN
        SELECT b.* INTO gone
          FROM lockstep."back of mirror-both/window: contacts"(OLD.person_id, OLD.email, OLD.called) AS b;
        gone_row := ARRAY[gone.id::bigint::text];
        gone_key := ARRAY[OLD.person_id::bigint::text];
      END IF;
    END IF;
    -- By the index: a plan is kept that was made when there were few rows.
    said := pg_catalog.set_config('enable_seqscan', 'off', true);
    IF TG_OP = 'DELETE' THEN
      SELECT t.* INTO now
        FROM public.contacts AS t
        WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, OLD.person_id);
    ELSE
      SELECT t.* INTO now
        FROM public.contacts AS t
        WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, NEW.person_id);
    END IF;
    fits := FOUND;
    said := pg_catalog.set_config('enable_seqscan', scans, true);
    IF fits THEN
      has := lockstep."part of mirror-both/window: contacts"(now.called);
      IF has THEN
        SELECT b.* INTO come
          FROM lockstep."back of mirror-both/window: contacts"(now.person_id, now.email, now.called) AS b;
        come_row := ARRAY[come.id::bigint::text];
        come_key := ARRAY[now.person_id::bigint::text];
      END IF;
    END IF;
    IF had THEN
      moved := false;
      IF has AND NOT moved THEN
        moved := NOT lockstep."own of mirror-both/window: contacts"(come.id, gone.id);
      END IF;
    END IF;
    IF had AND (NOT has OR gone_key OPERATOR(pg_catalog.<>) come_key) THEN
      n := 0;
      IF TG_OP = 'UPDATE' THEN
        EXECUTE 'SELECT FROM public.contacts AS s CROSS JOIN LATERAL (SELECT b.* FROM lockstep."back of mirror-both/window: contacts"(s.person_id, s.email, s.called) AS b WHERE lockstep."part of mirror-both/window: contacts"(s.called)) AS r WHERE lockstep."key of mirror-both/window: contacts"(s.person_id, $1[1]::bigint)'
          USING ARRAY[OLD.person_id::bigint::text];
        GET DIAGNOSTICS n = ROW_COUNT;
      END IF;
      IF n = 0 THEN
        INSERT INTO lockstep.tombstone (window_name, mapping, key)
          VALUES ('mirror-both/window', 'contacts', gone_key)
          ON CONFLICT DO NOTHING;
      END IF;
    END IF;
    IF had AND (NOT has OR moved) THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts < ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_row::text,
        true
      );
      PERFORM lockstep."unset of mirror-both/window: contacts"(gone.id);
      IF EXISTS (
        SELECT
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
        WHERE lockstep."own of mirror-both/window: contacts"(s.id, gone.id)
      )
        THEN
        RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the old shape would still hold it',
          '"mirror-both/window"',
          TG_RELID::pg_catalog.regclass
          USING ERRCODE = 'check_violation',
            DETAIL
              = pg_catalog.format(
                'Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(coalesce(come_key, gone_key), ', ')
              );
      END IF;
    END IF;
    IF has THEN
      IF NOT had OR gone_key OPERATOR(pg_catalog.<>) come_key THEN
        EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
          USING 'mirror-both/window', 'contacts', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-both/window', 'contacts', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
            USING 'mirror-both/window', 'contacts', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF NOT had OR moved THEN
        PERFORM
          FROM public.people AS s
          WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id)
          FOR NO KEY UPDATE;
        IF EXISTS (
          SELECT
          FROM public.people AS s
          CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
          WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id)
          AND NOT lockstep."key of mirror-both/window: contacts"(r.person_id, now.person_id)
        )
          THEN
          RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the row there stands for another one already',
            '"mirror-both/window"',
            TG_RELID::pg_catalog.regclass
            USING ERRCODE = 'check_violation',
              DETAIL
                = pg_catalog.format(
                  'Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(coalesce(come_key, gone_key), ', ')
                );
        END IF;
      END IF;
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts < ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_row::text,
        true
      );
      IF NOT written THEN
        UPDATE public.people AS s
          SET email = come.email
          WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id);
        IF NOT FOUND THEN
          INSERT INTO public.people (email, id) VALUES (come.email, come.id);
        END IF;
      END IF;
      fits := EXISTS (
        SELECT
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
        WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id)
        AND lockstep."key of mirror-both/window: contacts"(r.person_id, now.person_id)
        AND NOT (ROW(r.email::text)::record *<> ROW(now.email::text)::record)
      );
      IF NOT fits
        AND EXISTS (
          SELECT
          FROM public.people AS s
          WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id)
          AND (ROW(s.email::text)::record *<> ROW(come.email::text)::record)
        )
        THEN
        said := pg_catalog.set_config(
          'lockstep.echo',
          'mirror-both/window: contacts > ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_key::text,
          true
        );
        UPDATE public.contacts AS t SET email = r.email
        FROM public.people AS s
          CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
          WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id)
          AND lockstep."key of mirror-both/window: contacts"(r.person_id, now.person_id)
          AND lockstep."key of mirror-both/window: contacts"(t.person_id, r.person_id);
        fits := FOUND;
      END IF;
      IF NOT fits THEN
        RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the old shape cannot say it',
          '"mirror-both/window"',
          TG_RELID::pg_catalog.regclass
          USING ERRCODE = 'check_violation',
            DETAIL
              = pg_catalog.format(
                'Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(coalesce(come_key, gone_key), ', ')
              );
      END IF;
    END IF;
    said := pg_catalog.set_config('lockstep.echo', coalesce(echo, ''), true);
    RETURN NULL;
  END
  $body$;

----------------------------------------------------------------------------------------------------
-- statement flip/lead: note down who still writes the old side

-- sends
CREATE OR REPLACE FUNCTION lockstep."same of mirror-both/window: contacts"(bigint, bigint) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

-- sends: as window/prepare

-- sends: as window/prepare

REVOKE ALL ON FUNCTION lockstep."move of mirror-both/window: contacts"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."follow of mirror-both/window: contacts"(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."same of mirror-both/window: contacts"(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION lockstep."mirror of mirror-both/window: contacts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET lc_numeric = 'C'
    SET lc_time = 'C'
    SET array_nulls = 'on'
    SET transform_null_equals = 'off'
    SET xmlbinary = 'base64'
    SET xmloption = 'content'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
    SET default_text_search_config
    FROM CURRENT
  AS $body$
  #variable_conflict use_column
  DECLARE
    gone record;
    come record;
    gone_key text[];
    come_key text[];
    had boolean := false;
    has boolean := false;
    moved boolean := false;
    followed boolean := false;
    written boolean := false;
    mine bigint;
    n bigint;
    scans text := pg_catalog.current_setting('enable_seqscan');
    echo text := pg_catalog.current_setting('lockstep.echo', true);
    said text;
  BEGIN
    GET DIAGNOSTICS said = PG_CONTEXT;
    IF pg_catalog.strpos(pg_catalog.substr(said, pg_catalog.strpos(said, 'lockstep."mirror ') + 1), 'lockstep."mirror ')
      = 0
      THEN
      EXECUTE 'SELECT FROM lockstep.old_writer AS w WHERE w.xid = pg_catalog.pg_current_xact_id() AND w.window_name = $1 AND w.mapping = $2 AND w.side = $3'
        USING 'mirror-both/window', 'contacts', 'old';
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        INSERT INTO lockstep.old_writer (window_name, mapping, side) VALUES ('mirror-both/window', 'contacts', 'old');
      END IF;
    END IF;
    had := TG_OP <> 'INSERT';
    IF TG_OP = 'UPDATE' THEN
      moved := NOT lockstep."same of mirror-both/window: contacts"(OLD.id, NEW.id);
    END IF;
    -- By the index: a plan is kept that was made when there were few rows.
    said := pg_catalog.set_config('enable_seqscan', 'off', true);
    IF TG_OP = 'DELETE' THEN
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
        WHERE lockstep."same of mirror-both/window: contacts"(s.id, OLD.id);
    ELSE
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
        WHERE lockstep."same of mirror-both/window: contacts"(s.id, NEW.id);
    END IF;
    has := FOUND;
    said := pg_catalog.set_config('enable_seqscan', scans, true);
    come_key := ARRAY[come.person_id::bigint::text];
    IF had AND (moved OR NOT has) THEN
      SELECT r.* INTO gone FROM lockstep."row of mirror-both/window: contacts"(OLD.id, OLD.email) AS r;
      gone_key := ARRAY[gone.person_id::bigint::text];
    ELSIF had THEN
      gone_key := come_key;
    END IF;
    IF moved
      OR pg_catalog.starts_with(
        coalesce(pg_catalog.current_setting('lockstep.moves_old_709ac7ad5e00', true), ''),
        pg_catalog.pg_current_xact_id()::text || ' '
      )
      THEN
      IF moved THEN
        EXECUTE 'SELECT pg_catalog.min(m.id) FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both/window'' AND m.mapping = ''contacts'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1' INTO mine
          USING gone_key;
      END IF;
      PERFORM lockstep."follow of mirror-both/window: contacts"(mine);
      IF moved THEN
        EXECUTE 'DELETE FROM lockstep.move AS m WHERE m.id = $1 RETURNING m.found' INTO followed USING mine;
      ELSIF had AND NOT has THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both/window'' AND m.mapping = ''contacts'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1 AND m.found)' INTO followed
          USING gone_key;
        moved := followed;
      END IF;
      IF has THEN
        EXECUTE 'SELECT FROM public.contacts AS t CROSS JOIN (SELECT $1 AS person_id, $2 AS email) AS come WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, come.person_id) AND NOT (ROW(t.person_id::bigint, t.email::text)::record *<> ROW(come.person_id::bigint, come.email::text)::record)'
          USING come.person_id, come.email;
        GET DIAGNOSTICS n = ROW_COUNT;
        written := n > 0;
      END IF;
    END IF;
    IF moved THEN
      -- The key of before is nobody's, unless another row has it by now.
      EXECUTE 'SELECT FROM public.people AS s CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r WHERE lockstep."same of mirror-both/window: contacts"(s.id, $1[1]::bigint)'
        USING ARRAY[OLD.id::bigint::text];
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        IF followed IS NOT TRUE THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts > ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_key::text,
        true
      );
          EXECUTE 'DELETE FROM public.contacts AS t USING (SELECT $1 AS person_id, $2 AS email) AS gone WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, gone.person_id) AND lockstep."part of mirror-both/window: contacts"(t.called)'
            USING gone.person_id, gone.email;
          GET DIAGNOSTICS n = ROW_COUNT;
          IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
            BEGIN
              INSERT INTO public.contacts (person_id, email) VALUES (gone.person_id, gone.email)
              ON CONFLICT (person_id) DO NOTHING;
              RAISE SQLSTATE 'LS000';
            EXCEPTION
              WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
                NULL;
            END;
          END IF;
        END IF;
        INSERT INTO lockstep.tombstone (window_name, mapping, key)
          VALUES ('mirror-both/window', 'contacts', gone_key)
          ON CONFLICT DO NOTHING;
      END IF;
    ELSIF had AND NOT has THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts > ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_key::text,
        true
      );
      EXECUTE 'DELETE FROM public.contacts AS t USING (SELECT $1 AS person_id, $2 AS email) AS gone WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, gone.person_id) AND lockstep."part of mirror-both/window: contacts"(t.called)'
        USING gone.person_id, gone.email;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        BEGIN
          INSERT INTO public.contacts (person_id, email) VALUES (gone.person_id, gone.email)
          ON CONFLICT (person_id) DO NOTHING;
          RAISE SQLSTATE 'LS000';
        EXCEPTION
          WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
            NULL;
        END;
      END IF;
      INSERT INTO lockstep.tombstone (window_name, mapping, key)
        VALUES ('mirror-both/window', 'contacts', gone_key)
        ON CONFLICT DO NOTHING;
    END IF;
    IF has THEN
      IF moved OR NOT had THEN
        EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
          USING 'mirror-both/window', 'contacts', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-both/window', 'contacts', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
            USING 'mirror-both/window', 'contacts', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF NOT written THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts > ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_key::text,
        true
      );
      INSERT INTO public.contacts AS t (person_id, email) VALUES (come.person_id, come.email)
      ON CONFLICT (person_id) DO UPDATE
        SET email = EXCLUDED.email
        WHERE lockstep."part of mirror-both/window: contacts"(t.called);
      IF NOT FOUND THEN
        RAISE EXCEPTION 'lockstep window %: the row of % with this key belongs to others',
          '"mirror-both/window"',
          'public.contacts'
          USING ERRCODE = 'unique_violation',
            DETAIL = pg_catalog.format('Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(come_key, ', '));
      END IF;
      END IF;
    END IF;
    said := pg_catalog.set_config('lockstep.echo', coalesce(echo, ''), true);
    RETURN NULL;
  END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."mirror back of mirror-both/window: contacts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET lc_numeric = 'C'
    SET lc_time = 'C'
    SET array_nulls = 'on'
    SET transform_null_equals = 'off'
    SET xmlbinary = 'base64'
    SET xmloption = 'content'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
    SET default_text_search_config
    FROM CURRENT
  AS $body$
  #variable_conflict use_column
  DECLARE
    gone record;
    now record;
    come record;
    gone_row text[];
    come_row text[];
    gone_key text[];
    come_key text[];
    had boolean := false;
    has boolean := false;
    moved boolean := false;
    followed boolean;
    written boolean := false;
    mine bigint;
    fits boolean;
    n bigint;
    scans text := pg_catalog.current_setting('enable_seqscan');
    echo text := pg_catalog.current_setting('lockstep.echo', true);
    said text;
  BEGIN
    IF TG_OP <> 'INSERT' THEN
      had := lockstep."part of mirror-both/window: contacts"(OLD.called);
      IF had THEN
        SELECT b.* INTO gone
          FROM lockstep."back of mirror-both/window: contacts"(OLD.person_id, OLD.email, OLD.called) AS b;
        gone_row := ARRAY[gone.id::bigint::text];
        gone_key := ARRAY[OLD.person_id::bigint::text];
      END IF;
    END IF;
    -- By the index: a plan is kept that was made when there were few rows.
    said := pg_catalog.set_config('enable_seqscan', 'off', true);
    IF TG_OP = 'DELETE' THEN
      SELECT t.* INTO now
        FROM public.contacts AS t
        WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, OLD.person_id);
    ELSE
      SELECT t.* INTO now
        FROM public.contacts AS t
        WHERE lockstep."key of mirror-both/window: contacts"(t.person_id, NEW.person_id);
    END IF;
    fits := FOUND;
    said := pg_catalog.set_config('enable_seqscan', scans, true);
    IF fits THEN
      has := lockstep."part of mirror-both/window: contacts"(now.called);
      IF has THEN
        SELECT b.* INTO come
          FROM lockstep."back of mirror-both/window: contacts"(now.person_id, now.email, now.called) AS b;
        come_row := ARRAY[come.id::bigint::text];
        come_key := ARRAY[now.person_id::bigint::text];
      END IF;
    END IF;
    IF had THEN
      moved := false;
      IF has AND NOT moved THEN
        moved := NOT lockstep."own of mirror-both/window: contacts"(come.id, gone.id);
      END IF;
    END IF;
    IF had AND (NOT has OR gone_key OPERATOR(pg_catalog.<>) come_key) THEN
      n := 0;
      IF TG_OP = 'UPDATE' THEN
        EXECUTE 'SELECT FROM public.contacts AS s CROSS JOIN LATERAL (SELECT b.* FROM lockstep."back of mirror-both/window: contacts"(s.person_id, s.email, s.called) AS b WHERE lockstep."part of mirror-both/window: contacts"(s.called)) AS r WHERE lockstep."key of mirror-both/window: contacts"(s.person_id, $1[1]::bigint)'
          USING ARRAY[OLD.person_id::bigint::text];
        GET DIAGNOSTICS n = ROW_COUNT;
      END IF;
      IF n = 0 THEN
        INSERT INTO lockstep.tombstone (window_name, mapping, key)
          VALUES ('mirror-both/window', 'contacts', gone_key)
          ON CONFLICT DO NOTHING;
      END IF;
    END IF;
    IF had AND (NOT has OR moved) THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts < ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_row::text,
        true
      );
      PERFORM lockstep."unset of mirror-both/window: contacts"(gone.id);
      IF EXISTS (
        SELECT
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
        WHERE lockstep."own of mirror-both/window: contacts"(s.id, gone.id)
      )
        THEN
        RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the old shape would still hold it',
          '"mirror-both/window"',
          TG_RELID::pg_catalog.regclass
          USING ERRCODE = 'check_violation',
            DETAIL
              = pg_catalog.format(
                'Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(coalesce(come_key, gone_key), ', ')
              );
      END IF;
    END IF;
    IF has THEN
      IF NOT had OR gone_key OPERATOR(pg_catalog.<>) come_key THEN
        EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
          USING 'mirror-both/window', 'contacts', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-both/window', 'contacts', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
            USING 'mirror-both/window', 'contacts', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF NOT had OR moved THEN
        PERFORM
          FROM public.people AS s
          WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id)
          FOR NO KEY UPDATE;
        IF EXISTS (
          SELECT
          FROM public.people AS s
          CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
          WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id)
          AND NOT lockstep."key of mirror-both/window: contacts"(r.person_id, now.person_id)
        )
          THEN
          RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the row there stands for another one already',
            '"mirror-both/window"',
            TG_RELID::pg_catalog.regclass
            USING ERRCODE = 'check_violation',
              DETAIL
                = pg_catalog.format(
                  'Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(coalesce(come_key, gone_key), ', ')
                );
        END IF;
      END IF;
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both/window: contacts < ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_row::text,
        true
      );
      IF NOT written THEN
        UPDATE public.people AS s
          SET email = come.email
          WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id);
        IF NOT FOUND THEN
          INSERT INTO public.people (email, id) VALUES (come.email, come.id);
        END IF;
      END IF;
      fits := EXISTS (
        SELECT
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
        WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id)
        AND lockstep."key of mirror-both/window: contacts"(r.person_id, now.person_id)
        AND NOT (ROW(r.email::text)::record *<> ROW(now.email::text)::record)
      );
      IF NOT fits
        AND EXISTS (
          SELECT
          FROM public.people AS s
          WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id)
          AND (ROW(s.email::text)::record *<> ROW(come.email::text)::record)
        )
        THEN
        said := pg_catalog.set_config(
          'lockstep.echo',
          'mirror-both/window: contacts > ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_key::text,
          true
        );
        UPDATE public.contacts AS t SET email = r.email
        FROM public.people AS s
          CROSS JOIN LATERAL lockstep."row of mirror-both/window: contacts"(s.id, s.email) AS r
          WHERE lockstep."own of mirror-both/window: contacts"(s.id, come.id)
          AND lockstep."key of mirror-both/window: contacts"(r.person_id, now.person_id)
          AND lockstep."key of mirror-both/window: contacts"(t.person_id, r.person_id);
        fits := FOUND;
      END IF;
      IF NOT fits THEN
        RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the old shape cannot say it',
          '"mirror-both/window"',
          TG_RELID::pg_catalog.regclass
          USING ERRCODE = 'check_violation',
            DETAIL
              = pg_catalog.format(
                'Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(coalesce(come_key, gone_key), ', ')
              );
      END IF;
    END IF;
    said := pg_catalog.set_config('lockstep.echo', coalesce(echo, ''), true);
    RETURN NULL;
  END
  $body$;

----------------------------------------------------------------------------------------------------
-- statement flip/unwatch/1: stop noting down which keys of public.people are written

-- sends
DROP TRIGGER IF EXISTS "00 lockstep mirror-both/window: contacts w" ON public.people;

-- sends: as fill/join/window

----------------------------------------------------------------------------------------------------
-- statement flip/unwatch/2: stop noting down which keys of public.contacts are written

-- sends
DROP TRIGGER IF EXISTS "00 lockstep mirror-both/window: contacts w" ON public.contacts;

----------------------------------------------------------------------------------------------------
-- statement flip/unwatch: forget which keys were written

-- sends
DROP FUNCTION IF EXISTS lockstep."watch of mirror-both/window: contacts"();
DELETE FROM lockstep.touched WHERE window_name = 'mirror-both/window';

----------------------------------------------------------------------------------------------------
-- statement done/watch/window: make the functions that note down which keys are written

-- asserts: the mirror of contacts is as it was made: as flip/cutover

-- sends: as flip/watch

REVOKE ALL ON FUNCTION lockstep."watch of mirror-both/window: contacts"() FROM PUBLIC;

----------------------------------------------------------------------------------------------------
-- statement undo/done/watch/window: forget which keys were written

-- sends
DROP FUNCTION IF EXISTS lockstep."watch of mirror-both/window: contacts"();
DELETE FROM lockstep.touched WHERE window_name = 'mirror-both/window';

----------------------------------------------------------------------------------------------------
-- statement done/watch/window/1: note down which keys of public.people are written from now on

-- sends: as flip/watch/1

ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-both/window: contacts w";

----------------------------------------------------------------------------------------------------
-- statement undo/done/watch/window/1: stop noting down which keys of public.people are written

-- sends
DROP TRIGGER IF EXISTS "00 lockstep mirror-both/window: contacts w" ON public.people;

-- sends: as fill/join/window

----------------------------------------------------------------------------------------------------
-- statement done/watch/window/2: note down which keys of public.contacts are written from now on

-- sends: as flip/watch/2

ALTER TABLE public.contacts ENABLE ALWAYS TRIGGER "00 lockstep mirror-both/window: contacts w";

----------------------------------------------------------------------------------------------------
-- statement undo/done/watch/window/2: stop noting down which keys of public.contacts are written

-- sends
DROP TRIGGER IF EXISTS "00 lockstep mirror-both/window: contacts w" ON public.contacts;

----------------------------------------------------------------------------------------------------
-- check done/compare/window/1-in_sync: public.contacts corresponds to public.people, and nothing that was deleted is back (contacts)

-- check: as fill/join/window/1-in_sync

----------------------------------------------------------------------------------------------------
-- statement done/close/window: silence the mirrors of public.people → public.contacts

-- works off before it locks: as flip/cutover

-- how much is left
SELECT count(*) AS rest FROM lockstep.touched AS t WHERE window_name = 'mirror-both/window' AND mapping = 'contacts';

-- asserts: the window mirror-both/window can become: closed
WITH violation AS MATERIALIZED (
  SELECT w.state
    FROM (SELECT 1) AS one
    LEFT JOIN lockstep."window" AS w
    ON w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'window'
  WHERE w.state IS NULL OR w.state NOT IN ('old leads', 'new leads')
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- asserts: the mirror of contacts is as it was made: as flip/cutover

-- asserts: what a side of mirror-both/window did not take has been made good: as undo/window/leave

-- asserts: what was written since the comparison is the same on both sides (contacts): as flip/cutover

-- asserts: nobody has written to the old side of mirror-both/window for 15m
WITH violation AS MATERIALIZED (
  SELECT by_user, application, mapping, count(*) AS transactions, max(at) AS last_at FROM lockstep.old_writer
  WHERE window_name = 'mirror-both/window' AND side = 'old' AND at > clock_timestamp() - interval '900000 milliseconds'
  GROUP BY by_user, application, mapping
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- sends
CREATE OR REPLACE FUNCTION lockstep."mirror of mirror-both/window: contacts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET lc_numeric = 'C'
    SET lc_time = 'C'
    SET array_nulls = 'on'
    SET transform_null_equals = 'off'
    SET xmlbinary = 'base64'
    SET xmloption = 'content'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
    SET default_text_search_config
    FROM CURRENT
  AS $body$
  BEGIN
    RETURN NULL;
  END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."mirror back of mirror-both/window: contacts"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path
    FROM CURRENT
    SET TimeZone = 'UTC'
    SET DateStyle = 'ISO, YMD'
    SET IntervalStyle = 'postgres'
    SET extra_float_digits = '1'
    SET bytea_output = 'hex'
    SET lc_monetary = 'C'
    SET lc_numeric = 'C'
    SET lc_time = 'C'
    SET array_nulls = 'on'
    SET transform_null_equals = 'off'
    SET xmlbinary = 'base64'
    SET xmloption = 'content'
    SET standard_conforming_strings = 'on'
    SET row_security = 'off'
    SET default_text_search_config
    FROM CURRENT
  AS $body$
  BEGIN
    RETURN NULL;
  END
  $body$;

-- sends: as fill/join/window

WITH moved AS (
  UPDATE lockstep."window" AS w
    SET state = 'closed', moved_at = clock_timestamp()
    WHERE w.run_id = current_setting('lockstep.run_id')::bigint
    AND w.step = 'window'
    RETURNING w.run_id, w.step, w.state, w.moved_at
  )
  INSERT INTO lockstep.window_move (window_run_id, step, to_state, at, by_run_id)
    SELECT run_id, step, state, moved_at, current_setting('lockstep.run_id')::bigint
    FROM moved;

----------------------------------------------------------------------------------------------------
-- statement done/drop/window/1: remove the mirrors from public.contacts

-- sends
DROP TRIGGER IF EXISTS "00 lockstep mirror-both/window: contacts w" ON public.contacts;
DROP TRIGGER "00 lockstep mirror-both/window: contacts t" ON public.contacts;
DROP TRIGGER "00 lockstep mirror-both/window: contacts i" ON public.contacts;
DROP TRIGGER "00 lockstep mirror-both/window: contacts u" ON public.contacts;
DROP TRIGGER "00 lockstep mirror-both/window: contacts d" ON public.contacts;
DROP TRIGGER IF EXISTS "~ lockstep mirror-both/window: contacts" ON public.contacts;

----------------------------------------------------------------------------------------------------
-- statement done/drop/window/2: remove the mirrors from public.people

-- sends
DROP TRIGGER IF EXISTS "00 lockstep mirror-both/window: contacts w" ON public.people;
DROP TRIGGER "00 lockstep mirror-both/window: contacts i" ON public.people;
DROP TRIGGER "00 lockstep mirror-both/window: contacts u" ON public.people;
DROP TRIGGER "00 lockstep mirror-both/window: contacts d" ON public.people;
DROP TRIGGER "00 lockstep mirror-both/window: contacts t" ON public.people;
DROP TRIGGER IF EXISTS "~ lockstep mirror-both/window: contacts" ON public.people;

----------------------------------------------------------------------------------------------------
-- statement done/forget/window: drop the functions of the window of public.people → public.contacts, and forget what it noted

-- sends
DROP FUNCTION lockstep."mirror back of mirror-both/window: contacts"();
DROP FUNCTION lockstep."back of mirror-both/window: contacts"(bigint, text, text);
DROP FUNCTION lockstep."own of mirror-both/window: contacts"(bigint, bigint);
DROP FUNCTION lockstep."unset of mirror-both/window: contacts"(bigint);
DROP FUNCTION lockstep."mirror of mirror-both/window: contacts"();
DROP FUNCTION lockstep."truncate of mirror-both/window: contacts"();
DROP FUNCTION lockstep."row of mirror-both/window: contacts"(bigint, text);
DROP FUNCTION lockstep."key of mirror-both/window: contacts"(bigint, bigint);
DROP FUNCTION lockstep."part of mirror-both/window: contacts"(text);
DROP FUNCTION IF EXISTS lockstep."move of mirror-both/window: contacts"();
DROP FUNCTION IF EXISTS lockstep."follow of mirror-both/window: contacts"(bigint);
DROP FUNCTION IF EXISTS lockstep."same of mirror-both/window: contacts"(bigint, bigint);
DROP FUNCTION IF EXISTS lockstep."watch of mirror-both/window: contacts"();
DELETE FROM lockstep.touched WHERE window_name = 'mirror-both/window';
DELETE FROM lockstep.tombstone WHERE window_name = 'mirror-both/window';
DELETE FROM lockstep.old_writer WHERE window_name = 'mirror-both/window';
DELETE FROM lockstep.mirror_failure WHERE window_name = 'mirror-both/window';
DELETE FROM lockstep.move WHERE window_name = 'mirror-both/window';

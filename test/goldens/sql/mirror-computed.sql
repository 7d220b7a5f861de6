-- A mirror of values that the server computes or a type rounds, beside a column with a default.
-- The plan is `mirror-computed.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- check window/before/1-subscribed: no subscription writes to the tables of window

-- check
WITH violation AS MATERIALIZED (
  SELECT r.srrelid::regclass::text AS "table"
    FROM pg_catalog.pg_subscription_rel AS r
    WHERE r.srrelid IN (pg_catalog.to_regclass('public.people'), pg_catalog.to_regclass('public.labels'))
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
  FROM (VALUES ('public.labels')) AS w (name)
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
-- check window/before/3-in_sync: what public.labels holds before its window opens is what public.people says (labels)

-- check
WITH expected AS NOT MATERIALIZED (SELECT email AS email, slug AS slug, size::numeric AS size
  FROM public.people
  WHERE (email IS NOT NULL
  )),
  actual AS NOT MATERIALIZED (SELECT email, slug, size
  FROM public.labels),
  pair AS MATERIALIZED (
    SELECT p.problem, CASE WHEN p.problem <> 'extra' THEN to_jsonb(s.*) END AS expected,
      CASE WHEN p.problem <> 'missing' THEN to_jsonb(t.*) END AS found
    FROM expected AS e FULL JOIN actual AS a ON e.email = a.email
    CROSS JOIN LATERAL (
      SELECT CASE
      WHEN a.email IS NOT DISTINCT FROM NULL
      THEN 'missing'
      WHEN e.email IS NOT DISTINCT FROM NULL
      THEN 'extra'
      WHEN e.slug::text COLLATE pg_catalog."C" IS DISTINCT FROM a.slug::text COLLATE pg_catalog."C"
        OR (e.size IS DISTINCT FROM a.size)
        THEN 'different' END AS problem) AS p
    CROSS JOIN LATERAL (SELECT e.email AS email, e.slug AS slug, e.size AS size) AS s
    CROSS JOIN LATERAL (SELECT a.email AS email, a.slug AS slug, a.size AS size) AS t
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
-- statement window/prepare: make the functions that keep public.people → public.labels in step

-- sends
CREATE FUNCTION lockstep."row of mirror-computed/window: labels"(text, text, numeric(5,2)) RETURNS TABLE (email text, slug text, size numeric)
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT email AS email, slug AS slug, size::numeric AS size
  FROM (
    SELECT stored.*, (lower(name))::text AS slug FROM (SELECT $1 AS name, $2 AS email, $3 AS size) AS stored
  ) AS people
  WHERE (email IS NOT NULL
  );
  END;

CREATE FUNCTION lockstep."key of mirror-computed/window: labels"(text, text) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

CREATE OR REPLACE FUNCTION lockstep."same of mirror-computed/window: labels"(text, text) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

CREATE OR REPLACE FUNCTION lockstep."follow of mirror-computed/window: labels"(bigint) RETURNS void LANGUAGE plpgsql
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
          coalesce(pg_catalog.current_setting('lockstep.moves_old_eee90cc2f5ff', true), ''),
          pg_catalog.pg_current_xact_id()::text || ' '
        )
        THEN pg_catalog.split_part(pg_catalog.current_setting('lockstep.moves_old_eee90cc2f5ff', true), ' ', 2)::bigint
        ELSE 0 END;
      EXECUTE 'SELECT m.id, m.from_key, m.to_key, m.row_before, m.row_after FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-computed/window'' AND m.mapping = ''labels'' AND m.side = ''old'' AND m.id > $1 AND ($2 IS NULL OR m.id <= $2) ORDER BY m.id LIMIT 1' INTO one
        USING followed, $1;
      EXIT WHEN one.id IS NULL;
      -- First: what triggers of the other side do to this one may come here again.
      said := pg_catalog.set_config(
        'lockstep.moves_old_eee90cc2f5ff', pg_catalog.pg_current_xact_id()::text || ' ' || one.id, true
      );
      IF one.to_key IS NULL THEN
        EXECUTE 'DELETE FROM public.labels AS t WHERE lockstep."key of mirror-computed/window: labels"(t.email, $1[1]::text)'
          USING one.from_key;
        GET DIAGNOSTICS n = ROW_COUNT;
      ELSE
        stayed := 0;
        EXECUTE 'SELECT r.* FROM public.people AS s CROSS JOIN LATERAL lockstep."row of mirror-computed/window: labels"(s.name, s.email, s.size) AS r WHERE lockstep."same of mirror-computed/window: labels"(s.email, $1[1]::text)' INTO come
          USING one.row_after;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 THEN
          -- It went on, or is deleted; or it never went: a BEFORE trigger of a partition can keep a row where it is.
          EXECUTE 'SELECT FROM public.people AS s WHERE lockstep."same of mirror-computed/window: labels"(s.email, $1[1]::text) AND NOT EXISTS (SELECT FROM public.people AS s WHERE lockstep."same of mirror-computed/window: labels"(s.email, $2[1]::text)) AND NOT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-computed/window'' AND m.mapping = ''labels'' AND m.side = ''old'' AND m.id > $3 AND m.from_key OPERATOR(pg_catalog.=) $4)'
            USING one.row_before, one.row_after, one.id, one.to_key;
          GET DIAGNOSTICS stayed = ROW_COUNT;
        END IF;
        IF n > 0 THEN
          EXECUTE 'UPDATE public.labels AS t SET email = $2, slug = $3, size = $4 WHERE lockstep."key of mirror-computed/window: labels"(t.email, $1[1]::text)'
            USING one.from_key, come.email, come.slug, come.size;
          GET DIAGNOSTICS n = ROW_COUNT;
        ELSIF stayed = 0 THEN
          EXECUTE 'UPDATE public.labels AS t SET email = $2[1]::text WHERE lockstep."key of mirror-computed/window: labels"(t.email, $1[1]::text)'
            USING one.from_key, one.to_key;
          GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF n > 0 THEN
        EXECUTE 'UPDATE lockstep.move AS m SET found = true WHERE m.id = $1' USING one.id;
      END IF;
    END LOOP;
  END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."move of mirror-computed/window: labels"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    SELECT r.* INTO gone FROM lockstep."row of mirror-computed/window: labels"(OLD.name, OLD.email, OLD.size) AS r;
    IF NOT FOUND THEN
      RETURN NEW;
    END IF;
    from_key := ARRAY[gone.email::text::text];
    SELECT r.* INTO come FROM lockstep."row of mirror-computed/window: labels"(NEW.name, NEW.email, NEW.size) AS r;
    IF FOUND THEN
      to_key := ARRAY[come.email::text::text];
    END IF;
    INSERT INTO lockstep.move (window_name, mapping, side, from_key, to_key, row_before, row_after)
    VALUES (
      'mirror-computed/window',
      'labels',
      'old',
      from_key,
      to_key,
      ARRAY[OLD.email::text::text],
      ARRAY[NEW.email::text::text]
    );
    IF NOT pg_catalog.starts_with(
      coalesce(pg_catalog.current_setting('lockstep.moves_old_eee90cc2f5ff', true), ''),
      pg_catalog.pg_current_xact_id()::text || ' '
    )
      THEN
      said := pg_catalog.set_config(
        'lockstep.moves_old_eee90cc2f5ff', pg_catalog.pg_current_xact_id()::text || ' 0', true
      );
    END IF;
    RETURN NEW;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."move of mirror-computed/window: labels"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."follow of mirror-computed/window: labels"(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."same of mirror-computed/window: labels"(text, text) FROM PUBLIC;

CREATE FUNCTION lockstep."mirror of mirror-computed/window: labels"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    IF TG_OP <> 'INSERT' THEN
      SELECT r.* INTO gone FROM lockstep."row of mirror-computed/window: labels"(OLD.name, OLD.email, OLD.size) AS r;
      had := FOUND;
      gone_key := ARRAY[gone.email::text::text];
    END IF;
    -- By the index: a plan is kept that was made when there were few rows.
    said := pg_catalog.set_config('enable_seqscan', 'off', true);
    IF TG_OP = 'DELETE' THEN
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-computed/window: labels"(s.name, s.email, s.size) AS r
        WHERE lockstep."same of mirror-computed/window: labels"(s.email, OLD.email);
    ELSE
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-computed/window: labels"(s.name, s.email, s.size) AS r
        WHERE lockstep."same of mirror-computed/window: labels"(s.email, NEW.email);
    END IF;
    has := FOUND;
    said := pg_catalog.set_config('enable_seqscan', scans, true);
    come_key := ARRAY[come.email::text::text];
    IF TG_OP = 'UPDATE' AND had THEN
      moved := NOT lockstep."same of mirror-computed/window: labels"(OLD.email, NEW.email);
    END IF;
    IF moved
      OR pg_catalog.starts_with(
        coalesce(pg_catalog.current_setting('lockstep.moves_old_eee90cc2f5ff', true), ''),
        pg_catalog.pg_current_xact_id()::text || ' '
      )
      THEN
      IF moved THEN
        EXECUTE 'SELECT pg_catalog.min(m.id) FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-computed/window'' AND m.mapping = ''labels'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1' INTO mine
          USING gone_key;
      END IF;
      PERFORM lockstep."follow of mirror-computed/window: labels"(mine);
      IF moved THEN
        EXECUTE 'DELETE FROM lockstep.move AS m WHERE m.id = $1 RETURNING m.found' INTO followed USING mine;
      ELSIF had AND NOT has THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-computed/window'' AND m.mapping = ''labels'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1 AND m.found)' INTO followed
          USING gone_key;
        moved := followed;
      END IF;
      IF has THEN
        EXECUTE 'SELECT FROM public.labels AS t CROSS JOIN (SELECT $1 AS email, $2 AS slug, $3 AS size) AS come WHERE lockstep."key of mirror-computed/window: labels"(t.email, come.email) AND NOT (ROW(t.email::text, t.slug::text)::record *<> ROW(come.email::text, come.slug::text)::record OR t.size IS DISTINCT FROM come.size)'
          USING come.email, come.slug, come.size;
        GET DIAGNOSTICS n = ROW_COUNT;
        written := n > 0;
      END IF;
    END IF;
    IF moved THEN
      -- The key of before is nobody's, unless another row has it by now.
      EXECUTE 'SELECT FROM public.people AS s CROSS JOIN LATERAL lockstep."row of mirror-computed/window: labels"(s.name, s.email, s.size) AS r WHERE lockstep."same of mirror-computed/window: labels"(s.email, $1[1]::text)'
        USING ARRAY[OLD.email::text::text];
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        IF followed IS NOT TRUE THEN
          EXECUTE 'DELETE FROM public.labels AS t USING (SELECT $1 AS email, $2 AS slug, $3 AS size) AS gone WHERE lockstep."key of mirror-computed/window: labels"(t.email, gone.email)'
            USING gone.email, gone.slug, gone.size;
          GET DIAGNOSTICS n = ROW_COUNT;
          IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
            BEGIN
              INSERT INTO public.labels (email, slug, size) VALUES (gone.email, gone.slug, gone.size)
              ON CONFLICT (email) DO NOTHING;
              RAISE SQLSTATE 'LS000';
            EXCEPTION
              WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
                NULL;
            END;
          END IF;
        END IF;
        INSERT INTO lockstep.tombstone (window_name, mapping, key)
          VALUES ('mirror-computed/window', 'labels', gone_key)
          ON CONFLICT DO NOTHING;
      END IF;
    ELSIF had AND NOT has THEN
      EXECUTE 'DELETE FROM public.labels AS t USING (SELECT $1 AS email, $2 AS slug, $3 AS size) AS gone WHERE lockstep."key of mirror-computed/window: labels"(t.email, gone.email)'
        USING gone.email, gone.slug, gone.size;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        BEGIN
          INSERT INTO public.labels (email, slug, size) VALUES (gone.email, gone.slug, gone.size)
          ON CONFLICT (email) DO NOTHING;
          RAISE SQLSTATE 'LS000';
        EXCEPTION
          WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
            NULL;
        END;
      END IF;
      INSERT INTO lockstep.tombstone (window_name, mapping, key)
        VALUES ('mirror-computed/window', 'labels', gone_key)
        ON CONFLICT DO NOTHING;
    END IF;
    IF has THEN
      IF moved OR NOT had THEN
        EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
          USING 'mirror-computed/window', 'labels', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-computed/window', 'labels', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
            USING 'mirror-computed/window', 'labels', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF NOT written THEN
      INSERT INTO public.labels AS t (email, slug, size) VALUES (come.email, come.slug, come.size)
      ON CONFLICT (email) DO UPDATE SET slug = EXCLUDED.slug, size = EXCLUDED.size;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'lockstep window %: the row of % with this key belongs to others',
          '"mirror-computed/window"',
          'public.labels'
          USING ERRCODE = 'unique_violation',
            DETAIL = pg_catalog.format('Key (%s)=(%s)', 'email', pg_catalog.array_to_string(come_key, ', '));
      END IF;
      END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

CREATE FUNCTION lockstep."truncate of mirror-computed/window: labels"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      '"mirror-computed/window"',
      TG_RELID::pg_catalog.regclass
      USING ERRCODE = 'object_in_use', HINT = 'Use DELETE, or close the window first.';
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."mirror of mirror-computed/window: labels"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."truncate of mirror-computed/window: labels"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."row of mirror-computed/window: labels"(text, text, numeric(5,2)) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."key of mirror-computed/window: labels"(text, text) FROM PUBLIC;

----------------------------------------------------------------------------------------------------
-- statement undo/window/prepare: drop the functions of the window

-- sends
DROP FUNCTION lockstep."mirror of mirror-computed/window: labels"();
DROP FUNCTION lockstep."truncate of mirror-computed/window: labels"();
DROP FUNCTION lockstep."row of mirror-computed/window: labels"(text, text, numeric(5,2));
DROP FUNCTION lockstep."key of mirror-computed/window: labels"(text, text);
DROP FUNCTION IF EXISTS lockstep."move of mirror-computed/window: labels"();
DROP FUNCTION IF EXISTS lockstep."follow of mirror-computed/window: labels"(bigint);
DROP FUNCTION IF EXISTS lockstep."same of mirror-computed/window: labels"(text, text);

----------------------------------------------------------------------------------------------------
-- statement window/open: keep public.people → public.labels in step from now on

-- sends
CREATE TRIGGER "00 lockstep mirror-computed/window: labels i" AFTER INSERT ON public.people
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."mirror of mirror-computed/window: labels"();

CREATE TRIGGER "00 lockstep mirror-computed/window: labels u" AFTER UPDATE
    ON public.people
    FOR EACH ROW
    WHEN (ROW(OLD.name, OLD.email, OLD.size)::record *<> ROW(NEW.name, NEW.email, NEW.size)::record)
    EXECUTE FUNCTION lockstep."mirror of mirror-computed/window: labels"();

CREATE TRIGGER "00 lockstep mirror-computed/window: labels d" AFTER DELETE ON public.people
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."mirror of mirror-computed/window: labels"();

CREATE TRIGGER "00 lockstep mirror-computed/window: labels t" BEFORE TRUNCATE
    ON public.people
    FOR EACH STATEMENT
    EXECUTE FUNCTION lockstep."truncate of mirror-computed/window: labels"();

CREATE TRIGGER "00 lockstep mirror-computed/window: labels t" BEFORE TRUNCATE
    ON public.labels
    FOR EACH STATEMENT
    EXECUTE FUNCTION lockstep."truncate of mirror-computed/window: labels"();

ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-computed/window: labels i";
ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-computed/window: labels u";
ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-computed/window: labels d";
ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-computed/window: labels t";
ALTER TABLE public.labels ENABLE ALWAYS TRIGGER "00 lockstep mirror-computed/window: labels t";

CREATE TRIGGER "~ lockstep mirror-computed/window: labels" BEFORE UPDATE
    ON public.people
    FOR EACH ROW
    WHEN ((OLD.email) IS DISTINCT FROM (NEW.email))
    EXECUTE FUNCTION lockstep."move of mirror-computed/window: labels"();

ALTER TABLE public.people ENABLE ALWAYS TRIGGER "~ lockstep mirror-computed/window: labels";

INSERT INTO lockstep."window" (run_id, step, name, direction, state, sides)
  VALUES (
    current_setting('lockstep.run_id')::bigint,
    'window',
    'mirror-computed/window',
    'forward',
    'old leads',
    '[{"mapping":"labels","from":"public.people","to":"public.labels"}]'
  );

----------------------------------------------------------------------------------------------------
-- statement undo/window/leave: let the mirrors of window only take away what they brought

-- asserts: the window mirror-computed/window can become: leaving
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

-- asserts: what a side of mirror-computed/window did not take has been made good
WITH violation AS MATERIALIZED (
  (SELECT w.lockstep_key AS key, to_jsonb(e.*) - 'lockstep_here' AS expected, to_jsonb(a.*) - 'lockstep_here' AS found
  FROM (
    SELECT k.key AS lockstep_key, k.key[1]::text AS email
    FROM (
    SELECT DISTINCT k.key
    FROM lockstep.mirror_failure AS f
    CROSS JOIN LATERAL (VALUES (f.key_before), (f.key_after)) AS k (key)
  WHERE f.window_name = 'mirror-computed/window'
    AND f.mapping = 'labels'
    AND f.accepted_at IS NULL
    AND k.key IS NOT NULL) AS k) AS w
  LEFT JOIN LATERAL (SELECT true AS lockstep_here, s.* FROM (SELECT email AS email, slug AS slug, size::numeric AS size
  FROM public.people
  WHERE (email IS NOT NULL
  ) AND email = w.email
  OFFSET 0) AS s) AS e ON true
  LEFT JOIN LATERAL (
    SELECT true AS lockstep_here, t.*
    FROM (
    SELECT t.*
    FROM public.labels AS t
    WHERE t.email = w.lockstep_key[1]::text
  OFFSET 0) AS t) AS a ON true
  WHERE (
    e.lockstep_here IS DISTINCT FROM a.lockstep_here
    OR (e.lockstep_here AND (ROW(e.slug::text)::record *<> ROW(a.slug::text)::record OR e.size IS DISTINCT FROM a.size))
  ))
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- sends
CREATE OR REPLACE FUNCTION lockstep."mirror of mirror-computed/window: labels"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      SELECT r.* INTO gone FROM lockstep."row of mirror-computed/window: labels"(OLD.name, OLD.email, OLD.size) AS r;
      had := FOUND;
      gone_key := ARRAY[gone.email::text::text];
    END IF;
    IF TG_OP <> 'DELETE' THEN
      SELECT r.* INTO come FROM lockstep."row of mirror-computed/window: labels"(NEW.name, NEW.email, NEW.size) AS r;
      has := FOUND;
      come_key := ARRAY[come.email::text::text];
    END IF;
    IF had THEN
      -- Behind the lock nobody can begin to refer to the row.
      EXECUTE 'SELECT FROM public.labels AS t CROSS JOIN (SELECT $1 AS email, $2 AS slug, $3 AS size) AS gone WHERE lockstep."key of mirror-computed/window: labels"(t.email, gone.email) FOR UPDATE OF t'
        USING gone.email, gone.slug, gone.size;
      EXECUTE 'DELETE FROM public.labels AS t USING (SELECT $1 AS email, $2 AS slug, $3 AS size) AS gone WHERE lockstep."key of mirror-computed/window: labels"(t.email, gone.email) AND NOT (ROW(t.slug::text)::record *<> ROW(gone.slug::text)::record OR t.size IS DISTINCT FROM gone.size) AND NOT (ROW(t.code::character varying)::record *<> ROW(''new''::character varying(8)::character varying)::record) AND NOT EXISTS (SELECT FROM lockstep.already_there AS a WHERE a.run_id = (SELECT pg_catalog.max(w.run_id) FROM lockstep."window" AS w WHERE w.name = ''mirror-computed/window'') AND a.operation_id = ''window/note/labels'' AND a.key OPERATOR(pg_catalog.=) ARRAY[t.email::text::text]) AND NOT EXISTS (SELECT FROM lockstep.referring_rows(''{}'', ARRAY[t.tableoid], ARRAY[t.ctid]))'
        USING gone.email, gone.slug, gone.size;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        BEGIN
          INSERT INTO public.labels (email, slug, size) VALUES (gone.email, gone.slug, gone.size)
          ON CONFLICT (email) DO NOTHING;
          RAISE SQLSTATE 'LS000';
        EXCEPTION
          WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
            NULL;
        END;
      END IF;
      IF n = 0 AND has THEN
        EXECUTE 'UPDATE public.labels AS t SET email = come.email, slug = come.slug, size = come.size FROM (SELECT $1 AS email, $2 AS slug, $3 AS size) AS gone, (SELECT $4 AS email, $5 AS slug, $6 AS size) AS come WHERE lockstep."key of mirror-computed/window: labels"(t.email, gone.email) AND NOT (ROW(t.slug::text)::record *<> ROW(gone.slug::text)::record OR t.size IS DISTINCT FROM gone.size) AND NOT (ROW(t.code::character varying)::record *<> ROW(''new''::character varying(8)::character varying)::record) AND NOT EXISTS (SELECT FROM lockstep.already_there AS a WHERE a.run_id = (SELECT pg_catalog.max(w.run_id) FROM lockstep."window" AS w WHERE w.name = ''mirror-computed/window'') AND a.operation_id = ''window/note/labels'' AND a.key OPERATOR(pg_catalog.=) ARRAY[t.email::text::text])'
          USING gone.email, gone.slug, gone.size, come.email, come.slug, come.size;
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
-- batch undo/window/take-away/labels: delete from public.labels what the window brought (labels)

-- sends
WITH RECURSIVE candidate AS MATERIALIZED (
  SELECT public.labels.*,
    public.labels.ctid AS lockstep_row,
    public.labels.tableoid AS lockstep_table,
    ARRAY[public.labels.email::text::text] AS lockstep_key
  FROM public.labels
  WHERE public.labels.email > $1::text AND public.labels.email <= $2::text
  FOR UPDATE
  ), judged AS MATERIALIZED (
  SELECT c.*, c.lockstep_said AND NOT c.lockstep_written AND NOT c.lockstep_there AS lockstep_goes FROM (
  SELECT c.*,
    EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE a.run_id = current_setting('lockstep.run_id')::bigint
      AND a.operation_id = 'window/note/labels'
      AND a.key = c.lockstep_key
    ) AS lockstep_there,
    coalesce((
      SELECT NOT (ROW(e.slug::text)::record *<> ROW(c.slug::text)::record OR e.size IS DISTINCT FROM c.size)
      FROM (
      SELECT email AS email, slug AS slug, size::numeric AS size
  FROM public.people
  WHERE (email IS NOT NULL
  ) AND email = c.email
  OFFSET 0) AS e), false) AS lockstep_said,
    (
      ROW(c.code::character varying)::record *<> ROW('new'::character varying(8)::character varying)::record
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
    ARRAY[pg_catalog.to_regclass('public.labels')::oid], c.tables, c.places
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
  DELETE FROM public.labels
  WHERE public.labels.ctid = ANY (ARRAY(SELECT place FROM going WHERE relation = 'public.labels'::pg_catalog.regclass))
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
DROP TRIGGER "00 lockstep mirror-computed/window: labels i" ON public.people;
DROP TRIGGER "00 lockstep mirror-computed/window: labels u" ON public.people;
DROP TRIGGER "00 lockstep mirror-computed/window: labels d" ON public.people;
DROP TRIGGER "00 lockstep mirror-computed/window: labels t" ON public.people;
DROP TRIGGER IF EXISTS "~ lockstep mirror-computed/window: labels" ON public.people;

----------------------------------------------------------------------------------------------------
-- statement undo/window/drop/2: remove the mirrors from public.labels

-- sends
DROP TRIGGER "00 lockstep mirror-computed/window: labels t" ON public.labels;

----------------------------------------------------------------------------------------------------
-- statement undo/window/open: forget what the window of public.people → public.labels noted

-- asserts: the window mirror-computed/window can become: gone
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
DELETE FROM lockstep.tombstone WHERE window_name = 'mirror-computed/window';
DELETE FROM lockstep.old_writer WHERE window_name = 'mirror-computed/window';
DELETE FROM lockstep.mirror_failure WHERE window_name = 'mirror-computed/window';
DELETE FROM lockstep.move WHERE window_name = 'mirror-computed/window';

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
-- check proof/verify/1-in_sync: public.labels corresponds to public.people (labels)

-- check
WITH expected AS NOT MATERIALIZED (SELECT email AS email, slug AS slug, size::numeric AS size
  FROM public.people
  WHERE (email IS NOT NULL
  )),
  actual AS NOT MATERIALIZED (SELECT email, slug, size
  FROM public.labels),
  pair AS MATERIALIZED (
    SELECT p.problem, CASE WHEN p.problem <> 'extra' THEN to_jsonb(s.*) END AS expected,
      CASE WHEN p.problem <> 'missing' THEN to_jsonb(t.*) END AS found,
      ARRAY[e.email::text::text] AS expected_key, ARRAY[a.email::text::text] AS found_key
    FROM expected AS e FULL JOIN actual AS a ON e.email = a.email
    CROSS JOIN LATERAL (
      SELECT CASE
      WHEN a.email IS NOT DISTINCT FROM NULL
      THEN 'missing'
      WHEN e.email IS NOT DISTINCT FROM NULL
      THEN 'extra'
      WHEN e.slug::text COLLATE pg_catalog."C" IS DISTINCT FROM a.slug::text COLLATE pg_catalog."C"
        OR (e.size IS DISTINCT FROM a.size)
        THEN 'different' END AS problem) AS p
    CROSS JOIN LATERAL (SELECT e.email AS email, e.slug AS slug, e.size AS size) AS s
    CROSS JOIN LATERAL (SELECT a.email AS email, a.slug AS slug, a.size AS size) AS t
    WHERE p.problem IN ('missing', 'extra', 'different')
  ),
  difference AS MATERIALIZED (
    SELECT p.problem, p.expected, p.found FROM pair AS p
    WHERE NOT EXISTS (
      SELECT
      FROM lockstep.mirror_failure AS f
      WHERE f.window_name = 'mirror-computed/window'
      AND f.mapping = 'labels'
        AND f.accepted_at IS NOT NULL
          AND (p.expected_key IN (f.key_before, f.key_after) OR p.found_key IN (f.key_before, f.key_after)))
    UNION ALL
    SELECT 'resurrected', NULL, to_jsonb(a.*)
      FROM lockstep.tombstone AS d
      CROSS JOIN LATERAL (
      SELECT t.*
      FROM public.labels AS t
      WHERE t.email = d.key[1]::text
    OFFSET 0) AS a
      WHERE d.window_name = 'mirror-computed/window' AND d.mapping = 'labels'
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

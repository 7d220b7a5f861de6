-- Mirrors in both directions: a delete of the new row deletes the old one, or leaves it alone.
-- The plan is `mirror-both-deletes.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- statement window/prepare: make the functions that keep public.people → public.badges, public.people → public.names in step

-- sends
CREATE FUNCTION lockstep."row of mirror-both-deletes/window: badges"(bigint, boolean) RETURNS TABLE (person_id bigint)
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT id AS person_id
  FROM (SELECT $1 AS id, $2 AS active) AS people
  WHERE (active
  );
  END;

CREATE FUNCTION lockstep."key of mirror-both-deletes/window: badges"(bigint, bigint) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

CREATE OR REPLACE FUNCTION lockstep."same of mirror-both-deletes/window: badges"(bigint, bigint) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

CREATE OR REPLACE FUNCTION lockstep."follow of mirror-both-deletes/window: badges"(bigint) RETURNS void LANGUAGE plpgsql
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
          coalesce(pg_catalog.current_setting('lockstep.moves_old_547eae23bd91', true), ''),
          pg_catalog.pg_current_xact_id()::text || ' '
        )
        THEN pg_catalog.split_part(pg_catalog.current_setting('lockstep.moves_old_547eae23bd91', true), ' ', 2)::bigint
        ELSE 0 END;
      EXECUTE 'SELECT m.id, m.from_key, m.to_key, m.row_before, m.row_after FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''badges'' AND m.side = ''old'' AND m.id > $1 AND ($2 IS NULL OR m.id <= $2) ORDER BY m.id LIMIT 1' INTO one
        USING followed, $1;
      EXIT WHEN one.id IS NULL;
      -- First: what triggers of the other side do to this one may come here again.
      said := pg_catalog.set_config(
        'lockstep.moves_old_547eae23bd91', pg_catalog.pg_current_xact_id()::text || ' ' || one.id, true
      );
      IF one.to_key IS NULL THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: badges > ' || pg_catalog.pg_current_xact_id()::text || ' ' || one.from_key::text,
        true
      );
        EXECUTE 'DELETE FROM public.badges AS t WHERE lockstep."key of mirror-both-deletes/window: badges"(t.person_id, $1[1]::bigint)'
          USING one.from_key;
        GET DIAGNOSTICS n = ROW_COUNT;
      ELSE
        stayed := 0;
        EXECUTE 'SELECT r.* FROM public.people AS s CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: badges"(s.id, s.active) AS r WHERE lockstep."same of mirror-both-deletes/window: badges"(s.id, $1[1]::bigint)' INTO come
          USING one.row_after;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 THEN
          -- It went on, or is deleted; or it never went: a BEFORE trigger of a partition can keep a row where it is.
          EXECUTE 'SELECT FROM public.people AS s WHERE lockstep."same of mirror-both-deletes/window: badges"(s.id, $1[1]::bigint) AND NOT EXISTS (SELECT FROM public.people AS s WHERE lockstep."same of mirror-both-deletes/window: badges"(s.id, $2[1]::bigint)) AND NOT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''badges'' AND m.side = ''old'' AND m.id > $3 AND m.from_key OPERATOR(pg_catalog.=) $4)'
            USING one.row_before, one.row_after, one.id, one.to_key;
          GET DIAGNOSTICS stayed = ROW_COUNT;
        END IF;
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: badges > ' || pg_catalog.pg_current_xact_id()::text || ' ' || one.to_key::text,
        true
      );
        IF n > 0 THEN
          EXECUTE 'UPDATE public.badges AS t SET person_id = $2 WHERE lockstep."key of mirror-both-deletes/window: badges"(t.person_id, $1[1]::bigint)'
            USING one.from_key, come.person_id;
          GET DIAGNOSTICS n = ROW_COUNT;
        ELSIF stayed = 0 THEN
          EXECUTE 'UPDATE public.badges AS t SET person_id = $2[1]::bigint WHERE lockstep."key of mirror-both-deletes/window: badges"(t.person_id, $1[1]::bigint)'
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

CREATE OR REPLACE FUNCTION lockstep."move of mirror-both-deletes/window: badges"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      = 'mirror-both-deletes/window: badges < '
      || pg_catalog.pg_current_xact_id()::text
      || ' '
      || ARRAY[NEW.id::bigint::text]::text
      THEN
      RETURN NEW;
    END IF;
    SELECT r.* INTO gone FROM lockstep."row of mirror-both-deletes/window: badges"(OLD.id, OLD.active) AS r;
    IF NOT FOUND THEN
      RETURN NEW;
    END IF;
    from_key := ARRAY[gone.person_id::bigint::text];
    SELECT r.* INTO come FROM lockstep."row of mirror-both-deletes/window: badges"(NEW.id, NEW.active) AS r;
    IF FOUND THEN
      to_key := ARRAY[come.person_id::bigint::text];
    END IF;
    INSERT INTO lockstep.move (window_name, mapping, side, from_key, to_key, row_before, row_after)
    VALUES (
      'mirror-both-deletes/window',
      'badges',
      'old',
      from_key,
      to_key,
      ARRAY[OLD.id::bigint::text],
      ARRAY[NEW.id::bigint::text]
    );
    IF NOT pg_catalog.starts_with(
      coalesce(pg_catalog.current_setting('lockstep.moves_old_547eae23bd91', true), ''),
      pg_catalog.pg_current_xact_id()::text || ' '
    )
      THEN
      said := pg_catalog.set_config(
        'lockstep.moves_old_547eae23bd91', pg_catalog.pg_current_xact_id()::text || ' 0', true
      );
    END IF;
    RETURN NEW;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."move of mirror-both-deletes/window: badges"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."follow of mirror-both-deletes/window: badges"(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."same of mirror-both-deletes/window: badges"(bigint, bigint) FROM PUBLIC;

CREATE FUNCTION lockstep."mirror of mirror-both-deletes/window: badges"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    forgotten boolean := false;
    n bigint;
    scans text := pg_catalog.current_setting('enable_seqscan');
    echo text := pg_catalog.current_setting('lockstep.echo', true);
    said text;
  BEGIN
    IF TG_OP <> 'INSERT' THEN
      SELECT r.* INTO gone FROM lockstep."row of mirror-both-deletes/window: badges"(OLD.id, OLD.active) AS r;
      had := FOUND;
      gone_key := ARRAY[gone.person_id::bigint::text];
    END IF;
    -- By the index: a plan is kept that was made when there were few rows.
    said := pg_catalog.set_config('enable_seqscan', 'off', true);
    IF TG_OP = 'DELETE' THEN
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: badges"(s.id, s.active) AS r
        WHERE lockstep."same of mirror-both-deletes/window: badges"(s.id, OLD.id);
    ELSE
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: badges"(s.id, s.active) AS r
        WHERE lockstep."same of mirror-both-deletes/window: badges"(s.id, NEW.id);
    END IF;
    has := FOUND;
    said := pg_catalog.set_config('enable_seqscan', scans, true);
    come_key := ARRAY[come.person_id::bigint::text];
    IF TG_OP = 'UPDATE' AND had THEN
      moved := NOT lockstep."same of mirror-both-deletes/window: badges"(OLD.id, NEW.id);
    END IF;
    IF moved
      OR pg_catalog.starts_with(
        coalesce(pg_catalog.current_setting('lockstep.moves_old_547eae23bd91', true), ''),
        pg_catalog.pg_current_xact_id()::text || ' '
      )
      THEN
      IF moved THEN
        EXECUTE 'SELECT pg_catalog.min(m.id) FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''badges'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1' INTO mine
          USING gone_key;
      END IF;
      PERFORM lockstep."follow of mirror-both-deletes/window: badges"(mine);
      IF moved THEN
        EXECUTE 'DELETE FROM lockstep.move AS m WHERE m.id = $1 RETURNING m.found' INTO followed USING mine;
      ELSIF had AND NOT has THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''badges'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1 AND m.found)' INTO followed
          USING gone_key;
        moved := followed;
      END IF;
      IF has THEN
        EXECUTE 'SELECT FROM public.badges AS t CROSS JOIN (SELECT $1 AS person_id) AS come WHERE lockstep."key of mirror-both-deletes/window: badges"(t.person_id, come.person_id) AND NOT (ROW(t.person_id::bigint)::record *<> ROW(come.person_id::bigint)::record)'
          USING come.person_id;
        GET DIAGNOSTICS n = ROW_COUNT;
        written := n > 0;
      END IF;
    END IF;
    IF had AND has AND followed IS NOT TRUE THEN
      EXECUTE 'SELECT FROM public.badges AS t CROSS JOIN (SELECT $1 AS person_id) AS gone WHERE lockstep."key of mirror-both-deletes/window: badges"(t.person_id, gone.person_id) FOR NO KEY UPDATE OF t'
        USING gone.person_id;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        EXECUTE 'SELECT FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
          USING 'mirror-both-deletes/window', 'badges', gone_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-both-deletes/window', 'badges', gone_key)
            ON CONFLICT DO NOTHING;
          DELETE FROM lockstep.tombstone
            WHERE window_name = 'mirror-both-deletes/window'
            AND mapping = 'badges'
            AND key OPERATOR(pg_catalog.=) gone_key;
        END IF;
        forgotten := n > 0;
      END IF;
    END IF;
    IF forgotten AND moved THEN
      INSERT INTO lockstep.tombstone (window_name, mapping, key)
        VALUES ('mirror-both-deletes/window', 'badges', come_key)
        ON CONFLICT DO NOTHING;
    END IF;
    IF moved THEN
      -- The key of before is nobody's, unless another row has it by now.
      EXECUTE 'SELECT FROM public.people AS s CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: badges"(s.id, s.active) AS r WHERE lockstep."same of mirror-both-deletes/window: badges"(s.id, $1[1]::bigint)'
        USING ARRAY[OLD.id::bigint::text];
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        IF followed IS NOT TRUE THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: badges > ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_key::text,
        true
      );
          EXECUTE 'DELETE FROM public.badges AS t USING (SELECT $1 AS person_id) AS gone WHERE lockstep."key of mirror-both-deletes/window: badges"(t.person_id, gone.person_id)'
            USING gone.person_id;
          GET DIAGNOSTICS n = ROW_COUNT;
          IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
            BEGIN
              INSERT INTO public.badges (person_id) VALUES (gone.person_id)
              ON CONFLICT (person_id) DO NOTHING;
              RAISE SQLSTATE 'LS000';
            EXCEPTION
              WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
                NULL;
            END;
          END IF;
        END IF;
        INSERT INTO lockstep.tombstone (window_name, mapping, key)
          VALUES ('mirror-both-deletes/window', 'badges', gone_key)
          ON CONFLICT DO NOTHING;
      END IF;
    ELSIF had AND NOT has THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: badges > ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_key::text,
        true
      );
      EXECUTE 'DELETE FROM public.badges AS t USING (SELECT $1 AS person_id) AS gone WHERE lockstep."key of mirror-both-deletes/window: badges"(t.person_id, gone.person_id)'
        USING gone.person_id;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        BEGIN
          INSERT INTO public.badges (person_id) VALUES (gone.person_id)
          ON CONFLICT (person_id) DO NOTHING;
          RAISE SQLSTATE 'LS000';
        EXCEPTION
          WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
            NULL;
        END;
      END IF;
      INSERT INTO lockstep.tombstone (window_name, mapping, key)
        VALUES ('mirror-both-deletes/window', 'badges', gone_key)
        ON CONFLICT DO NOTHING;
    END IF;
    IF has AND NOT forgotten THEN
      IF moved OR NOT had THEN
        EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
          USING 'mirror-both-deletes/window', 'badges', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-both-deletes/window', 'badges', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
            USING 'mirror-both-deletes/window', 'badges', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF NOT written THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: badges > ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_key::text,
        true
      );
      INSERT INTO public.badges AS t (person_id) VALUES (come.person_id)
      ON CONFLICT (person_id) DO UPDATE SET person_id = EXCLUDED.person_id;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'lockstep window %: the row of % with this key belongs to others',
          '"mirror-both-deletes/window"',
          'public.badges'
          USING ERRCODE = 'unique_violation',
            DETAIL = pg_catalog.format('Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(come_key, ', '));
      END IF;
      END IF;
    END IF;
    said := pg_catalog.set_config('lockstep.echo', coalesce(echo, ''), true);
    RETURN NULL;
  END
  $body$;

CREATE FUNCTION lockstep."truncate of mirror-both-deletes/window: badges"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      '"mirror-both-deletes/window"',
      TG_RELID::pg_catalog.regclass
      USING ERRCODE = 'object_in_use', HINT = 'Use DELETE, or close the window first.';
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."mirror of mirror-both-deletes/window: badges"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."truncate of mirror-both-deletes/window: badges"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."row of mirror-both-deletes/window: badges"(bigint, boolean) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."key of mirror-both-deletes/window: badges"(bigint, bigint) FROM PUBLIC;

CREATE FUNCTION lockstep."row of mirror-both-deletes/window: names"(bigint, text) RETURNS TABLE (person_id bigint, name text)
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT id AS person_id, name AS name
  FROM (SELECT $1 AS id, $2 AS name) AS people;
  END;

CREATE FUNCTION lockstep."key of mirror-both-deletes/window: names"(bigint, bigint) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

CREATE OR REPLACE FUNCTION lockstep."same of mirror-both-deletes/window: names"(bigint, bigint) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

CREATE OR REPLACE FUNCTION lockstep."follow of mirror-both-deletes/window: names"(bigint) RETURNS void LANGUAGE plpgsql
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
          coalesce(pg_catalog.current_setting('lockstep.moves_old_ff91901ec5e9', true), ''),
          pg_catalog.pg_current_xact_id()::text || ' '
        )
        THEN pg_catalog.split_part(pg_catalog.current_setting('lockstep.moves_old_ff91901ec5e9', true), ' ', 2)::bigint
        ELSE 0 END;
      EXECUTE 'SELECT m.id, m.from_key, m.to_key, m.row_before, m.row_after FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''names'' AND m.side = ''old'' AND m.id > $1 AND ($2 IS NULL OR m.id <= $2) ORDER BY m.id LIMIT 1' INTO one
        USING followed, $1;
      EXIT WHEN one.id IS NULL;
      -- First: what triggers of the other side do to this one may come here again.
      said := pg_catalog.set_config(
        'lockstep.moves_old_ff91901ec5e9', pg_catalog.pg_current_xact_id()::text || ' ' || one.id, true
      );
      IF one.to_key IS NULL THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: names > ' || pg_catalog.pg_current_xact_id()::text || ' ' || one.from_key::text,
        true
      );
        EXECUTE 'DELETE FROM public.names AS t WHERE lockstep."key of mirror-both-deletes/window: names"(t.person_id, $1[1]::bigint)'
          USING one.from_key;
        GET DIAGNOSTICS n = ROW_COUNT;
      ELSE
        stayed := 0;
        EXECUTE 'SELECT r.* FROM public.people AS s CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: names"(s.id, s.name) AS r WHERE lockstep."same of mirror-both-deletes/window: names"(s.id, $1[1]::bigint)' INTO come
          USING one.row_after;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 THEN
          -- It went on, or is deleted; or it never went: a BEFORE trigger of a partition can keep a row where it is.
          EXECUTE 'SELECT FROM public.people AS s WHERE lockstep."same of mirror-both-deletes/window: names"(s.id, $1[1]::bigint) AND NOT EXISTS (SELECT FROM public.people AS s WHERE lockstep."same of mirror-both-deletes/window: names"(s.id, $2[1]::bigint)) AND NOT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''names'' AND m.side = ''old'' AND m.id > $3 AND m.from_key OPERATOR(pg_catalog.=) $4)'
            USING one.row_before, one.row_after, one.id, one.to_key;
          GET DIAGNOSTICS stayed = ROW_COUNT;
        END IF;
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: names > ' || pg_catalog.pg_current_xact_id()::text || ' ' || one.to_key::text,
        true
      );
        IF n > 0 THEN
          EXECUTE 'UPDATE public.names AS t SET person_id = $2, name = $3 WHERE lockstep."key of mirror-both-deletes/window: names"(t.person_id, $1[1]::bigint)'
            USING one.from_key, come.person_id, come.name;
          GET DIAGNOSTICS n = ROW_COUNT;
        ELSIF stayed = 0 THEN
          EXECUTE 'UPDATE public.names AS t SET person_id = $2[1]::bigint WHERE lockstep."key of mirror-both-deletes/window: names"(t.person_id, $1[1]::bigint)'
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

CREATE OR REPLACE FUNCTION lockstep."move of mirror-both-deletes/window: names"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
  #variable_conflict use_column
  DECLARE
    gone record;
    come record;
    from_key text[];
    to_key text[];
    said text;
  BEGIN
    IF pg_catalog.current_setting('lockstep.echo', true)
      = 'mirror-both-deletes/window: names < '
      || pg_catalog.pg_current_xact_id()::text
      || ' '
      || ARRAY[NEW.id::bigint::text]::text
      THEN
      RETURN NEW;
    END IF;
    SELECT r.* INTO gone FROM lockstep."row of mirror-both-deletes/window: names"(OLD.id, OLD.name) AS r;
    IF NOT FOUND THEN
      RETURN NEW;
    END IF;
    from_key := ARRAY[gone.person_id::bigint::text];
    SELECT r.* INTO come FROM lockstep."row of mirror-both-deletes/window: names"(NEW.id, NEW.name) AS r;
    IF FOUND THEN
      to_key := ARRAY[come.person_id::bigint::text];
    END IF;
    INSERT INTO lockstep.move (window_name, mapping, side, from_key, to_key, row_before, row_after)
    VALUES (
      'mirror-both-deletes/window',
      'names',
      'old',
      from_key,
      to_key,
      ARRAY[OLD.id::bigint::text],
      ARRAY[NEW.id::bigint::text]
    );
    IF NOT pg_catalog.starts_with(
      coalesce(pg_catalog.current_setting('lockstep.moves_old_ff91901ec5e9', true), ''),
      pg_catalog.pg_current_xact_id()::text || ' '
    )
      THEN
      said := pg_catalog.set_config(
        'lockstep.moves_old_ff91901ec5e9', pg_catalog.pg_current_xact_id()::text || ' 0', true
      );
    END IF;
    RETURN NEW;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."move of mirror-both-deletes/window: names"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."follow of mirror-both-deletes/window: names"(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."same of mirror-both-deletes/window: names"(bigint, bigint) FROM PUBLIC;

CREATE FUNCTION lockstep."mirror of mirror-both-deletes/window: names"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      moved := NOT lockstep."same of mirror-both-deletes/window: names"(OLD.id, NEW.id);
    END IF;
    -- By the index: a plan is kept that was made when there were few rows.
    said := pg_catalog.set_config('enable_seqscan', 'off', true);
    IF TG_OP = 'DELETE' THEN
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: names"(s.id, s.name) AS r
        WHERE lockstep."same of mirror-both-deletes/window: names"(s.id, OLD.id);
    ELSE
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: names"(s.id, s.name) AS r
        WHERE lockstep."same of mirror-both-deletes/window: names"(s.id, NEW.id);
    END IF;
    has := FOUND;
    said := pg_catalog.set_config('enable_seqscan', scans, true);
    come_key := ARRAY[come.person_id::bigint::text];
    IF had AND (moved OR NOT has) THEN
      SELECT r.* INTO gone FROM lockstep."row of mirror-both-deletes/window: names"(OLD.id, OLD.name) AS r;
      gone_key := ARRAY[gone.person_id::bigint::text];
    ELSIF had THEN
      gone_key := come_key;
    END IF;
    IF moved
      OR pg_catalog.starts_with(
        coalesce(pg_catalog.current_setting('lockstep.moves_old_ff91901ec5e9', true), ''),
        pg_catalog.pg_current_xact_id()::text || ' '
      )
      THEN
      IF moved THEN
        EXECUTE 'SELECT pg_catalog.min(m.id) FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''names'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1' INTO mine
          USING gone_key;
      END IF;
      PERFORM lockstep."follow of mirror-both-deletes/window: names"(mine);
      IF moved THEN
        EXECUTE 'DELETE FROM lockstep.move AS m WHERE m.id = $1 RETURNING m.found' INTO followed USING mine;
      ELSIF had AND NOT has THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''names'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1 AND m.found)' INTO followed
          USING gone_key;
        moved := followed;
      END IF;
      IF has THEN
        EXECUTE 'SELECT FROM public.names AS t CROSS JOIN (SELECT $1 AS person_id, $2 AS name) AS come WHERE lockstep."key of mirror-both-deletes/window: names"(t.person_id, come.person_id) AND NOT (ROW(t.person_id::bigint, t.name::text)::record *<> ROW(come.person_id::bigint, come.name::text)::record)'
          USING come.person_id, come.name;
        GET DIAGNOSTICS n = ROW_COUNT;
        written := n > 0;
      END IF;
    END IF;
    IF moved THEN
      -- The key of before is nobody's, unless another row has it by now.
      EXECUTE 'SELECT FROM public.people AS s CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: names"(s.id, s.name) AS r WHERE lockstep."same of mirror-both-deletes/window: names"(s.id, $1[1]::bigint)'
        USING ARRAY[OLD.id::bigint::text];
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        IF followed IS NOT TRUE THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: names > ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_key::text,
        true
      );
          EXECUTE 'DELETE FROM public.names AS t USING (SELECT $1 AS person_id, $2 AS name) AS gone WHERE lockstep."key of mirror-both-deletes/window: names"(t.person_id, gone.person_id)'
            USING gone.person_id, gone.name;
          GET DIAGNOSTICS n = ROW_COUNT;
          IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
            BEGIN
              INSERT INTO public.names (person_id, name) VALUES (gone.person_id, gone.name)
              ON CONFLICT (person_id) DO NOTHING;
              RAISE SQLSTATE 'LS000';
            EXCEPTION
              WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
                NULL;
            END;
          END IF;
        END IF;
        INSERT INTO lockstep.tombstone (window_name, mapping, key)
          VALUES ('mirror-both-deletes/window', 'names', gone_key)
          ON CONFLICT DO NOTHING;
      END IF;
    ELSIF had AND NOT has THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: names > ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_key::text,
        true
      );
      EXECUTE 'DELETE FROM public.names AS t USING (SELECT $1 AS person_id, $2 AS name) AS gone WHERE lockstep."key of mirror-both-deletes/window: names"(t.person_id, gone.person_id)'
        USING gone.person_id, gone.name;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        BEGIN
          INSERT INTO public.names (person_id, name) VALUES (gone.person_id, gone.name)
          ON CONFLICT (person_id) DO NOTHING;
          RAISE SQLSTATE 'LS000';
        EXCEPTION
          WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
            NULL;
        END;
      END IF;
      INSERT INTO lockstep.tombstone (window_name, mapping, key)
        VALUES ('mirror-both-deletes/window', 'names', gone_key)
        ON CONFLICT DO NOTHING;
    END IF;
    IF has THEN
      IF moved OR NOT had THEN
        EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
          USING 'mirror-both-deletes/window', 'names', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-both-deletes/window', 'names', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
            USING 'mirror-both-deletes/window', 'names', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF NOT written THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: names > ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_key::text,
        true
      );
      INSERT INTO public.names AS t (person_id, name) VALUES (come.person_id, come.name)
      ON CONFLICT (person_id) DO UPDATE SET name = EXCLUDED.name;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'lockstep window %: the row of % with this key belongs to others',
          '"mirror-both-deletes/window"',
          'public.names'
          USING ERRCODE = 'unique_violation',
            DETAIL = pg_catalog.format('Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(come_key, ', '));
      END IF;
      END IF;
    END IF;
    said := pg_catalog.set_config('lockstep.echo', coalesce(echo, ''), true);
    RETURN NULL;
  END
  $body$;

CREATE FUNCTION lockstep."truncate of mirror-both-deletes/window: names"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
  BEGIN
    RAISE EXCEPTION 'lockstep window %: TRUNCATE of % would leave the other side behind',
      '"mirror-both-deletes/window"',
      TG_RELID::pg_catalog.regclass
      USING ERRCODE = 'object_in_use', HINT = 'Use DELETE, or close the window first.';
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."mirror of mirror-both-deletes/window: names"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."truncate of mirror-both-deletes/window: names"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."row of mirror-both-deletes/window: names"(bigint, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."key of mirror-both-deletes/window: names"(bigint, bigint) FROM PUBLIC;

----------------------------------------------------------------------------------------------------
-- statement undo/window/prepare: drop the functions of the window

-- sends
DROP FUNCTION lockstep."mirror of mirror-both-deletes/window: badges"();
DROP FUNCTION lockstep."truncate of mirror-both-deletes/window: badges"();
DROP FUNCTION lockstep."row of mirror-both-deletes/window: badges"(bigint, boolean);
DROP FUNCTION lockstep."key of mirror-both-deletes/window: badges"(bigint, bigint);
DROP FUNCTION IF EXISTS lockstep."move of mirror-both-deletes/window: badges"();
DROP FUNCTION IF EXISTS lockstep."follow of mirror-both-deletes/window: badges"(bigint);
DROP FUNCTION IF EXISTS lockstep."same of mirror-both-deletes/window: badges"(bigint, bigint);
DROP FUNCTION lockstep."mirror of mirror-both-deletes/window: names"();
DROP FUNCTION lockstep."truncate of mirror-both-deletes/window: names"();
DROP FUNCTION lockstep."row of mirror-both-deletes/window: names"(bigint, text);
DROP FUNCTION lockstep."key of mirror-both-deletes/window: names"(bigint, bigint);
DROP FUNCTION IF EXISTS lockstep."move of mirror-both-deletes/window: names"();
DROP FUNCTION IF EXISTS lockstep."follow of mirror-both-deletes/window: names"(bigint);
DROP FUNCTION IF EXISTS lockstep."same of mirror-both-deletes/window: names"(bigint, bigint);

----------------------------------------------------------------------------------------------------
-- statement fill/join/window: keep public.badges → public.people, public.names → public.people in step from now on

-- sends
CREATE FUNCTION lockstep."back of mirror-both-deletes/window: badges"(bigint) RETURNS TABLE (id bigint)
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT person_id AS id
  FROM (SELECT $1 AS person_id) AS badges;
  END;

CREATE FUNCTION lockstep."own of mirror-both-deletes/window: badges"(bigint, bigint) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

CREATE FUNCTION lockstep."mirror back of mirror-both-deletes/window: badges"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
        USING 'mirror-both-deletes/window', 'badges', 'new';
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        INSERT INTO lockstep.old_writer (window_name, mapping, side)
          VALUES ('mirror-both-deletes/window', 'badges', 'new');
      END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
      had := true;
      IF had THEN
        SELECT b.* INTO gone FROM lockstep."back of mirror-both-deletes/window: badges"(OLD.person_id) AS b;
        gone_row := ARRAY[gone.id::bigint::text];
        gone_key := ARRAY[OLD.person_id::bigint::text];
      END IF;
    END IF;
    -- By the index: a plan is kept that was made when there were few rows.
    said := pg_catalog.set_config('enable_seqscan', 'off', true);
    IF TG_OP = 'DELETE' THEN
      SELECT t.* INTO now
        FROM public.badges AS t
        WHERE lockstep."key of mirror-both-deletes/window: badges"(t.person_id, OLD.person_id);
    ELSE
      SELECT t.* INTO now
        FROM public.badges AS t
        WHERE lockstep."key of mirror-both-deletes/window: badges"(t.person_id, NEW.person_id);
    END IF;
    fits := FOUND;
    said := pg_catalog.set_config('enable_seqscan', scans, true);
    IF fits THEN
      has := true;
      IF has THEN
        SELECT b.* INTO come FROM lockstep."back of mirror-both-deletes/window: badges"(now.person_id) AS b;
        come_row := ARRAY[come.id::bigint::text];
        come_key := ARRAY[now.person_id::bigint::text];
      END IF;
    END IF;
    IF had THEN
      moved := false;
      IF has AND NOT moved THEN
        moved := NOT lockstep."own of mirror-both-deletes/window: badges"(come.id, gone.id);
      END IF;
    END IF;
    IF had AND (NOT has OR gone_key OPERATOR(pg_catalog.<>) come_key) THEN
      n := 0;
      IF TG_OP = 'UPDATE' THEN
        EXECUTE 'SELECT FROM public.badges AS s CROSS JOIN LATERAL (SELECT b.* FROM lockstep."back of mirror-both-deletes/window: badges"(s.person_id) AS b) AS r WHERE lockstep."key of mirror-both-deletes/window: badges"(s.person_id, $1[1]::bigint)'
          USING ARRAY[OLD.person_id::bigint::text];
        GET DIAGNOSTICS n = ROW_COUNT;
      END IF;
      IF n = 0 THEN
        INSERT INTO lockstep.tombstone (window_name, mapping, key)
          VALUES ('mirror-both-deletes/window', 'badges', gone_key)
          ON CONFLICT DO NOTHING;
      END IF;
    END IF;
    IF moved THEN
        PERFORM
          FROM public.people AS s
          WHERE lockstep."own of mirror-both-deletes/window: badges"(s.id, gone.id)
          FOR NO KEY UPDATE;
      IF EXISTS (
        SELECT
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: badges"(s.id, s.active) AS r
        WHERE lockstep."own of mirror-both-deletes/window: badges"(s.id, gone.id)
        AND lockstep."key of mirror-both-deletes/window: badges"(r.person_id, now.person_id)
      )
        THEN
        RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the old shape would still hold it',
          '"mirror-both-deletes/window"',
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
          USING 'mirror-both-deletes/window', 'badges', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-both-deletes/window', 'badges', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
            USING 'mirror-both-deletes/window', 'badges', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF NOT had OR moved THEN
        PERFORM
          FROM public.people AS s
          WHERE lockstep."own of mirror-both-deletes/window: badges"(s.id, come.id)
          FOR NO KEY UPDATE;
        IF EXISTS (
          SELECT
          FROM public.people AS s
          CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: badges"(s.id, s.active) AS r
          WHERE lockstep."own of mirror-both-deletes/window: badges"(s.id, come.id)
          AND NOT lockstep."key of mirror-both-deletes/window: badges"(r.person_id, now.person_id)
          AND NOT EXISTS (
            SELECT
            FROM lockstep.tombstone AS d
            WHERE d.window_name = 'mirror-both-deletes/window'
            AND d.mapping = 'badges'
            AND d.key OPERATOR(pg_catalog.=) ARRAY[r.person_id::bigint::text]
          )
        )
          THEN
          RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the row there stands for another one already',
            '"mirror-both-deletes/window"',
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
        'mirror-both-deletes/window: badges < ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_row::text,
        true
      );
      IF NOT written THEN
        UPDATE public.people AS s
          SET id = come.id
          WHERE lockstep."own of mirror-both-deletes/window: badges"(s.id, come.id);
        IF NOT FOUND THEN
          INSERT INTO public.people (id) VALUES (come.id);
        END IF;
      END IF;
      fits := EXISTS (
        SELECT
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: badges"(s.id, s.active) AS r
        WHERE lockstep."own of mirror-both-deletes/window: badges"(s.id, come.id)
        AND lockstep."key of mirror-both-deletes/window: badges"(r.person_id, now.person_id)
        AND NOT false
      );
      IF NOT fits THEN
        RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the old shape cannot say it',
          '"mirror-both-deletes/window"',
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

REVOKE ALL ON FUNCTION lockstep."mirror back of mirror-both-deletes/window: badges"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."back of mirror-both-deletes/window: badges"(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."own of mirror-both-deletes/window: badges"(bigint, bigint) FROM PUBLIC;

CREATE FUNCTION lockstep."back of mirror-both-deletes/window: names"(bigint, text) RETURNS TABLE (name text, id bigint)
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT name AS name, person_id AS id
  FROM (SELECT $1 AS person_id, $2 AS name) AS names;
  END;

CREATE FUNCTION lockstep."own of mirror-both-deletes/window: names"(bigint, bigint) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

CREATE OR REPLACE FUNCTION lockstep."follow back of mirror-both-deletes/window: names"(bigint) RETURNS void LANGUAGE plpgsql
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
          coalesce(pg_catalog.current_setting('lockstep.moves_new_ff91901ec5e9', true), ''),
          pg_catalog.pg_current_xact_id()::text || ' '
        )
        THEN pg_catalog.split_part(pg_catalog.current_setting('lockstep.moves_new_ff91901ec5e9', true), ' ', 2)::bigint
        ELSE 0 END;
      EXECUTE 'SELECT m.id, m.from_key, m.to_key, m.row_before, m.row_after FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''names'' AND m.side = ''new'' AND m.id > $1 AND ($2 IS NULL OR m.id <= $2) ORDER BY m.id LIMIT 1' INTO one
        USING followed, $1;
      EXIT WHEN one.id IS NULL;
      -- First: what triggers of the other side do to this one may come here again.
      said := pg_catalog.set_config(
        'lockstep.moves_new_ff91901ec5e9', pg_catalog.pg_current_xact_id()::text || ' ' || one.id, true
      );
      IF one.to_key IS NULL THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: names < ' || pg_catalog.pg_current_xact_id()::text || ' ' || one.from_key::text,
        true
      );
        EXECUTE 'DELETE FROM public.people AS t WHERE lockstep."own of mirror-both-deletes/window: names"(t.id, $1[1]::bigint)'
          USING one.from_key;
        GET DIAGNOSTICS n = ROW_COUNT;
      ELSE
        stayed := 0;
        EXECUTE 'SELECT r.* FROM public.names AS s CROSS JOIN LATERAL (SELECT b.* FROM lockstep."back of mirror-both-deletes/window: names"(s.person_id, s.name) AS b) AS r WHERE lockstep."key of mirror-both-deletes/window: names"(s.person_id, $1[1]::bigint)' INTO come
          USING one.row_after;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 THEN
          -- It went on, or is deleted; or it never went: a BEFORE trigger of a partition can keep a row where it is.
          EXECUTE 'SELECT FROM public.names AS s WHERE lockstep."key of mirror-both-deletes/window: names"(s.person_id, $1[1]::bigint) AND NOT EXISTS (SELECT FROM public.names AS s WHERE lockstep."key of mirror-both-deletes/window: names"(s.person_id, $2[1]::bigint)) AND NOT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''names'' AND m.side = ''new'' AND m.id > $3 AND m.from_key OPERATOR(pg_catalog.=) $4)'
            USING one.row_before, one.row_after, one.id, one.to_key;
          GET DIAGNOSTICS stayed = ROW_COUNT;
        END IF;
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: names < ' || pg_catalog.pg_current_xact_id()::text || ' ' || one.to_key::text,
        true
      );
        IF n > 0 THEN
          EXECUTE 'UPDATE public.people AS t SET name = $2, id = $3 WHERE lockstep."own of mirror-both-deletes/window: names"(t.id, $1[1]::bigint)'
            USING one.from_key, come.name, come.id;
          GET DIAGNOSTICS n = ROW_COUNT;
        ELSIF stayed = 0 THEN
          EXECUTE 'UPDATE public.people AS t SET id = $2[1]::bigint WHERE lockstep."own of mirror-both-deletes/window: names"(t.id, $1[1]::bigint)'
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

CREATE OR REPLACE FUNCTION lockstep."move back of mirror-both-deletes/window: names"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
  #variable_conflict use_column
  DECLARE
    gone record;
    come record;
    from_key text[];
    to_key text[];
    said text;
  BEGIN
    IF pg_catalog.current_setting('lockstep.echo', true)
      = 'mirror-both-deletes/window: names > '
      || pg_catalog.pg_current_xact_id()::text
      || ' '
      || ARRAY[NEW.person_id::bigint::text]::text
      THEN
      RETURN NEW;
    END IF;
    SELECT r.* INTO gone
      FROM (SELECT b.* FROM lockstep."back of mirror-both-deletes/window: names"(OLD.person_id, OLD.name) AS b) AS r;
    IF NOT FOUND THEN
      RETURN NEW;
    END IF;
    from_key := ARRAY[gone.id::bigint::text];
    SELECT r.* INTO come
      FROM (SELECT b.* FROM lockstep."back of mirror-both-deletes/window: names"(NEW.person_id, NEW.name) AS b) AS r;
    IF FOUND THEN
      to_key := ARRAY[come.id::bigint::text];
    END IF;
    INSERT INTO lockstep.move (window_name, mapping, side, from_key, to_key, row_before, row_after)
    VALUES (
      'mirror-both-deletes/window',
      'names',
      'new',
      from_key,
      to_key,
      ARRAY[OLD.person_id::bigint::text],
      ARRAY[NEW.person_id::bigint::text]
    );
    IF NOT pg_catalog.starts_with(
      coalesce(pg_catalog.current_setting('lockstep.moves_new_ff91901ec5e9', true), ''),
      pg_catalog.pg_current_xact_id()::text || ' '
    )
      THEN
      said := pg_catalog.set_config(
        'lockstep.moves_new_ff91901ec5e9', pg_catalog.pg_current_xact_id()::text || ' 0', true
      );
    END IF;
    RETURN NEW;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."move back of mirror-both-deletes/window: names"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."follow back of mirror-both-deletes/window: names"(bigint) FROM PUBLIC;

CREATE FUNCTION lockstep."mirror back of mirror-both-deletes/window: names"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
        USING 'mirror-both-deletes/window', 'names', 'new';
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        INSERT INTO lockstep.old_writer (window_name, mapping, side)
          VALUES ('mirror-both-deletes/window', 'names', 'new');
      END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
      had := true;
      IF had THEN
        SELECT b.* INTO gone FROM lockstep."back of mirror-both-deletes/window: names"(OLD.person_id, OLD.name) AS b;
        gone_row := ARRAY[gone.id::bigint::text];
        gone_key := ARRAY[OLD.person_id::bigint::text];
      END IF;
    END IF;
    -- By the index: a plan is kept that was made when there were few rows.
    said := pg_catalog.set_config('enable_seqscan', 'off', true);
    IF TG_OP = 'DELETE' THEN
      SELECT t.* INTO now
        FROM public.names AS t
        WHERE lockstep."key of mirror-both-deletes/window: names"(t.person_id, OLD.person_id);
    ELSE
      SELECT t.* INTO now
        FROM public.names AS t
        WHERE lockstep."key of mirror-both-deletes/window: names"(t.person_id, NEW.person_id);
    END IF;
    fits := FOUND;
    said := pg_catalog.set_config('enable_seqscan', scans, true);
    IF fits THEN
      has := true;
      IF has THEN
        SELECT b.* INTO come FROM lockstep."back of mirror-both-deletes/window: names"(now.person_id, now.name) AS b;
        come_row := ARRAY[come.id::bigint::text];
        come_key := ARRAY[now.person_id::bigint::text];
      END IF;
    END IF;
    IF had THEN
      moved := TG_OP = 'UPDATE'
        AND NOT lockstep."key of mirror-both-deletes/window: names"(OLD.person_id, NEW.person_id);
      IF has AND NOT moved THEN
        moved := NOT lockstep."own of mirror-both-deletes/window: names"(come.id, gone.id);
      END IF;
    END IF;
    IF moved
      OR pg_catalog.starts_with(
        coalesce(pg_catalog.current_setting('lockstep.moves_new_ff91901ec5e9', true), ''),
        pg_catalog.pg_current_xact_id()::text || ' '
      )
      THEN
      IF moved THEN
        EXECUTE 'SELECT pg_catalog.min(m.id) FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''names'' AND m.side = ''new'' AND m.from_key OPERATOR(pg_catalog.=) $1' INTO mine
          USING gone_row;
      END IF;
      PERFORM lockstep."follow back of mirror-both-deletes/window: names"(mine);
      IF moved THEN
        EXECUTE 'DELETE FROM lockstep.move AS m WHERE m.id = $1 RETURNING m.found' INTO followed USING mine;
      ELSIF had AND NOT has THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''names'' AND m.side = ''new'' AND m.from_key OPERATOR(pg_catalog.=) $1 AND m.found)' INTO followed
          USING gone_row;
        moved := followed;
      END IF;
      IF has THEN
        EXECUTE 'SELECT FROM public.people AS t CROSS JOIN (SELECT $1 AS name, $2 AS id) AS come WHERE lockstep."own of mirror-both-deletes/window: names"(t.id, come.id) AND NOT (ROW(t.name::text, t.id::bigint)::record *<> ROW(come.name::text, come.id::bigint)::record)'
          USING come.name, come.id;
        GET DIAGNOSTICS n = ROW_COUNT;
        written := n > 0;
      END IF;
    END IF;
    IF had AND (NOT has OR gone_key OPERATOR(pg_catalog.<>) come_key) THEN
      n := 0;
      IF TG_OP = 'UPDATE' THEN
        EXECUTE 'SELECT FROM public.names AS s CROSS JOIN LATERAL (SELECT b.* FROM lockstep."back of mirror-both-deletes/window: names"(s.person_id, s.name) AS b) AS r WHERE lockstep."key of mirror-both-deletes/window: names"(s.person_id, $1[1]::bigint)'
          USING ARRAY[OLD.person_id::bigint::text];
        GET DIAGNOSTICS n = ROW_COUNT;
      END IF;
      IF n = 0 THEN
        INSERT INTO lockstep.tombstone (window_name, mapping, key)
          VALUES ('mirror-both-deletes/window', 'names', gone_key)
          ON CONFLICT DO NOTHING;
      END IF;
    END IF;
    IF had AND NOT has AND (NOT moved OR followed IS NULL) THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: names < ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_row::text,
        true
      );
      DELETE FROM public.people AS s WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, gone.id);
    END IF;
    IF has THEN
      IF NOT had OR gone_key OPERATOR(pg_catalog.<>) come_key THEN
        EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
          USING 'mirror-both-deletes/window', 'names', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-both-deletes/window', 'names', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
            USING 'mirror-both-deletes/window', 'names', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF NOT had AND followed IS NOT TRUE THEN
        PERFORM
          FROM public.people AS s
          WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, come.id)
          FOR NO KEY UPDATE;
        IF EXISTS (
          SELECT FROM public.people AS s WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, come.id)
        )
          AND NOT EXISTS (
            SELECT
            FROM public.people AS s
            CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: names"(s.id, s.name) AS r
            WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, come.id)
            AND lockstep."key of mirror-both-deletes/window: names"(r.person_id, now.person_id)
          )
          THEN
          RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the row there stands for another one already',
            '"mirror-both-deletes/window"',
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
        'mirror-both-deletes/window: names < ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_row::text,
        true
      );
      IF NOT written THEN
        IF moved AND followed IS NULL THEN
          UPDATE public.people AS s
            SET name = come.name, id = come.id
            WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, gone.id);
        ELSE
          UPDATE public.people AS s
            SET name = come.name
            WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, come.id);
        END IF;
        IF NOT FOUND THEN
          INSERT INTO public.people (name, id) VALUES (come.name, come.id);
        END IF;
      END IF;
      fits := EXISTS (
        SELECT
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: names"(s.id, s.name) AS r
        WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, come.id)
        AND lockstep."key of mirror-both-deletes/window: names"(r.person_id, now.person_id)
        AND NOT (ROW(r.name::text)::record *<> ROW(now.name::text)::record)
      );
      IF NOT fits
        AND EXISTS (
          SELECT
          FROM public.people AS s
          WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, come.id)
          AND (ROW(s.name::text)::record *<> ROW(come.name::text)::record)
        )
        THEN
        said := pg_catalog.set_config(
          'lockstep.echo',
          'mirror-both-deletes/window: names > ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_key::text,
          true
        );
        UPDATE public.names AS t SET name = r.name
        FROM public.people AS s
          CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: names"(s.id, s.name) AS r
          WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, come.id)
          AND lockstep."key of mirror-both-deletes/window: names"(r.person_id, now.person_id)
          AND lockstep."key of mirror-both-deletes/window: names"(t.person_id, r.person_id);
        fits := FOUND;
      END IF;
      IF NOT fits THEN
        RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the old shape cannot say it',
          '"mirror-both-deletes/window"',
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

REVOKE ALL ON FUNCTION lockstep."mirror back of mirror-both-deletes/window: names"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."back of mirror-both-deletes/window: names"(bigint, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."own of mirror-both-deletes/window: names"(bigint, bigint) FROM PUBLIC;

CREATE TRIGGER "00 lockstep mirror-both-deletes/window: badges i" AFTER INSERT ON public.badges
    FOR EACH ROW
    WHEN (
      (
        pg_catalog.current_setting('lockstep.echo', true) IS DISTINCT FROM 'mirror-both-deletes/window: badges > '
          || pg_catalog.pg_current_xact_id()::text
          || ' '
          || ARRAY[NEW.person_id::bigint::text]::text
        OR NOT pg_catalog.has_table_privilege('lockstep.tombstone'::pg_catalog.regclass, 'INSERT')
      )
    )
    EXECUTE FUNCTION lockstep."mirror back of mirror-both-deletes/window: badges"();

ALTER TABLE public.badges ENABLE ALWAYS TRIGGER "00 lockstep mirror-both-deletes/window: badges i";

CREATE TRIGGER "00 lockstep mirror-both-deletes/window: badges u" AFTER UPDATE
    ON public.badges
    FOR EACH ROW
    WHEN (
      ROW(OLD.person_id)::record *<> ROW(NEW.person_id)::record
      AND (
        pg_catalog.current_setting('lockstep.echo', true) IS DISTINCT FROM 'mirror-both-deletes/window: badges > '
          || pg_catalog.pg_current_xact_id()::text
          || ' '
          || ARRAY[NEW.person_id::bigint::text]::text
        OR NOT pg_catalog.has_table_privilege('lockstep.tombstone'::pg_catalog.regclass, 'INSERT')
      )
    )
    EXECUTE FUNCTION lockstep."mirror back of mirror-both-deletes/window: badges"();

ALTER TABLE public.badges ENABLE ALWAYS TRIGGER "00 lockstep mirror-both-deletes/window: badges u";

CREATE TRIGGER "00 lockstep mirror-both-deletes/window: badges d" AFTER DELETE ON public.badges
    FOR EACH ROW
    WHEN (
      (
        pg_catalog.current_setting('lockstep.echo', true) IS DISTINCT FROM 'mirror-both-deletes/window: badges > '
          || pg_catalog.pg_current_xact_id()::text
          || ' '
          || ARRAY[OLD.person_id::bigint::text]::text
        OR NOT pg_catalog.has_table_privilege('lockstep.tombstone'::pg_catalog.regclass, 'INSERT')
      )
    )
    EXECUTE FUNCTION lockstep."mirror back of mirror-both-deletes/window: badges"();

ALTER TABLE public.badges ENABLE ALWAYS TRIGGER "00 lockstep mirror-both-deletes/window: badges d";

CREATE TRIGGER "00 lockstep mirror-both-deletes/window: names i" AFTER INSERT ON public.names
    FOR EACH ROW
    WHEN (
      (
        pg_catalog.current_setting('lockstep.echo', true) IS DISTINCT FROM 'mirror-both-deletes/window: names > '
          || pg_catalog.pg_current_xact_id()::text
          || ' '
          || ARRAY[NEW.person_id::bigint::text]::text
        OR NOT pg_catalog.has_table_privilege('lockstep.tombstone'::pg_catalog.regclass, 'INSERT')
      )
    )
    EXECUTE FUNCTION lockstep."mirror back of mirror-both-deletes/window: names"();

ALTER TABLE public.names ENABLE ALWAYS TRIGGER "00 lockstep mirror-both-deletes/window: names i";

CREATE TRIGGER "00 lockstep mirror-both-deletes/window: names u" AFTER UPDATE
    ON public.names
    FOR EACH ROW
    WHEN (
      ROW(OLD.person_id, OLD.name)::record *<> ROW(NEW.person_id, NEW.name)::record
      AND (
        pg_catalog.current_setting('lockstep.echo', true) IS DISTINCT FROM 'mirror-both-deletes/window: names > '
          || pg_catalog.pg_current_xact_id()::text
          || ' '
          || ARRAY[NEW.person_id::bigint::text]::text
        OR NOT pg_catalog.has_table_privilege('lockstep.tombstone'::pg_catalog.regclass, 'INSERT')
      )
    )
    EXECUTE FUNCTION lockstep."mirror back of mirror-both-deletes/window: names"();

ALTER TABLE public.names ENABLE ALWAYS TRIGGER "00 lockstep mirror-both-deletes/window: names u";

CREATE TRIGGER "00 lockstep mirror-both-deletes/window: names d" AFTER DELETE ON public.names
    FOR EACH ROW
    WHEN (
      (
        pg_catalog.current_setting('lockstep.echo', true) IS DISTINCT FROM 'mirror-both-deletes/window: names > '
          || pg_catalog.pg_current_xact_id()::text
          || ' '
          || ARRAY[OLD.person_id::bigint::text]::text
        OR NOT pg_catalog.has_table_privilege('lockstep.tombstone'::pg_catalog.regclass, 'INSERT')
      )
    )
    EXECUTE FUNCTION lockstep."mirror back of mirror-both-deletes/window: names"();

ALTER TABLE public.names ENABLE ALWAYS TRIGGER "00 lockstep mirror-both-deletes/window: names d";

CREATE TRIGGER "~ lockstep mirror-both-deletes/window: names" BEFORE UPDATE
    ON public.names
    FOR EACH ROW
    WHEN ((OLD.person_id, OLD.person_id) IS DISTINCT FROM (NEW.person_id, NEW.person_id))
    EXECUTE FUNCTION lockstep."move back of mirror-both-deletes/window: names"();

ALTER TABLE public.names ENABLE ALWAYS TRIGGER "~ lockstep mirror-both-deletes/window: names";

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
-- statement undo/fill/join/window: no longer answer writes to public.badges, public.names

-- sends
DROP TRIGGER "00 lockstep mirror-both-deletes/window: badges i" ON public.badges;
DROP TRIGGER "00 lockstep mirror-both-deletes/window: badges u" ON public.badges;
DROP TRIGGER "00 lockstep mirror-both-deletes/window: badges d" ON public.badges;
DROP TRIGGER IF EXISTS "~ lockstep mirror-both-deletes/window: badges" ON public.badges;
DROP FUNCTION lockstep."mirror back of mirror-both-deletes/window: badges"();
DROP FUNCTION lockstep."back of mirror-both-deletes/window: badges"(bigint);
DROP FUNCTION lockstep."own of mirror-both-deletes/window: badges"(bigint, bigint);
DROP TRIGGER "00 lockstep mirror-both-deletes/window: names i" ON public.names;
DROP TRIGGER "00 lockstep mirror-both-deletes/window: names u" ON public.names;
DROP TRIGGER "00 lockstep mirror-both-deletes/window: names d" ON public.names;
DROP TRIGGER IF EXISTS "~ lockstep mirror-both-deletes/window: names" ON public.names;
DROP FUNCTION lockstep."mirror back of mirror-both-deletes/window: names"();
DROP FUNCTION lockstep."back of mirror-both-deletes/window: names"(bigint, text);
DROP FUNCTION lockstep."own of mirror-both-deletes/window: names"(bigint, bigint);
DROP FUNCTION IF EXISTS lockstep."move back of mirror-both-deletes/window: names"();
DROP FUNCTION IF EXISTS lockstep."follow back of mirror-both-deletes/window: names"(bigint);

----------------------------------------------------------------------------------------------------
-- statement flip/cutover: let the new side of window lead

-- works off before it locks
WITH entry AS MATERIALIZED (
  SELECT t.ctid AS place, t.key
    FROM lockstep.touched AS t
    WHERE window_name = 'mirror-both-deletes/window'
    AND mapping = 'badges'
    LIMIT 10000
  ), differs AS MATERIALIZED (
  SELECT d.key
    FROM (
    SELECT w.lockstep_key AS key, to_jsonb(e.*) - 'lockstep_here' AS expected, to_jsonb(a.*) - 'lockstep_here' AS found
  FROM (SELECT k.key AS lockstep_key, k.key[1]::bigint AS person_id FROM (SELECT DISTINCT key FROM entry) AS k) AS w
  LEFT JOIN LATERAL (SELECT true AS lockstep_here, s.* FROM (SELECT id AS person_id
  FROM public.people
  WHERE (active
  ) AND id = w.person_id
  OFFSET 0) AS s) AS e ON true
  LEFT JOIN LATERAL (
    SELECT true AS lockstep_here, t.*
    FROM (
    SELECT t.*
    FROM public.badges AS t
    WHERE t.person_id = w.lockstep_key[1]::bigint
  OFFSET 0) AS t) AS a ON true
  WHERE (e.lockstep_here IS DISTINCT FROM a.lockstep_here OR (e.lockstep_here AND false))
    AND NOT (
      a.lockstep_here IS NULL
      AND EXISTS (
        SELECT
        FROM lockstep.tombstone AS f
        WHERE f.window_name = 'mirror-both-deletes/window'
        AND f.mapping = 'badges'
        AND f.key = w.lockstep_key
      )
    )) AS d
  ), settled AS (
  DELETE FROM lockstep.touched AS t
    WHERE t.ctid = ANY (ARRAY(SELECT place FROM entry WHERE key NOT IN (SELECT key FROM differs)))
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM settled) AS settled,
    (
      SELECT count(*) FROM lockstep.touched AS t WHERE window_name = 'mirror-both-deletes/window' AND mapping = 'badges'
    ) - (SELECT count(*) FROM settled) AS rest;

-- how much is left
SELECT count(*) AS rest
    FROM lockstep.touched AS t
    WHERE window_name = 'mirror-both-deletes/window'
    AND mapping = 'badges';

-- works off before it locks
WITH entry AS MATERIALIZED (
  SELECT t.ctid AS place, t.key
    FROM lockstep.touched AS t
    WHERE window_name = 'mirror-both-deletes/window'
    AND mapping = 'names'
    LIMIT 10000
  ), differs AS MATERIALIZED (
  SELECT d.key
    FROM (
    SELECT w.lockstep_key AS key, to_jsonb(e.*) - 'lockstep_here' AS expected, to_jsonb(a.*) - 'lockstep_here' AS found
  FROM (SELECT k.key AS lockstep_key, k.key[1]::bigint AS person_id FROM (SELECT DISTINCT key FROM entry) AS k) AS w
  LEFT JOIN LATERAL (SELECT true AS lockstep_here, s.* FROM (SELECT id AS person_id, name AS name
  FROM public.people
  WHERE id = w.person_id
  OFFSET 0) AS s) AS e ON true
  LEFT JOIN LATERAL (
    SELECT true AS lockstep_here, t.*
    FROM (
    SELECT t.*
    FROM public.names AS t
    WHERE t.person_id = w.lockstep_key[1]::bigint
  OFFSET 0) AS t) AS a ON true
  WHERE (
    e.lockstep_here IS DISTINCT FROM a.lockstep_here
    OR (e.lockstep_here AND (ROW(e.name::text)::record *<> ROW(a.name::text)::record))
  )) AS d
  ), settled AS (
  DELETE FROM lockstep.touched AS t
    WHERE t.ctid = ANY (ARRAY(SELECT place FROM entry WHERE key NOT IN (SELECT key FROM differs)))
    RETURNING 1
  )
  SELECT (SELECT count(*) FROM settled) AS settled,
    (
      SELECT count(*) FROM lockstep.touched AS t WHERE window_name = 'mirror-both-deletes/window' AND mapping = 'names'
    ) - (SELECT count(*) FROM settled) AS rest;

-- how much is left
SELECT count(*) AS rest
    FROM lockstep.touched AS t
    WHERE window_name = 'mirror-both-deletes/window'
    AND mapping = 'names';

-- asserts: the window mirror-both-deletes/window can become: new leads
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

-- asserts: the mirror of badges is as it was made
WITH violation AS MATERIALIZED (
  SELECT p.relid::regclass::text AS "table", w.trigger_name AS "trigger"
    FROM (
      VALUES ('public.people', '00 lockstep mirror-both-deletes/window: badges i', true, NULL),
      ('public.people', '00 lockstep mirror-both-deletes/window: badges u', true, NULL),
      ('public.people', '00 lockstep mirror-both-deletes/window: badges d', true, NULL),
      ('public.people', '00 lockstep mirror-both-deletes/window: badges t', false, NULL),
      ('public.badges', '00 lockstep mirror-both-deletes/window: badges t', false, NULL),
      ('public.badges', '00 lockstep mirror-both-deletes/window: badges i', true, NULL),
      ('public.badges', '00 lockstep mirror-both-deletes/window: badges u', true, NULL),
      ('public.badges', '00 lockstep mirror-both-deletes/window: badges d', true, NULL),
      (
        'public.people',
        '~ lockstep mirror-both-deletes/window: badges',
        true,
        'lockstep."move of mirror-both-deletes/window: badges"'
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

-- asserts: the mirror of names is as it was made
WITH violation AS MATERIALIZED (
  SELECT p.relid::regclass::text AS "table", w.trigger_name AS "trigger"
    FROM (
      VALUES ('public.people', '00 lockstep mirror-both-deletes/window: names i', true, NULL),
      ('public.people', '00 lockstep mirror-both-deletes/window: names u', true, NULL),
      ('public.people', '00 lockstep mirror-both-deletes/window: names d', true, NULL),
      ('public.people', '00 lockstep mirror-both-deletes/window: names t', false, NULL),
      ('public.names', '00 lockstep mirror-both-deletes/window: names t', false, NULL),
      ('public.names', '00 lockstep mirror-both-deletes/window: names i', true, NULL),
      ('public.names', '00 lockstep mirror-both-deletes/window: names u', true, NULL),
      ('public.names', '00 lockstep mirror-both-deletes/window: names d', true, NULL),
      (
        'public.people',
        '~ lockstep mirror-both-deletes/window: names',
        true,
        'lockstep."move of mirror-both-deletes/window: names"'
      ),
      (
        'public.names',
        '~ lockstep mirror-both-deletes/window: names',
        true,
        'lockstep."move back of mirror-both-deletes/window: names"'
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

-- asserts: what a side of mirror-both-deletes/window did not take has been made good
WITH violation AS MATERIALIZED (
  (SELECT w.lockstep_key AS key, to_jsonb(e.*) - 'lockstep_here' AS expected, to_jsonb(a.*) - 'lockstep_here' AS found
  FROM (
    SELECT k.key AS lockstep_key, k.key[1]::bigint AS person_id
    FROM (
    SELECT DISTINCT k.key
    FROM lockstep.mirror_failure AS f
    CROSS JOIN LATERAL (VALUES (f.key_before), (f.key_after)) AS k (key)
  WHERE f.window_name = 'mirror-both-deletes/window'
    AND f.mapping = 'badges'
    AND f.accepted_at IS NULL
    AND k.key IS NOT NULL) AS k) AS w
  LEFT JOIN LATERAL (SELECT true AS lockstep_here, s.* FROM (SELECT id AS person_id
  FROM public.people
  WHERE (active
  ) AND id = w.person_id
  OFFSET 0) AS s) AS e ON true
  LEFT JOIN LATERAL (
    SELECT true AS lockstep_here, t.*
    FROM (
    SELECT t.*
    FROM public.badges AS t
    WHERE t.person_id = w.lockstep_key[1]::bigint
  OFFSET 0) AS t) AS a ON true
  WHERE (e.lockstep_here IS DISTINCT FROM a.lockstep_here OR (e.lockstep_here AND false))
    AND NOT (
      a.lockstep_here IS NULL
      AND EXISTS (
        SELECT
        FROM lockstep.tombstone AS f
        WHERE f.window_name = 'mirror-both-deletes/window'
        AND f.mapping = 'badges'
        AND f.key = w.lockstep_key
      )
    ))
  UNION ALL
  (SELECT w.lockstep_key AS key, to_jsonb(e.*) - 'lockstep_here' AS expected, to_jsonb(a.*) - 'lockstep_here' AS found
  FROM (
    SELECT k.key AS lockstep_key, k.key[1]::bigint AS person_id
    FROM (
    SELECT DISTINCT k.key
    FROM lockstep.mirror_failure AS f
    CROSS JOIN LATERAL (VALUES (f.key_before), (f.key_after)) AS k (key)
  WHERE f.window_name = 'mirror-both-deletes/window'
    AND f.mapping = 'names'
    AND f.accepted_at IS NULL
    AND k.key IS NOT NULL) AS k) AS w
  LEFT JOIN LATERAL (SELECT true AS lockstep_here, s.* FROM (SELECT id AS person_id, name AS name
  FROM public.people
  WHERE id = w.person_id
  OFFSET 0) AS s) AS e ON true
  LEFT JOIN LATERAL (
    SELECT true AS lockstep_here, t.*
    FROM (
    SELECT t.*
    FROM public.names AS t
    WHERE t.person_id = w.lockstep_key[1]::bigint
  OFFSET 0) AS t) AS a ON true
  WHERE (
    e.lockstep_here IS DISTINCT FROM a.lockstep_here
    OR (e.lockstep_here AND (ROW(e.name::text)::record *<> ROW(a.name::text)::record))
  ))
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- asserts: what was written since the comparison is the same on both sides (badges)
WITH violation AS MATERIALIZED (
  SELECT w.lockstep_key AS key, to_jsonb(e.*) - 'lockstep_here' AS expected, to_jsonb(a.*) - 'lockstep_here' AS found
  FROM (
    SELECT k.key AS lockstep_key, k.key[1]::bigint AS person_id
    FROM (
      SELECT DISTINCT key FROM lockstep.touched WHERE window_name = 'mirror-both-deletes/window' AND mapping = 'badges'
    ) AS k
  ) AS w
  LEFT JOIN LATERAL (SELECT true AS lockstep_here, s.* FROM (SELECT id AS person_id
  FROM public.people
  WHERE (active
  ) AND id = w.person_id
  OFFSET 0) AS s) AS e ON true
  LEFT JOIN LATERAL (
    SELECT true AS lockstep_here, t.*
    FROM (
    SELECT t.*
    FROM public.badges AS t
    WHERE t.person_id = w.lockstep_key[1]::bigint
  OFFSET 0) AS t) AS a ON true
  WHERE (e.lockstep_here IS DISTINCT FROM a.lockstep_here OR (e.lockstep_here AND false))
    AND NOT (
      a.lockstep_here IS NULL
      AND EXISTS (
        SELECT
        FROM lockstep.tombstone AS f
        WHERE f.window_name = 'mirror-both-deletes/window'
        AND f.mapping = 'badges'
        AND f.key = w.lockstep_key
      )
    )
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

-- asserts: what was written since the comparison is the same on both sides (names)
WITH violation AS MATERIALIZED (
  SELECT w.lockstep_key AS key, to_jsonb(e.*) - 'lockstep_here' AS expected, to_jsonb(a.*) - 'lockstep_here' AS found
  FROM (
    SELECT k.key AS lockstep_key, k.key[1]::bigint AS person_id
    FROM (
      SELECT DISTINCT key FROM lockstep.touched WHERE window_name = 'mirror-both-deletes/window' AND mapping = 'names'
    ) AS k
  ) AS w
  LEFT JOIN LATERAL (SELECT true AS lockstep_here, s.* FROM (SELECT id AS person_id, name AS name
  FROM public.people
  WHERE id = w.person_id
  OFFSET 0) AS s) AS e ON true
  LEFT JOIN LATERAL (
    SELECT true AS lockstep_here, t.*
    FROM (
    SELECT t.*
    FROM public.names AS t
    WHERE t.person_id = w.lockstep_key[1]::bigint
  OFFSET 0) AS t) AS a ON true
  WHERE (
    e.lockstep_here IS DISTINCT FROM a.lockstep_here
    OR (e.lockstep_here AND (ROW(e.name::text)::record *<> ROW(a.name::text)::record))
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

-- sends
CREATE OR REPLACE FUNCTION lockstep."watch of mirror-both-deletes/window: badges"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
          SELECT 'mirror-both-deletes/window', 'badges', k.key
          FROM (
            SELECT ARRAY[r.person_id::bigint::text]
            FROM lockstep."row of mirror-both-deletes/window: badges"(OLD.id, OLD.active) AS r
            UNION
            SELECT ARRAY[r.person_id::bigint::text]
            FROM lockstep."row of mirror-both-deletes/window: badges"(NEW.id, NEW.active) AS r
          ) AS k (key);
      ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both-deletes/window', 'badges', k.key
          FROM (
            SELECT ARRAY[r.person_id::bigint::text]
            FROM lockstep."row of mirror-both-deletes/window: badges"(NEW.id, NEW.active) AS r
          ) AS k (key);
      ELSE
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both-deletes/window', 'badges', k.key
          FROM (
            SELECT ARRAY[r.person_id::bigint::text]
            FROM lockstep."row of mirror-both-deletes/window: badges"(OLD.id, OLD.active) AS r
          ) AS k (key);
      END IF;
    ELSE
      IF TG_OP = 'UPDATE' THEN
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both-deletes/window', 'badges', k.key
          FROM (SELECT ARRAY[OLD.person_id::bigint::text] UNION SELECT ARRAY[NEW.person_id::bigint::text]) AS k (key);
      ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both-deletes/window', 'badges', k.key
          FROM (SELECT ARRAY[NEW.person_id::bigint::text]) AS k (key);
      ELSE
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both-deletes/window', 'badges', k.key
          FROM (SELECT ARRAY[OLD.person_id::bigint::text]) AS k (key);
      END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."watch of mirror-both-deletes/window: badges"() FROM PUBLIC;

CREATE OR REPLACE FUNCTION lockstep."watch of mirror-both-deletes/window: names"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
  BEGIN
    IF TG_ARGV[0] = 'old' THEN
      IF TG_OP = 'UPDATE' THEN
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both-deletes/window', 'names', k.key
          FROM (
            SELECT ARRAY[r.person_id::bigint::text]
            FROM lockstep."row of mirror-both-deletes/window: names"(OLD.id, OLD.name) AS r
            UNION
            SELECT ARRAY[r.person_id::bigint::text]
            FROM lockstep."row of mirror-both-deletes/window: names"(NEW.id, NEW.name) AS r
          ) AS k (key);
      ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both-deletes/window', 'names', k.key
          FROM (
            SELECT ARRAY[r.person_id::bigint::text]
            FROM lockstep."row of mirror-both-deletes/window: names"(NEW.id, NEW.name) AS r
          ) AS k (key);
      ELSE
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both-deletes/window', 'names', k.key
          FROM (
            SELECT ARRAY[r.person_id::bigint::text]
            FROM lockstep."row of mirror-both-deletes/window: names"(OLD.id, OLD.name) AS r
          ) AS k (key);
      END IF;
    ELSE
      IF TG_OP = 'UPDATE' THEN
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both-deletes/window', 'names', k.key
          FROM (SELECT ARRAY[OLD.person_id::bigint::text] UNION SELECT ARRAY[NEW.person_id::bigint::text]) AS k (key);
      ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both-deletes/window', 'names', k.key
          FROM (SELECT ARRAY[NEW.person_id::bigint::text]) AS k (key);
      ELSE
        INSERT INTO lockstep.touched (window_name, mapping, key)
          SELECT 'mirror-both-deletes/window', 'names', k.key
          FROM (SELECT ARRAY[OLD.person_id::bigint::text]) AS k (key);
      END IF;
    END IF;
    RETURN NULL;
  END
  $body$;

REVOKE ALL ON FUNCTION lockstep."watch of mirror-both-deletes/window: names"() FROM PUBLIC;

----------------------------------------------------------------------------------------------------
-- statement undo/flip/watch-again/1: note down which keys of public.people are written from now on

-- sends
CREATE OR REPLACE TRIGGER "00 lockstep mirror-both-deletes/window: badges w" AFTER INSERT OR UPDATE
    OR DELETE ON public.people
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."watch of mirror-both-deletes/window: badges"('old');

ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-both-deletes/window: badges w";

CREATE OR REPLACE TRIGGER "00 lockstep mirror-both-deletes/window: names w" AFTER INSERT OR UPDATE
    OR DELETE ON public.people
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."watch of mirror-both-deletes/window: names"('old');

ALTER TABLE public.people ENABLE ALWAYS TRIGGER "00 lockstep mirror-both-deletes/window: names w";

----------------------------------------------------------------------------------------------------
-- statement undo/flip/watch-again/2: note down which keys of public.badges are written from now on

-- sends
CREATE OR REPLACE TRIGGER "00 lockstep mirror-both-deletes/window: badges w" AFTER INSERT OR UPDATE
    OR DELETE ON public.badges
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."watch of mirror-both-deletes/window: badges"('new');

ALTER TABLE public.badges ENABLE ALWAYS TRIGGER "00 lockstep mirror-both-deletes/window: badges w";

----------------------------------------------------------------------------------------------------
-- statement undo/flip/watch-again/3: note down which keys of public.names are written from now on

-- sends
CREATE OR REPLACE TRIGGER "00 lockstep mirror-both-deletes/window: names w" AFTER INSERT OR UPDATE
    OR DELETE ON public.names
    FOR EACH ROW
    EXECUTE FUNCTION lockstep."watch of mirror-both-deletes/window: names"('new');

ALTER TABLE public.names ENABLE ALWAYS TRIGGER "00 lockstep mirror-both-deletes/window: names w";

----------------------------------------------------------------------------------------------------
-- check undo/flip/compare/window/1-in_sync: public.badges corresponds to public.people, and nothing that was deleted is back (badges)

-- check
WITH expected AS NOT MATERIALIZED (SELECT id AS person_id
  FROM public.people
  WHERE (active
  )),
  actual AS NOT MATERIALIZED (SELECT person_id
  FROM public.badges),
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
      WHEN false THEN 'different' END AS problem) AS p
    CROSS JOIN LATERAL (SELECT e.person_id AS person_id) AS s
    CROSS JOIN LATERAL (SELECT a.person_id AS person_id) AS t
    WHERE p.problem IN ('missing', 'extra', 'different')
  ),
  difference AS MATERIALIZED (
    SELECT p.problem, p.expected, p.found FROM pair AS p
    WHERE NOT EXISTS (
      SELECT
      FROM lockstep.mirror_failure AS f
      WHERE f.window_name = 'mirror-both-deletes/window'
      AND f.mapping = 'badges'
        AND f.accepted_at IS NOT NULL
          AND (p.expected_key IN (f.key_before, f.key_after) OR p.found_key IN (f.key_before, f.key_after)))
      AND NOT (
        p.problem = 'missing'
        AND EXISTS (
          SELECT
          FROM lockstep.tombstone AS f
          WHERE f.window_name = 'mirror-both-deletes/window'
          AND f.mapping = 'badges'
          AND f.key = p.expected_key
        )
      )
    UNION ALL
    SELECT 'resurrected', NULL, to_jsonb(a.*)
      FROM lockstep.tombstone AS d
      CROSS JOIN LATERAL (
      SELECT t.*
      FROM public.badges AS t
      WHERE t.person_id = d.key[1]::bigint
    OFFSET 0) AS a
      WHERE d.window_name = 'mirror-both-deletes/window' AND d.mapping = 'badges'
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
-- check undo/flip/compare/window/2-in_sync: public.names corresponds to public.people, and nothing that was deleted is back (names)

-- check
WITH expected AS NOT MATERIALIZED (SELECT id AS person_id, name AS name
  FROM public.people),
  actual AS NOT MATERIALIZED (SELECT person_id, name
  FROM public.names),
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
      WHEN e.name::text COLLATE pg_catalog."C" IS DISTINCT FROM a.name::text COLLATE pg_catalog."C"
        THEN 'different' END AS problem) AS p
    CROSS JOIN LATERAL (SELECT e.person_id AS person_id, e.name AS name) AS s
    CROSS JOIN LATERAL (SELECT a.person_id AS person_id, a.name AS name) AS t
    WHERE p.problem IN ('missing', 'extra', 'different')
  ),
  difference AS MATERIALIZED (
    SELECT p.problem, p.expected, p.found FROM pair AS p
    WHERE NOT EXISTS (
      SELECT
      FROM lockstep.mirror_failure AS f
      WHERE f.window_name = 'mirror-both-deletes/window'
      AND f.mapping = 'names'
        AND f.accepted_at IS NOT NULL
          AND (p.expected_key IN (f.key_before, f.key_after) OR p.found_key IN (f.key_before, f.key_after)))
    UNION ALL
    SELECT 'resurrected', NULL, to_jsonb(a.*)
      FROM lockstep.tombstone AS d
      CROSS JOIN LATERAL (
      SELECT t.*
      FROM public.names AS t
      WHERE t.person_id = d.key[1]::bigint
    OFFSET 0) AS a
      WHERE d.window_name = 'mirror-both-deletes/window' AND d.mapping = 'names'
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
-- statement undo/flip/cutover: let the old side of window lead

-- works off before it locks: as flip/cutover

-- how much is left
SELECT count(*) AS rest
    FROM lockstep.touched AS t
    WHERE window_name = 'mirror-both-deletes/window'
    AND mapping = 'badges';

-- works off before it locks: as flip/cutover

-- how much is left
SELECT count(*) AS rest
    FROM lockstep.touched AS t
    WHERE window_name = 'mirror-both-deletes/window'
    AND mapping = 'names';

-- asserts: the window mirror-both-deletes/window can become: old leads
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

-- asserts: the mirror of badges is as it was made: as flip/cutover

-- asserts: the mirror of names is as it was made: as flip/cutover

-- asserts: what a side of mirror-both-deletes/window did not take has been made good: as flip/cutover

-- asserts: what was written since the comparison is the same on both sides (badges): as flip/cutover

-- asserts: what was written since the comparison is the same on both sides (names): as flip/cutover

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
CREATE OR REPLACE FUNCTION lockstep."same of mirror-both-deletes/window: badges"(bigint, bigint) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

-- sends: as window/prepare

-- sends: as window/prepare

REVOKE ALL ON FUNCTION lockstep."move of mirror-both-deletes/window: badges"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."follow of mirror-both-deletes/window: badges"(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."same of mirror-both-deletes/window: badges"(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION lockstep."mirror of mirror-both-deletes/window: badges"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
    forgotten boolean := false;
    n bigint;
    scans text := pg_catalog.current_setting('enable_seqscan');
    echo text := pg_catalog.current_setting('lockstep.echo', true);
    said text;
  BEGIN
    IF TG_OP <> 'INSERT' THEN
      SELECT r.* INTO gone FROM lockstep."row of mirror-both-deletes/window: badges"(OLD.id, OLD.active) AS r;
      had := FOUND;
      gone_key := ARRAY[gone.person_id::bigint::text];
    END IF;
    -- By the index: a plan is kept that was made when there were few rows.
    said := pg_catalog.set_config('enable_seqscan', 'off', true);
    IF TG_OP = 'DELETE' THEN
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: badges"(s.id, s.active) AS r
        WHERE lockstep."same of mirror-both-deletes/window: badges"(s.id, OLD.id);
    ELSE
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: badges"(s.id, s.active) AS r
        WHERE lockstep."same of mirror-both-deletes/window: badges"(s.id, NEW.id);
    END IF;
    has := FOUND;
    said := pg_catalog.set_config('enable_seqscan', scans, true);
    come_key := ARRAY[come.person_id::bigint::text];
    IF TG_OP = 'UPDATE' AND had THEN
      moved := NOT lockstep."same of mirror-both-deletes/window: badges"(OLD.id, NEW.id);
    END IF;
    IF moved
      OR pg_catalog.starts_with(
        coalesce(pg_catalog.current_setting('lockstep.moves_old_547eae23bd91', true), ''),
        pg_catalog.pg_current_xact_id()::text || ' '
      )
      THEN
      IF moved THEN
        EXECUTE 'SELECT pg_catalog.min(m.id) FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''badges'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1' INTO mine
          USING gone_key;
      END IF;
      PERFORM lockstep."follow of mirror-both-deletes/window: badges"(mine);
      IF moved THEN
        EXECUTE 'DELETE FROM lockstep.move AS m WHERE m.id = $1 RETURNING m.found' INTO followed USING mine;
      ELSIF had AND NOT has THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''badges'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1 AND m.found)' INTO followed
          USING gone_key;
        moved := followed;
      END IF;
      IF has THEN
        EXECUTE 'SELECT FROM public.badges AS t CROSS JOIN (SELECT $1 AS person_id) AS come WHERE lockstep."key of mirror-both-deletes/window: badges"(t.person_id, come.person_id) AND NOT (ROW(t.person_id::bigint)::record *<> ROW(come.person_id::bigint)::record)'
          USING come.person_id;
        GET DIAGNOSTICS n = ROW_COUNT;
        written := n > 0;
      END IF;
    END IF;
    IF had AND has AND followed IS NOT TRUE THEN
      EXECUTE 'SELECT FROM public.badges AS t CROSS JOIN (SELECT $1 AS person_id) AS gone WHERE lockstep."key of mirror-both-deletes/window: badges"(t.person_id, gone.person_id) FOR NO KEY UPDATE OF t'
        USING gone.person_id;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        EXECUTE 'SELECT FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
          USING 'mirror-both-deletes/window', 'badges', gone_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-both-deletes/window', 'badges', gone_key)
            ON CONFLICT DO NOTHING;
          DELETE FROM lockstep.tombstone
            WHERE window_name = 'mirror-both-deletes/window'
            AND mapping = 'badges'
            AND key OPERATOR(pg_catalog.=) gone_key;
        END IF;
        forgotten := n > 0;
      END IF;
    END IF;
    IF forgotten AND moved THEN
      INSERT INTO lockstep.tombstone (window_name, mapping, key)
        VALUES ('mirror-both-deletes/window', 'badges', come_key)
        ON CONFLICT DO NOTHING;
    END IF;
    IF moved THEN
      -- The key of before is nobody's, unless another row has it by now.
      EXECUTE 'SELECT FROM public.people AS s CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: badges"(s.id, s.active) AS r WHERE lockstep."same of mirror-both-deletes/window: badges"(s.id, $1[1]::bigint)'
        USING ARRAY[OLD.id::bigint::text];
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        IF followed IS NOT TRUE THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: badges > ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_key::text,
        true
      );
          EXECUTE 'DELETE FROM public.badges AS t USING (SELECT $1 AS person_id) AS gone WHERE lockstep."key of mirror-both-deletes/window: badges"(t.person_id, gone.person_id)'
            USING gone.person_id;
          GET DIAGNOSTICS n = ROW_COUNT;
          IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
            BEGIN
              INSERT INTO public.badges (person_id) VALUES (gone.person_id)
              ON CONFLICT (person_id) DO NOTHING;
              RAISE SQLSTATE 'LS000';
            EXCEPTION
              WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
                NULL;
            END;
          END IF;
        END IF;
        INSERT INTO lockstep.tombstone (window_name, mapping, key)
          VALUES ('mirror-both-deletes/window', 'badges', gone_key)
          ON CONFLICT DO NOTHING;
      END IF;
    ELSIF had AND NOT has THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: badges > ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_key::text,
        true
      );
      EXECUTE 'DELETE FROM public.badges AS t USING (SELECT $1 AS person_id) AS gone WHERE lockstep."key of mirror-both-deletes/window: badges"(t.person_id, gone.person_id)'
        USING gone.person_id;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        BEGIN
          INSERT INTO public.badges (person_id) VALUES (gone.person_id)
          ON CONFLICT (person_id) DO NOTHING;
          RAISE SQLSTATE 'LS000';
        EXCEPTION
          WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
            NULL;
        END;
      END IF;
      INSERT INTO lockstep.tombstone (window_name, mapping, key)
        VALUES ('mirror-both-deletes/window', 'badges', gone_key)
        ON CONFLICT DO NOTHING;
    END IF;
    IF has AND NOT forgotten THEN
      IF moved OR NOT had THEN
        EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
          USING 'mirror-both-deletes/window', 'badges', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-both-deletes/window', 'badges', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
            USING 'mirror-both-deletes/window', 'badges', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF NOT written THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: badges > ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_key::text,
        true
      );
      INSERT INTO public.badges AS t (person_id) VALUES (come.person_id)
      ON CONFLICT (person_id) DO UPDATE SET person_id = EXCLUDED.person_id;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'lockstep window %: the row of % with this key belongs to others',
          '"mirror-both-deletes/window"',
          'public.badges'
          USING ERRCODE = 'unique_violation',
            DETAIL = pg_catalog.format('Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(come_key, ', '));
      END IF;
      END IF;
    END IF;
    said := pg_catalog.set_config('lockstep.echo', coalesce(echo, ''), true);
    RETURN NULL;
  END
  $body$;

CREATE OR REPLACE FUNCTION lockstep."mirror back of mirror-both-deletes/window: badges"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
        USING 'mirror-both-deletes/window', 'badges', 'new';
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        INSERT INTO lockstep.old_writer (window_name, mapping, side)
          VALUES ('mirror-both-deletes/window', 'badges', 'new');
      END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
      had := true;
      IF had THEN
        SELECT b.* INTO gone FROM lockstep."back of mirror-both-deletes/window: badges"(OLD.person_id) AS b;
        gone_row := ARRAY[gone.id::bigint::text];
        gone_key := ARRAY[OLD.person_id::bigint::text];
      END IF;
    END IF;
    -- By the index: a plan is kept that was made when there were few rows.
    said := pg_catalog.set_config('enable_seqscan', 'off', true);
    IF TG_OP = 'DELETE' THEN
      SELECT t.* INTO now
        FROM public.badges AS t
        WHERE lockstep."key of mirror-both-deletes/window: badges"(t.person_id, OLD.person_id);
    ELSE
      SELECT t.* INTO now
        FROM public.badges AS t
        WHERE lockstep."key of mirror-both-deletes/window: badges"(t.person_id, NEW.person_id);
    END IF;
    fits := FOUND;
    said := pg_catalog.set_config('enable_seqscan', scans, true);
    IF fits THEN
      has := true;
      IF has THEN
        SELECT b.* INTO come FROM lockstep."back of mirror-both-deletes/window: badges"(now.person_id) AS b;
        come_row := ARRAY[come.id::bigint::text];
        come_key := ARRAY[now.person_id::bigint::text];
      END IF;
    END IF;
    IF had THEN
      moved := false;
      IF has AND NOT moved THEN
        moved := NOT lockstep."own of mirror-both-deletes/window: badges"(come.id, gone.id);
      END IF;
    END IF;
    IF had AND (NOT has OR gone_key OPERATOR(pg_catalog.<>) come_key) THEN
      n := 0;
      IF TG_OP = 'UPDATE' THEN
        EXECUTE 'SELECT FROM public.badges AS s CROSS JOIN LATERAL (SELECT b.* FROM lockstep."back of mirror-both-deletes/window: badges"(s.person_id) AS b) AS r WHERE lockstep."key of mirror-both-deletes/window: badges"(s.person_id, $1[1]::bigint)'
          USING ARRAY[OLD.person_id::bigint::text];
        GET DIAGNOSTICS n = ROW_COUNT;
      END IF;
      IF n = 0 THEN
        INSERT INTO lockstep.tombstone (window_name, mapping, key)
          VALUES ('mirror-both-deletes/window', 'badges', gone_key)
          ON CONFLICT DO NOTHING;
      END IF;
    END IF;
    IF moved THEN
        PERFORM
          FROM public.people AS s
          WHERE lockstep."own of mirror-both-deletes/window: badges"(s.id, gone.id)
          FOR NO KEY UPDATE;
      IF EXISTS (
        SELECT
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: badges"(s.id, s.active) AS r
        WHERE lockstep."own of mirror-both-deletes/window: badges"(s.id, gone.id)
        AND lockstep."key of mirror-both-deletes/window: badges"(r.person_id, now.person_id)
      )
        THEN
        RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the old shape would still hold it',
          '"mirror-both-deletes/window"',
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
          USING 'mirror-both-deletes/window', 'badges', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-both-deletes/window', 'badges', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
            USING 'mirror-both-deletes/window', 'badges', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF NOT had OR moved THEN
        PERFORM
          FROM public.people AS s
          WHERE lockstep."own of mirror-both-deletes/window: badges"(s.id, come.id)
          FOR NO KEY UPDATE;
        IF EXISTS (
          SELECT
          FROM public.people AS s
          CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: badges"(s.id, s.active) AS r
          WHERE lockstep."own of mirror-both-deletes/window: badges"(s.id, come.id)
          AND NOT lockstep."key of mirror-both-deletes/window: badges"(r.person_id, now.person_id)
          AND NOT EXISTS (
            SELECT
            FROM lockstep.tombstone AS d
            WHERE d.window_name = 'mirror-both-deletes/window'
            AND d.mapping = 'badges'
            AND d.key OPERATOR(pg_catalog.=) ARRAY[r.person_id::bigint::text]
          )
        )
          THEN
          RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the row there stands for another one already',
            '"mirror-both-deletes/window"',
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
        'mirror-both-deletes/window: badges < ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_row::text,
        true
      );
      IF NOT written THEN
        UPDATE public.people AS s
          SET id = come.id
          WHERE lockstep."own of mirror-both-deletes/window: badges"(s.id, come.id);
        IF NOT FOUND THEN
          INSERT INTO public.people (id) VALUES (come.id);
        END IF;
      END IF;
      fits := EXISTS (
        SELECT
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: badges"(s.id, s.active) AS r
        WHERE lockstep."own of mirror-both-deletes/window: badges"(s.id, come.id)
        AND lockstep."key of mirror-both-deletes/window: badges"(r.person_id, now.person_id)
        AND NOT false
      );
      IF NOT fits THEN
        RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the old shape cannot say it',
          '"mirror-both-deletes/window"',
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

CREATE OR REPLACE FUNCTION lockstep."same of mirror-both-deletes/window: names"(bigint, bigint) RETURNS boolean
  LANGUAGE sql STABLE BEGIN ATOMIC
  SELECT $1 = $2;
  END;

-- sends: as window/prepare

-- sends: as window/prepare

REVOKE ALL ON FUNCTION lockstep."move of mirror-both-deletes/window: names"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."follow of mirror-both-deletes/window: names"(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."same of mirror-both-deletes/window: names"(bigint, bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION lockstep."mirror of mirror-both-deletes/window: names"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
      moved := NOT lockstep."same of mirror-both-deletes/window: names"(OLD.id, NEW.id);
    END IF;
    -- By the index: a plan is kept that was made when there were few rows.
    said := pg_catalog.set_config('enable_seqscan', 'off', true);
    IF TG_OP = 'DELETE' THEN
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: names"(s.id, s.name) AS r
        WHERE lockstep."same of mirror-both-deletes/window: names"(s.id, OLD.id);
    ELSE
      SELECT r.* INTO come
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: names"(s.id, s.name) AS r
        WHERE lockstep."same of mirror-both-deletes/window: names"(s.id, NEW.id);
    END IF;
    has := FOUND;
    said := pg_catalog.set_config('enable_seqscan', scans, true);
    come_key := ARRAY[come.person_id::bigint::text];
    IF had AND (moved OR NOT has) THEN
      SELECT r.* INTO gone FROM lockstep."row of mirror-both-deletes/window: names"(OLD.id, OLD.name) AS r;
      gone_key := ARRAY[gone.person_id::bigint::text];
    ELSIF had THEN
      gone_key := come_key;
    END IF;
    IF moved
      OR pg_catalog.starts_with(
        coalesce(pg_catalog.current_setting('lockstep.moves_old_ff91901ec5e9', true), ''),
        pg_catalog.pg_current_xact_id()::text || ' '
      )
      THEN
      IF moved THEN
        EXECUTE 'SELECT pg_catalog.min(m.id) FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''names'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1' INTO mine
          USING gone_key;
      END IF;
      PERFORM lockstep."follow of mirror-both-deletes/window: names"(mine);
      IF moved THEN
        EXECUTE 'DELETE FROM lockstep.move AS m WHERE m.id = $1 RETURNING m.found' INTO followed USING mine;
      ELSIF had AND NOT has THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''names'' AND m.side = ''old'' AND m.from_key OPERATOR(pg_catalog.=) $1 AND m.found)' INTO followed
          USING gone_key;
        moved := followed;
      END IF;
      IF has THEN
        EXECUTE 'SELECT FROM public.names AS t CROSS JOIN (SELECT $1 AS person_id, $2 AS name) AS come WHERE lockstep."key of mirror-both-deletes/window: names"(t.person_id, come.person_id) AND NOT (ROW(t.person_id::bigint, t.name::text)::record *<> ROW(come.person_id::bigint, come.name::text)::record)'
          USING come.person_id, come.name;
        GET DIAGNOSTICS n = ROW_COUNT;
        written := n > 0;
      END IF;
    END IF;
    IF moved THEN
      -- The key of before is nobody's, unless another row has it by now.
      EXECUTE 'SELECT FROM public.people AS s CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: names"(s.id, s.name) AS r WHERE lockstep."same of mirror-both-deletes/window: names"(s.id, $1[1]::bigint)'
        USING ARRAY[OLD.id::bigint::text];
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        IF followed IS NOT TRUE THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: names > ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_key::text,
        true
      );
          EXECUTE 'DELETE FROM public.names AS t USING (SELECT $1 AS person_id, $2 AS name) AS gone WHERE lockstep."key of mirror-both-deletes/window: names"(t.person_id, gone.person_id)'
            USING gone.person_id, gone.name;
          GET DIAGNOSTICS n = ROW_COUNT;
          IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
            BEGIN
              INSERT INTO public.names (person_id, name) VALUES (gone.person_id, gone.name)
              ON CONFLICT (person_id) DO NOTHING;
              RAISE SQLSTATE 'LS000';
            EXCEPTION
              WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
                NULL;
            END;
          END IF;
        END IF;
        INSERT INTO lockstep.tombstone (window_name, mapping, key)
          VALUES ('mirror-both-deletes/window', 'names', gone_key)
          ON CONFLICT DO NOTHING;
      END IF;
    ELSIF had AND NOT has THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: names > ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_key::text,
        true
      );
      EXECUTE 'DELETE FROM public.names AS t USING (SELECT $1 AS person_id, $2 AS name) AS gone WHERE lockstep."key of mirror-both-deletes/window: names"(t.person_id, gone.person_id)'
        USING gone.person_id, gone.name;
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
        BEGIN
          INSERT INTO public.names (person_id, name) VALUES (gone.person_id, gone.name)
          ON CONFLICT (person_id) DO NOTHING;
          RAISE SQLSTATE 'LS000';
        EXCEPTION
          WHEN SQLSTATE 'LS000' OR foreign_key_violation THEN
            NULL;
        END;
      END IF;
      INSERT INTO lockstep.tombstone (window_name, mapping, key)
        VALUES ('mirror-both-deletes/window', 'names', gone_key)
        ON CONFLICT DO NOTHING;
    END IF;
    IF has THEN
      IF moved OR NOT had THEN
        EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
          USING 'mirror-both-deletes/window', 'names', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-both-deletes/window', 'names', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
            USING 'mirror-both-deletes/window', 'names', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF NOT written THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: names > ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_key::text,
        true
      );
      INSERT INTO public.names AS t (person_id, name) VALUES (come.person_id, come.name)
      ON CONFLICT (person_id) DO UPDATE SET name = EXCLUDED.name;
      IF NOT FOUND THEN
        RAISE EXCEPTION 'lockstep window %: the row of % with this key belongs to others',
          '"mirror-both-deletes/window"',
          'public.names'
          USING ERRCODE = 'unique_violation',
            DETAIL = pg_catalog.format('Key (%s)=(%s)', 'person_id', pg_catalog.array_to_string(come_key, ', '));
      END IF;
      END IF;
    END IF;
    said := pg_catalog.set_config('lockstep.echo', coalesce(echo, ''), true);
    RETURN NULL;
  END
  $body$;

-- sends: as fill/join/window

-- sends: as fill/join/window

REVOKE ALL ON FUNCTION lockstep."move back of mirror-both-deletes/window: names"() FROM PUBLIC;
REVOKE ALL ON FUNCTION lockstep."follow back of mirror-both-deletes/window: names"(bigint) FROM PUBLIC;

CREATE OR REPLACE FUNCTION lockstep."mirror back of mirror-both-deletes/window: names"() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
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
        USING 'mirror-both-deletes/window', 'names', 'new';
      GET DIAGNOSTICS n = ROW_COUNT;
      IF n = 0 THEN
        INSERT INTO lockstep.old_writer (window_name, mapping, side)
          VALUES ('mirror-both-deletes/window', 'names', 'new');
      END IF;
    END IF;
    IF TG_OP <> 'INSERT' THEN
      had := true;
      IF had THEN
        SELECT b.* INTO gone FROM lockstep."back of mirror-both-deletes/window: names"(OLD.person_id, OLD.name) AS b;
        gone_row := ARRAY[gone.id::bigint::text];
        gone_key := ARRAY[OLD.person_id::bigint::text];
      END IF;
    END IF;
    -- By the index: a plan is kept that was made when there were few rows.
    said := pg_catalog.set_config('enable_seqscan', 'off', true);
    IF TG_OP = 'DELETE' THEN
      SELECT t.* INTO now
        FROM public.names AS t
        WHERE lockstep."key of mirror-both-deletes/window: names"(t.person_id, OLD.person_id);
    ELSE
      SELECT t.* INTO now
        FROM public.names AS t
        WHERE lockstep."key of mirror-both-deletes/window: names"(t.person_id, NEW.person_id);
    END IF;
    fits := FOUND;
    said := pg_catalog.set_config('enable_seqscan', scans, true);
    IF fits THEN
      has := true;
      IF has THEN
        SELECT b.* INTO come FROM lockstep."back of mirror-both-deletes/window: names"(now.person_id, now.name) AS b;
        come_row := ARRAY[come.id::bigint::text];
        come_key := ARRAY[now.person_id::bigint::text];
      END IF;
    END IF;
    IF had THEN
      moved := TG_OP = 'UPDATE'
        AND NOT lockstep."key of mirror-both-deletes/window: names"(OLD.person_id, NEW.person_id);
      IF has AND NOT moved THEN
        moved := NOT lockstep."own of mirror-both-deletes/window: names"(come.id, gone.id);
      END IF;
    END IF;
    IF moved
      OR pg_catalog.starts_with(
        coalesce(pg_catalog.current_setting('lockstep.moves_new_ff91901ec5e9', true), ''),
        pg_catalog.pg_current_xact_id()::text || ' '
      )
      THEN
      IF moved THEN
        EXECUTE 'SELECT pg_catalog.min(m.id) FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''names'' AND m.side = ''new'' AND m.from_key OPERATOR(pg_catalog.=) $1' INTO mine
          USING gone_row;
      END IF;
      PERFORM lockstep."follow back of mirror-both-deletes/window: names"(mine);
      IF moved THEN
        EXECUTE 'DELETE FROM lockstep.move AS m WHERE m.id = $1 RETURNING m.found' INTO followed USING mine;
      ELSIF had AND NOT has THEN
        EXECUTE 'SELECT EXISTS (SELECT FROM lockstep.move AS m WHERE m.xid = pg_catalog.pg_current_xact_id() AND m.window_name = ''mirror-both-deletes/window'' AND m.mapping = ''names'' AND m.side = ''new'' AND m.from_key OPERATOR(pg_catalog.=) $1 AND m.found)' INTO followed
          USING gone_row;
        moved := followed;
      END IF;
      IF has THEN
        EXECUTE 'SELECT FROM public.people AS t CROSS JOIN (SELECT $1 AS name, $2 AS id) AS come WHERE lockstep."own of mirror-both-deletes/window: names"(t.id, come.id) AND NOT (ROW(t.name::text, t.id::bigint)::record *<> ROW(come.name::text, come.id::bigint)::record)'
          USING come.name, come.id;
        GET DIAGNOSTICS n = ROW_COUNT;
        written := n > 0;
      END IF;
    END IF;
    IF had AND (NOT has OR gone_key OPERATOR(pg_catalog.<>) come_key) THEN
      n := 0;
      IF TG_OP = 'UPDATE' THEN
        EXECUTE 'SELECT FROM public.names AS s CROSS JOIN LATERAL (SELECT b.* FROM lockstep."back of mirror-both-deletes/window: names"(s.person_id, s.name) AS b) AS r WHERE lockstep."key of mirror-both-deletes/window: names"(s.person_id, $1[1]::bigint)'
          USING ARRAY[OLD.person_id::bigint::text];
        GET DIAGNOSTICS n = ROW_COUNT;
      END IF;
      IF n = 0 THEN
        INSERT INTO lockstep.tombstone (window_name, mapping, key)
          VALUES ('mirror-both-deletes/window', 'names', gone_key)
          ON CONFLICT DO NOTHING;
      END IF;
    END IF;
    IF had AND NOT has AND (NOT moved OR followed IS NULL) THEN
      said := pg_catalog.set_config(
        'lockstep.echo',
        'mirror-both-deletes/window: names < ' || pg_catalog.pg_current_xact_id()::text || ' ' || gone_row::text,
        true
      );
      DELETE FROM public.people AS s WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, gone.id);
    END IF;
    IF has THEN
      IF NOT had OR gone_key OPERATOR(pg_catalog.<>) come_key THEN
        EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
          USING 'mirror-both-deletes/window', 'names', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        IF n = 0 AND pg_catalog.current_setting('transaction_isolation') <> 'read committed' THEN
          INSERT INTO lockstep.tombstone (window_name, mapping, key)
            VALUES ('mirror-both-deletes/window', 'names', come_key)
            ON CONFLICT DO NOTHING;
          EXECUTE 'DELETE FROM lockstep.tombstone WHERE window_name = $1 AND mapping = $2 AND key OPERATOR(pg_catalog.=) $3'
            USING 'mirror-both-deletes/window', 'names', come_key;
        GET DIAGNOSTICS n = ROW_COUNT;
        END IF;
      END IF;
      IF NOT had AND followed IS NOT TRUE THEN
        PERFORM
          FROM public.people AS s
          WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, come.id)
          FOR NO KEY UPDATE;
        IF EXISTS (
          SELECT FROM public.people AS s WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, come.id)
        )
          AND NOT EXISTS (
            SELECT
            FROM public.people AS s
            CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: names"(s.id, s.name) AS r
            WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, come.id)
            AND lockstep."key of mirror-both-deletes/window: names"(r.person_id, now.person_id)
          )
          THEN
          RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the row there stands for another one already',
            '"mirror-both-deletes/window"',
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
        'mirror-both-deletes/window: names < ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_row::text,
        true
      );
      IF NOT written THEN
        IF moved AND followed IS NULL THEN
          UPDATE public.people AS s
            SET name = come.name, id = come.id
            WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, gone.id);
        ELSE
          UPDATE public.people AS s
            SET name = come.name
            WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, come.id);
        END IF;
        IF NOT FOUND THEN
          INSERT INTO public.people (name, id) VALUES (come.name, come.id);
        END IF;
      END IF;
      fits := EXISTS (
        SELECT
        FROM public.people AS s
        CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: names"(s.id, s.name) AS r
        WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, come.id)
        AND lockstep."key of mirror-both-deletes/window: names"(r.person_id, now.person_id)
        AND NOT (ROW(r.name::text)::record *<> ROW(now.name::text)::record)
      );
      IF NOT fits
        AND EXISTS (
          SELECT
          FROM public.people AS s
          WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, come.id)
          AND (ROW(s.name::text)::record *<> ROW(come.name::text)::record)
        )
        THEN
        said := pg_catalog.set_config(
          'lockstep.echo',
          'mirror-both-deletes/window: names > ' || pg_catalog.pg_current_xact_id()::text || ' ' || come_key::text,
          true
        );
        UPDATE public.names AS t SET name = r.name
        FROM public.people AS s
          CROSS JOIN LATERAL lockstep."row of mirror-both-deletes/window: names"(s.id, s.name) AS r
          WHERE lockstep."own of mirror-both-deletes/window: names"(s.id, come.id)
          AND lockstep."key of mirror-both-deletes/window: names"(r.person_id, now.person_id)
          AND lockstep."key of mirror-both-deletes/window: names"(t.person_id, r.person_id);
        fits := FOUND;
      END IF;
      IF NOT fits THEN
        RAISE EXCEPTION 'lockstep window %: a write to % does not fit into public.people: the old shape cannot say it',
          '"mirror-both-deletes/window"',
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

-- Rows of one table into others: alone, and what is there stays or stops the run; the way back of each.
-- The plan is `copy.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- batch plain/fill/names: copy public.people into public.names (names)

-- sends
WITH inserted AS (
  INSERT INTO public.names (person_id, name)
  SELECT id AS person_id, name AS name
  FROM public.people
  WHERE public.people.id > $1::bigint AND public.people.id <= $2::bigint
  ORDER BY person_id
  RETURNING 1
  )
  SELECT count(*) AS read, count(*) AS changed,
    0::bigint AS skipped, 0::bigint AS kept, NULL::json AS findings, NULL::json AS problem
  FROM inserted;

----------------------------------------------------------------------------------------------------
-- check undo/plain/fill/names/1-provenance: the rows copied into public.names can still be told from others

-- check
WITH violation AS MATERIALIZED (
  SELECT min(b.xid::text::numeric) AS first_transaction, pg_snapshot_xmax(pg_current_snapshot())::text AS now
  FROM lockstep.batch AS b
    WHERE run_id = current_setting('lockstep.run_id')::bigint
    AND operation_id = 'plain/fill/names'
  HAVING pg_snapshot_xmax(pg_current_snapshot())::text::numeric - min(b.xid::text::numeric) > 2000000000
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- batch undo/plain/fill/names: delete from public.names what was copied and not touched since (names)

-- sends
WITH candidate AS MATERIALIZED (
  SELECT public.names.person_id, public.names.xmin AS lockstep_written_by,
    public.names.xmin IN (
      SELECT b.xid::xid
      FROM lockstep.batch AS b
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'plain/fill/names'
      AND b.xid IS NOT NULL
    ) AS lockstep_ours,
    false AS lockstep_referred
  FROM public.names
  WHERE public.names.person_id > $1::bigint AND public.names.person_id <= $2::bigint
  FOR UPDATE
  ), removed AS (
  DELETE FROM public.names USING candidate AS c
  WHERE public.names.person_id = c.person_id
    AND public.names.person_id > $1::bigint
    AND public.names.person_id <= $2::bigint
    AND c.lockstep_ours
    AND NOT c.lockstep_referred
  RETURNING 1
  ), since AS (
  SELECT c.*, 'kept: written by others since' AS lockstep_what FROM candidate AS c
  WHERE NOT c.lockstep_ours
    AND age(c.lockstep_written_by) <= (
      SELECT max(age(b.xid::xid))
      FROM lockstep.batch AS b
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'plain/fill/names'
      AND b.xid IS NOT NULL
    )
    AND NOT EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'plain/fill/names'
      AND a.key = ARRAY[c.person_id::text]
    )
  UNION ALL
  SELECT c.*, 'kept: others refer to it' FROM candidate AS c WHERE c.lockstep_ours AND c.lockstep_referred
  )
  SELECT (SELECT count(*) FROM candidate) AS read, (SELECT count(*) FROM removed) AS changed,
    (SELECT count(*) FROM candidate) - (SELECT count(*) FROM removed) - (SELECT count(*) FROM since) AS skipped,
      (SELECT count(*) FROM since) AS kept,
    (
      SELECT json_agg(
        json_build_object(
          'what',
          s.lockstep_what,
          'row',
          to_jsonb(s.*) - 'lockstep_ours' - 'lockstep_written_by' - 'lockstep_referred' - 'lockstep_what'
        )
      )
      FROM (SELECT * FROM since LIMIT 10) AS s
    ) AS findings,
    NULL::json AS problem;

----------------------------------------------------------------------------------------------------
-- batch keeps/fill/badges: copy public.people into public.badges (badges)

-- sends
WITH inserted AS (
  INSERT INTO public.badges (person_id)
  SELECT id AS person_id
  FROM public.people
  WHERE (active
  ) AND public.people.id > $1::bigint AND public.people.id <= $2::bigint
  ORDER BY person_id
  RETURNING 1
  )
  SELECT count(*) AS read, count(*) AS changed,
    0::bigint AS skipped, 0::bigint AS kept, NULL::json AS findings, NULL::json AS problem
  FROM inserted;

-- after a row that is there
WITH source AS MATERIALIZED (
  SELECT id AS person_id
  FROM public.people
  WHERE (active
  ) AND public.people.id > $1::bigint AND public.people.id <= $2::bigint
  ), inserted AS (
  INSERT INTO public.badges (person_id)
  SELECT person_id FROM source
  ORDER BY person_id
  ON CONFLICT (person_id) DO NOTHING
  RETURNING person_id
  ), met AS MATERIALIZED (
  SELECT s.* FROM source AS s WHERE NOT EXISTS (SELECT FROM inserted AS i WHERE i.person_id = s.person_id)
  ), noted AS (
  INSERT INTO lockstep.already_there (run_id, operation_id, key)
  SELECT current_setting('lockstep.run_id')::bigint, 'keeps/fill/badges', ARRAY[m.person_id::text] FROM met AS m
  ON CONFLICT DO NOTHING
  ), differing AS (
  SELECT to_jsonb(m.*) AS expected, to_jsonb(t.*) AS found
  FROM met AS m CROSS JOIN LATERAL (SELECT * FROM public.badges AS w WHERE w.person_id = m.person_id OFFSET 0) AS t
  WHERE false LIMIT 10
  ), folded AS (
  SELECT person_id, count(*) AS rows FROM source GROUP BY person_id HAVING count(*) > 1 LIMIT 10
  ), tally AS (
  SELECT (SELECT count(*) FROM source) AS read,
    (SELECT count(*) FROM inserted) AS changed,
    (SELECT count(*) FROM met) AS skipped
  )
  SELECT read, changed, skipped, 0::bigint AS kept,
    (
      SELECT json_agg(json_build_object('what', 'already there, and different', 'expected', expected, 'found', found))
      FROM differing
    ) AS findings,
    CASE WHEN read <> changed + skipped THEN
      json_build_object(
        'code', 'rows_folded', 'retry', false, 'rows', (SELECT coalesce(json_agg(to_json(folded.*)), '[]') FROM folded)
      ) END AS problem
  FROM tally;

----------------------------------------------------------------------------------------------------
-- check undo/keeps/fill/badges/1-provenance: the rows copied into public.badges can still be told from others

-- check
WITH violation AS MATERIALIZED (
  SELECT min(b.xid::text::numeric) AS first_transaction, pg_snapshot_xmax(pg_current_snapshot())::text AS now
  FROM lockstep.batch AS b
    WHERE run_id = current_setting('lockstep.run_id')::bigint
    AND operation_id = 'keeps/fill/badges'
  HAVING pg_snapshot_xmax(pg_current_snapshot())::text::numeric - min(b.xid::text::numeric) > 2000000000
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- batch undo/keeps/fill/badges: delete from public.badges what was copied and not touched since (badges)

-- sends
WITH candidate AS MATERIALIZED (
  SELECT public.badges.person_id, public.badges.xmin AS lockstep_written_by,
    public.badges.xmin IN (
      SELECT b.xid::xid
      FROM lockstep.batch AS b
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'keeps/fill/badges'
      AND b.xid IS NOT NULL
    ) AS lockstep_ours,
    false AS lockstep_referred
  FROM public.badges
  WHERE public.badges.person_id > $1::bigint AND public.badges.person_id <= $2::bigint
  FOR UPDATE
  ), removed AS (
  DELETE FROM public.badges USING candidate AS c
  WHERE public.badges.person_id = c.person_id
    AND public.badges.person_id > $1::bigint
    AND public.badges.person_id <= $2::bigint
    AND c.lockstep_ours
    AND NOT c.lockstep_referred
  RETURNING 1
  ), since AS (
  SELECT c.*, 'kept: written by others since' AS lockstep_what FROM candidate AS c
  WHERE NOT c.lockstep_ours
    AND age(c.lockstep_written_by) <= (
      SELECT max(age(b.xid::xid))
      FROM lockstep.batch AS b
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'keeps/fill/badges'
      AND b.xid IS NOT NULL
    )
    AND NOT EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'keeps/fill/badges'
      AND a.key = ARRAY[c.person_id::text]
    )
  UNION ALL
  SELECT c.*, 'kept: others refer to it' FROM candidate AS c WHERE c.lockstep_ours AND c.lockstep_referred
  )
  SELECT (SELECT count(*) FROM candidate) AS read, (SELECT count(*) FROM removed) AS changed,
    (SELECT count(*) FROM candidate) - (SELECT count(*) FROM removed) - (SELECT count(*) FROM since) AS skipped,
      (SELECT count(*) FROM since) AS kept,
    (
      SELECT json_agg(
        json_build_object(
          'what',
          s.lockstep_what,
          'row',
          to_jsonb(s.*) - 'lockstep_ours' - 'lockstep_written_by' - 'lockstep_referred' - 'lockstep_what'
        )
      )
      FROM (SELECT * FROM since LIMIT 10) AS s
    ) AS findings,
    NULL::json AS problem;

----------------------------------------------------------------------------------------------------
-- batch fires/fill/logged: copy public.people into public.logged (logged)

-- sends
WITH source AS MATERIALIZED (
  SELECT id AS person_id, name AS name
  FROM public.people
  WHERE public.people.id > $1::bigint AND public.people.id <= $2::bigint
  ORDER BY person_id
  ), inserted AS (
  INSERT INTO public.logged (person_id, name)
  SELECT person_id, name FROM source
  RETURNING person_id
  ), tally AS (
  SELECT (SELECT count(*) FROM source) AS read, (SELECT count(*) FROM inserted) AS changed
  )
  SELECT read, changed, 0::bigint AS skipped, 0::bigint AS kept, NULL::json AS findings,
    CASE WHEN read <> changed THEN json_build_object('code', 'rows_left_out', 'retry', false, 'rows', (
      SELECT json_agg(to_json(l.*))
        FROM (SELECT person_id FROM source EXCEPT SELECT person_id FROM inserted LIMIT 10) AS l
    )) END AS problem
  FROM tally;

-- after a row that is there
WITH source AS MATERIALIZED (
  SELECT id AS person_id, name AS name
  FROM public.people
  WHERE public.people.id > $1::bigint AND public.people.id <= $2::bigint
  ), inserted AS (
  INSERT INTO public.logged (person_id, name)
  SELECT person_id, name FROM source
  ORDER BY person_id
  ON CONFLICT (person_id) DO NOTHING
  RETURNING person_id
  ), met AS MATERIALIZED (
  SELECT s.* FROM source AS s WHERE NOT EXISTS (SELECT FROM inserted AS i WHERE i.person_id = s.person_id)
  ), noted AS (
  INSERT INTO lockstep.already_there (run_id, operation_id, key)
  SELECT current_setting('lockstep.run_id')::bigint, 'fires/fill/logged', ARRAY[m.person_id::text] FROM met AS m
  ON CONFLICT DO NOTHING
  ), differing AS (
  SELECT to_jsonb(m.*) AS expected, to_jsonb(t.*) AS found
  FROM met AS m CROSS JOIN LATERAL (SELECT * FROM public.logged AS w WHERE w.person_id = m.person_id OFFSET 0) AS t
  WHERE (ROW(m.name::text)::record *<> ROW(t.name::text)::record) LIMIT 10
  ), folded AS (
  SELECT person_id, count(*) AS rows FROM source GROUP BY person_id HAVING count(*) > 1 LIMIT 10
  ), tally AS (
  SELECT (SELECT count(*) FROM source) AS read,
    (SELECT count(*) FROM inserted) AS changed,
    (SELECT count(*) FROM met) AS skipped
  )
  SELECT read, changed, skipped, 0::bigint AS kept,
    (
      SELECT json_agg(json_build_object('what', 'already there, and different', 'expected', expected, 'found', found))
      FROM differing
    ) AS findings,
    CASE WHEN read <> changed + skipped THEN
      json_build_object(
        'code', 'rows_folded', 'retry', false, 'rows', (SELECT coalesce(json_agg(to_json(folded.*)), '[]') FROM folded)
      ) END AS problem
  FROM tally;

----------------------------------------------------------------------------------------------------
-- check undo/fires/fill/logged/1-provenance: the rows copied into public.logged can still be told from others

-- check
WITH violation AS MATERIALIZED (
  SELECT min(b.xid::text::numeric) AS first_transaction, pg_snapshot_xmax(pg_current_snapshot())::text AS now
  FROM lockstep.batch AS b
    WHERE run_id = current_setting('lockstep.run_id')::bigint
    AND operation_id = 'fires/fill/logged'
  HAVING pg_snapshot_xmax(pg_current_snapshot())::text::numeric - min(b.xid::text::numeric) > 2000000000
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- batch undo/fires/fill/logged: delete from public.logged what was copied and not touched since (logged)

-- sends
WITH candidate AS MATERIALIZED (
  SELECT public.logged.person_id, public.logged.xmin AS lockstep_written_by,
    public.logged.xmin IN (
      SELECT b.xid::xid
      FROM lockstep.batch AS b
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'fires/fill/logged'
      AND b.xid IS NOT NULL
    ) AS lockstep_ours,
    false AS lockstep_referred
  FROM public.logged
  WHERE public.logged.person_id > $1::bigint AND public.logged.person_id <= $2::bigint
  FOR UPDATE
  ), removed AS (
  DELETE FROM public.logged USING candidate AS c
  WHERE public.logged.person_id = c.person_id
    AND public.logged.person_id > $1::bigint
    AND public.logged.person_id <= $2::bigint
    AND c.lockstep_ours
    AND NOT c.lockstep_referred
  RETURNING 1
  ), since AS (
  SELECT c.*, 'kept: written by others since' AS lockstep_what FROM candidate AS c
  WHERE NOT c.lockstep_ours
    AND age(c.lockstep_written_by) <= (
      SELECT max(age(b.xid::xid))
      FROM lockstep.batch AS b
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'fires/fill/logged'
      AND b.xid IS NOT NULL
    )
    AND NOT EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'fires/fill/logged'
      AND a.key = ARRAY[c.person_id::text]
    )
  UNION ALL
  SELECT c.*, 'kept: others refer to it' FROM candidate AS c WHERE c.lockstep_ours AND c.lockstep_referred
  )
  SELECT (SELECT count(*) FROM candidate) AS read, (SELECT count(*) FROM removed) AS changed,
    (SELECT count(*) FROM candidate) - (SELECT count(*) FROM removed) - (SELECT count(*) FROM since) AS skipped,
      (SELECT count(*) FROM since) AS kept,
    (
      SELECT json_agg(
        json_build_object(
          'what',
          s.lockstep_what,
          'row',
          to_jsonb(s.*) - 'lockstep_ours' - 'lockstep_written_by' - 'lockstep_referred' - 'lockstep_what'
        )
      )
      FROM (SELECT * FROM since LIMIT 10) AS s
    ) AS findings,
    NULL::json AS problem;

----------------------------------------------------------------------------------------------------
-- batch suppresses/fill/held: copy public.people into public.held (held)

-- sends
WITH inserted AS (
  INSERT INTO public.held (person_id, name)
  SELECT id AS person_id, (upper(name)
  )::text AS name
  FROM public.people
  WHERE public.people.id > $1::bigint AND public.people.id <= $2::bigint
  ORDER BY person_id
  RETURNING person_id
  ), parent0 AS MATERIALIZED (
  SELECT c.k0
  FROM public.people AS p
    JOIN (SELECT DISTINCT person_id AS k0 FROM inserted WHERE person_id IS NOT NULL) AS c
    ON p.id = c.k0
  FOR KEY SHARE OF p
  ), orphan AS MATERIALIZED (
  SELECT 'held_person_id_fkey' AS "constraint",
    'public.held' AS "table",
    format('Key (%s)=(%s)', 'person_id', concat_ws(', ', coalesce(w.person_id::text, 'null'))) AS key,
    'public.people' AS parent
  FROM inserted AS w WHERE (w.person_id IS NOT NULL AND NOT EXISTS (SELECT FROM parent0 AS p WHERE p.k0 = w.person_id))
  )
  SELECT count(*) AS read, count(*) AS changed,
    0::bigint AS skipped, 0::bigint AS kept, NULL::json AS findings, CASE
      WHEN EXISTS (SELECT FROM orphan)
      THEN json_build_object(
        'code',
        'parent_missing',
        'retry',
        false,
        'rows',
        (SELECT json_agg(to_json(o.*)) FROM (SELECT * FROM orphan LIMIT 10) AS o)
      )
      ELSE NULL::json END AS problem
  FROM inserted;

-- after a row that is there
WITH source AS MATERIALIZED (
  SELECT id AS person_id, (upper(name)
  )::text AS name
  FROM public.people
  WHERE public.people.id > $1::bigint AND public.people.id <= $2::bigint
  ), inserted AS (
  INSERT INTO public.held (person_id, name)
  SELECT person_id, name FROM source
  ORDER BY person_id
  ON CONFLICT (person_id) DO NOTHING
  RETURNING person_id
  ), parent0 AS MATERIALIZED (
  SELECT c.k0
  FROM public.people AS p
    JOIN (SELECT DISTINCT person_id AS k0 FROM inserted WHERE person_id IS NOT NULL) AS c
    ON p.id = c.k0
  FOR KEY SHARE OF p
  ), orphan AS MATERIALIZED (
  SELECT 'held_person_id_fkey' AS "constraint",
    'public.held' AS "table",
    format('Key (%s)=(%s)', 'person_id', concat_ws(', ', coalesce(w.person_id::text, 'null'))) AS key,
    'public.people' AS parent
  FROM inserted AS w WHERE (w.person_id IS NOT NULL AND NOT EXISTS (SELECT FROM parent0 AS p WHERE p.k0 = w.person_id))
  ), met AS MATERIALIZED (
  SELECT s.* FROM source AS s WHERE NOT EXISTS (SELECT FROM inserted AS i WHERE i.person_id = s.person_id)
  ), noted AS (
  INSERT INTO lockstep.already_there (run_id, operation_id, key)
  SELECT current_setting('lockstep.run_id')::bigint, 'suppresses/fill/held', ARRAY[m.person_id::text] FROM met AS m
  ON CONFLICT DO NOTHING
  ), differing AS (
  SELECT to_jsonb(m.*) AS expected, to_jsonb(t.*) AS found
  FROM met AS m CROSS JOIN LATERAL (SELECT * FROM public.held AS w WHERE w.person_id = m.person_id OFFSET 0) AS t
  WHERE (ROW(m.name::text)::record *<> ROW(t.name::text)::record) LIMIT 10
  ), folded AS (
  SELECT person_id, count(*) AS rows FROM source GROUP BY person_id HAVING count(*) > 1 LIMIT 10
  ), tally AS (
  SELECT (SELECT count(*) FROM source) AS read,
    (SELECT count(*) FROM inserted) AS changed,
    (SELECT count(*) FROM met) AS skipped
  )
  SELECT read, changed, skipped, 0::bigint AS kept,
    (
      SELECT json_agg(json_build_object('what', 'already there, and different', 'expected', expected, 'found', found))
      FROM differing
    ) AS findings,
    CASE
      WHEN EXISTS (SELECT FROM orphan)
      THEN json_build_object(
        'code',
        'parent_missing',
        'retry',
        false,
        'rows',
        (SELECT json_agg(to_json(o.*)) FROM (SELECT * FROM orphan LIMIT 10) AS o)
      )
      ELSE CASE
      WHEN read <> changed + skipped
      THEN
      json_build_object(
        'code', 'rows_folded', 'retry', false, 'rows', (SELECT coalesce(json_agg(to_json(folded.*)), '[]') FROM folded)
      ) END END AS problem
  FROM tally;

----------------------------------------------------------------------------------------------------
-- check undo/suppresses/fill/held/1-provenance: the rows copied into public.held can still be told from others

-- check
WITH violation AS MATERIALIZED (
  SELECT min(b.xid::text::numeric) AS first_transaction, pg_snapshot_xmax(pg_current_snapshot())::text AS now
  FROM lockstep.batch AS b
    WHERE run_id = current_setting('lockstep.run_id')::bigint
    AND operation_id = 'suppresses/fill/held'
  HAVING pg_snapshot_xmax(pg_current_snapshot())::text::numeric - min(b.xid::text::numeric) > 2000000000
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- batch undo/suppresses/fill/held: delete from public.held what was copied and not touched since (held)

-- locks its rows
SELECT count(*)
    FROM (
      SELECT
      FROM public.held
      WHERE public.held.person_id > $1::bigint
      AND public.held.person_id <= $2::bigint
      FOR UPDATE
    ) AS locked;

-- sends
WITH candidate AS MATERIALIZED (
  SELECT public.held.person_id, public.held.xmin AS lockstep_written_by,
    public.held.xmin IN (
      SELECT b.xid::xid
      FROM lockstep.batch AS b
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'suppresses/fill/held'
      AND b.xid IS NOT NULL
    ) AS lockstep_ours,
    (EXISTS (SELECT FROM public.holdings AS r WHERE r.person_id = public.held.person_id)
      OR EXISTS (
      SELECT
      FROM pg_catalog.pg_constraint AS f
      WHERE f.contype = 'f'
      AND f.conparentid = 0
      AND f.conrelid <> ALL (
        pg_catalog.array_remove(ARRAY[pg_catalog.to_regclass('public.holdings')::oid]::oid[], NULL)
      )
      AND (
        f.confrelid = 'public.held'::pg_catalog.regclass
        OR f.confrelid IN (SELECT relid FROM pg_catalog.pg_partition_tree('public.held'::pg_catalog.regclass))
      ))) AS lockstep_referred
  FROM public.held
  WHERE public.held.person_id > $1::bigint AND public.held.person_id <= $2::bigint
  FOR UPDATE
  ), removed AS (
  DELETE FROM public.held USING candidate AS c
  WHERE public.held.person_id = c.person_id
    AND public.held.person_id > $1::bigint
    AND public.held.person_id <= $2::bigint
    AND c.lockstep_ours
    AND NOT c.lockstep_referred
  RETURNING 1
  ), since AS (
  SELECT c.*, 'kept: written by others since' AS lockstep_what FROM candidate AS c
  WHERE NOT c.lockstep_ours
    AND age(c.lockstep_written_by) <= (
      SELECT max(age(b.xid::xid))
      FROM lockstep.batch AS b
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'suppresses/fill/held'
      AND b.xid IS NOT NULL
    )
    AND NOT EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'suppresses/fill/held'
      AND a.key = ARRAY[c.person_id::text]
    )
  UNION ALL
  SELECT c.*, 'kept: others refer to it' FROM candidate AS c WHERE c.lockstep_ours AND c.lockstep_referred
  )
  SELECT (SELECT count(*) FROM candidate) AS read, (SELECT count(*) FROM removed) AS changed,
    (SELECT count(*) FROM candidate) - (SELECT count(*) FROM removed) - (SELECT count(*) FROM since) AS skipped,
      (SELECT count(*) FROM since) AS kept,
    (
      SELECT json_agg(
        json_build_object(
          'what',
          s.lockstep_what,
          'row',
          to_jsonb(s.*) - 'lockstep_ours' - 'lockstep_written_by' - 'lockstep_referred' - 'lockstep_what'
        )
      )
      FROM (SELECT * FROM since LIMIT 10) AS s
    ) AS findings,
    NULL::json AS problem;

----------------------------------------------------------------------------------------------------
-- batch referred-to/fill/listed: copy public.people into public.listed (listed)

-- sends
WITH inserted AS (
  INSERT INTO public.listed (person_id, name)
  SELECT id AS person_id, name AS name
  FROM public.people
  WHERE public.people.id > $1::bigint AND public.people.id <= $2::bigint
  ORDER BY person_id
  RETURNING 1
  )
  SELECT count(*) AS read, count(*) AS changed,
    0::bigint AS skipped, 0::bigint AS kept, NULL::json AS findings, NULL::json AS problem
  FROM inserted;

----------------------------------------------------------------------------------------------------
-- check undo/referred-to/fill/listed/1-provenance: the rows copied into public.listed can still be told from others

-- check
WITH violation AS MATERIALIZED (
  SELECT min(b.xid::text::numeric) AS first_transaction, pg_snapshot_xmax(pg_current_snapshot())::text AS now
  FROM lockstep.batch AS b
    WHERE run_id = current_setting('lockstep.run_id')::bigint
    AND operation_id = 'referred-to/fill/listed'
  HAVING pg_snapshot_xmax(pg_current_snapshot())::text::numeric - min(b.xid::text::numeric) > 2000000000
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 1) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- batch undo/referred-to/fill/listed: delete from public.listed what was copied and not touched since (listed)

-- locks its rows
SELECT count(*)
    FROM (
      SELECT
      FROM public.listed
      WHERE public.listed.person_id > $1::bigint
      AND public.listed.person_id <= $2::bigint
      FOR UPDATE
    ) AS locked;

-- sends
WITH candidate AS MATERIALIZED (
  SELECT public.listed.person_id, public.listed.xmin AS lockstep_written_by,
    public.listed.xmin IN (
      SELECT b.xid::xid
      FROM lockstep.batch AS b
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'referred-to/fill/listed'
      AND b.xid IS NOT NULL
    ) AS lockstep_ours,
    (EXISTS (SELECT FROM public.listings AS r WHERE r.person_id = public.listed.person_id)) AS lockstep_referred
  FROM public.listed
  WHERE public.listed.person_id > $1::bigint AND public.listed.person_id <= $2::bigint
  FOR UPDATE
  ), removed AS (
  DELETE FROM public.listed USING candidate AS c
  WHERE public.listed.person_id = c.person_id
    AND public.listed.person_id > $1::bigint
    AND public.listed.person_id <= $2::bigint
    AND c.lockstep_ours
    AND NOT c.lockstep_referred
  RETURNING 1
  ), since AS (
  SELECT c.*, 'kept: written by others since' AS lockstep_what FROM candidate AS c
  WHERE NOT c.lockstep_ours
    AND age(c.lockstep_written_by) <= (
      SELECT max(age(b.xid::xid))
      FROM lockstep.batch AS b
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'referred-to/fill/listed'
      AND b.xid IS NOT NULL
    )
    AND NOT EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'referred-to/fill/listed'
      AND a.key = ARRAY[c.person_id::text]
    )
  UNION ALL
  SELECT c.*, 'kept: others refer to it' FROM candidate AS c WHERE c.lockstep_ours AND c.lockstep_referred
  )
  SELECT (SELECT count(*) FROM candidate) AS read, (SELECT count(*) FROM removed) AS changed,
    (SELECT count(*) FROM candidate) - (SELECT count(*) FROM removed) - (SELECT count(*) FROM since) AS skipped,
      (SELECT count(*) FROM since) AS kept,
    (
      SELECT json_agg(
        json_build_object(
          'what',
          s.lockstep_what,
          'row',
          to_jsonb(s.*) - 'lockstep_ours' - 'lockstep_written_by' - 'lockstep_referred' - 'lockstep_what'
        )
      )
      FROM (SELECT * FROM since LIMIT 10) AS s
    ) AS findings,
    NULL::json AS problem;

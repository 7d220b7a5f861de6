-- Rows are copied while mirrors write to the same target: with triggers of the application, and without.
-- The plan is `copy-beside-window.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- batch fill/fill/names: copy public.people into public.names (names)

-- sends
WITH source AS MATERIALIZED (
  SELECT id AS person_id, name AS name
  FROM public.people
  WHERE public.people.id > $1::bigint AND public.people.id <= $2::bigint
  FOR NO KEY UPDATE
  ), inserted AS (
  INSERT INTO public.names (person_id, name)
  SELECT person_id, name FROM source
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
        VALUES ('public.people', '00 lockstep copy-beside-window/window: names i', true, NULL),
        ('public.people', '00 lockstep copy-beside-window/window: names u', true, NULL),
        ('public.people', '00 lockstep copy-beside-window/window: names d', true, NULL)
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
  SELECT id AS person_id, name AS name
  FROM public.people
  WHERE public.people.id > $1::bigint AND public.people.id <= $2::bigint
  FOR NO KEY UPDATE
  ), inserted AS (
  INSERT INTO public.names (person_id, name)
  SELECT person_id, name FROM source
  ORDER BY person_id
  ON CONFLICT (person_id) DO NOTHING
  RETURNING person_id
  ), met AS MATERIALIZED (
  SELECT s.* FROM source AS s WHERE NOT EXISTS (SELECT FROM inserted AS i WHERE i.person_id = s.person_id)
  ), differing AS (
  SELECT to_jsonb(m.*) AS expected, to_jsonb(t.*) AS found
  FROM met AS m CROSS JOIN LATERAL (SELECT * FROM public.names AS w WHERE w.person_id = m.person_id OFFSET 0) AS t
  WHERE (ROW(m.name::text)::record *<> ROW(t.name::text)::record) LIMIT 10
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
        VALUES ('public.people', '00 lockstep copy-beside-window/window: names i', true, NULL),
        ('public.people', '00 lockstep copy-beside-window/window: names u', true, NULL),
        ('public.people', '00 lockstep copy-beside-window/window: names d', true, NULL)
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
-- batch fill/fill/held: copy public.people into public.held (held)

-- sends
WITH source AS MATERIALIZED (
  SELECT id AS person_id, name AS name
  FROM public.people
  WHERE public.people.id > $1::bigint AND public.people.id <= $2::bigint
  FOR NO KEY UPDATE
  ), inserted AS (
  INSERT INTO public.held (person_id, name)
  SELECT person_id, name FROM source
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
  ), tally AS (
  SELECT (SELECT count(*) FROM source) AS read, (SELECT count(*) FROM inserted) AS changed
  )
  SELECT read, changed, 0::bigint AS skipped, 0::bigint AS kept, NULL::json AS findings,
    CASE
      WHEN NOT (NOT EXISTS (
      SELECT p.relid::regclass::text AS "table", w.trigger_name AS "trigger"
      FROM (
        VALUES ('public.people', '00 lockstep copy-beside-window/window: held i', true, NULL),
        ('public.people', '00 lockstep copy-beside-window/window: held u', true, NULL),
        ('public.people', '00 lockstep copy-beside-window/window: held d', true, NULL)
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
      WHEN read <> changed
      THEN json_build_object('code', 'rows_left_out', 'retry', false, 'rows', '[]'::json) END END END AS problem
  FROM tally;

-- after a row that is there
WITH source AS MATERIALIZED (
  SELECT id AS person_id, name AS name
  FROM public.people
  WHERE public.people.id > $1::bigint AND public.people.id <= $2::bigint
  FOR NO KEY UPDATE
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
  ), differing AS (
  SELECT to_jsonb(m.*) AS expected, to_jsonb(t.*) AS found
  FROM met AS m CROSS JOIN LATERAL (SELECT * FROM public.held AS w WHERE w.person_id = m.person_id OFFSET 0) AS t
  WHERE (ROW(m.name::text)::record *<> ROW(t.name::text)::record) LIMIT 10
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
        VALUES ('public.people', '00 lockstep copy-beside-window/window: held i', true, NULL),
        ('public.people', '00 lockstep copy-beside-window/window: held u', true, NULL),
        ('public.people', '00 lockstep copy-beside-window/window: held d', true, NULL)
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
      WHEN EXISTS (SELECT FROM orphan)
      THEN json_build_object(
        'code',
        'parent_missing',
        'retry',
        false,
        'rows',
        (SELECT json_agg(to_json(o.*)) FROM (SELECT * FROM orphan LIMIT 10) AS o)
      )
      ELSE NULL::json END END AS problem;

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
  SELECT t.person_id
  FROM (SELECT t.person_id, t.name, t.xmin AS lockstep_written_by FROM public.names AS t) AS t
  JOIN (SELECT id AS person_id, name AS name
  FROM public.people) AS e ON t.person_id = e.person_id
  WHERE (
    SELECT EXISTS (
      SELECT
      FROM lockstep.file_node AS f
      WHERE f.run_id = current_setting('lockstep.run_id')::bigint
      AND f.operation_id = 'plain/fill/names'
      AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    )
  )
    AND NOT (ROW(t.name::text)::record *<> ROW(e.name::text)::record)
    AND ((
      SELECT EXISTS (
      SELECT
      FROM lockstep.file_node AS f
      WHERE f.run_id = current_setting('lockstep.run_id')::bigint
      AND f.operation_id = 'plain/fill/names'
      AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    AND f.server <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system())))
      OR t.lockstep_written_by NOT IN (
        SELECT b.xid::xid
        FROM lockstep.batch AS b
        WHERE b.run_id = current_setting('lockstep.run_id')::bigint
        AND b.operation_id = 'plain/fill/names'
        AND b.xid IS NOT NULL
      )
      AND age(t.lockstep_written_by) <= (
        SELECT max(age(b.xid::xid))
        FROM lockstep.batch AS b
        WHERE b.run_id = current_setting('lockstep.run_id')::bigint
        AND b.operation_id = 'plain/fill/names'
        AND b.xid IS NOT NULL
      ))
    AND NOT EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE a.run_id = current_setting('lockstep.run_id')::bigint
      AND a.operation_id = 'plain/fill/names'
      AND a.key = ARRAY[t.person_id::text]
    )
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 3) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check undo/plain/fill/names/2-provenance_age: the transactions that copied into public.names are recent enough to be compared

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
WITH RECURSIVE candidate AS MATERIALIZED (
  SELECT public.names.*,
    public.names.ctid AS lockstep_row,
    public.names.tableoid AS lockstep_table,
    public.names.xmin AS lockstep_written_by
  FROM public.names
  WHERE public.names.person_id > $1::bigint AND public.names.person_id <= $2::bigint
  FOR UPDATE
  ), judged AS MATERIALIZED (
  SELECT c.*, c.lockstep_ours AS lockstep_goes FROM (
  SELECT c.*, NOT (
    SELECT EXISTS (
    SELECT
    FROM lockstep.file_node AS f
    WHERE f.run_id = current_setting('lockstep.run_id')::bigint
    AND f.operation_id = 'plain/fill/names'
    AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    AND f.server <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system())))
      AND c.lockstep_written_by IN (
        SELECT b.xid::xid
        FROM lockstep.batch AS b
        WHERE run_id = current_setting('lockstep.run_id')::bigint
        AND operation_id = 'plain/fill/names'
        AND b.xid IS NOT NULL
      ) AS lockstep_ours,
    (
      SELECT EXISTS (
      SELECT
      FROM lockstep.file_node AS f
      WHERE f.run_id = current_setting('lockstep.run_id')::bigint
      AND f.operation_id = 'plain/fill/names'
      AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    AND f.server <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system())))
      OR coalesce(
        age(c.lockstep_written_by) <= (
          SELECT max(age(b.xid::xid))
          FROM lockstep.batch AS b
          WHERE run_id = current_setting('lockstep.run_id')::bigint
          AND operation_id = 'plain/fill/names'
          AND b.xid IS NOT NULL
        ),
        false
      ) AS lockstep_since,
    EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'plain/fill/names'
      AND a.key = ARRAY[c.person_id::text]
    ) AS lockstep_there
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
    ARRAY[pg_catalog.to_regclass('public.names')::oid], c.tables, c.places
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
  DELETE FROM public.names
  WHERE public.names.ctid = ANY (ARRAY(SELECT place FROM going WHERE relation = 'public.names'::pg_catalog.regclass))
  RETURNING 1
  ), told AS (
  SELECT c.*, CASE
    WHEN c.lockstep_goes
    THEN 'kept: others refer to it'
    ELSE CASE
    WHEN c.lockstep_since
    AND NOT c.lockstep_there
    THEN CASE
    WHEN (
      SELECT EXISTS (
        SELECT
        FROM lockstep.file_node AS f
        WHERE f.run_id = current_setting('lockstep.run_id')::bigint
        AND f.operation_id = 'plain/fill/names'
        AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
      )
    )
    THEN 'kept: the table was rewritten since, whose it is cannot be told'
    ELSE 'kept: written by others since' END END END AS lockstep_what
    FROM judged AS c
  WHERE NOT EXISTS (SELECT FROM going AS g WHERE g.relation = c.lockstep_table AND g.place = c.lockstep_row)
  )
  SELECT (SELECT count(*) FROM candidate) AS read, (SELECT count(*) FROM removed) AS changed,
    (SELECT count(*) FROM told WHERE lockstep_what IS NULL) AS skipped,
      (SELECT count(*) FROM told WHERE lockstep_what IS NOT NULL) AS kept,
    (
      SELECT json_agg(
        json_build_object('what', o.lockstep_what, 'row', to_jsonb((SELECT s FROM (SELECT o.person_id) AS s)))
      )
      FROM (SELECT * FROM told WHERE lockstep_what IS NOT NULL LIMIT 10) AS o
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
  SELECT t.person_id
  FROM (SELECT t.person_id, t.xmin AS lockstep_written_by FROM public.badges AS t) AS t
  JOIN (SELECT id AS person_id
  FROM public.people
  WHERE (active
  )) AS e ON t.person_id = e.person_id
  WHERE (
    SELECT EXISTS (
      SELECT
      FROM lockstep.file_node AS f
      WHERE f.run_id = current_setting('lockstep.run_id')::bigint
      AND f.operation_id = 'keeps/fill/badges'
      AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    )
  )
    AND NOT false
    AND ((
      SELECT EXISTS (
      SELECT
      FROM lockstep.file_node AS f
      WHERE f.run_id = current_setting('lockstep.run_id')::bigint
      AND f.operation_id = 'keeps/fill/badges'
      AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    AND f.server <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system())))
      OR t.lockstep_written_by NOT IN (
        SELECT b.xid::xid
        FROM lockstep.batch AS b
        WHERE b.run_id = current_setting('lockstep.run_id')::bigint
        AND b.operation_id = 'keeps/fill/badges'
        AND b.xid IS NOT NULL
      )
      AND age(t.lockstep_written_by) <= (
        SELECT max(age(b.xid::xid))
        FROM lockstep.batch AS b
        WHERE b.run_id = current_setting('lockstep.run_id')::bigint
        AND b.operation_id = 'keeps/fill/badges'
        AND b.xid IS NOT NULL
      ))
    AND NOT EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE a.run_id = current_setting('lockstep.run_id')::bigint
      AND a.operation_id = 'keeps/fill/badges'
      AND a.key = ARRAY[t.person_id::text]
    )
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 3) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check undo/keeps/fill/badges/2-provenance_age: the transactions that copied into public.badges are recent enough to be compared

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
WITH RECURSIVE candidate AS MATERIALIZED (
  SELECT public.badges.*,
    public.badges.ctid AS lockstep_row,
    public.badges.tableoid AS lockstep_table,
    public.badges.xmin AS lockstep_written_by
  FROM public.badges
  WHERE public.badges.person_id > $1::bigint AND public.badges.person_id <= $2::bigint
  FOR UPDATE
  ), judged AS MATERIALIZED (
  SELECT c.*, c.lockstep_ours AS lockstep_goes FROM (
  SELECT c.*, NOT (
    SELECT EXISTS (
    SELECT
    FROM lockstep.file_node AS f
    WHERE f.run_id = current_setting('lockstep.run_id')::bigint
    AND f.operation_id = 'keeps/fill/badges'
    AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    AND f.server <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system())))
      AND c.lockstep_written_by IN (
        SELECT b.xid::xid
        FROM lockstep.batch AS b
        WHERE run_id = current_setting('lockstep.run_id')::bigint
        AND operation_id = 'keeps/fill/badges'
        AND b.xid IS NOT NULL
      ) AS lockstep_ours,
    (
      SELECT EXISTS (
      SELECT
      FROM lockstep.file_node AS f
      WHERE f.run_id = current_setting('lockstep.run_id')::bigint
      AND f.operation_id = 'keeps/fill/badges'
      AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    AND f.server <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system())))
      OR coalesce(
        age(c.lockstep_written_by) <= (
          SELECT max(age(b.xid::xid))
          FROM lockstep.batch AS b
          WHERE run_id = current_setting('lockstep.run_id')::bigint
          AND operation_id = 'keeps/fill/badges'
          AND b.xid IS NOT NULL
        ),
        false
      ) AS lockstep_since,
    EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'keeps/fill/badges'
      AND a.key = ARRAY[c.person_id::text]
    ) AS lockstep_there
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
    ARRAY[pg_catalog.to_regclass('public.badges')::oid], c.tables, c.places
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
  DELETE FROM public.badges
  WHERE public.badges.ctid = ANY (ARRAY(SELECT place FROM going WHERE relation = 'public.badges'::pg_catalog.regclass))
  RETURNING 1
  ), told AS (
  SELECT c.*, CASE
    WHEN c.lockstep_goes
    THEN 'kept: others refer to it'
    ELSE CASE
    WHEN c.lockstep_since
    AND NOT c.lockstep_there
    THEN CASE
    WHEN (
      SELECT EXISTS (
        SELECT
        FROM lockstep.file_node AS f
        WHERE f.run_id = current_setting('lockstep.run_id')::bigint
        AND f.operation_id = 'keeps/fill/badges'
        AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
      )
    )
    THEN 'kept: the table was rewritten since, whose it is cannot be told'
    ELSE 'kept: written by others since' END END END AS lockstep_what
    FROM judged AS c
  WHERE NOT EXISTS (SELECT FROM going AS g WHERE g.relation = c.lockstep_table AND g.place = c.lockstep_row)
  )
  SELECT (SELECT count(*) FROM candidate) AS read, (SELECT count(*) FROM removed) AS changed,
    (SELECT count(*) FROM told WHERE lockstep_what IS NULL) AS skipped,
      (SELECT count(*) FROM told WHERE lockstep_what IS NOT NULL) AS kept,
    (
      SELECT json_agg(
        json_build_object('what', o.lockstep_what, 'row', to_jsonb((SELECT s FROM (SELECT o.person_id) AS s)))
      )
      FROM (SELECT * FROM told WHERE lockstep_what IS NOT NULL LIMIT 10) AS o
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
  SELECT t.person_id
  FROM (SELECT t.person_id, t.name, t.xmin AS lockstep_written_by FROM public.logged AS t) AS t
  JOIN (SELECT id AS person_id, name AS name
  FROM public.people) AS e ON t.person_id = e.person_id
  WHERE (
    SELECT EXISTS (
      SELECT
      FROM lockstep.file_node AS f
      WHERE f.run_id = current_setting('lockstep.run_id')::bigint
      AND f.operation_id = 'fires/fill/logged'
      AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    )
  )
    AND NOT (ROW(t.name::text)::record *<> ROW(e.name::text)::record)
    AND ((
      SELECT EXISTS (
      SELECT
      FROM lockstep.file_node AS f
      WHERE f.run_id = current_setting('lockstep.run_id')::bigint
      AND f.operation_id = 'fires/fill/logged'
      AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    AND f.server <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system())))
      OR t.lockstep_written_by NOT IN (
        SELECT b.xid::xid
        FROM lockstep.batch AS b
        WHERE b.run_id = current_setting('lockstep.run_id')::bigint
        AND b.operation_id = 'fires/fill/logged'
        AND b.xid IS NOT NULL
      )
      AND age(t.lockstep_written_by) <= (
        SELECT max(age(b.xid::xid))
        FROM lockstep.batch AS b
        WHERE b.run_id = current_setting('lockstep.run_id')::bigint
        AND b.operation_id = 'fires/fill/logged'
        AND b.xid IS NOT NULL
      ))
    AND NOT EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE a.run_id = current_setting('lockstep.run_id')::bigint
      AND a.operation_id = 'fires/fill/logged'
      AND a.key = ARRAY[t.person_id::text]
    )
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 3) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check undo/fires/fill/logged/2-provenance_age: the transactions that copied into public.logged are recent enough to be compared

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
WITH RECURSIVE candidate AS MATERIALIZED (
  SELECT public.logged.*,
    public.logged.ctid AS lockstep_row,
    public.logged.tableoid AS lockstep_table,
    public.logged.xmin AS lockstep_written_by
  FROM public.logged
  WHERE public.logged.person_id > $1::bigint AND public.logged.person_id <= $2::bigint
  FOR UPDATE
  ), judged AS MATERIALIZED (
  SELECT c.*, c.lockstep_ours AS lockstep_goes FROM (
  SELECT c.*, NOT (
    SELECT EXISTS (
    SELECT
    FROM lockstep.file_node AS f
    WHERE f.run_id = current_setting('lockstep.run_id')::bigint
    AND f.operation_id = 'fires/fill/logged'
    AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    AND f.server <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system())))
      AND c.lockstep_written_by IN (
        SELECT b.xid::xid
        FROM lockstep.batch AS b
        WHERE run_id = current_setting('lockstep.run_id')::bigint
        AND operation_id = 'fires/fill/logged'
        AND b.xid IS NOT NULL
      ) AS lockstep_ours,
    (
      SELECT EXISTS (
      SELECT
      FROM lockstep.file_node AS f
      WHERE f.run_id = current_setting('lockstep.run_id')::bigint
      AND f.operation_id = 'fires/fill/logged'
      AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    AND f.server <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system())))
      OR coalesce(
        age(c.lockstep_written_by) <= (
          SELECT max(age(b.xid::xid))
          FROM lockstep.batch AS b
          WHERE run_id = current_setting('lockstep.run_id')::bigint
          AND operation_id = 'fires/fill/logged'
          AND b.xid IS NOT NULL
        ),
        false
      ) AS lockstep_since,
    EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'fires/fill/logged'
      AND a.key = ARRAY[c.person_id::text]
    ) AS lockstep_there
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
    ARRAY[pg_catalog.to_regclass('public.logged')::oid], c.tables, c.places
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
  DELETE FROM public.logged
  WHERE public.logged.ctid = ANY (ARRAY(SELECT place FROM going WHERE relation = 'public.logged'::pg_catalog.regclass))
  RETURNING 1
  ), told AS (
  SELECT c.*, CASE
    WHEN c.lockstep_goes
    THEN 'kept: others refer to it'
    ELSE CASE
    WHEN c.lockstep_since
    AND NOT c.lockstep_there
    THEN CASE
    WHEN (
      SELECT EXISTS (
        SELECT
        FROM lockstep.file_node AS f
        WHERE f.run_id = current_setting('lockstep.run_id')::bigint
        AND f.operation_id = 'fires/fill/logged'
        AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
      )
    )
    THEN 'kept: the table was rewritten since, whose it is cannot be told'
    ELSE 'kept: written by others since' END END END AS lockstep_what
    FROM judged AS c
  WHERE NOT EXISTS (SELECT FROM going AS g WHERE g.relation = c.lockstep_table AND g.place = c.lockstep_row)
  )
  SELECT (SELECT count(*) FROM candidate) AS read, (SELECT count(*) FROM removed) AS changed,
    (SELECT count(*) FROM told WHERE lockstep_what IS NULL) AS skipped,
      (SELECT count(*) FROM told WHERE lockstep_what IS NOT NULL) AS kept,
    (
      SELECT json_agg(
        json_build_object('what', o.lockstep_what, 'row', to_jsonb((SELECT s FROM (SELECT o.person_id) AS s)))
      )
      FROM (SELECT * FROM told WHERE lockstep_what IS NOT NULL LIMIT 10) AS o
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
  SELECT t.person_id
  FROM (SELECT t.person_id, t.name, t.xmin AS lockstep_written_by FROM public.held AS t) AS t
  JOIN (SELECT id AS person_id, (upper(name)
  )::text AS name
  FROM public.people) AS e ON t.person_id = e.person_id
  WHERE (
    SELECT EXISTS (
      SELECT
      FROM lockstep.file_node AS f
      WHERE f.run_id = current_setting('lockstep.run_id')::bigint
      AND f.operation_id = 'suppresses/fill/held'
      AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    )
  )
    AND NOT (ROW(t.name::text)::record *<> ROW(e.name::text)::record)
    AND ((
      SELECT EXISTS (
      SELECT
      FROM lockstep.file_node AS f
      WHERE f.run_id = current_setting('lockstep.run_id')::bigint
      AND f.operation_id = 'suppresses/fill/held'
      AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    AND f.server <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system())))
      OR t.lockstep_written_by NOT IN (
        SELECT b.xid::xid
        FROM lockstep.batch AS b
        WHERE b.run_id = current_setting('lockstep.run_id')::bigint
        AND b.operation_id = 'suppresses/fill/held'
        AND b.xid IS NOT NULL
      )
      AND age(t.lockstep_written_by) <= (
        SELECT max(age(b.xid::xid))
        FROM lockstep.batch AS b
        WHERE b.run_id = current_setting('lockstep.run_id')::bigint
        AND b.operation_id = 'suppresses/fill/held'
        AND b.xid IS NOT NULL
      ))
    AND NOT EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE a.run_id = current_setting('lockstep.run_id')::bigint
      AND a.operation_id = 'suppresses/fill/held'
      AND a.key = ARRAY[t.person_id::text]
    )
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 3) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check undo/suppresses/fill/held/2-provenance_age: the transactions that copied into public.held are recent enough to be compared

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

-- sends
WITH RECURSIVE candidate AS MATERIALIZED (
  SELECT public.held.*,
    public.held.ctid AS lockstep_row,
    public.held.tableoid AS lockstep_table,
    public.held.xmin AS lockstep_written_by
  FROM public.held
  WHERE public.held.person_id > $1::bigint AND public.held.person_id <= $2::bigint
  FOR UPDATE
  ), judged AS MATERIALIZED (
  SELECT c.*, c.lockstep_ours AS lockstep_goes FROM (
  SELECT c.*, NOT (
    SELECT EXISTS (
    SELECT
    FROM lockstep.file_node AS f
    WHERE f.run_id = current_setting('lockstep.run_id')::bigint
    AND f.operation_id = 'suppresses/fill/held'
    AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    AND f.server <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system())))
      AND c.lockstep_written_by IN (
        SELECT b.xid::xid
        FROM lockstep.batch AS b
        WHERE run_id = current_setting('lockstep.run_id')::bigint
        AND operation_id = 'suppresses/fill/held'
        AND b.xid IS NOT NULL
      ) AS lockstep_ours,
    (
      SELECT EXISTS (
      SELECT
      FROM lockstep.file_node AS f
      WHERE f.run_id = current_setting('lockstep.run_id')::bigint
      AND f.operation_id = 'suppresses/fill/held'
      AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    AND f.server <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system())))
      OR coalesce(
        age(c.lockstep_written_by) <= (
          SELECT max(age(b.xid::xid))
          FROM lockstep.batch AS b
          WHERE run_id = current_setting('lockstep.run_id')::bigint
          AND operation_id = 'suppresses/fill/held'
          AND b.xid IS NOT NULL
        ),
        false
      ) AS lockstep_since,
    EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'suppresses/fill/held'
      AND a.key = ARRAY[c.person_id::text]
    ) AS lockstep_there
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
  CROSS JOIN LATERAL lockstep.referring_rows(ARRAY[pg_catalog.to_regclass('public.held')::oid], c.tables, c.places) AS e
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
  DELETE FROM public.held
  WHERE public.held.ctid = ANY (ARRAY(SELECT place FROM going WHERE relation = 'public.held'::pg_catalog.regclass))
  RETURNING 1
  ), told AS (
  SELECT c.*, CASE
    WHEN c.lockstep_goes
    THEN 'kept: others refer to it'
    ELSE CASE
    WHEN c.lockstep_since
    AND NOT c.lockstep_there
    THEN CASE
    WHEN (
      SELECT EXISTS (
        SELECT
        FROM lockstep.file_node AS f
        WHERE f.run_id = current_setting('lockstep.run_id')::bigint
        AND f.operation_id = 'suppresses/fill/held'
        AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
      )
    )
    THEN 'kept: the table was rewritten since, whose it is cannot be told'
    ELSE 'kept: written by others since' END END END AS lockstep_what
    FROM judged AS c
  WHERE NOT EXISTS (SELECT FROM going AS g WHERE g.relation = c.lockstep_table AND g.place = c.lockstep_row)
  )
  SELECT (SELECT count(*) FROM candidate) AS read, (SELECT count(*) FROM removed) AS changed,
    (SELECT count(*) FROM told WHERE lockstep_what IS NULL) AS skipped,
      (SELECT count(*) FROM told WHERE lockstep_what IS NOT NULL) AS kept,
    (
      SELECT json_agg(
        json_build_object('what', o.lockstep_what, 'row', to_jsonb((SELECT s FROM (SELECT o.person_id) AS s)))
      )
      FROM (SELECT * FROM told WHERE lockstep_what IS NOT NULL LIMIT 10) AS o
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
  SELECT t.person_id
  FROM (SELECT t.person_id, t.name, t.xmin AS lockstep_written_by FROM public.listed AS t) AS t
  JOIN (SELECT id AS person_id, name AS name
  FROM public.people) AS e ON t.person_id = e.person_id
  WHERE (
    SELECT EXISTS (
      SELECT
      FROM lockstep.file_node AS f
      WHERE f.run_id = current_setting('lockstep.run_id')::bigint
      AND f.operation_id = 'referred-to/fill/listed'
      AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    )
  )
    AND NOT (ROW(t.name::text)::record *<> ROW(e.name::text)::record)
    AND ((
      SELECT EXISTS (
      SELECT
      FROM lockstep.file_node AS f
      WHERE f.run_id = current_setting('lockstep.run_id')::bigint
      AND f.operation_id = 'referred-to/fill/listed'
      AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    AND f.server <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system())))
      OR t.lockstep_written_by NOT IN (
        SELECT b.xid::xid
        FROM lockstep.batch AS b
        WHERE b.run_id = current_setting('lockstep.run_id')::bigint
        AND b.operation_id = 'referred-to/fill/listed'
        AND b.xid IS NOT NULL
      )
      AND age(t.lockstep_written_by) <= (
        SELECT max(age(b.xid::xid))
        FROM lockstep.batch AS b
        WHERE b.run_id = current_setting('lockstep.run_id')::bigint
        AND b.operation_id = 'referred-to/fill/listed'
        AND b.xid IS NOT NULL
      ))
    AND NOT EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE a.run_id = current_setting('lockstep.run_id')::bigint
      AND a.operation_id = 'referred-to/fill/listed'
      AND a.key = ARRAY[t.person_id::text]
    )
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 3) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check undo/referred-to/fill/listed/2-provenance_age: the transactions that copied into public.listed are recent enough to be compared

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

-- sends
WITH RECURSIVE candidate AS MATERIALIZED (
  SELECT public.listed.*,
    public.listed.ctid AS lockstep_row,
    public.listed.tableoid AS lockstep_table,
    public.listed.xmin AS lockstep_written_by
  FROM public.listed
  WHERE public.listed.person_id > $1::bigint AND public.listed.person_id <= $2::bigint
  FOR UPDATE
  ), judged AS MATERIALIZED (
  SELECT c.*, c.lockstep_ours AS lockstep_goes FROM (
  SELECT c.*, NOT (
    SELECT EXISTS (
    SELECT
    FROM lockstep.file_node AS f
    WHERE f.run_id = current_setting('lockstep.run_id')::bigint
    AND f.operation_id = 'referred-to/fill/listed'
    AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    AND f.server <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system())))
      AND c.lockstep_written_by IN (
        SELECT b.xid::xid
        FROM lockstep.batch AS b
        WHERE run_id = current_setting('lockstep.run_id')::bigint
        AND operation_id = 'referred-to/fill/listed'
        AND b.xid IS NOT NULL
      ) AS lockstep_ours,
    (
      SELECT EXISTS (
      SELECT
      FROM lockstep.file_node AS f
      WHERE f.run_id = current_setting('lockstep.run_id')::bigint
      AND f.operation_id = 'referred-to/fill/listed'
      AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
    AND f.server <> (SELECT system_identifier::text FROM pg_catalog.pg_control_system())))
      OR coalesce(
        age(c.lockstep_written_by) <= (
          SELECT max(age(b.xid::xid))
          FROM lockstep.batch AS b
          WHERE run_id = current_setting('lockstep.run_id')::bigint
          AND operation_id = 'referred-to/fill/listed'
          AND b.xid IS NOT NULL
        ),
        false
      ) AS lockstep_since,
    EXISTS (
      SELECT
      FROM lockstep.already_there AS a
      WHERE run_id = current_setting('lockstep.run_id')::bigint
      AND operation_id = 'referred-to/fill/listed'
      AND a.key = ARRAY[c.person_id::text]
    ) AS lockstep_there
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
    ARRAY[pg_catalog.to_regclass('public.listed')::oid], c.tables, c.places
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
  DELETE FROM public.listed
  WHERE public.listed.ctid = ANY (ARRAY(SELECT place FROM going WHERE relation = 'public.listed'::pg_catalog.regclass))
  RETURNING 1
  ), told AS (
  SELECT c.*, CASE
    WHEN c.lockstep_goes
    THEN 'kept: others refer to it'
    ELSE CASE
    WHEN c.lockstep_since
    AND NOT c.lockstep_there
    THEN CASE
    WHEN (
      SELECT EXISTS (
        SELECT
        FROM lockstep.file_node AS f
        WHERE f.run_id = current_setting('lockstep.run_id')::bigint
        AND f.operation_id = 'referred-to/fill/listed'
        AND pg_catalog.pg_relation_filenode(f.relation) IS DISTINCT FROM f.file_node
      )
    )
    THEN 'kept: the table was rewritten since, whose it is cannot be told'
    ELSE 'kept: written by others since' END END END AS lockstep_what
    FROM judged AS c
  WHERE NOT EXISTS (SELECT FROM going AS g WHERE g.relation = c.lockstep_table AND g.place = c.lockstep_row)
  )
  SELECT (SELECT count(*) FROM candidate) AS read, (SELECT count(*) FROM removed) AS changed,
    (SELECT count(*) FROM told WHERE lockstep_what IS NULL) AS skipped,
      (SELECT count(*) FROM told WHERE lockstep_what IS NOT NULL) AS kept,
    (
      SELECT json_agg(
        json_build_object('what', o.lockstep_what, 'row', to_jsonb((SELECT s FROM (SELECT o.person_id) AS s)))
      )
      FROM (SELECT * FROM told WHERE lockstep_what IS NOT NULL LIMIT 10) AS o
    ) AS findings,
    NULL::json AS problem;

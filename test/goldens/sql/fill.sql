-- Columns are filled in place: over what was there, in a column that a step has added, without triggers.
-- The plan is `fill.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- batch over/fill: fill name, email of public.people

-- sends
WITH old AS MATERIALIZED (
  SELECT public.people.id AS k0,
    public.people.name AS old0, (initcap(name)
  )::text AS new0,
    public.people.email AS old1, (lower(email)
  )::text AS new1
  FROM public.people
  WHERE (active
  ) AND public.people.id > $1::bigint AND public.people.id <= $2::bigint
  FOR NO KEY UPDATE
  ), changed AS (
  UPDATE public.people SET name = o.new0, email = o.new1
  FROM old AS o
  WHERE public.people.id = o.k0 AND public.people.id > $1::bigint AND public.people.id <= $2::bigint
    AND (ROW(o.old0::text, o.old1::text)::record *<> ROW(o.new0::text, o.new1::text)::record)
  RETURNING ARRAY[o.k0::text] AS key,
    ARRAY[o.old0::text, o.old1::text] AS before, ARRAY[public.people.name::text, public.people.email::text] AS after
  ), kept AS (
  INSERT INTO lockstep.before_image (run_id, operation_id, key, before, after)
  SELECT current_setting('lockstep.run_id')::bigint, 'over/fill', key, before, after FROM changed
  )
  SELECT (SELECT count(*) FROM old) AS read, (SELECT count(*) FROM changed) AS changed,
    (SELECT count(*) FROM old) - (SELECT count(*) FROM changed) AS skipped,
      0::bigint AS kept,
      NULL::json AS findings,
      NULL::json AS problem;

----------------------------------------------------------------------------------------------------
-- batch undo/over/fill: restore name, email of public.people where nobody changed it since

-- sends
WITH image AS MATERIALIZED (
  SELECT i.id, i.key, i.before, i.after FROM lockstep.before_image AS i
  WHERE i.run_id = current_setting('lockstep.run_id')::bigint
    AND i.operation_id = 'over/fill'
    AND i.id > $1::bigint
    AND i.id <= $2::bigint
  ), restored AS (
  UPDATE public.people AS t SET name = i.before[1]::text, email = i.before[2]::text
  FROM image AS i
  WHERE t.id = i.key[1]::bigint AND ARRAY[t.name::text, t.email::text] = i.after
  RETURNING i.id
  ), since AS (
  SELECT i.key, i.before, i.after, to_jsonb(t.*) AS row
    FROM image AS i
    LEFT JOIN public.people AS t
    ON t.id = i.key[1]::bigint
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
          ELSE 'kept: changed by others since' END, 'key', key, 'before', before, 'written', after, 'row', row
        )
      )
      FROM (SELECT * FROM since LIMIT 10) AS s
    ) AS findings,
    NULL::json AS problem;

----------------------------------------------------------------------------------------------------
-- statement column/1/add: add column initial to public.people

-- sends
ALTER TABLE public.people ADD COLUMN initial text;

----------------------------------------------------------------------------------------------------
-- statement undo/column/1/add: drop column initial of public.people

-- sends
ALTER TABLE public.people DROP COLUMN initial;

----------------------------------------------------------------------------------------------------
-- batch new/fill: fill initial of public.people

-- sends
WITH changed AS (
  UPDATE public.people SET initial = (left(name, 1)
  )::text
  WHERE (name <> ''
  ) AND public.people.id > $1::bigint AND public.people.id <= $2::bigint
    AND (ROW(public.people.initial::text)::record *<> ROW((left(name, 1)
  )::text::text)::record)
  RETURNING 1
  ), met AS (
  SELECT count(*) AS read FROM public.people WHERE (name <> ''
  ) AND public.people.id > $1::bigint AND public.people.id <= $2::bigint
  )
  SELECT greatest(read, changed) AS read,
    changed,
    greatest(read - changed, 0) AS skipped,
    0::bigint AS kept,
    NULL::json AS findings,
    NULL::json AS problem
  FROM met, (SELECT count(*) AS changed FROM changed) AS written;

----------------------------------------------------------------------------------------------------
-- batch suppressed/fill: fill name of public.held

-- sends
WITH old AS MATERIALIZED (
  SELECT public.held.person_id AS k0,
    public.held.name AS old0, (lower(name)
  )::text AS new0
  FROM public.held
  WHERE public.held.person_id > $1::bigint AND public.held.person_id <= $2::bigint
  FOR NO KEY UPDATE
  ), changed AS (
  UPDATE public.held SET name = o.new0
  FROM old AS o
  WHERE public.held.person_id = o.k0 AND public.held.person_id > $1::bigint AND public.held.person_id <= $2::bigint
    AND (ROW(o.old0::text)::record *<> ROW(o.new0::text)::record)
  RETURNING ARRAY[o.k0::text] AS key,
    ARRAY[o.old0::text] AS before, ARRAY[public.held.name::text] AS after
  ), kept AS (
  INSERT INTO lockstep.before_image (run_id, operation_id, key, before, after)
  SELECT current_setting('lockstep.run_id')::bigint, 'suppressed/fill', key, before, after FROM changed
  )
  SELECT (SELECT count(*) FROM old) AS read, (SELECT count(*) FROM changed) AS changed,
    (SELECT count(*) FROM old) - (SELECT count(*) FROM changed) AS skipped,
      0::bigint AS kept,
      NULL::json AS findings,
      NULL::json AS problem;

----------------------------------------------------------------------------------------------------
-- batch undo/suppressed/fill: restore name of public.held where nobody changed it since

-- sends
WITH image AS MATERIALIZED (
  SELECT i.id, i.key, i.before, i.after FROM lockstep.before_image AS i
  WHERE i.run_id = current_setting('lockstep.run_id')::bigint
    AND i.operation_id = 'suppressed/fill'
    AND i.id > $1::bigint
    AND i.id <= $2::bigint
  ), restored AS (
  UPDATE public.held AS t SET name = i.before[1]::text
  FROM image AS i
  WHERE t.person_id = i.key[1]::bigint AND ARRAY[t.name::text] = i.after
  RETURNING i.id
  ), since AS (
  SELECT i.key, i.before, i.after, to_jsonb(t.*) AS row
    FROM image AS i
    LEFT JOIN public.held AS t
    ON t.person_id = i.key[1]::bigint
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
          ELSE 'kept: changed by others since' END, 'key', key, 'before', before, 'written', after, 'row', row
        )
      )
      FROM (SELECT * FROM since LIMIT 10) AS s
    ) AS findings,
    NULL::json AS problem;

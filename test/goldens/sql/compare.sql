-- What compares two sides that no window keeps in step.
-- The plan is `compare.yaml`; bounds of a range are parameters.

----------------------------------------------------------------------------------------------------
-- check proof/verify/1-in_sync: public.contacts corresponds to public.people (contacts)

-- check
WITH expected AS NOT MATERIALIZED (SELECT id AS person_id, (lower(email)
  )::text AS email
  FROM public.people
  WHERE (active
  )),
  actual AS NOT MATERIALIZED (SELECT person_id, email
  FROM public.contacts
  WHERE (since IS NOT NULL
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
    WHERE p.problem IN ('missing', 'extra', 'different')
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
-- check proof/verify/2-in_sync: public.badges corresponds to public.people (badges)

-- check
WITH expected AS NOT MATERIALIZED (SELECT id AS person_id
  FROM public.people),
  actual AS NOT MATERIALIZED (SELECT person_id
  FROM public.badges),
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
      WHEN false THEN 'different' END AS problem) AS p
    CROSS JOIN LATERAL (SELECT e.person_id AS person_id) AS s
    CROSS JOIN LATERAL (SELECT a.person_id AS person_id) AS t
    WHERE p.problem IN ('missing', 'different')
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
-- check proof/verify/3-in_sync: public.slugs corresponds to public.people (slugs)

-- check
WITH expected AS NOT MATERIALIZED (SELECT slug AS slug, active AS active
  FROM public.people),
  actual AS NOT MATERIALIZED (SELECT slug, active
  FROM public.slugs),
  pair AS MATERIALIZED (
    SELECT p.problem, CASE WHEN p.problem <> 'extra' THEN to_jsonb(s.*) END AS expected,
      CASE WHEN p.problem <> 'missing' THEN to_jsonb(t.*) END AS found
    FROM expected AS e FULL JOIN actual AS a ON e.slug = a.slug
    CROSS JOIN LATERAL (
      SELECT CASE
      WHEN a.slug IS NOT DISTINCT FROM NULL
      THEN 'missing'
      WHEN e.slug IS NOT DISTINCT FROM NULL
      THEN 'extra'
      WHEN e.active::boolean IS DISTINCT FROM a.active::boolean THEN 'different' END AS problem) AS p
    CROSS JOIN LATERAL (SELECT e.slug AS slug, e.active AS active) AS s
    CROSS JOIN LATERAL (SELECT a.slug AS slug, a.active AS active) AS t
    WHERE p.problem IN ('missing', 'extra', 'different')
  ),
  difference AS MATERIALIZED (
    SELECT p.problem, p.expected, p.found FROM pair AS p
    UNION ALL
    SELECT 'double', to_jsonb(d.*), NULL
      FROM (SELECT slug, count(*) AS rows FROM expected GROUP BY slug HAVING count(*) > 1) AS d
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
-- check proof/verify/4-no_orphans: every badges.person_id has its people.id

-- check
WITH violation AS MATERIALIZED (
  SELECT c.* FROM public.badges AS c
  WHERE c.person_id IS NOT NULL AND NOT EXISTS (
    SELECT FROM public.people AS p WHERE p.id = c.person_id)
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check proof/verify/5-castable: texts.id survives as uuid

-- check
WITH violation AS MATERIALIZED (
  SELECT to_json((SELECT s FROM (SELECT pg_catalog.quote_literal(l.given) AS id,
    pg_catalog.concat_ws('; ', CASE
      WHEN NOT l.valid
      THEN 'not a uuid'
      WHEN lower(l.back) <> lower(l.given)
      THEN 'comes back as ' || pg_catalog.quote_literal(l.back) END,
      CASE
        WHEN d1.least IS NOT NULL
        THEN 'double of '
          || pg_catalog.quote_literal(
            CASE WHEN l.given = d1.least THEN d1.greatest ELSE d1.least END
          ) END) AS why) AS s)) AS shown,
    l.valid, coalesce(lower(l.back) <> lower(l.given), false) AS changed, d1.least IS NOT NULL AS double
  FROM (
    SELECT t.id AS k1, v.given, v.valid, w.value, w.value::text COLLATE "C" AS back
    FROM public.texts AS t,
      LATERAL (
        SELECT v.given, pg_catalog.pg_input_is_valid(v.given, 'uuid') AS valid
        FROM (SELECT t.id::text COLLATE "C" AS given) AS v
        OFFSET 0
      ) AS v,
      LATERAL (SELECT CASE WHEN v.valid THEN v.given::uuid END AS value OFFSET 0) AS w
    WHERE t.id IS NOT NULL
  ) AS l
  LEFT JOIN (
    SELECT l.value AS value, min(l.given) AS least, max(l.given) AS greatest
    FROM (
    SELECT t.id AS k1, v.given, v.valid, w.value, w.value::text COLLATE "C" AS back
    FROM public.texts AS t,
      LATERAL (
        SELECT v.given, pg_catalog.pg_input_is_valid(v.given, 'uuid') AS valid
        FROM (SELECT t.id::text COLLATE "C" AS given) AS v
        OFFSET 0
      ) AS v,
      LATERAL (SELECT CASE WHEN v.valid THEN v.given::uuid END AS value OFFSET 0) AS w
    WHERE t.id IS NOT NULL
    ) AS l WHERE l.valid
    GROUP BY l.value HAVING min(l.given) <> max(l.given)
  ) AS d1 ON d1.value = l.value
  WHERE NOT l.valid OR lower(l.back) <> lower(l.given) OR d1.least IS NOT NULL
  ORDER BY l.k1, l.given
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(s.shown) FROM (SELECT shown FROM violation LIMIT 10) AS s) AS samples,
    json_build_object('values', (SELECT count(t.id) FROM public.texts AS t),
      'not_readable', count(*) FILTER (WHERE NOT valid),
      'changed', count(*) FILTER (WHERE changed),
      'letter_case', (SELECT count(*) FROM (
    SELECT t.id AS k1, v.given, v.valid, w.value, w.value::text COLLATE "C" AS back
    FROM public.texts AS t,
      LATERAL (
        SELECT v.given, pg_catalog.pg_input_is_valid(v.given, 'uuid') AS valid
        FROM (SELECT t.id::text COLLATE "C" AS given) AS v
        WHERE v.given <> lower(v.given)
        OFFSET 0
      ) AS v,
      LATERAL (SELECT CASE WHEN v.valid THEN v.given::uuid END AS value OFFSET 0) AS w
    WHERE t.id IS NOT NULL
  ) AS l
      WHERE l.back <> l.given AND NOT lower(l.back) <> lower(l.given)),
      'doubles', count(*) FILTER (WHERE double)) AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check proof/verify/6-unique: email of people is unique

-- check
WITH violation AS MATERIALIZED (
  SELECT t.email, count(*) AS rows FROM public.people AS t
  WHERE t.email IS NOT NULL
  GROUP BY t.email HAVING count(*) > 1
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

----------------------------------------------------------------------------------------------------
-- check proof/verify/7-foreign_keys_valid: foreign keys of held are valid

-- check
WITH violation AS MATERIALIZED (
  SELECT k.conrelid::regclass::text AS "table",
    k.conname::text AS foreign_key,
    'not validated' AS problem,
    NULL::jsonb AS row
  FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND NOT k.convalidated AND k.conrelid = 'public.held'::regclass
  UNION ALL
  SELECT 'public.held', 'held_person_id_fkey', 'no such row', to_jsonb(c.*)
  FROM public.held AS c
    WHERE c.person_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM public.people AS p WHERE p.id = c.person_id)
  )
  SELECT count(*) AS violations,
    (SELECT json_agg(to_json(s.*)) FROM (SELECT * FROM violation LIMIT 10) AS s) AS samples,
    NULL::json AS figures
  FROM violation;

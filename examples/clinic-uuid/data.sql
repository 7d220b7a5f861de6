-- Ids as years of application code have made them: counted, random, typed by hand, with blanks, quotes, other scripts, and
-- two that differ in case alone. How many users says the setting `example.rows`; the same number gives the same rows.

INSERT INTO users (id, email, name, role, created_at)
SELECT
  CASE
    WHEN n = 1 THEN 'user123'
    WHEN n = 2 THEN 'User123'
    WHEN n = 3 THEN ' user123'
    WHEN n = 4 THEN 'it''s "the" admin'
    WHEN n = 5 THEN 'Dr. Ångström'
    WHEN n = 6 THEN md5('a uuid already')::uuid::text
    WHEN n = 7 THEN repeat('long', 200)
    WHEN n = 8 THEN E'tab\tand \\'
    WHEN n % 3 = 0 THEN 'c' || substr(md5('user ' || n), 1, 24)
    ELSE 'user-' || n
  END,
  'user' || n || '@clinic.example',
  CASE WHEN n % 6 <> 0 THEN (ARRAY['Ada Lovelace', 'Zoë Ångström', 'Miles O''Brien', '李小龍', ''])[1 + n % 5] END,
  (ARRAY['staff', 'dentist', 'admin'])[1 + n % 3],
  timestamptz '2022-01-03 08:00:00+00' + n * interval '13 minutes'
FROM generate_series(1, current_setting('example.rows')::int) AS n;

-- One for every twenty users, and at least one.
INSERT INTO clinics (id, name, location, created_at)
SELECT CASE WHEN n % 4 = 0 THEN 'clinic ' || n ELSE 'c' || substr(md5('clinic ' || n), 1, 24) END,
  'Clinic ' || n, CASE WHEN n % 5 <> 0 THEN 'Street ' || n END, timestamptz '2022-01-01 00:00:00+00' + n * interval '1 day'
FROM generate_series(1, 1 + current_setting('example.rows')::int / 20) AS n;

INSERT INTO dashboards (id, user_id, clinic_id, title, settings)
SELECT 'd-' || u.n || '-' || d, u.id,
  (SELECT id FROM (SELECT id, row_number() OVER (ORDER BY created_at) AS n FROM clinics) AS c WHERE c.n = 1 + u.n % 20 AND u.n % 7 <> 0),
  CASE WHEN d = 1 THEN 'Überblick' END,
  jsonb_build_object('panels', u.n % 5)
FROM (SELECT id, row_number() OVER (ORDER BY created_at) AS n FROM users) AS u,
  LATERAL generate_series(1, (u.n % 3)::int) AS d
ORDER BY u.n, d;

INSERT INTO providers (clinic_id, name, status)
SELECT CASE WHEN p <> 4 THEN c.id END, 'Provider ' || c.n || '/' || p, CASE WHEN p = 2 THEN 'on leave' ELSE 'active' END
FROM (SELECT id, row_number() OVER (ORDER BY created_at) AS n FROM clinics) AS c, generate_series(1, 4) AS p
ORDER BY c.n, p;

ANALYZE users, clinics, dashboards, providers;

-- Users as a real table has them: most ids in lower case, those of an old import in upper case, some with mixed letters.
-- How many says the setting `example.rows`; the same number gives the same rows, byte for byte.

INSERT INTO users (id, email, hashed_password, is_active, created_at, updated_at)
SELECT
  CASE
    WHEN n % 50 = 7 THEN upper(id)                         -- imported: the old system printed capitals
    WHEN n % 50 = 8 THEN overlay(id PLACING upper(left(id, 8)) FROM 1)
    ELSE id
  END,
  CASE WHEN n % 11 = 0 THEN 'O''Brien+' ELSE 'user' END || n || '@example.com',
  CASE WHEN n % 5 <> 0 THEN '$2b$12$' || md5('hash ' || n) END,
  n % 13 <> 0,
  joined,
  CASE WHEN n % 9 <> 0 THEN joined + n % 90 * interval '1 day 3 microseconds' END
FROM generate_series(1, current_setting('example.rows')::int) AS n,
  LATERAL (SELECT md5('user ' || n)::uuid::text, timestamptz '2023-03-01 00:00:00.000001+00' + n * interval '41 seconds') AS m (id, joined);

-- A tenth of the users never wrote, some write every day; whoever refers to a user writes its id exactly as it stands there.
INSERT INTO journal_entries (user_id, title, content, mood, created_at)
SELECT
  u.id,
  CASE WHEN e % 3 <> 0 THEN (ARRAY['Monday', '', 'It''s "over"', '日記', ' blanks ', E'two\nlines', '🐘'])[1 + (u.n + e) % 7] END,
  repeat('Today I wrote. ', 1 + ((u.n * e) % 12)::int),
  (ARRAY['calm', 'tired', NULL, 'glad'])[1 + (u.n + e) % 4],
  u.created_at + e * interval '1 day 7 hours'
FROM (SELECT id, created_at, row_number() OVER (ORDER BY created_at) AS n FROM users) AS u,
  LATERAL generate_series(1, CASE WHEN u.n % 10 = 0 THEN 0 WHEN u.n % 97 = 1 THEN 30 ELSE 2 END) AS e
ORDER BY u.n, e;

INSERT INTO tags (user_id, name)
SELECT u.id, t.name
FROM (SELECT id, row_number() OVER (ORDER BY created_at) AS n FROM users) AS u,
  unnest(ARRAY['work', 'Work', 'O''Neill', '旅行', '']) WITH ORDINALITY AS t (name, place)
WHERE (u.n + t.place) % 3 = 0
ORDER BY u.n, t.place;

INSERT INTO reminders (user_id, remind_at, text)
SELECT CASE WHEN u.n % 14 <> 0 THEN u.id END, u.created_at + interval '30 days', 'write something, ' || u.n
FROM (SELECT id, created_at, row_number() OVER (ORDER BY created_at) AS n FROM users) AS u
WHERE u.n % 2 = 0
ORDER BY u.n;

ANALYZE users, journal_entries, tags, reminders;

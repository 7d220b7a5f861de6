-- Users as a real table has them: without a password, without a name, with quotes, with an empty text, in every script.
-- How many says the setting `example.rows`; the same number gives the same rows, byte for byte.

INSERT INTO users
  (id, email, password_hash, google_user_id, real_name, timer_is_public, timer_show_in_list, created_at, updated_at)
SELECT
  md5('user ' || n)::uuid,
  'user' || n || '@example.com',
  CASE
    WHEN n % 5 = 0 THEN NULL                                -- signs in with Google only
    WHEN n % 499 = 2 THEN ''                                -- blocked: the hash was emptied
    WHEN n % 499 = 3 THEN E'legacy:it''s "quoted" \\ $1 %s'
    ELSE '$argon2id$v=19$m=19456,t=2,p=1$' || md5('salt ' || n) || '$' || md5('hash ' || n)
  END,
  CASE WHEN n % 5 = 0 OR n % 3 = 0 THEN (100000000000000000000 + n::numeric * 7919)::text END,
  CASE WHEN n % 4 <> 0 THEN (ARRAY[
    'Ada Lovelace', 'Zoë Ångström', 'Miles O''Brien', '李小龍', 'Tim "The Timer" Tiller', '', 'Нина Симонова',
    E'Back\\slash', E'Zoe\u0308 Combining', 'مريم', E'two\nlines', '🐘 Elephant', ' blanks around '
  ])[1 + n % 13] END,
  n % 2 = 0,
  CASE WHEN n % 7 <> 0 THEN n % 3 = 0 END,
  joined,
  CASE WHEN n % 9 <> 0 THEN joined + n % 90 * interval '1 day 3 microseconds' END
FROM generate_series(1, current_setting('example.rows')::int) AS n,
  LATERAL (SELECT timestamptz '2021-03-01 00:00:00.000001+00' + n * interval '41 seconds 7 microseconds') AS m (joined);

-- What the application has written into the new tables already: logins of another provider, one of them under an id that
-- Google gave to somebody else …
INSERT INTO user_external_logins (id, user_id, provider, provider_user_id, linked_at, created_at)
SELECT md5('github ' || email)::uuid, id, 'github', 'gh-' || split_part(email, '@', 1), created_at, created_at
FROM users WHERE get_byte(uuid_send(id), 0) < 3
UNION ALL
SELECT md5('github twin')::uuid, md5('user 1')::uuid, 'github', google_user_id, created_at, created_at
FROM users WHERE id = md5('user 3')::uuid;

-- … and the preferences of one user, as they stand in users.
INSERT INTO user_preferences (user_id, timer_is_public, timer_show_in_list, created_at, updated_at)
SELECT id, timer_is_public, timer_show_in_list, created_at, updated_at FROM users WHERE id = md5('user 1')::uuid;

ANALYZE users, user_credentials, user_external_logins, user_profiles, user_preferences;

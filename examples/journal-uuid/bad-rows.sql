-- What no plan can make a uuid of, or what would come back as another text: braces, no hyphens, blanks, nothing, a word; and a
-- second user whose id is that of another but for the case of its letters.

INSERT INTO users (id, email) VALUES
  ('{' || md5('bad 1') || '}', 'in-braces@example.com'),
  (md5('bad 2'), 'no-hyphens@example.com'),
  (' ' || substr(md5('bad 3')::uuid::text, 2), 'a-blank-before@example.com'),
  ('', 'nothing@example.com'),
  ('admin', 'admin@example.com');

INSERT INTO users (id, email)
SELECT CASE id WHEN upper(id) THEN lower(id) ELSE upper(id) END, 'twin@example.com' FROM users WHERE email = 'user1@example.com';

INSERT INTO journal_entries (user_id, content) SELECT id, 'who am I?' FROM users WHERE id IN ('admin', '', md5('bad 2'));

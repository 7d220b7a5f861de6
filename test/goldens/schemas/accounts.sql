-- Accounts and what hangs on them, for plans that copy and fill.

CREATE SCHEMA auth;

CREATE TABLE users (
  id bigint PRIMARY KEY,
  email text NOT NULL UNIQUE,
  tenant text NOT NULL,
  theme text,
  score integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  deleted_at timestamptz
);

CREATE TABLE user_preferences (
  user_id bigint PRIMARY KEY,
  theme text NOT NULL,
  created_at timestamptz NOT NULL
);

CREATE TABLE auth.users (
  id bigint PRIMARY KEY,
  google_user_id text NOT NULL UNIQUE,
  address json
);

CREATE TABLE "Weird ""Name""" (
  user_id bigint NOT NULL,
  provider text NOT NULL,
  provider_user_id text NOT NULL,
  raw text,
  UNIQUE (provider, provider_user_id)
);

CREATE TABLE plans (id bigint PRIMARY KEY, name text);
CREATE TABLE old_plans (id bigint PRIMARY KEY, name text);

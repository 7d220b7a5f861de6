-- The database before the plan: everything about a user in one table, and four new tables beside it.

CREATE TABLE users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  email text NOT NULL UNIQUE,
  password_hash text,
  google_user_id text UNIQUE,
  real_name text,
  timer_is_public boolean NOT NULL DEFAULT false,
  timer_show_in_list boolean,                     -- NULL: never asked
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz                          -- NULL: never changed
);

CREATE TABLE user_credentials (
  user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  password_hash text NOT NULL,
  password_updated_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE user_external_logins (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  provider text NOT NULL,
  provider_user_id text NOT NULL,
  linked_at timestamptz NOT NULL DEFAULT now(),
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (provider, provider_user_id)
);

CREATE INDEX ON user_external_logins (user_id);

CREATE TABLE user_profiles (
  user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  real_name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz
);

CREATE TABLE user_preferences (
  user_id uuid PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  timer_is_public boolean NOT NULL DEFAULT false,
  timer_show_in_list boolean,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz
);

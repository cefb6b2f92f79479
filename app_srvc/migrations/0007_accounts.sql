-- depends: 0006_parts
-- People with an account. Of everything that opens a door only a hash is kept.

CREATE TABLE users (
    id uuid PRIMARY KEY,
    first_name text NOT NULL,
    last_name text NOT NULL,
    name_key text COLLATE "C" NOT NULL,     -- "last first", as it is sorted and searched
    given_key text COLLATE "C" NOT NULL,    -- "first last", as it is searched
    login text NOT NULL,
    login_key text COLLATE "C" NOT NULL UNIQUE,
    email text NOT NULL,
    email_key text COLLATE "C" NOT NULL UNIQUE,
    phone text NOT NULL,                    -- E.164
    role text NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'operator')),
    language text,                          -- NULL: as the browser asks
    password_hash text,                     -- NULL: the link has not been used yet
    created_at timestamptz NOT NULL DEFAULT now(),
    locked_at timestamptz,
    state text NOT NULL GENERATED ALWAYS AS (
        CASE WHEN locked_at IS NOT NULL THEN 'locked'
             WHEN password_hash IS NULL THEN 'waiting'
             ELSE 'active' END
    ) STORED
);

-- Each order of the list, and each key whose beginning is searched for: over all and within a state.
CREATE INDEX users_by_date ON users (created_at DESC, id DESC);
CREATE INDEX users_by_name ON users (name_key, id);
CREATE INDEX users_by_given_name ON users (given_key);
CREATE INDEX users_of_state_by_date ON users (state, created_at DESC, id DESC);
CREATE INDEX users_of_state_by_name ON users (state, name_key, id);
CREATE INDEX users_of_state_by_given_name ON users (state, given_key);
CREATE INDEX users_of_state_by_login ON users (state, login_key);
CREATE INDEX users_of_state_by_email ON users (state, email_key);

-- Logins of registrations that came to nothing, kept for as long as those that came to something:
-- otherwise a login that is still free would tell that the address beside it is registered.
CREATE TABLE reserved_logins (
    login_key text COLLATE "C" PRIMARY KEY,
    expires_at timestamptz NOT NULL
);

CREATE TABLE registrations (
    job_id uuid PRIMARY KEY REFERENCES jobs ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    once_hash text UNIQUE,                  -- of what makes a double submit one
    body_hash text,                         -- of what was sent with it
    email_hash text NOT NULL,               -- keyed: to tell a sender of what they sent before
    profile jsonb,                          -- NULL once the account is there, or is not to be
    guest text,                             -- who sent it, if a guest
    outcome text CHECK (outcome IN ('created', 'login taken', 'sent twice', 'email taken'))
);

-- Who asked for a link to set a password anew. Whether there is such a person a worker finds out.
CREATE TABLE password_requests (
    job_id uuid PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
    email_key text                          -- NULL once it is done
);

CREATE INDEX registrations_of_guest ON registrations (guest, email_hash) WHERE guest IS NOT NULL;

CREATE INDEX uploads_of_owner ON uploads (owner);

CREATE TABLE sessions (
    token_hash text PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX sessions_of_user ON sessions (user_id);

CREATE TABLE api_tokens (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    name text NOT NULL,
    token_hash text NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,                 -- NULL: until it is revoked
    last_used_at timestamptz
);
CREATE INDEX api_tokens_of_user ON api_tokens (user_id);

-- One-time links to set a password; the token follows from the id and the secret key.
CREATE TABLE password_links (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    token_hash text NOT NULL UNIQUE,
    expires_at timestamptz NOT NULL
);
CREATE INDEX password_links_of_user ON password_links (user_id);

-- Every mail there was, for as long as its job is kept. What it says follows from its kind and its
-- reader. `failed` it is as well when its job has ended and it still waits.
CREATE TABLE mails (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('welcome', 'reset', 'exists', 'changed')),
    link_id uuid,                           -- in password_links, until it is used or too old
    job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
    state text NOT NULL DEFAULT 'waiting'
        CHECK (state IN ('waiting', 'sent', 'kept', 'failed', 'dropped')),
    reason text,                            -- why it failed or was dropped, for an operator
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at timestamptz
);
CREATE INDEX mails_newest ON mails (created_at DESC, id DESC);
CREATE INDEX mails_of_user ON mails (user_id);
CREATE INDEX mails_of_job ON mails (job_id);

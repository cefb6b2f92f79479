-- depends: 0002_speech
-- Browsers whose person is an operator. The cookie holds the token, this its hash.

CREATE TABLE operators (
    token_hash text PRIMARY KEY,
    expires_at timestamptz NOT NULL
);

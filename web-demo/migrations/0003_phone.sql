-- Persons logged in to the phone app. Neither the cookie nor the app's token is here, only their SHA-256 digests in hex.
CREATE TABLE phone_sessions (
    cookie_digest TEXT PRIMARY KEY,
    token_digest  TEXT NOT NULL UNIQUE,
    citizen_id    TEXT NOT NULL REFERENCES citizens (id) ON DELETE CASCADE,
    expires_at    INTEGER NOT NULL     -- Unix seconds
) STRICT, WITHOUT ROWID;

-- Logins that this phone has scanned: only what is here can be confirmed, so nobody confirms what they were not shown.
CREATE TABLE scanned_logins (
    cookie_digest TEXT NOT NULL REFERENCES phone_sessions (cookie_digest) ON DELETE CASCADE,
    login_id      TEXT NOT NULL,
    context       TEXT NOT NULL,       -- JSON, as the gateway answered the scan
    expires_at    INTEGER NOT NULL,    -- Unix seconds
    decision      TEXT CHECK (decision IN ('confirmed', 'rejected')),
    PRIMARY KEY (cookie_digest, login_id)
) STRICT, WITHOUT ROWID;

-- OpenID Connect authentication requests under way, each bound to the browser that its page was shown in.
CREATE TABLE authentication_requests (
    state          TEXT PRIMARY KEY,
    browser_digest TEXT NOT NULL,      -- SHA-256 of the browser's cookie, in hex
    nonce          TEXT NOT NULL,
    code_verifier  TEXT NOT NULL,
    expires_at     INTEGER NOT NULL    -- Unix seconds
) STRICT, WITHOUT ROWID;

-- Browsers logged in to the portal, by what the ID token said.
CREATE TABLE portal_sessions (
    cookie_digest TEXT PRIMARY KEY,
    name          TEXT NOT NULL,
    identity      TEXT NOT NULL,       -- JSON
    logged_in_at  INTEGER NOT NULL,    -- Unix seconds
    expires_at    INTEGER NOT NULL     -- Unix seconds
) STRICT, WITHOUT ROWID;

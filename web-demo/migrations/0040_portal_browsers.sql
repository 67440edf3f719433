-- Browsers logged in to the portal: whose login each is, and what the request that completed it said of the browser. A session
-- lasts two hours, so those of the old form are given up.
DROP TABLE portal_sessions;

CREATE TABLE portal_sessions (
    cookie_digest TEXT PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE, -- what its person ends it by: known to them, worth nothing as a cookie
    account_id    TEXT NOT NULL,        -- the ID token's `sub`
    name          TEXT NOT NULL,
    identity      TEXT NOT NULL,        -- JSON
    method        TEXT NOT NULL CHECK (method IN ('scan', 'password')),
    address       TEXT NOT NULL,
    browser       TEXT,                 -- name and system, by the browser's own words
    logged_in_at  INTEGER NOT NULL,     -- Unix seconds
    expires_at    INTEGER NOT NULL      -- Unix seconds
) STRICT, WITHOUT ROWID;

CREATE INDEX portal_sessions_of_account ON portal_sessions (account_id);

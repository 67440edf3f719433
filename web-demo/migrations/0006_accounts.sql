-- What the hall itself knows of people: accounts, electronic cards, agents of units. The rest stands in the registers.

DROP TABLE scanned_logins;
DROP TABLE phone_sessions;
DROP TABLE portal_sessions;
DROP TABLE unit_roles;
DROP TABLE units;
DROP TABLE cards;
DROP TABLE accounts;
DROP TABLE citizens;

-- One account for both surfaces.
CREATE TABLE accounts (
    serial        INTEGER PRIMARY KEY AUTOINCREMENT,
    -- The `sub` of tokens, such as c-1001: never reused, says nothing of the person.
    id            TEXT NOT NULL GENERATED ALWAYS AS ('c-' || serial) STORED UNIQUE,
    user_name     TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT NOT NULL,       -- PHC string of argon2id
    id_number     TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    phone         TEXT NOT NULL,
    email         TEXT,
    qq            TEXT,
    wechat        TEXT,
    standing      TEXT NOT NULL CHECK (standing IN ('provisional', 'verified')),
    created_at    INTEGER NOT NULL     -- Unix seconds
) STRICT;

-- Whoever has a row has applied for the electronic card. Whether it may be used follows from the physical card's state.
CREATE TABLE e_cards (
    account_id    TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    since         INTEGER NOT NULL,    -- Unix seconds
    password_hash TEXT                 -- PHC string of argon2id; NULL as long as none was set
) STRICT, WITHOUT ROWID;

-- Agents whom a unit's legal representative has authorised, in the hall and nowhere else.
CREATE TABLE unit_agents (
    unit_id       TEXT NOT NULL,
    id_number     TEXT NOT NULL,
    name          TEXT NOT NULL,
    authorised_by TEXT NOT NULL REFERENCES accounts (id),
    authorised_at INTEGER NOT NULL,    -- Unix seconds
    PRIMARY KEY (unit_id, id_number)
) STRICT, WITHOUT ROWID;

CREATE INDEX unit_agents_of_person ON unit_agents (id_number);

-- Persons logged in to the phone app. Neither the cookie nor the app's token is here, only their SHA-256 digests in hex.
CREATE TABLE phone_sessions (
    cookie_digest TEXT PRIMARY KEY,
    token_digest  TEXT NOT NULL UNIQUE,
    account_id    TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
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

-- Browsers logged in to the portal: by scanning, with what the ID token said, or by password.
CREATE TABLE portal_sessions (
    cookie_digest TEXT PRIMARY KEY,
    account_id    TEXT NOT NULL,       -- the ID token's `sub`
    name          TEXT NOT NULL,
    identity      TEXT NOT NULL,       -- JSON
    method        TEXT NOT NULL CHECK (method IN ('scan', 'password')),
    logged_in_at  INTEGER NOT NULL,    -- Unix seconds
    expires_at    INTEGER NOT NULL     -- Unix seconds
) STRICT, WITHOUT ROWID;

-- Who the hall's citizens are, how they log in to the app, and what they may act as.

CREATE TABLE citizens (
    id        TEXT PRIMARY KEY,        -- the `sub` of tokens, such as c-1001: never reused, says nothing of the person
    name      TEXT NOT NULL,
    id_number TEXT NOT NULL UNIQUE     -- GB 11643
) STRICT;

CREATE TABLE accounts (
    user_name     TEXT PRIMARY KEY COLLATE NOCASE,
    citizen_id    TEXT NOT NULL UNIQUE REFERENCES citizens (id) ON DELETE CASCADE,
    password_hash TEXT NOT NULL        -- PHC string of argon2id
) STRICT;

-- A citizen without a row has no social-security card.
CREATE TABLE cards (
    citizen_id      TEXT PRIMARY KEY REFERENCES citizens (id) ON DELETE CASCADE,
    state           TEXT NOT NULL CHECK (state IN ('active', 'sealed', 'reported_lost', 'application_locked', 'cancelled')),
    e_card_since    INTEGER            -- Unix seconds; NULL until the electronic card has been applied for
) STRICT;

CREATE TABLE units (
    id   TEXT PRIMARY KEY,
    name TEXT NOT NULL
) STRICT;

CREATE TABLE unit_roles (
    unit_id    TEXT NOT NULL REFERENCES units (id) ON DELETE CASCADE,
    citizen_id TEXT NOT NULL REFERENCES citizens (id) ON DELETE CASCADE,
    role       TEXT NOT NULL CHECK (role IN ('legal_representative', 'authorised_agent', 'operator')),
    PRIMARY KEY (unit_id, citizen_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX unit_roles_of_citizen ON unit_roles (citizen_id);

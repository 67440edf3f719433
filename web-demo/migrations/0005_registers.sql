-- The registers of the outside world, as the demo has them: people, cards, units, and short messages under way. The
-- hall's own tables never refer to these, since a register may as well be elsewhere.

CREATE TABLE register_persons (
    id_number TEXT PRIMARY KEY,        -- GB 11643
    name      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE register_regions (
    code             TEXT PRIMARY KEY, -- GB/T 2260
    name             TEXT NOT NULL,
    e_card_open      INTEGER NOT NULL CHECK (e_card_open IN (0, 1)),
    checks_passwords INTEGER NOT NULL CHECK (checks_passwords IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Of a person's cards the one issued last counts.
CREATE TABLE register_cards (
    serial          INTEGER PRIMARY KEY,
    number          TEXT NOT NULL UNIQUE,
    id_number       TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN
        ('not_activated', 'active', 'sealed', 'reported_lost', 'application_locked', 'cancelled')),
    phone           TEXT,
    region          TEXT NOT NULL REFERENCES register_regions (code),
    issued_on       TEXT NOT NULL,     -- YYYY-MM-DD
    password_hash   TEXT NOT NULL,     -- PHC string of argon2id
    wrong_passwords INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX register_cards_of_person ON register_cards (id_number, serial);

-- Replacement cards being made.
CREATE TABLE register_makings (
    id_number  TEXT PRIMARY KEY,
    number     TEXT NOT NULL UNIQUE,
    ordered_at INTEGER NOT NULL        -- Unix seconds
) STRICT, WITHOUT ROWID;

CREATE TABLE register_units (
    id   TEXT PRIMARY KEY,
    name TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE register_posts (
    unit_id   TEXT NOT NULL REFERENCES register_units (id),
    id_number TEXT NOT NULL,
    role      TEXT NOT NULL CHECK (role IN ('legal_representative', 'operator')),
    PRIMARY KEY (unit_id, id_number)
) STRICT, WITHOUT ROWID;

CREATE INDEX register_posts_of_person ON register_posts (id_number);

-- Short messages that nobody carries any further: the developer page shows them.
CREATE TABLE register_messages (
    serial  INTEGER PRIMARY KEY,
    phone   TEXT NOT NULL,
    text    TEXT NOT NULL,
    sent_at INTEGER NOT NULL           -- Unix seconds
) STRICT;

-- Face checks that a browser has been asked for. The cookie is not here, only its SHA-256 digest in hex.
CREATE TABLE face_checks (
    ticket_digest    TEXT PRIMARY KEY,
    purpose          TEXT NOT NULL CHECK (purpose IN ('register', 'log_in', 'e_card')),
    id_number        TEXT NOT NULL,     -- GB 11643; whose face it is to be
    known            INTEGER NOT NULL,  -- 0: nobody of that name and number, so the check will not be passed
    proved_otherwise INTEGER NOT NULL,  -- 1: they are logged in by other means, so a face may be kept
    expires_at       INTEGER NOT NULL,  -- Unix seconds
    passed_at        INTEGER            -- Unix seconds
) STRICT, WITHOUT ROWID;

-- Challenges that have been answered, until they would have ended anyway.
CREATE TABLE face_challenges_spent (
    challenge  TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL         -- Unix seconds
) STRICT, WITHOUT ROWID;

-- Of a face nothing is kept but its descriptor, sealed by AES-256-GCM for this ID number.
CREATE TABLE face_references (
    id_number TEXT PRIMARY KEY,
    sealed    BLOB NOT NULL,            -- nonce (12 bytes), ciphertext, tag
    kept_at   INTEGER NOT NULL          -- Unix seconds
) STRICT, WITHOUT ROWID;

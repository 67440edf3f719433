-- A face check may also be for a new password of the electronic card. Checks under way last ten minutes and are given up.
DROP TABLE face_checks;

CREATE TABLE face_checks (
    ticket_digest    TEXT PRIMARY KEY,
    purpose          TEXT NOT NULL CHECK (purpose IN ('register', 'log_in', 'e_card', 'card_password')),
    id_number        TEXT NOT NULL,     -- GB 11643; whose face it is to be
    known            INTEGER NOT NULL,  -- 0: nobody of that name and number, so the check will not be passed
    proved_otherwise INTEGER NOT NULL,  -- 1: they are logged in by other means, so a face may be kept
    expires_at       INTEGER NOT NULL,  -- Unix seconds
    passed_at        INTEGER            -- Unix seconds
) STRICT, WITHOUT ROWID;

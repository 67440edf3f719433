-- Registrations under way, each bound to the browser or phone that began it. A password is never in one.
CREATE TABLE registration_drafts (
    cookie_digest TEXT PRIMARY KEY,    -- SHA-256 of the cookie, in hex
    draft         TEXT NOT NULL,       -- JSON
    expires_at    INTEGER NOT NULL     -- Unix seconds
) STRICT, WITHOUT ROWID;

-- Codes sent by short message. Both digests are made with the secret of the browser that asked, which is not here: whoever
-- reads the table can neither use a code nor try all million of them.
CREATE TABLE sms_codes (
    key_digest  TEXT PRIMARY KEY,      -- of purpose and phone
    code_digest TEXT NOT NULL,         -- of purpose, phone and code
    tries       INTEGER NOT NULL DEFAULT 0,
    expires_at  INTEGER NOT NULL       -- Unix seconds
) STRICT, WITHOUT ROWID;

-- Face checks that were passed for a registration on the phone. A registration takes its row, once, within ten minutes.
CREATE TABLE registration_face_checks (
    cookie_digest TEXT PRIMARY KEY,    -- of the registration's cookie, as in registration_drafts
    id_number     TEXT NOT NULL,       -- whose face it was
    passed_at     INTEGER NOT NULL     -- Unix seconds
) STRICT, WITHOUT ROWID;

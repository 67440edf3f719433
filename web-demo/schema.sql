-- The hall's tables. A database made by another version of this file is refused, not migrated: it is a demonstration's.
--
-- `account_id` is the `sub` of tokens, such as c-1001. Instants are Unix seconds, days ISO 8601 in the province's time
-- (UTC+8), amounts of money fen, passwords PHC strings of argon2id. Of a cookie only its SHA-256 digest is kept, in hex. A
-- text in both languages is JSON: {"zh": …, "en": …}.

-- Accounts and logins.

-- One account for both surfaces. Its id is never reused and says nothing of the person.
CREATE TABLE accounts (
    serial        INTEGER PRIMARY KEY AUTOINCREMENT,
    id            TEXT NOT NULL GENERATED ALWAYS AS ('c-' || serial) STORED UNIQUE,
    user_name     TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password_hash TEXT NOT NULL,
    id_number     TEXT NOT NULL UNIQUE, -- GB 11643
    name          TEXT NOT NULL,
    phone         TEXT NOT NULL,
    phone_proved  INTEGER NOT NULL,     -- 1: a code to it was typed at the registration
    email         TEXT,
    qq            TEXT,
    wechat        TEXT,
    standing      TEXT NOT NULL CHECK (standing IN ('provisional', 'verified')),
    created_at    INTEGER NOT NULL
) STRICT;

-- Electronic cards that were applied for. Whether one may be used follows from the physical card's state.
CREATE TABLE e_cards (
    account_id    TEXT PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    since         INTEGER NOT NULL,
    password_hash TEXT                  -- NULL until one is set
) STRICT, WITHOUT ROWID;

-- The generic cell rate algorithm's only state: when the last attempt counted will have been worked off.
CREATE TABLE attempts (
    key           TEXT PRIMARY KEY,
    worked_off_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Persons logged in to the phone app.
CREATE TABLE phone_sessions (
    cookie_digest TEXT PRIMARY KEY,
    token_digest  TEXT NOT NULL UNIQUE, -- of the access token that follows from the cookie
    account_id    TEXT NOT NULL,        -- empty once the account is removed
    address       TEXT NOT NULL,        -- of the phone's last request
    expires_at    INTEGER NOT NULL,     -- without activity
    ends_at       INTEGER NOT NULL DEFAULT (unixepoch() + 259200),
    ended_at      INTEGER,              -- before its time
    ended_because TEXT,
    told          INTEGER NOT NULL DEFAULT 0, -- 1: the phone was told why it ended
    flash         TEXT                  -- told once, on the next page that has words for it
) STRICT, WITHOUT ROWID;

-- Logins that a phone has scanned: only these can be confirmed there, so a person confirms only what they were shown.
CREATE TABLE scanned_logins (
    cookie_digest TEXT NOT NULL REFERENCES phone_sessions (cookie_digest) ON DELETE CASCADE,
    login_id      TEXT NOT NULL,
    context       TEXT NOT NULL,        -- JSON, as the gateway answered the scan
    expires_at    INTEGER NOT NULL,
    identity_id   TEXT,                 -- chosen; before the decision only while the computer has to agree
    decision      TEXT CHECK (decision IN ('confirmed', 'rejected')),
    decided_at    INTEGER,
    disowned      TEXT CHECK (disowned IN ('ended', 'asked')), -- "not me" after a confirm: the login is over, or its end was asked for
    PRIMARY KEY (cookie_digest, login_id)
) STRICT, WITHOUT ROWID;

-- Computers of which a person has said after a login that it was not them, by address and by the browser's own words: the
-- phone says so before it confirms the next login from there.
CREATE TABLE disowned_computers (
    account_id  TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    address     TEXT NOT NULL,
    browser     TEXT NOT NULL,
    disowned_at INTEGER NOT NULL,
    PRIMARY KEY (account_id, address, browser)
) STRICT, WITHOUT ROWID;

-- Browsers logged in to the portal: by scanning, with the ID token's words, or by password.
CREATE TABLE portal_sessions (
    cookie_digest TEXT PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE, -- its person ends it by this; it is worth nothing as a cookie
    account_id    TEXT NOT NULL,
    name          TEXT NOT NULL,
    identity      TEXT NOT NULL,        -- JSON
    method        TEXT NOT NULL CHECK (method IN ('scan', 'password')),
    address       TEXT NOT NULL,
    browser       TEXT,                 -- name and system, by the browser's own words
    logged_in_at  INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,     -- without activity
    ends_at       INTEGER NOT NULL DEFAULT (unixepoch() + 28800),
    flash         TEXT,                 -- told once, on the next page that has words for it
    provider_sid  TEXT,                 -- the session at the gateway, by which it ends this one
    id_token      TEXT,                 -- shown to the gateway at a logout
    ended_at      INTEGER,              -- before its time
    ended_because TEXT,
    told          INTEGER NOT NULL DEFAULT 0 -- 1: the browser was told why it ended
) STRICT, WITHOUT ROWID;

-- Sessions at the gateway that have ended, for as long as a code of theirs could still begin a login at the portal.
CREATE TABLE ended_provider_sessions (
    sid        TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX portal_sessions_of_account ON portal_sessions (account_id);
CREATE INDEX portal_sessions_at_provider ON portal_sessions (provider_sid);

-- Answers to forms, and forms sent after a session's end, each for the browser that sent it. Sealed by AES-256-GCM; the key
-- follows from the page's address and the browser's cookie, which are not here.
CREATE TABLE kept_pages (
    key_digest     TEXT PRIMARY KEY,
    browser_digest TEXT NOT NULL,
    address        TEXT NOT NULL,       -- its share of the table is bounded
    sealed         BLOB NOT NULL,
    expires_at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX kept_pages_of_browser ON kept_pages (browser_digest, expires_at);

-- Logouts that the gateway has not answered yet, or is asked for once more.
CREATE TABLE logouts (
    id          INTEGER PRIMARY KEY,
    account_id  TEXT NOT NULL,
    identity_id TEXT,                   -- NULL: as whatever the person is logged in
    reason      TEXT NOT NULL,
    due_at      INTEGER NOT NULL,
    tries       INTEGER NOT NULL DEFAULT 0, -- without an answer
    repeated    INTEGER NOT NULL DEFAULT 0  -- 1: answered once, and due again when the codes of that time are over
) STRICT;

CREATE INDEX logouts_by_time ON logouts (due_at);

-- Proofs of a person.

-- Registrations under way, each bound to the browser or phone that began it. A password is never in one.
CREATE TABLE registration_drafts (
    cookie_digest TEXT PRIMARY KEY,
    draft         TEXT NOT NULL,        -- JSON
    expires_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Forgotten passwords, each bound to the browser or phone that began it. People without an account have a row too: nothing
-- tells them apart.
CREATE TABLE password_resets (
    cookie_digest TEXT PRIMARY KEY,
    id_number     TEXT NOT NULL,
    account_id    TEXT,                 -- NULL: no account has this number and name
    code_way      TEXT CHECK (code_way IN ('account', 'card')), -- the phone that a code was asked for
    done          INTEGER NOT NULL DEFAULT 0,
    expires_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Codes sent by short message. Both digests are made with the secret of the browser that asked, which is not here: a
-- reader of the table can neither use a code nor try all million of them.
CREATE TABLE sms_codes (
    key_digest  TEXT PRIMARY KEY,       -- of purpose and phone
    code_digest TEXT NOT NULL,          -- of purpose, phone and code
    tries       INTEGER NOT NULL DEFAULT 0,
    expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Face checks that a browser has been asked for.
CREATE TABLE face_checks (
    ticket_digest    TEXT PRIMARY KEY,
    purpose          TEXT NOT NULL CHECK (purpose IN ('register', 'log_in', 'password', 'e_card', 'card_password')),
    id_number        TEXT NOT NULL,     -- of the expected face's owner
    known            INTEGER NOT NULL,  -- 0: there is no such person, so the check will not be passed
    proved_otherwise INTEGER NOT NULL,  -- 1: they are logged in by other means, so a face may be kept
    known_by         TEXT,              -- the key of the allowance of tries; NULL: the one that strangers share
    expires_at       INTEGER NOT NULL,
    passed_at        INTEGER
) STRICT, WITHOUT ROWID;

-- Challenges that have been answered, until they would have ended anyway.
CREATE TABLE face_challenges_spent (
    challenge  TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Of a face only its descriptor is kept, sealed by AES-256-GCM for this ID number.
CREATE TABLE face_references (
    id_number TEXT PRIMARY KEY,
    sealed    BLOB NOT NULL,            -- nonce (12 bytes), ciphertext, tag
    kept_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Units.

-- Agents whom a unit's legal representative has appointed, in the hall and nowhere else.
CREATE TABLE delegations (
    id           INTEGER PRIMARY KEY,
    unit_id      TEXT NOT NULL,
    id_number    TEXT NOT NULL,         -- of the agent, who need not have an account
    name         TEXT NOT NULL,
    scope        TEXT NOT NULL,         -- JSON list of: registration, contributions, cards
    ends_on      TEXT NOT NULL,         -- the last day that it counts
    appointed_by TEXT NOT NULL,         -- account
    appointed_at INTEGER NOT NULL,
    withdrawn_at INTEGER
) STRICT;

CREATE INDEX delegations_of_unit ON delegations (unit_id, id_number);
CREATE INDEX delegations_of_person ON delegations (id_number);

-- The delegations with how each stands today. Nothing else decides it, so an end takes effect by itself at midnight.
CREATE VIEW delegations_today AS
SELECT id, unit_id, id_number, name, scope, ends_on, appointed_at,
       date(appointed_at, 'unixepoch', '+8 hours') AS appointed_on,
       date(withdrawn_at, 'unixepoch', '+8 hours') AS withdrawn_on,
       CASE WHEN withdrawn_at IS NOT NULL THEN 'withdrawn'
            WHEN ends_on < date('now', '+8 hours') THEN 'ended'
            ELSE 'active' END AS state
FROM delegations;

-- People whom a unit has registered with the social insurance.
CREATE TABLE employees (
    id            INTEGER PRIMARY KEY,
    unit_id       TEXT NOT NULL,
    id_number     TEXT NOT NULL,        -- of the employee, who need not have an account
    name          TEXT NOT NULL,
    base          INTEGER NOT NULL,     -- a month's wage that contributions follow from
    registered_on TEXT NOT NULL,
    left_on       TEXT
) STRICT;

CREATE UNIQUE INDEX employees_at_work ON employees (unit_id, id_number) WHERE left_on IS NULL;

-- Records. Each view has the columns that its record is read by, and `account_id`, which is empty where a record is
-- everybody's; instants stand in it in the province's time.

CREATE TABLE contributions (
    account_id TEXT NOT NULL,
    insurance  TEXT NOT NULL CHECK (insurance IN ('pension', 'medical', 'unemployment', 'work_injury', 'maternity')),
    month      TEXT NOT NULL,           -- YYYY-MM
    unit       TEXT NOT NULL,           -- the payer's name
    base       INTEGER NOT NULL,
    by_unit    INTEGER NOT NULL,
    by_person  INTEGER NOT NULL,
    PRIMARY KEY (account_id, insurance, month)
) STRICT, WITHOUT ROWID;

CREATE TABLE announcements (
    id           TEXT PRIMARY KEY,
    published_on TEXT NOT NULL,
    title        TEXT NOT NULL,         -- both languages
    body         TEXT NOT NULL          -- both languages, paragraphs on lines of their own
) STRICT, WITHOUT ROWID;

CREATE INDEX announcements_by_day ON announcements (published_on DESC, id DESC);

CREATE VIEW announcement_records AS
SELECT id, '' AS account_id, published_on, title, body FROM announcements;

CREATE TABLE notices (
    id         INTEGER PRIMARY KEY,
    account_id TEXT NOT NULL,
    title      TEXT NOT NULL,           -- both languages
    body       TEXT NOT NULL,           -- both languages, paragraphs on lines of their own
    session_id TEXT,                    -- of the portal session that it tells of
    sent_at    INTEGER NOT NULL,
    read_at    INTEGER
) STRICT;

CREATE INDEX notices_of_account ON notices (account_id, id DESC);

CREATE VIEW notice_records AS
SELECT id, account_id, title, body, session_id, read_at IS NOT NULL AS read,
       strftime('%Y-%m-%d %H:%M', sent_at, 'unixepoch', '+8 hours') AS sent_at
FROM notices;

CREATE TABLE applications (
    id           INTEGER PRIMARY KEY,
    account_id   TEXT NOT NULL,
    service      TEXT NOT NULL,         -- an id of the catalogue
    reason       TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('submitted', 'in_review', 'approved', 'returned', 'withdrawn')),
    answer       TEXT,                  -- both languages
    submitted_at INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX applications_of_account ON applications (account_id, id DESC);

CREATE VIEW application_records AS
SELECT applications.id, account_id, name AS applicant, service, reason, state, answer,
       strftime('%Y-%m-%d %H:%M', submitted_at, 'unixepoch', '+8 hours') AS submitted_at,
       strftime('%Y-%m-%d %H:%M', changed_at, 'unixepoch', '+8 hours') AS changed_at
FROM applications JOIN accounts ON accounts.id = account_id;

CREATE TABLE exams (
    id        TEXT PRIMARY KEY,
    title     TEXT NOT NULL,            -- both languages
    place     TEXT NOT NULL,            -- both languages
    held_at   INTEGER NOT NULL,
    closes_at INTEGER NOT NULL,         -- the end of registration
    seats     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE exam_registrations (
    exam_id       TEXT NOT NULL REFERENCES exams (id) ON DELETE CASCADE,
    account_id    TEXT NOT NULL,
    registered_at INTEGER NOT NULL,
    PRIMARY KEY (exam_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE VIEW exam_records AS
SELECT exams.id, accounts.id AS account_id, title, place, held_at,
       strftime('%Y-%m-%d', held_at, 'unixepoch', '+8 hours') AS held_on,
       strftime('%Y-%m-%d', closes_at, 'unixepoch', '+8 hours') AS closes_on,
       closes_at > unixepoch() AS open,
       seats - (SELECT count(*) FROM exam_registrations WHERE exam_id = exams.id) AS seats_left,
       EXISTS (SELECT 1 FROM exam_registrations
               WHERE exam_id = exams.id AND account_id = accounts.id) AS registered
FROM exams CROSS JOIN accounts;

CREATE TABLE questions (
    id          INTEGER PRIMARY KEY,
    account_id  TEXT NOT NULL,
    subject     TEXT NOT NULL,
    body        TEXT NOT NULL,
    asked_at    INTEGER NOT NULL,
    answer      TEXT,                   -- both languages
    answered_at INTEGER
) STRICT;

CREATE INDEX questions_of_account ON questions (account_id, id DESC);

CREATE VIEW question_records AS
SELECT questions.id, account_id, name AS asker, subject, body, answer,
       strftime('%Y-%m-%d %H:%M', asked_at, 'unixepoch', '+8 hours') AS asked_at,
       strftime('%Y-%m-%d %H:%M', answered_at, 'unixepoch', '+8 hours') AS answered_at
FROM questions JOIN accounts ON accounts.id = account_id;

CREATE TABLE resumes (
    account_id TEXT PRIMARY KEY,
    education  TEXT NOT NULL,
    skills     TEXT NOT NULL,
    experience TEXT NOT NULL,
    wish       TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE VIEW resume_records AS
SELECT account_id AS id, account_id, education, skills, experience, wish,
       strftime('%Y-%m-%d %H:%M', changed_at, 'unixepoch', '+8 hours') AS changed_at
FROM resumes;

CREATE TABLE courses (
    id      TEXT PRIMARY KEY,
    title   TEXT NOT NULL,              -- both languages
    about   TEXT NOT NULL,              -- both languages
    lessons INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE enrolments (
    course_id   TEXT NOT NULL REFERENCES courses (id) ON DELETE CASCADE,
    account_id  TEXT NOT NULL,
    enrolled_at INTEGER NOT NULL,
    PRIMARY KEY (course_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE VIEW course_records AS
SELECT courses.id, accounts.id AS account_id, title, about, lessons,
       strftime('%Y-%m-%d', enrolled_at, 'unixepoch', '+8 hours') AS enrolled_on
FROM courses CROSS JOIN accounts
LEFT JOIN enrolments ON course_id = courses.id AND enrolments.account_id = accounts.id;

-- The registers of the outside world, as the demo has them: people, cards, units, and short messages under way. The hall's
-- own tables never refer to these, since a register may as well be elsewhere.

CREATE TABLE register_persons (
    id_number TEXT PRIMARY KEY,
    name      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE register_regions (
    code             TEXT PRIMARY KEY,  -- GB/T 2260
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
    issued_on       TEXT NOT NULL,
    password_hash   TEXT NOT NULL,
    wrong_passwords INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX register_cards_of_person ON register_cards (id_number, serial);

-- Replacement cards being made.
CREATE TABLE register_makings (
    id_number  TEXT PRIMARY KEY,
    number     TEXT NOT NULL UNIQUE,
    ordered_at INTEGER NOT NULL
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

-- Short messages, for the developer's page: no carrier takes them any further.
CREATE TABLE register_messages (
    serial  INTEGER PRIMARY KEY,
    phone   TEXT NOT NULL,
    text    TEXT NOT NULL,
    sent_at INTEGER NOT NULL
) STRICT;

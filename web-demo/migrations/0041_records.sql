-- What the hall keeps for people beside their login. `account_id` is the `sub` of tokens. A text in both languages is JSON:
-- {"zh": …, "en": …}. Days are ISO 8601, instants Unix seconds, amounts of money fen.

CREATE TABLE contributions (
    account_id TEXT NOT NULL,
    insurance  TEXT NOT NULL CHECK (insurance IN ('pension', 'medical', 'unemployment', 'work_injury', 'maternity')),
    month      TEXT NOT NULL,           -- YYYY-MM
    unit       TEXT NOT NULL,           -- who has paid, by name
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

CREATE TABLE resumes (
    account_id TEXT PRIMARY KEY,
    education  TEXT NOT NULL,
    skills     TEXT NOT NULL,
    experience TEXT NOT NULL,
    wish       TEXT NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

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

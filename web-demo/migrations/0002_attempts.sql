-- The generic cell rate algorithm's only state: when the last attempt counted will have been worked off.
CREATE TABLE attempts (
    key           TEXT PRIMARY KEY,
    worked_off_at INTEGER NOT NULL      -- Unix seconds
) STRICT, WITHOUT ROWID;

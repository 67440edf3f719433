-- Whom a unit has registered with the social insurance, and what it declares as the base of their contributions.
CREATE TABLE employees (
    id            INTEGER PRIMARY KEY,
    unit_id       TEXT NOT NULL,
    id_number     TEXT NOT NULL,        -- of the employee, who need not have an account
    name          TEXT NOT NULL,
    base          INTEGER NOT NULL,     -- fen a month
    registered_on TEXT NOT NULL,        -- ISO 8601, in the province's time (UTC+8)
    left_on       TEXT                  -- as well
) STRICT;

CREATE UNIQUE INDEX employees_at_work ON employees (unit_id, id_number) WHERE left_on IS NULL;

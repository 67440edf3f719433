-- Agents whom a unit's legal representative has appointed, in the hall and nowhere else: for which affairs, and until when. Those
-- of the old form say neither, so they authorise nobody.
DROP TABLE unit_agents;

CREATE TABLE delegations (
    id           INTEGER PRIMARY KEY,
    unit_id      TEXT NOT NULL,
    id_number    TEXT NOT NULL,         -- of the agent, who need not have an account
    name         TEXT NOT NULL,
    scope        TEXT NOT NULL,         -- JSON list of: registration, contributions, cards
    ends_on      TEXT NOT NULL,         -- the last day that it counts, ISO 8601, in the province's time (UTC+8)
    appointed_by TEXT NOT NULL,         -- account
    appointed_at INTEGER NOT NULL,      -- Unix seconds
    withdrawn_at INTEGER                -- Unix seconds
) STRICT;

CREATE INDEX delegations_of_unit ON delegations (unit_id, id_number);
CREATE INDEX delegations_of_person ON delegations (id_number);

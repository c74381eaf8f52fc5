-- What a sender remembers. Times are milliseconds since 1970-01-01T00:00:00Z.

CREATE TABLE policy (
    domain     TEXT   NOT NULL PRIMARY KEY,
    id         TEXT   NOT NULL,
    body       TEXT   NOT NULL,
    fetched_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    recheck_at BIGINT NOT NULL
) WITHOUT ROWID;

CREATE INDEX policy_expires_at ON policy (expires_at);

CREATE TABLE route (
    next_hop    TEXT   NOT NULL PRIMARY KEY,
    dane        BIGINT NOT NULL,
    fresh_until BIGINT NOT NULL
) WITHOUT ROWID;

CREATE INDEX route_fresh_until ON route (fresh_until);

-- Hosted domains, and the nodes that serve them. Times are milliseconds since
-- 1970-01-01T00:00:00Z.

-- To whom rows belong.
CREATE TABLE organisations (
    id   INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT    NOT NULL UNIQUE
);

-- One row: the number of the last change that nodes have to see.
CREATE TABLE feed (
    id  INTEGER PRIMARY KEY CHECK (id = 1),
    seq BIGINT  NOT NULL
);
INSERT INTO feed (id, seq) VALUES (1, 0);

-- A row is never deleted: its token must not be used again (RFC 8461 §10.3).
CREATE TABLE domains (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    organisation_id BIGINT  NOT NULL REFERENCES organisations (id),
    name            TEXT    NOT NULL,
    token           TEXT    NOT NULL UNIQUE,
    -- cname, pasted, updated
    way             TEXT    NOT NULL,
    -- pending, delegated, certified, testing, enforce, withdrawing, gone
    state           TEXT    NOT NULL,
    since           BIGINT  NOT NULL,
    -- Numbers of versions.
    shown           BIGINT,
    announced       BIGINT,
    -- A change of MX hosts under way, as JSON.
    migration       TEXT,
    -- The value of rua at _smtp._tls.
    rua             TEXT,
    added_at        BIGINT  NOT NULL,
    -- The feed as it was at the last change.
    seq             BIGINT  NOT NULL UNIQUE
);
CREATE UNIQUE INDEX domains_name ON domains (name) WHERE state <> 'gone';
CREATE INDEX domains_organisation ON domains (organisation_id, name);
CREATE INDEX domains_former ON domains (name) WHERE state = 'gone';

-- Every policy that a domain ever had.
CREATE TABLE versions (
    domain_id   BIGINT NOT NULL REFERENCES domains (id),
    number      BIGINT NOT NULL,
    id          TEXT   NOT NULL,
    policy      TEXT   NOT NULL,
    -- 1: published elsewhere before, and taken over.
    elsewhere   BIGINT NOT NULL,
    shown       BIGINT,
    everywhere  BIGINT,
    announced   BIGINT,
    replaced    BIGINT,
    last_served BIGINT,
    PRIMARY KEY (domain_id, number),
    UNIQUE (domain_id, id)
);

-- Who did what when, and why.
CREATE TABLE events (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    domain_id BIGINT  NOT NULL REFERENCES domains (id),
    at        BIGINT  NOT NULL,
    who       TEXT    NOT NULL,
    why       TEXT,
    what      TEXT    NOT NULL,
    version   BIGINT
);
CREATE INDEX events_domain ON events (domain_id, id);

-- Programs that serve, but for those that left in order.
CREATE TABLE nodes (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    name    TEXT    NOT NULL UNIQUE,
    roles   TEXT    NOT NULL,
    started BIGINT  NOT NULL,
    beat    BIGINT  NOT NULL,
    seen    BIGINT  NOT NULL
);

-- What is to be done; of a kind and a domain there is one row.
CREATE TABLE jobs (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    kind         TEXT    NOT NULL,
    -- Without one it is about the installation.
    domain_id    BIGINT  REFERENCES domains (id),
    -- NULL: when somebody asks for it.
    due          BIGINT,
    -- How often it was begun without having been finished.
    attempts     BIGINT  NOT NULL,
    -- Who has it, and until when.
    node_id      BIGINT,
    leased_until BIGINT,
    -- For when it was asked for while somebody had it.
    again        BIGINT,
    -- What it waits for, or failed at.
    note         TEXT
);
CREATE UNIQUE INDEX jobs_subject ON jobs (kind, coalesce(domain_id, 0));
CREATE INDEX jobs_due ON jobs (due, id);
CREATE INDEX jobs_leased ON jobs (leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX jobs_domain ON jobs (domain_id);

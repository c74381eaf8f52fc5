-- What is seen of hosted domains, and what is told about it. Times are milliseconds since
-- 1970-01-01T00:00:00Z.

-- How often a version was fetched, by network and sender. Periods are hours, and days once they are
-- old. No foreign keys: counts of a domain that a restored database does not know must not keep
-- others out.
CREATE TABLE fetches (
    domain_id    BIGINT NOT NULL,
    period       BIGINT NOT NULL,
    period_start BIGINT NOT NULL,
    version      BIGINT NOT NULL,
    network      TEXT   NOT NULL,
    sender       TEXT   NOT NULL,
    fetched      BIGINT NOT NULL,
    PRIMARY KEY (domain_id, period, period_start, version, network, sender)
) WITHOUT ROWID;

CREATE INDEX fetches_period ON fetches (period, period_start);

-- The last batch of fetches that a node wrote.
CREATE TABLE fetch_batches (
    node_id BIGINT NOT NULL PRIMARY KEY,
    batch   BIGINT NOT NULL
) WITHOUT ROWID;

-- Checks of hosted domains. The report is the JSON of `ironpost check`, as long as it is kept.
CREATE TABLE checks (
    domain_id  BIGINT NOT NULL,
    checked_at BIGINT NOT NULL,
    verdict    TEXT   NOT NULL,
    summary    TEXT   NOT NULL,
    report     TEXT,
    PRIMARY KEY (domain_id, checked_at)
);

-- The MX RRset of a hosted domain as it was seen last: its hosts, separated by blanks.
CREATE TABLE mx_sets (
    domain_id  BIGINT NOT NULL PRIMARY KEY,
    hosts      TEXT   NOT NULL,
    ttl        BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);

-- What is or was wrong, once for each subject (a domain, a node, the installation) and kind. Those
-- without an organisation are the installation's own.
CREATE TABLE alerts (
    kind            TEXT   NOT NULL,
    subject         TEXT   NOT NULL,
    organisation_id BIGINT,
    domain_id       BIGINT,
    -- Goes up whenever it is to be told anew.
    episode         BIGINT NOT NULL,
    facts           TEXT   NOT NULL,
    message         TEXT   NOT NULL,
    raised_at       BIGINT NOT NULL,
    -- Since when nothing is wrong any more.
    quiet_since     BIGINT,
    -- When that was believed.
    closed_at       BIGINT,
    PRIMARY KEY (kind, subject)
);

CREATE INDEX alerts_domain ON alerts (domain_id);

-- What a channel was told of an alert: `missed` (it was away), `open` or `over`.
CREATE TABLE alerts_told (
    channel TEXT   NOT NULL,
    kind    TEXT   NOT NULL,
    subject TEXT   NOT NULL,
    episode BIGINT NOT NULL,
    told    TEXT   NOT NULL,
    PRIMARY KEY (channel, kind, subject)
);

-- Channels that did not take what they were told.
CREATE TABLE alert_channels (
    channel  TEXT   NOT NULL PRIMARY KEY,
    failures BIGINT NOT NULL,
    retry_at BIGINT NOT NULL,
    error    TEXT   NOT NULL
);

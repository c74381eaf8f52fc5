-- Certificates of policy hosts, and how they are ordered. Times are milliseconds since
-- 1970-01-01T00:00:00Z. Private keys are sealed with a key that is not in the database.

-- One for each domain: what its policy host presents.
CREATE TABLE certificates (
    domain_id    BIGINT NOT NULL PRIMARY KEY REFERENCES domains (id),
    -- DER, leaf first, one after the other.
    chain        BLOB   NOT NULL,
    sealed_key   BLOB   NOT NULL,
    -- The directory of the CA.
    directory    TEXT   NOT NULL,
    not_before   BIGINT NOT NULL,
    not_after    BIGINT NOT NULL,
    -- What the CA said of its renewal (RFC 9773), and the moment within that was drawn.
    window_start BIGINT,
    window_end   BIGINT,
    renew_at     BIGINT,
    explanation  TEXT,
    -- When the CA is asked again, and how often in a row it gave no answer.
    ask_at       BIGINT NOT NULL,
    unanswered   BIGINT NOT NULL
);

-- Challenges of orders under way, which every node answers.
CREATE TABLE challenges (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    domain_id BIGINT  NOT NULL REFERENCES domains (id),
    -- http-01, dns-01, tls-alpn-01
    kind      TEXT    NOT NULL,
    token     TEXT,
    answer    BLOB    NOT NULL,
    expires   BIGINT  NOT NULL,
    seq       BIGINT  NOT NULL UNIQUE
);
CREATE INDEX challenges_domain ON challenges (domain_id);
CREATE INDEX challenges_expires ON challenges (expires);

-- Our accounts. The credentials are sealed.
CREATE TABLE acme_accounts (
    directory   TEXT NOT NULL PRIMARY KEY,
    url         TEXT NOT NULL,
    -- By what names CAA records allow the CA to issue, separated by blanks.
    identities  TEXT NOT NULL,
    credentials BLOB NOT NULL
);

-- Orders under way: written before the CA hears of them.
CREATE TABLE acme_orders (
    domain_id  BIGINT NOT NULL PRIMARY KEY REFERENCES domains (id),
    directory  TEXT   NOT NULL,
    -- Of the certificate to be.
    sealed_key BLOB   NOT NULL,
    -- The certificate that it replaces (RFC 9773 §5), if the CA is told.
    replaces   TEXT,
    -- NULL: about to be placed.
    url        TEXT,
    created_at BIGINT NOT NULL
);

-- When orders were placed, for as long as limits of CAs look back.
CREATE TABLE acme_placed (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    directory  TEXT    NOT NULL,
    registered TEXT    NOT NULL,
    renewal    BIGINT  NOT NULL,
    placed_at  BIGINT  NOT NULL
);
CREATE INDEX acme_placed_directory ON acme_placed (directory, placed_at);
CREATE INDEX acme_placed_registered ON acme_placed (directory, registered, placed_at);

-- CAs that are not to be asked for now, for the whole installation.
CREATE TABLE acme_blocks (
    directory TEXT   NOT NULL PRIMARY KEY,
    until     BIGINT NOT NULL,
    why       TEXT   NOT NULL,
    -- How often in a row.
    failures  BIGINT NOT NULL
);

-- Domains whose certificate does not come.
CREATE TABLE acme_troubles (
    domain_id BIGINT NOT NULL PRIMARY KEY REFERENCES domains (id),
    since     BIGINT NOT NULL,
    failures  BIGINT NOT NULL,
    again_at  BIGINT NOT NULL,
    why       TEXT   NOT NULL
);

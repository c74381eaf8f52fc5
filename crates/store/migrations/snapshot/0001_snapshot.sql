-- What a node serves; see the tables of a hosting database for the columns.
CREATE TABLE served (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL,
    token      TEXT    NOT NULL,
    version    INTEGER,
    policy     TEXT,
    record     TEXT,
    rua        TEXT,
    -- Certificates, each behind its length in four octets.
    chain      BLOB,
    sealed_key BLOB,
    seq        INTEGER NOT NULL
);

-- One row: everything up to here is in it.
CREATE TABLE seen (seq INTEGER NOT NULL);
INSERT INTO seen VALUES (0);

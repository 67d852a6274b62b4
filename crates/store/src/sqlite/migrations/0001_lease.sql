-- Instants are microseconds since the epoch, UTC; ids are 16 bytes whose order is the order of
-- creation.

CREATE TABLE settings (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id         BLOB    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Secrets are kept as their SHA-256 alone.
CREATE TABLE tokens (
    id           BLOB    NOT NULL PRIMARY KEY,
    account      BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    scopes       INTEGER NOT NULL,
    hash         BLOB    NOT NULL UNIQUE,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX tokens_of_account ON tokens (account, id);

CREATE TABLE environment_keys (
    id           BLOB    NOT NULL PRIMARY KEY,
    environment  BLOB    NOT NULL,
    account      BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    hash         BLOB    NOT NULL UNIQUE,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX keys_of_environment ON environment_keys (environment, id);

CREATE TABLE environments (
    id           BLOB    NOT NULL PRIMARY KEY,
    account      BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    description  TEXT,
    config       TEXT    NOT NULL,
    metadata     TEXT    NOT NULL,
    scope        TEXT,
    max_attempts INTEGER,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    archived_at  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX environments_of_account ON environments (account, id);

-- Environments that are gone and whose rows are being removed, a few at a time.
CREATE TABLE deleted_environments (
    id BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    id            BLOB    NOT NULL PRIMARY KEY,
    account       BLOB    NOT NULL,
    environment   BLOB    NOT NULL,
    agent         TEXT    NOT NULL,
    agent_version INTEGER NOT NULL,
    title         TEXT,
    metadata      TEXT    NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    archived_at   INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_account ON sessions (account, id);
CREATE INDEX sessions_of_environment ON sessions (environment, id);

-- Heads of work items. state: 0 queued, 1 starting, 2 active, 3 stopping, 4 stopped. No index holds
-- a column that a heartbeat moves.
CREATE TABLE work (
    id                BLOB    NOT NULL PRIMARY KEY,
    environment       BLOB    NOT NULL,
    session           BLOB    NOT NULL,
    state             INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    queued_at         INTEGER NOT NULL,
    floor             INTEGER NOT NULL,
    deliveries        INTEGER NOT NULL,
    accepted          INTEGER NOT NULL,
    ttl               INTEGER NOT NULL,
    worker            TEXT,
    delivered_at      INTEGER,
    acknowledged_at   INTEGER,
    last_attempt      INTEGER NOT NULL,
    started_at        INTEGER,
    beat              INTEGER,
    previous_beat     INTEGER,
    beat_proof        INTEGER NOT NULL,
    stop_requested_at INTEGER,
    stopped_at        INTEGER,
    stop_reason       INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX work_of_environment ON work (environment, id);
CREATE UNIQUE INDEX live_work_of_session ON work (session) WHERE state < 4;

-- Bodies of work items; an item without a row has an empty one.
CREATE TABLE work_bodies (
    work        BLOB NOT NULL PRIMARY KEY,
    metadata    TEXT NOT NULL,
    traceparent TEXT
) STRICT, WITHOUT ROWID;

-- The journal of heartbeats. A row of work is as old as its last fold; the rest of its story is
-- here, in order of n, and replayed when the file is opened. proof: 0 none, 1 token, 2 name.
CREATE TABLE beats (
    n     INTEGER PRIMARY KEY,
    work  BLOB    NOT NULL,
    at    INTEGER NOT NULL,
    ttl   INTEGER NOT NULL,
    proof INTEGER NOT NULL
) STRICT;

-- Attempts that ended while their item went on. outcome: 0 stopped, 1 lapsed, 2 superseded.
CREATE TABLE attempts (
    work            BLOB    NOT NULL,
    number          INTEGER NOT NULL,
    worker          TEXT,
    delivered_at    INTEGER,
    acknowledged_at INTEGER,
    first_beat      INTEGER,
    last_beat       INTEGER,
    ended_at        INTEGER NOT NULL,
    outcome         INTEGER NOT NULL,
    PRIMARY KEY (work, number)
) STRICT, WITHOUT ROWID;

-- Answers kept under idempotency keys.
CREATE TABLE responses (
    account     BLOB    NOT NULL,
    key         TEXT    NOT NULL,
    fingerprint BLOB    NOT NULL,
    status      INTEGER NOT NULL,
    body        BLOB    NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX responses_by_age ON responses (created_at);

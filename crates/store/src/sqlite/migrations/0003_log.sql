-- Turns wait in a queue that belongs to no environment: its id is all zeros.
DROP INDEX live_work_of_session;
CREATE UNIQUE INDEX live_work_of_session ON work (session)
    WHERE state < 4 AND environment <> x'00000000000000000000000000000000';

-- The heads of logs; a session without a row has heard nothing yet. status: 0 idle, 1 running,
-- 2 rescheduling, 3 terminated; it stands in head as well, and here to be searched for.
CREATE TABLE logs (
    session BLOB    NOT NULL PRIMARY KEY,
    status  INTEGER NOT NULL,
    head    TEXT    NOT NULL
) STRICT, WITHOUT ROWID;

-- Events. One that waits to be taken in has neither a place nor an instant. Of a log, places have no
-- gaps and instants rise.
CREATE TABLE events (
    n       INTEGER PRIMARY KEY,
    id      BLOB    NOT NULL UNIQUE,
    session BLOB    NOT NULL,
    seq     INTEGER,
    at      INTEGER,
    kind    TEXT    NOT NULL,
    body    TEXT    NOT NULL
) STRICT;
CREATE UNIQUE INDEX events_in_order ON events (session, seq) WHERE seq IS NOT NULL;
CREATE INDEX events_that_wait ON events (session, id) WHERE seq IS NULL;

-- Sessions that are gone and whose events are being removed, a few at a time.
CREATE TABLE deleted_sessions (
    id BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- Agents. The row of an agent is its head; what it says is in its versions, which never change and
-- stay when the agent goes, since sessions name them.

CREATE TABLE agents (
    id          BLOB    NOT NULL PRIMARY KEY,
    account     BLOB    NOT NULL,
    version     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    archived_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX agents_of_account ON agents (account, id);

-- A definition may be long, so these two have row ids.
CREATE TABLE agent_versions (
    agent      BLOB    NOT NULL,
    version    INTEGER NOT NULL,
    definition TEXT    NOT NULL,
    written_at INTEGER NOT NULL,
    PRIMARY KEY (agent, version)
) STRICT;

-- What a session has differently from the version that it names. A session without a row has
-- nothing of its own; one that is older than agents may name an agent that never was.
CREATE TABLE session_agents (
    session  BLOB NOT NULL PRIMARY KEY,
    snapshot TEXT NOT NULL
) STRICT;

-- The budget is in hundredths of the unit of the price list.
ALTER TABLE sessions ADD COLUMN environment_variables TEXT NOT NULL DEFAULT '{}';
ALTER TABLE sessions ADD COLUMN budget INTEGER;

-- Whoever may make sessions could name any agent so far, so it may go on to say what they are. The
-- bits: 4 and 8 are sessions:read and sessions:write, 128 and 256 agents:read and agents:write.
UPDATE tokens SET scopes = scopes | ((scopes & 4) << 5) | ((scopes & 8) << 5);

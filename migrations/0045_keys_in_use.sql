-- Why: a generation of keys may only be given up when nothing needs it and nobody can write with it any more. That holds
-- for every process of the installation, also for those that were under way when somebody looked.

-- Nothing that an older generation than this sealed may be committed: whoever commits looks at it, under a lock that
-- all who commit share, and that whoever raises it has alone.
ALTER TABLE sealing ADD COLUMN floor BIGINT NOT NULL DEFAULT 0;

-- The processes that may be sealing files, which lie outside any transaction: the oldest generation that one is under way
-- with, the one that the process begins new ones with, and until when (epoch milliseconds) that holds.
CREATE TABLE sealers (
    id         TEXT PRIMARY KEY,
    generation BIGINT NOT NULL,
    newest     BIGINT NOT NULL,
    until      BIGINT NOT NULL
);

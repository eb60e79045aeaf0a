-- Why: whoever can write to the database could change the past unseen. Each event and each trace becomes a link of a
-- chain, and the links the leaves of a tree whose head is signed outside. What is here holds no words of people.

-- What was written and isn't linked yet. The entry is written together with its row; none: the row was there before.
CREATE TABLE custody_waiting (
    row_id  TEXT NOT NULL,
    kind    TEXT NOT NULL CHECK (kind IN ('flow', 'trace')),
    at      BIGINT NOT NULL,
    case_id TEXT,
    entry   TEXT,                       -- canonical text
    salt    TEXT,                       -- of the words that the entry hides
    PRIMARY KEY (row_id, kind)
);

CREATE INDEX custody_waiting_in_order ON custody_waiting (at, kind, row_id);

CREATE TABLE custody_links (
    seq      BIGINT PRIMARY KEY,        -- from 0, without gaps
    row_id   TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('flow', 'trace')),
    at       BIGINT NOT NULL,
    case_id  TEXT,
    appended BIGINT NOT NULL,
    entry    TEXT NOT NULL,
    salt     TEXT,                      -- goes when the words are erased
    hash     TEXT NOT NULL,             -- of the link as a leaf
    UNIQUE (row_id, kind)
);

CREATE INDEX custody_links_by_case ON custody_links (case_id, seq);

-- Nodes of the tree that are complete: of 256 leaves (level 1), 65,536 (level 2) and so on. They can be made again.
CREATE TABLE custody_tiles (
    level BIGINT NOT NULL,
    idx   BIGINT NOT NULL,
    hash  TEXT NOT NULL,
    PRIMARY KEY (level, idx)
);

-- One row: whoever appends holds it.
CREATE TABLE custody_head (
    id       BIGINT PRIMARY KEY CHECK (id = 1),
    size     BIGINT NOT NULL,
    hash     TEXT,
    appended BIGINT NOT NULL
);

INSERT INTO custody_head (id, size, hash, appended) VALUES (1, 0, NULL, 0);

-- Copies of the signed checkpoints, for pages. What proves something are those that were kept elsewhere.
CREATE TABLE custody_checkpoints (
    size BIGINT PRIMARY KEY,
    at   BIGINT NOT NULL,
    note TEXT NOT NULL
);

INSERT INTO custody_waiting (row_id, kind, at, case_id) SELECT id, 'flow', at, case_id FROM flow;
INSERT INTO custody_waiting (row_id, kind, at, case_id) SELECT id, 'trace', at, case_id FROM traces;

-- Why: whoever gets hold of a copy of the database must not learn anything about a child from it. What people typed is
-- sealed, column by column, with keys that aren't in it; what is looked up as a whole is a keyed hash, and so are the
-- tokens of the index of words.

-- The generations of keys that something was sealed with, each with a known text that its key alone opens.
CREATE TABLE key_generations (
    number BIGINT PRIMARY KEY,
    proof  TEXT NOT NULL
);

-- The generation with which at least everything is sealed. 0: there may be rows from before there were keys.
CREATE TABLE sealing (
    id         BIGINT PRIMARY KEY CHECK (id = 1),
    generation BIGINT NOT NULL
);

INSERT INTO sealing (id, generation) VALUES (1, 0);

-- Has a row inside a transaction that seals rows anew: the guard of what is only ever added gives way to it. Empty
-- whenever anybody else looks.
CREATE TABLE resealing (
    id BIGINT PRIMARY KEY
);

-- The generation whose key the tokens are hashed with, and, while they are hashed anew, the one before and the last case
-- that was done.
ALTER TABLE search_index ADD COLUMN generation BIGINT NOT NULL DEFAULT 0;
ALTER TABLE search_index ADD COLUMN previous BIGINT;
ALTER TABLE search_index ADD COLUMN reached TEXT NOT NULL DEFAULT '';

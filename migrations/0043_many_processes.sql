-- Why: several processes serve one installation. A lease names who holds it, so that its holder can prolong it and
-- give it back; whoever prints many forms or reads a stack is named too, so that one that was taken for dead and
-- comes back finds that somebody else has gone on.
ALTER TABLE leases ADD COLUMN holder TEXT NOT NULL DEFAULT '';
ALTER TABLE bulk_prints ADD COLUMN worker TEXT NOT NULL DEFAULT '';
ALTER TABLE stacks ADD COLUMN worker TEXT NOT NULL DEFAULT '';

-- Which triggers stand in the database, by the digest of their text: a process that starts beside others leaves them
-- alone when they are those that it would make.
CREATE TABLE guards (
    name   TEXT PRIMARY KEY,
    digest TEXT NOT NULL
);

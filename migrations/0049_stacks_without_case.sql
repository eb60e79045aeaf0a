-- Why: a stack in which no case was found belongs to no case, so no disposal takes it along. It has a period of its own:
-- when nobody has given a page of it to a case for so many years, its file goes. The row and the digest stay.
INSERT INTO retention_periods (kind, years) VALUES ('stack-without-case', 1) ON CONFLICT (kind) DO NOTHING;

ALTER TABLE stacks ADD COLUMN let_go_at  BIGINT; -- when it fell away; NULL: it hasn't
ALTER TABLE stacks ADD COLUMN file_at    BIGINT; -- the file's own time then; NULL: somebody else holds the file, and it stays
ALTER TABLE stacks ADD COLUMN removed_at BIGINT; -- when the file was gone

CREATE INDEX stacks_by_time ON stacks (created_at, id) WHERE let_go_at IS NULL;
CREATE INDEX stacks_let_go ON stacks (removed_at, id) WHERE let_go_at IS NOT NULL;

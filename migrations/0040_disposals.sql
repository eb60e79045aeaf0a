-- Why: what has come to the end of its period is destroyed, when one archivist proposes it and another one approves.
-- What stays is this: which case, by which rule, who and when, and the digests of what was there.
CREATE TABLE disposals (
    id          TEXT PRIMARY KEY,
    case_id     TEXT NOT NULL REFERENCES cases (id),
    kind        TEXT NOT NULL,         -- of retention, as form.toml names it
    years       BIGINT NOT NULL,       -- the period as it was at the proposal, and again at the approval
    kept_until  TEXT NOT NULL,         -- YYYY-MM-DD, the last day
    proposed_by TEXT NOT NULL REFERENCES people (id),
    proposed_at BIGINT NOT NULL,
    outcome     TEXT NOT NULL CHECK (outcome IN ('open', 'approved', 'refused')),
    decided_by  TEXT REFERENCES people (id),
    decided_at  BIGINT,
    remark      TEXT NOT NULL,         -- why not; empty unless refused
    certificate TEXT REFERENCES documents (digest),
    cleaned_at  BIGINT,                -- when every file was gone, and the database had let go of what it held
    CHECK ((outcome = 'open') = (decided_by IS NULL)),
    CHECK ((outcome = 'approved') = (certificate IS NOT NULL)),
    CHECK (outcome <> 'approved' OR decided_by <> proposed_by)
);

CREATE UNIQUE INDEX one_disposal ON disposals (case_id) WHERE outcome IN ('open', 'approved');
CREATE INDEX disposals_by_time ON disposals (decided_at, id) WHERE outcome = 'approved';
CREATE INDEX disposals_to_clean ON disposals (id) WHERE outcome = 'approved' AND cleaned_at IS NULL;
CREATE INDEX disposals_by_certificate ON disposals (certificate) WHERE certificate IS NOT NULL;

-- What the case held. A file is to be removed from the moment of the commit that writes its row, and is gone once it
-- has a time: a crash in between leaves the row, and the next round goes on with it.
CREATE TABLE disposed_files (
    disposal_id TEXT NOT NULL REFERENCES disposals (id),
    digest      TEXT NOT NULL,
    kind        TEXT NOT NULL,         -- what it was there: scan, photo, attachment, print, record-file, stack
    bytes       BIGINT NOT NULL,
    shared      BIGINT NOT NULL,       -- 1: somebody else's too, and so it stays
    changed_at  BIGINT NOT NULL,       -- the file's own time; later: somebody has put the same file again
    removed_at  BIGINT,
    PRIMARY KEY (disposal_id, digest)
);

CREATE INDEX files_by_removal ON disposed_files (removed_at, disposal_id, digest) WHERE shared = 0;
CREATE INDEX disposed_files_by_digest ON disposed_files (digest);

-- A document whose file is gone, or about to be, stays as a digest.
ALTER TABLE documents ADD COLUMN disposed_at BIGINT;
ALTER TABLE cases ADD COLUMN disposed_at BIGINT;

-- What isn't there any more is never due to be read again.
DROP INDEX documents_by_read;
CREATE INDEX documents_by_read ON documents (read_at, digest) WHERE disposed_at IS NULL;

-- By the case, for what is erased with it.
CREATE INDEX notices_by_case ON notices (case_id);
CREATE INDEX stack_cases_by_case ON stack_cases (case_id);

-- What may be due is looked for among what is still there.
DROP INDEX cases_ended;
CREATE INDEX cases_ended ON cases (state_at, id)
    WHERE state IN ('closed', 'declined', 'withdrawn') AND disposed_at IS NULL;

-- Cases whose words are being erased, inside one transaction: empty whenever anybody else looks. For these alone the
-- guard of what is only ever added gives way.
CREATE TABLE disposing (
    case_id TEXT PRIMARY KEY
);

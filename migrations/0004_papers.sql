-- Why: every paper by its digest: originals, attachments, printed revisions and signed scans.
CREATE TABLE documents (
    digest     TEXT PRIMARY KEY,        -- SHA-256, 64 lower-case hex digits
    bytes      BIGINT NOT NULL,
    kind       TEXT NOT NULL,           -- media type by content
    first_at   BIGINT NOT NULL
);

CREATE TABLE attachments (
    id          TEXT PRIMARY KEY,
    case_id     TEXT NOT NULL REFERENCES cases (id),
    category    TEXT NOT NULL,
    file_name   TEXT NOT NULL,
    digest      TEXT NOT NULL REFERENCES documents (digest),
    verdict     TEXT NOT NULL CHECK (verdict IN ('unreviewed', 'reviewed', 'wanting')),
    remark      TEXT NOT NULL,
    uploaded_by TEXT NOT NULL REFERENCES people (id),
    uploaded_at BIGINT NOT NULL,
    deleted_at  BIGINT
);

CREATE INDEX attachments_by_case ON attachments (case_id);
CREATE INDEX attachments_by_digest ON attachments (digest);

CREATE TABLE prints (
    id               TEXT PRIMARY KEY,
    case_id          TEXT NOT NULL REFERENCES cases (id),
    revision         BIGINT NOT NULL CHECK (revision BETWEEN 1 AND 1023),
    template_version BIGINT NOT NULL,
    snapshot         TEXT NOT NULL,     -- JSON: the record as printed
    layout           TEXT NOT NULL,     -- JSON: where codes and boxes lie
    pages            BIGINT NOT NULL,
    digest           TEXT NOT NULL REFERENCES documents (digest),
    printed_by       TEXT NOT NULL REFERENCES people (id),
    printed_at       BIGINT NOT NULL,
    UNIQUE (case_id, revision)
);

CREATE TABLE scans (
    id              TEXT PRIMARY KEY,
    case_id         TEXT NOT NULL REFERENCES cases (id),
    print_id        TEXT NOT NULL REFERENCES prints (id),
    digest          TEXT NOT NULL REFERENCES documents (digest),
    file_name       TEXT NOT NULL,
    report          TEXT NOT NULL,      -- JSON: what was seen on the paper
    by_hand         BIGINT NOT NULL,    -- 1: bound by the short code, 需人工核對
    all_empty       BIGINT NOT NULL,    -- 1: every seal box looks empty
    confirmed_empty BIGINT NOT NULL,    -- 1: the applicant said that it is sealed all the same
    uploaded_by     TEXT NOT NULL REFERENCES people (id),
    uploaded_at     BIGINT NOT NULL,
    bound_at        BIGINT
);

CREATE INDEX scans_by_case ON scans (case_id);
CREATE INDEX scans_by_digest ON scans (digest);

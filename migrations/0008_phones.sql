-- Why: a signed form is photographed with a phone that nobody signs in on. A link leads the phone to one case
-- for one purpose, once and for ten minutes; only digests of its secrets are kept.
CREATE TABLE phone_links (
    id         TEXT PRIMARY KEY,
    case_id    TEXT NOT NULL REFERENCES cases (id),
    person_id  TEXT NOT NULL REFERENCES people (id),
    purpose    TEXT NOT NULL CHECK (purpose IN ('signed-form')),
    link_hash  TEXT NOT NULL UNIQUE,    -- of the secret in the link
    phone_hash TEXT UNIQUE,             -- of the secret that the phone got for it; null until it was opened
    expires_at BIGINT NOT NULL,
    scan_id    TEXT REFERENCES scans (id)
);

CREATE INDEX phone_links_by_case ON phone_links (case_id);

-- Photos that the PDF made of them doesn't hold byte for byte (HEIC, PNG): the originals behind it.
CREATE TABLE scan_photos (
    scan_id TEXT NOT NULL REFERENCES scans (id),
    page    BIGINT NOT NULL CHECK (page > 0),
    digest  TEXT NOT NULL REFERENCES documents (digest),
    PRIMARY KEY (scan_id, page)
);

CREATE INDEX scan_photos_by_digest ON scan_photos (digest);

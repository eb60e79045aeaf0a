-- Why: people come in by another service, which names them by issuer and subject. A sign-on under way is known
-- by digests only, is used once, within minutes, and in the browser that began it.
CREATE TABLE identities (
    issuer    TEXT NOT NULL,
    subject   TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES people (id),
    schools   TEXT NOT NULL,   -- codes of our schools that the service named last, separated by blanks
    id_token  TEXT,            -- the last one, as a hint at the log-out there
    linked_at BIGINT NOT NULL,
    seen_at   BIGINT,          -- the last sign-on; null before the first
    PRIMARY KEY (issuer, subject)
);

CREATE INDEX identities_by_person ON identities (person_id);

CREATE TABLE sign_on_attempts (
    state_hash   TEXT PRIMARY KEY, -- of what the service gives back
    browser_hash TEXT NOT NULL,    -- of the secret in the browser's cookie
    nonce        TEXT NOT NULL,    -- what the token must name
    verifier     TEXT NOT NULL,    -- of PKCE
    next         TEXT NOT NULL,    -- the local path to go on to
    expires_at   BIGINT NOT NULL
);

CREATE INDEX sign_on_attempts_by_end ON sign_on_attempts (expires_at);

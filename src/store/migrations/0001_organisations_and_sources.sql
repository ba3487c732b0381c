-- Who runs bulletins here, who delivers events, and where we look.
-- Every statement here and in the later files is read by SQLite and PostgreSQL alike: UUIDv7 keys, TIMESTAMPTZ in UTC, BIGINT, BOOLEAN,
-- DOUBLE PRECISION, TEXT, BYTEA. JSON is TEXT and is never searched.

CREATE TABLE organisation (
    id          UUID NOT NULL PRIMARY KEY,
    slug        TEXT NOT NULL CONSTRAINT organisation_slug_taken UNIQUE,
    name        TEXT NOT NULL,
    -- Printed in every mail (PECR reg. 23, CAN-SPAM, Gmail and Yahoo sender rules).
    postal_address TEXT NOT NULL,
    contact     TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL
);

-- People who work at the desk. A person can have a role in several organisations.
CREATE TABLE desk_user (
    organisation_id UUID NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    email_key   TEXT NOT NULL,
    email       TEXT NOT NULL,
    -- owner, editor or viewer.
    role        TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organisation_id, email_key)
);

CREATE TABLE provider (
    id          UUID NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    -- The name folded for comparison (case, punctuation, "the", "Ltd"): one provider, one row.
    name_key    TEXT NOT NULL CONSTRAINT provider_name_taken UNIQUE,
    -- A term of the taxonomy's provider_type, when an editor or a rule said so.
    kind        TEXT,
    created_at  TIMESTAMPTZ NOT NULL
);

-- "Known" is an organisation's word, not a property of the provider: one body's trusted trainer is a stranger to the next.
CREATE TABLE provider_known (
    organisation_id UUID NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    provider_id     UUID NOT NULL REFERENCES provider (id) ON DELETE CASCADE,
    since           TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organisation_id, provider_id)
);

CREATE TABLE source (
    id            UUID NOT NULL PRIMARY KEY,
    -- Null when the source re-posts other people's events: the lister is then not the provider.
    provider_id   UUID REFERENCES provider (id),
    url           TEXT NOT NULL CONSTRAINT source_url_taken UNIQUE,
    kind          TEXT NOT NULL,
    -- The operator's CSS rules (domain::Selectors) as JSON; null when the page is read without.
    selectors     TEXT,
    -- Time zone (IANA) of times that name none, and whether 03/04 is 3 April.
    zone          TEXT NOT NULL,
    day_first     BOOLEAN NOT NULL,
    interval_minutes BIGINT NOT NULL,
    next_due_at   TIMESTAMPTZ NOT NULL,
    -- Validators of the last good answer, sent back so that an unchanged source costs one 304 (RFC 9110 s13).
    etag          TEXT,
    last_modified TEXT,
    -- Digest of the last body that was read: servers without validators are compared by it.
    body_hash     TEXT,
    health        TEXT NOT NULL,
    -- In words an operator can act on.
    health_reason TEXT,
    -- In a row; reset by a good answer.
    failures      BIGINT NOT NULL,
    last_ok_at    TIMESTAMPTZ,
    created_at    TIMESTAMPTZ NOT NULL,
    disabled_at   TIMESTAMPTZ
);
CREATE INDEX source_due ON source (next_due_at) WHERE disabled_at IS NULL;

-- Every look at a source: what the yield baseline and the health page are computed from.
CREATE TABLE fetch_log (
    id          UUID NOT NULL PRIMARY KEY,
    source_id   UUID NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    started_at  TIMESTAMPTZ NOT NULL,
    finished_at TIMESTAMPTZ NOT NULL,
    -- read, unchanged or failed.
    outcome     TEXT NOT NULL,
    http_status BIGINT,
    bytes       BIGINT NOT NULL,
    listings    BIGINT NOT NULL,
    added       BIGINT NOT NULL,
    changed     BIGINT NOT NULL,
    error       TEXT
);
CREATE INDEX fetch_log_by_source ON fetch_log (source_id, started_at);

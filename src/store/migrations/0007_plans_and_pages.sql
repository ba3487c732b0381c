-- How a source's events were found (the discovery ladder's choice), and what is remembered of its further pages.

-- The operator's mapping of a table's columns (domain::Columns) as JSON; null when they are known by their headings.
ALTER TABLE source ADD COLUMN column_map TEXT;

-- One row for a source whose way of reading was, or is to be, found by the ladder.
CREATE TABLE source_plan (
    source_id   UUID NOT NULL PRIMARY KEY REFERENCES source (id) ON DELETE CASCADE,
    -- When the ladder was last walked; null when its next look is to do so, because the address could not be reached when it was added.
    walked_at   TIMESTAMPTZ,
    -- What the source changed by itself, when and why, in words for the operator; null when it reads what was chosen at first.
    note        TEXT
);

-- What is read for a source, and what would be. The source's own url stays its identity.
CREATE TABLE source_way (
    source_id   UUID NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    -- 0 is read; 1 is read instead when 0 fails or stays empty.
    position    BIGINT NOT NULL,
    -- The rung of the ladder (domain::RungName).
    rung        TEXT NOT NULL,
    url         TEXT NOT NULL,
    -- What the document there is expected to be (domain::SourceKind).
    kind        TEXT NOT NULL,
    -- Why it was chosen, in words.
    why         TEXT NOT NULL,
    -- Events it yielded when the ladder was walked.
    events      BIGINT NOT NULL,
    PRIMARY KEY (source_id, position)
);

-- Documents of a source besides a single one: pages of a list, events' own pages, pages of a sitemap. Each is asked with its own
-- validators and not read again while it is the same.
CREATE TABLE page_memory (
    source_id   UUID NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    url         TEXT NOT NULL,
    -- What named it then: digest of the list's record, or the sitemap's date of change. Another value is a reason to read it again.
    version     TEXT NOT NULL,
    etag        TEXT,
    last_modified TEXT,
    body_hash   TEXT,
    -- The events it states, and for a page of a list what follows from it (next page, events' own pages), as JSON.
    found       TEXT NOT NULL,
    -- Of the program that read it: another one reads it again.
    reader      TEXT NOT NULL,
    -- When it was last asked for.
    read_at     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (source_id, url)
);

-- What sources say (listings and their revisions, never overwritten) and what it is about (events, their facts, sittings and tags).

CREATE TABLE listing (
    id           UUID NOT NULL PRIMARY KEY,
    source_id    UUID NOT NULL REFERENCES source (id),
    -- What the source calls it: UID, GUID or, failing these, a digest of URL, title and date. Names the listing across fetches.
    native_key   TEXT NOT NULL,
    -- The newest revision's number.
    revision     BIGINT NOT NULL,
    first_seen_at TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ NOT NULL,
    -- Good answers of the source in a row that did not hold it. Never a deletion: three are a question for the editor.
    missed       BIGINT NOT NULL,
    CONSTRAINT listing_named_twice UNIQUE (source_id, native_key)
);

CREATE TABLE revision (
    id          UUID NOT NULL PRIMARY KEY,
    listing_id  UUID NOT NULL REFERENCES listing (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL,
    seen_at     TIMESTAMPTZ NOT NULL,
    -- Digest of all that follows; equal digests make no new revision.
    content_hash TEXT NOT NULL,
    method      TEXT NOT NULL,
    title       TEXT NOT NULL,
    body        TEXT NOT NULL,
    url         TEXT,
    booking_url TEXT,
    zone        TEXT NOT NULL,
    confidence  DOUBLE PRECISION NOT NULL,
    -- Where structured data and prose disagree, for the editor: JSON pairs of field and words.
    conflicts   TEXT NOT NULL,
    CONSTRAINT revision_numbered_twice UNIQUE (listing_id, number)
);

-- The facts of a revision, each with its evidence (invariant 2).
CREATE TABLE revision_field (
    revision_id UUID NOT NULL REFERENCES revision (id) ON DELETE CASCADE,
    field       TEXT NOT NULL,
    -- Position within a field that holds several values (sittings, cost flags).
    position    BIGINT NOT NULL,
    value       TEXT NOT NULL,
    words       TEXT NOT NULL,
    origin      TEXT NOT NULL,
    confidence  DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (revision_id, field, position)
);

-- Indexed blocking keys: the cost of placing one listing does not grow with the archive.
CREATE TABLE block_key (
    key         TEXT NOT NULL,
    listing_id  UUID NOT NULL REFERENCES listing (id) ON DELETE CASCADE,
    PRIMARY KEY (key, listing_id)
);
CREATE INDEX block_key_by_listing ON block_key (listing_id);

CREATE TABLE event (
    id          UUID NOT NULL PRIMARY KEY,
    title       TEXT NOT NULL,
    body        TEXT NOT NULL,
    url         TEXT,
    booking_url TEXT,
    zone        TEXT NOT NULL,
    provider_id UUID REFERENCES provider (id),
    kind        TEXT NOT NULL,
    kind_confidence DOUBLE PRECISION NOT NULL,
    kind_reason TEXT NOT NULL,
    status      TEXT NOT NULL,
    -- The first instant its start can mean and the first instant it is certainly over, for sorting and windows. The facts themselves,
    -- as precisely as stated, are in event_field. Null when no start is stated.
    starts_at   TIMESTAMPTZ,
    ends_at     TIMESTAMPTZ,
    -- Why an editor should look before it goes out (low confidence, conflict, missing start); null when nothing is odd.
    flag        TEXT,
    first_seen_at TIMESTAMPTZ NOT NULL,
    -- When something changed that readers who were told of it should hear (date, place, status, mode).
    changed_at  TIMESTAMPTZ,
    -- Set when it was merged into another: kept, so that a merge can be undone (invariant 3).
    merged_into UUID REFERENCES event (id),
    -- A person confirmed that it was withdrawn. Silence of a source never sets it (invariant 1).
    withdrawn_at TIMESTAMPTZ
);
CREATE INDEX event_by_start ON event (starts_at) WHERE merged_into IS NULL;

-- Which listings are this event. A listing belongs to one event at a time.
CREATE TABLE event_listing (
    listing_id  UUID NOT NULL PRIMARY KEY REFERENCES listing (id) ON DELETE CASCADE,
    event_id    UUID NOT NULL REFERENCES event (id),
    joined_at   TIMESTAMPTZ NOT NULL,
    -- The score that joined it and its parts as JSON, so that every merge can be explained; null for the listing that founded the event.
    score       DOUBLE PRECISION,
    because     TEXT,
    -- The listing's revision that the event was last built from: one that differs was stored by a pass that was killed before it came so far.
    built_from  BIGINT
);
CREATE INDEX event_listing_by_event ON event_listing (event_id);

CREATE TABLE event_field (
    event_id    UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    field       TEXT NOT NULL,
    position    BIGINT NOT NULL,
    value       TEXT NOT NULL,
    words       TEXT NOT NULL,
    origin      TEXT NOT NULL,
    confidence  DOUBLE PRECISION NOT NULL,
    -- The listing it came from; null when an editor typed it.
    listing_id  UUID REFERENCES listing (id) ON DELETE SET NULL,
    -- An editor's word: no re-run replaces it.
    locked      BOOLEAN NOT NULL,
    PRIMARY KEY (event_id, field, position)
);

CREATE TABLE session (
    event_id    UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    position    BIGINT NOT NULL,
    -- As precisely as stated (ISO 8601: month, day or instant).
    start_value TEXT NOT NULL,
    end_value   TEXT,
    starts_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (event_id, position)
);
CREATE INDEX session_by_start ON session (starts_at);

CREATE TABLE tag_assignment (
    event_id    UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    facet       TEXT NOT NULL,
    term        TEXT NOT NULL,
    origin      TEXT NOT NULL,
    confidence  DOUBLE PRECISION NOT NULL,
    -- Never a tag without a reason that can be shown.
    reason      TEXT NOT NULL,
    PRIMARY KEY (event_id, facet, term)
);
CREATE INDEX tag_assignment_by_term ON tag_assignment (facet, term);

-- What changed about an event, dated, so that those who were told of it can be told again.
CREATE TABLE event_change (
    id          UUID NOT NULL PRIMARY KEY,
    event_id    UUID NOT NULL REFERENCES event (id) ON DELETE CASCADE,
    at          TIMESTAMPTZ NOT NULL,
    -- start, status, mode, venue, price...
    what        TEXT NOT NULL,
    was         TEXT,
    becomes     TEXT,
    -- Whether readers who were told of the event are to hear of it; a time added to a known day is not news.
    to_be_told  BOOLEAN NOT NULL
);
CREATE INDEX event_change_by_event ON event_change (event_id, at);

-- An editor's word. Never deleted: undoing sets undone_at. Same and not-same speak of listings, because events are rebuilt from them.
CREATE TABLE decision (
    id          UUID NOT NULL PRIMARY KEY,
    organisation_id UUID NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    -- same, not_same, approve, reject, edit.
    verb        TEXT NOT NULL,
    event_id    UUID REFERENCES event (id),
    listing_a   UUID REFERENCES listing (id),
    listing_b   UUID REFERENCES listing (id),
    field       TEXT,
    value       TEXT,
    -- Who decided, as signed in; "policy" when the bulletin's policy did.
    by_whom     TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    undone_at   TIMESTAMPTZ
);
CREATE INDEX decision_by_event ON decision (event_id, verb);
CREATE INDEX decision_by_listing ON decision (listing_a, listing_b);

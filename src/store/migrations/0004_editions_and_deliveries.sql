-- Issues of bulletins, what is in them, and a row for every mail.

CREATE TABLE edition (
    id          UUID NOT NULL PRIMARY KEY,
    bulletin_id UUID NOT NULL REFERENCES bulletin (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL,
    -- The civil day it was due; null for one drafted by hand. The constraint is invariant 10: one civil day, one edition, whatever the clock does.
    scheduled_for TEXT,
    state       TEXT NOT NULL,
    subject     TEXT NOT NULL,
    intro       TEXT NOT NULL,
    -- "Now" for everything it says (upcoming, closing soon).
    as_of       TIMESTAMPTZ NOT NULL,
    drafted_at  TIMESTAMPTZ NOT NULL,
    approved_at TIMESTAMPTZ,
    -- As signed in; "policy" when the bulletin's policy did.
    approved_by TEXT,
    published_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    -- Why it is held, in words.
    held_because TEXT,
    CONSTRAINT edition_once_a_day UNIQUE (bulletin_id, scheduled_for),
    CONSTRAINT edition_numbered_twice UNIQUE (bulletin_id, number)
);

CREATE TABLE item (
    id          UUID NOT NULL PRIMARY KEY,
    edition_id  UUID NOT NULL REFERENCES edition (id) ON DELETE CASCADE,
    event_id    UUID NOT NULL REFERENCES event (id),
    section_id  UUID REFERENCES section (id) ON DELETE SET NULL,
    position    BIGINT NOT NULL,
    -- An editor's pick goes to everyone, first.
    pick        BOOLEAN NOT NULL,
    -- new, changed or repeat.
    because     TEXT NOT NULL,
    -- The editor's words; null to use the event's own title, and no blurb.
    heading     TEXT,
    blurb       TEXT,
    CONSTRAINT item_twice UNIQUE (edition_id, event_id)
);

-- One rendering per distinct content, made when recipients are frozen: what goes out is what was approved, whatever changes meanwhile.
CREATE TABLE edition_content (
    id          UUID NOT NULL PRIMARY KEY,
    edition_id  UUID NOT NULL REFERENCES edition (id) ON DELETE CASCADE,
    -- Digest of what it was rendered from.
    content_key TEXT NOT NULL,
    subject     TEXT NOT NULL,
    -- With marks where the reader's name and links go.
    html        TEXT NOT NULL,
    plain       TEXT NOT NULL,
    CONSTRAINT edition_content_twice UNIQUE (edition_id, content_key)
);

-- Which events a content told of: what its readers have heard.
CREATE TABLE edition_content_event (
    content_id  UUID NOT NULL REFERENCES edition_content (id) ON DELETE CASCADE,
    event_id    UUID NOT NULL REFERENCES event (id),
    PRIMARY KEY (content_id, event_id)
);

CREATE TABLE delivery (
    id          UUID NOT NULL PRIMARY KEY,
    edition_id  UUID NOT NULL REFERENCES edition (id) ON DELETE CASCADE,
    -- Null after the person was erased.
    subscriber_id UUID REFERENCES subscriber (id) ON DELETE SET NULL,
    content_id  UUID NOT NULL REFERENCES edition_content (id),
    -- Frozen with the row, so that a later edit of the person changes nothing that was published.
    email       TEXT NOT NULL,
    name        TEXT NOT NULL,
    state       TEXT NOT NULL,
    -- Who is at work on it and until when; a lease whose owner is gone is taken over.
    lease_owner UUID,
    lease_until TIMESTAMPTZ,
    -- Times the server was asked.
    attempts    BIGINT NOT NULL,
    not_before  TIMESTAMPTZ,
    -- Times it was queued again because nobody knows whether the server has it.
    repeats     BIGINT NOT NULL,
    -- Derived from edition, subscriber and secret: the same however often it is tried.
    message_id  TEXT NOT NULL,
    -- The server's last words, verbatim.
    server_reply TEXT,
    handed_over_at TIMESTAMPTZ,
    finished_at TIMESTAMPTZ,
    CONSTRAINT delivery_twice UNIQUE (edition_id, subscriber_id)
);
CREATE INDEX delivery_waiting ON delivery (edition_id, state, not_before);
-- What a worker holds: few rows, asked for at the end of each run and after a death.
CREATE INDEX delivery_leased ON delivery (lease_owner) WHERE lease_owner IS NOT NULL;
CREATE INDEX delivery_by_message_id ON delivery (message_id);

CREATE TABLE feedback (
    id          UUID NOT NULL PRIMARY KEY,
    organisation_id UUID NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    delivery_id UUID REFERENCES delivery (id) ON DELETE SET NULL,
    -- bounce_hard, bounce_soft, complaint, unsubscribe.
    kind        TEXT NOT NULL,
    detail      TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL
);
CREATE INDEX feedback_by_delivery ON feedback (delivery_id);

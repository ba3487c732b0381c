-- How sources are doing: what each read yielded, field by field; what is wrong, as alarms that open and close; the mails that tell editors;
-- and which events their sources no longer show.

-- Reads that count for what is usual of a source. A suspect read does not, so that a broken source does not become sound by staying broken.
ALTER TABLE fetch_log ADD COLUMN teaches BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE fetch_log SET teaches = TRUE WHERE outcome = 'read' AND error IS NULL;
CREATE INDEX fetch_log_teaching ON fetch_log (source_id, started_at) WHERE teaches;
-- What a source's habit is told from, without going through the looks that found nothing new.
CREATE INDEX fetch_log_news ON fetch_log (source_id, started_at) WHERE added + changed > 0;

-- How many listings of a read stated each fact. A field that none of them stated has no row.
CREATE TABLE fetch_field (
    fetch_id    UUID NOT NULL REFERENCES fetch_log (id) ON DELETE CASCADE,
    -- title, start, time, place, price, booking, provider or description.
    field       TEXT NOT NULL,
    filled      BIGINT NOT NULL,
    PRIMARY KEY (fetch_id, field)
);

-- Listings in the newest answer that was read: what /metrics shows without going through the log. Null before the first.
ALTER TABLE source ADD COLUMN last_listings BIGINT;

-- What is wrong with a source. Closed when a look contradicts it; kept as history.
CREATE TABLE alarm (
    id          UUID NOT NULL PRIMARY KEY,
    source_id   UUID NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL,
    -- note, warning or failure.
    severity    TEXT NOT NULL,
    -- In words an operator can act on.
    words       TEXT NOT NULL,
    opened_at   TIMESTAMPTZ NOT NULL,
    -- The newest look that showed it, and how many did.
    seen_at     TIMESTAMPTZ NOT NULL,
    looks       BIGINT NOT NULL,
    closed_at   TIMESTAMPTZ,
    -- mended, usual or disabled.
    closed_because TEXT,
    -- When a digest said that it is open, and that it is over. Null: not yet.
    told_at     TIMESTAMPTZ,
    end_told_at TIMESTAMPTZ
);
-- One open alarm for each source and kind, whoever looks at the same time.
CREATE UNIQUE INDEX alarm_open_once ON alarm (source_id, kind) WHERE closed_at IS NULL;
CREATE INDEX alarm_by_source ON alarm (source_id, opened_at);
CREATE INDEX alarm_end_untold ON alarm (closed_at) WHERE closed_at IS NOT NULL AND end_told_at IS NULL;

-- A digest of alarms: made in the transaction that marks them as told. The day is the installation's civil day: at most one.
CREATE TABLE digest (
    id          UUID NOT NULL PRIMARY KEY,
    day         TEXT NOT NULL CONSTRAINT digest_once_a_day UNIQUE,
    made_at     TIMESTAMPTZ NOT NULL
);

-- Its mails: queued -> handing_over -> sent, failed or skipped, as deliveries of editions, one at a time.
CREATE TABLE digest_mail (
    id          UUID NOT NULL PRIMARY KEY,
    digest_id   UUID NOT NULL REFERENCES digest (id) ON DELETE CASCADE,
    organisation_id UUID NOT NULL,
    email_key   TEXT NOT NULL,
    subject     TEXT NOT NULL,
    body_text   TEXT NOT NULL,
    body_html   TEXT NOT NULL,
    state       TEXT NOT NULL,
    attempts    BIGINT NOT NULL,
    -- Not before this; for one that is being handed over: when whoever does it is taken for dead. The mail then goes again with the same Message-ID.
    due_at      TIMESTAMPTZ NOT NULL,
    -- The server's own words.
    said        TEXT,
    CONSTRAINT digest_mail_to_one_person UNIQUE (digest_id, organisation_id, email_key),
    FOREIGN KEY (organisation_id, email_key) REFERENCES desk_user (organisation_id, email_key) ON DELETE CASCADE
);
CREATE INDEX digest_mail_waiting ON digest_mail (due_at) WHERE state IN ('queued', 'handing_over');

-- Good reads in a row that ought to have held a listing and did not (see collect::health::absence). Unlike `missed` it counts only reads that
-- can speak of absence. Back to nothing when the listing is seen.
ALTER TABLE listing ADD COLUMN absences BIGINT NOT NULL DEFAULT 0;
CREATE INDEX listing_absent ON listing (source_id) WHERE absences > 0;

-- "withdrawn?": why the editor should ask whether it still takes place. A question and never an answer (invariant 1): cleared when the
-- listing comes back; withdrawn_at is a person's word.
ALTER TABLE event ADD COLUMN doubt TEXT;
CREATE INDEX event_in_doubt ON event (id) WHERE doubt IS NOT NULL;

-- What came back about mails: each statement once, what it proved and what was done. In place of the table of 0004, which nothing wrote.
DROP TABLE feedback;

CREATE TABLE feedback (
    id          UUID NOT NULL PRIMARY KEY,
    -- Of what is said about what: the same statement counts once, however often it arrives.
    digest      TEXT NOT NULL CONSTRAINT feedback_said_twice UNIQUE,
    -- Null: it proves to be about nobody here.
    organisation_id UUID REFERENCES organisation (id) ON DELETE CASCADE,
    delivery_id UUID REFERENCES delivery (id) ON DELETE SET NULL,
    subscriber_id UUID REFERENCES subscriber (id) ON DELETE SET NULL,
    -- domain::ReportKind and BounceClass; the class of bounces and delays alone.
    kind        TEXT NOT NULL,
    class       TEXT,
    -- Enhanced status code (RFC 3463), where one was said.
    status      TEXT,
    -- The server's or the writer's words, on one line. Empty after erasure, as the recipient is.
    words       TEXT NOT NULL,
    said_by     TEXT NOT NULL,
    -- The address it speaks of, as it names it; empty when it names none.
    recipient   TEXT NOT NULL,
    -- The keyed hash of that address, so that erasure finds rows that belong to no person here.
    email_hash  TEXT,
    -- domain::FeedbackOutcome, and why.
    outcome     TEXT NOT NULL,
    why         TEXT NOT NULL,
    happened_at TIMESTAMPTZ NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    -- When a person said that it is dealt with.
    looked_at   TIMESTAMPTZ
);
CREATE INDEX feedback_by_person ON feedback (subscriber_id, kind);
CREATE INDEX feedback_by_delivery ON feedback (delivery_id);
CREATE INDEX feedback_by_hash ON feedback (email_hash);
CREATE INDEX feedback_by_time ON feedback (recorded_at);

-- Refusals at hand-over that are to be counted with what comes back: few, and asked for by time.
CREATE INDEX delivery_refused ON delivery (finished_at) WHERE state = 'failed';

-- Somebody refuses our mail because of us. Open while it is reported; closed when it was not for a week.
CREATE TABLE feedback_alarm (
    id          UUID NOT NULL PRIMARY KEY,
    organisation_id UUID NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    -- Of the readers who are refused.
    domain      TEXT NOT NULL,
    -- policy or content.
    class       TEXT NOT NULL,
    -- What the newest report said.
    words       TEXT NOT NULL,
    reports     BIGINT NOT NULL,
    opened_at   TIMESTAMPTZ NOT NULL,
    seen_at     TIMESTAMPTZ NOT NULL,
    -- When the organisation's editors were written to.
    told_at     TIMESTAMPTZ,
    closed_at   TIMESTAMPTZ
);
CREATE UNIQUE INDEX feedback_alarm_open_once ON feedback_alarm (organisation_id, domain, class) WHERE closed_at IS NULL;

-- How far the mailbox of returned mail was read, by its address; as `mailbox` and `mailbox_message` for sources.
CREATE TABLE feedback_mailbox (
    address      TEXT NOT NULL PRIMARY KEY,
    uid_validity BIGINT NOT NULL,
    read_uid     BIGINT NOT NULL,
    stuck_uid    BIGINT NOT NULL,
    stuck_times  BIGINT NOT NULL
);

CREATE TABLE feedback_message (
    address     TEXT NOT NULL,
    -- Over IMAP the digest of the message; in a Maildir its unique name.
    name        TEXT NOT NULL,
    -- While it is still to be marked on the server.
    uid         BIGINT,
    read_at     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (address, name)
);
CREATE INDEX feedback_message_to_mark ON feedback_message (address, uid) WHERE uid IS NOT NULL;

-- Why a person left a list, if they said so: the newest word. Goes with the person.
CREATE TABLE leaving (
    subscriber_id UUID NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    bulletin_id UUID NOT NULL REFERENCES bulletin (id) ON DELETE CASCADE,
    -- domain::LeavingReason.
    reason      TEXT NOT NULL,
    words       TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (subscriber_id, bulletin_id)
);

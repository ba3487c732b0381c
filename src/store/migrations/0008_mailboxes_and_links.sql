-- What was read of each mailbox, and where tracking links lead. Neither holds a reader's token: messages are known by digest or file name,
-- tracked links by the digest of their address.

-- How far a mailbox over IMAP was read. UIDs ascend within one UIDVALIDITY (RFC 9051 s2.3.1.1), so one number says it.
CREATE TABLE mailbox (
    source_id    UUID NOT NULL PRIMARY KEY REFERENCES source (id) ON DELETE CASCADE,
    uid_validity BIGINT NOT NULL,
    read_uid     BIGINT NOT NULL,
    -- A message at which reading broke off, and how often in a row: after a few times it is passed over, so that it does not hide the others.
    stuck_uid    BIGINT NOT NULL,
    stuck_times  BIGINT NOT NULL
);

-- Messages whose events are stored. One row each, so that a Maildir of ten thousand is not parsed at every look, and a mailbox that was
-- moved to another server (a new UIDVALIDITY) is not told again.
CREATE TABLE mailbox_message (
    source_id UUID NOT NULL REFERENCES source (id) ON DELETE CASCADE,
    -- Over IMAP the digest of the message; in a Maildir its unique name.
    name      TEXT NOT NULL,
    -- Under the mailbox's UIDVALIDITY, while the message is still to be marked on the server.
    uid       BIGINT,
    read_at   TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (source_id, name)
);
CREATE INDEX mailbox_message_to_mark ON mailbox_message (source_id, uid) WHERE uid IS NOT NULL;

-- Where a tracking link leads that says so only when it is asked. Asked once; tried again a few times when there was no answer.
CREATE TABLE tracked_link (
    -- Digest of the link as it stood: it holds the subscriber's number, which is not kept.
    digest   TEXT NOT NULL PRIMARY KEY,
    -- Where it leads, in its public form; null while nobody could tell.
    target   TEXT,
    tries    BIGINT NOT NULL,
    tried_at TIMESTAMPTZ NOT NULL
);

-- What limits of relays and receiving domains have let through, when sending must end, and why a message was refused.

-- A bulletin's readers are not written to for ever: minutes from the start of sending after which what still waits has failed.
ALTER TABLE bulletin ADD COLUMN deadline_minutes BIGINT;
-- The instant that came of it, set once when sending begins, so that a run that goes on later does not begin anew.
ALTER TABLE edition ADD COLUMN deliver_by TIMESTAMPTZ;

-- The kind of refusal: mailbox_unknown, mailbox_full, policy... Null for what was not refused.
ALTER TABLE delivery ADD COLUMN failure TEXT;
-- A person's earlier refusals, which are few.
CREATE INDEX delivery_failed ON delivery (subscriber_id) WHERE failure IS NOT NULL;

-- Messages counted against a limit, by slots of a sliding window. Committed with the mark that uses it up, so that neither a restart nor
-- a second process begins at nought.
CREATE TABLE rate_use (
    -- "relay:NAME", "warm-up:NAME" of a relay, or "domain:NAME".
    scope       TEXT NOT NULL,
    -- Length of the window in milliseconds; a scope can have several.
    window_ms   BIGINT NOT NULL,
    -- Number of the slot since 1970; a window has twenty.
    slot        BIGINT NOT NULL,
    used        BIGINT NOT NULL,
    -- When it counts no longer and may be deleted.
    counts_until TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (scope, window_ms, slot)
);
CREATE INDEX rate_use_over ON rate_use (counts_until);

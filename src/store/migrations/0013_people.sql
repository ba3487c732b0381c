-- What people asked for in one line, sign-ups that survive a restart, and how much one reader gets.

-- domain::Preferences::profile of the subscriber, and the civil day (UTC) on which they came onto the list: what rules see of a person. Kept on the
-- subscription so that "how many does this segment reach?" is one walk over one index. Null: to be worked out again from `preference`.
ALTER TABLE subscription ADD COLUMN profile TEXT;
ALTER TABLE subscription ADD COLUMN joined_on TEXT;
CREATE INDEX subscription_by_profile ON subscription (bulletin_id, state, profile, joined_on, subscriber_id);
-- The new index begins with the same columns.
DROP INDEX subscription_by_bulletin;

-- The version of the words that were shown to the person, beside the evidence in `note`.
ALTER TABLE consent ADD COLUMN wording TEXT NOT NULL DEFAULT '';

-- How much one reader gets (domain::Measure).
ALTER TABLE bulletin ADD COLUMN most_per_section BIGINT NOT NULL DEFAULT 15;
ALTER TABLE bulletin ADD COLUMN most_in_all BIGINT NOT NULL DEFAULT 40;
ALTER TABLE bulletin ADD COLUMN brief_above BIGINT NOT NULL DEFAULT 5;
ALTER TABLE bulletin ADD COLUMN picks_anyway BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE bulletin ADD COLUMN alerts BOOLEAN NOT NULL DEFAULT TRUE;

-- Wishes to be put on a list, as they were typed: judged and answered by the daemon, so that the page does the same work for everybody.
CREATE TABLE sign_up (
    id          UUID NOT NULL PRIMARY KEY,
    bulletin_id UUID NOT NULL REFERENCES bulletin (id) ON DELETE CASCADE,
    email       TEXT NOT NULL,
    -- The address in lower case, by which a person who is erased is found here too.
    email_key   TEXT NOT NULL,
    name        TEXT NOT NULL,
    -- The version of the words that were shown.
    wording     TEXT NOT NULL,
    -- Keyed hash of the network address it came from.
    origin_hash TEXT,
    asked_at    TIMESTAMPTZ NOT NULL,
    -- Set when it was judged that a confirmation goes out: a repeat sends the same link.
    subscriber_id UUID REFERENCES subscriber (id) ON DELETE CASCADE,
    nonce       TEXT,
    good_until  TIMESTAMPTZ,
    attempts    BIGINT NOT NULL,
    not_before  TIMESTAMPTZ NOT NULL,
    -- Who claimed it works on it until then.
    lease_until TIMESTAMPTZ
);
CREATE INDEX sign_up_waiting ON sign_up (not_before);
CREATE INDEX sign_up_by_person ON sign_up (email_key);

-- How often something was done by or to one address, domain or network since its window opened. Keys are keyed hashes.
CREATE TABLE throttle (
    -- address, domain or network.
    scope       TEXT NOT NULL,
    key_hash    TEXT NOT NULL,
    opened_at   TIMESTAMPTZ NOT NULL,
    n           BIGINT NOT NULL,
    PRIMARY KEY (scope, key_hash)
);
CREATE INDEX throttle_by_age ON throttle (opened_at);

-- How many active readers an edition has nothing for, and why.
CREATE TABLE edition_nothing (
    edition_id  UUID NOT NULL REFERENCES edition (id) ON DELETE CASCADE,
    -- not_due, no_segment, not_wanted, told_before, picks_alone.
    because     TEXT NOT NULL,
    readers     BIGINT NOT NULL,
    PRIMARY KEY (edition_id, because)
);

-- Editions that are alerts: between scheduled ones, for readers who want to hear at once. The constraint is the promise of at most one a day.
CREATE TABLE alert (
    edition_id  UUID NOT NULL PRIMARY KEY REFERENCES edition (id) ON DELETE CASCADE,
    bulletin_id UUID NOT NULL REFERENCES bulletin (id) ON DELETE CASCADE,
    -- The civil day in the bulletin's zone.
    day         TEXT NOT NULL,
    CONSTRAINT alert_once_a_day UNIQUE (bulletin_id, day)
);

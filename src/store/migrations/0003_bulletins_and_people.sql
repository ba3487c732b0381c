-- Publications and their readers. Everything about people hangs on an organisation (invariant 9).

CREATE TABLE bulletin (
    id              UUID NOT NULL PRIMARY KEY,
    organisation_id UUID NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    slug            TEXT NOT NULL CONSTRAINT bulletin_slug_taken UNIQUE,
    name            TEXT NOT NULL,
    -- One line under the name in the mail's head.
    strapline       TEXT NOT NULL,
    from_name       TEXT NOT NULL,
    from_address    TEXT NOT NULL,
    reply_to        TEXT,
    -- CSS colour of the head; checked for contrast when set.
    colour          TEXT NOT NULL,
    -- Cron expression in civil time of `zone`; null for a bulletin that only goes out by hand.
    schedule        TEXT,
    zone            TEXT NOT NULL,
    -- Minutes after its time in which a late edition may still go; later it is held (invariant 10).
    window_minutes  BIGINT NOT NULL,
    approval        TEXT NOT NULL,
    min_items       BIGINT NOT NULL,
    max_items       BIGINT NOT NULL,
    -- Days ahead from which events are taken.
    horizon_days    BIGINT NOT NULL,
    uncertain_policy TEXT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL
);

CREATE TABLE section (
    id          UUID NOT NULL PRIMARY KEY,
    bulletin_id UUID NOT NULL REFERENCES bulletin (id) ON DELETE CASCADE,
    position    BIGINT NOT NULL,
    heading     TEXT NOT NULL,
    -- domain::Rule<EventIs> as JSON. An item goes into the first section whose rule holds.
    event_rule  TEXT NOT NULL,
    CONSTRAINT section_placed_twice UNIQUE (bulletin_id, position)
);

CREATE TABLE segment (
    id          UUID NOT NULL PRIMARY KEY,
    bulletin_id UUID NOT NULL REFERENCES bulletin (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    -- domain::Rule<PersonIs> and Rule<EventIs> as JSON: who, and what they get.
    people_rule TEXT NOT NULL,
    event_rule  TEXT NOT NULL,
    CONSTRAINT segment_name_taken UNIQUE (bulletin_id, name)
);

CREATE TABLE subscriber (
    id              UUID NOT NULL PRIMARY KEY,
    organisation_id UUID NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    email           TEXT NOT NULL,
    -- The address in lower case: what makes two entries the same person.
    email_key       TEXT NOT NULL,
    name            TEXT NOT NULL,
    -- Pence; null for no ceiling.
    cost_max        BIGINT,
    frequency       TEXT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    CONSTRAINT subscriber_address_taken UNIQUE (organisation_id, email_key)
);

CREATE TABLE preference (
    subscriber_id UUID NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    -- region, subsector, audience, stage, need or format.
    facet       TEXT NOT NULL,
    term        TEXT NOT NULL,
    PRIMARY KEY (subscriber_id, facet, term)
);

-- A person on a list. The state is the list's, so that leaving one bulletin is not leaving all.
CREATE TABLE subscription (
    subscriber_id UUID NOT NULL REFERENCES subscriber (id) ON DELETE CASCADE,
    bulletin_id UUID NOT NULL REFERENCES bulletin (id) ON DELETE CASCADE,
    state       TEXT NOT NULL,
    -- The one-time half of the confirmation link; cleared when used, so that an old link confirms nothing.
    confirm_nonce TEXT,
    confirm_sent_at TIMESTAMPTZ,
    changed_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (subscriber_id, bulletin_id)
);
CREATE INDEX subscription_by_bulletin ON subscription (bulletin_id, state);

-- Append-only: on what ground each person is written to, and when that ended. Outlives the person's erasure by the keyed hash.
CREATE TABLE consent (
    id          UUID NOT NULL PRIMARY KEY,
    organisation_id UUID NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    bulletin_id UUID REFERENCES bulletin (id),
    -- Null after erasure.
    subscriber_id UUID REFERENCES subscriber (id) ON DELETE SET NULL,
    -- Keyed hash of the address (BLAKE3 keyed with secret.key).
    email_hash  TEXT NOT NULL,
    -- asked, confirmed, imported, withdrawn, erased.
    act         TEXT NOT NULL,
    basis       TEXT NOT NULL,
    -- import, web, one_click, mailto, complaint...
    channel     TEXT NOT NULL,
    -- The operator's note or the version of the wording shown.
    note        TEXT NOT NULL,
    -- Keyed hash of the network address the act came from, when it came over the network.
    origin_hash TEXT,
    at          TIMESTAMPTZ NOT NULL
);
CREATE INDEX consent_by_person ON consent (email_hash, at);

-- Addresses that get nothing, whoever asks (invariant 5): no organisation setting lifts a row. organisation_id says whose mail caused it
-- and so who may see it; the check asks for the hash alone.
CREATE TABLE suppression (
    email_hash  TEXT NOT NULL PRIMARY KEY,
    organisation_id UUID NOT NULL REFERENCES organisation (id),
    -- bounced, complained, erased, operator.
    reason      TEXT NOT NULL,
    detail      TEXT NOT NULL,
    at          TIMESTAMPTZ NOT NULL
);

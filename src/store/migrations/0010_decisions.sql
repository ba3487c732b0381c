-- An editor's decisions as acts: what was said at once is taken back at once, and taking it back puts back what was there (invariant 3).
-- Verbs of a decision from here on: approve, reject, same, not_same, merge, split, edit, unlock, correct, withdraw, keep.
-- edit: field (a fact, or title, text, url, booking_url) is value, or "not stated" when value is null. correct: field is kind or a facet, value a
-- term with + (it is so) or - (it is not). merge: value is the event that went in; split: the one that came out.

-- What was said at once bears one act. What was said before this file is an act each.
ALTER TABLE decision ADD COLUMN act UUID;
UPDATE decision SET act = id;
CREATE INDEX decision_by_act ON decision (act);
-- Why, in the editor's words.
ALTER TABLE decision ADD COLUMN note TEXT;
-- Who took it back.
ALTER TABLE decision ADD COLUMN undone_by TEXT;
-- Corrections teach: they are all read at the beginning of a pass.
CREATE INDEX decision_that_teaches ON decision (at) WHERE verb = 'correct' AND undone_at IS NULL;

-- How often an editor's word about it was given or taken back. What was built without the newest is not written, as with revisions of its listings.
ALTER TABLE event ADD COLUMN words BIGINT NOT NULL DEFAULT 0;

-- Every event that an act is about, as it was before: what undoing puts back.
CREATE TABLE act_event (
    act          UUID NOT NULL,
    event_id     UUID NOT NULL REFERENCES event (id),
    merged_into  UUID REFERENCES event (id),
    flag         TEXT,
    doubt        TEXT,
    withdrawn_at TIMESTAMPTZ,
    PRIMARY KEY (act, event_id)
);
CREATE INDEX act_event_by_event ON act_event (event_id);

-- Every listing that an act moved, where it hung before and why.
CREATE TABLE act_listing (
    act         UUID NOT NULL,
    listing_id  UUID NOT NULL REFERENCES listing (id) ON DELETE CASCADE,
    event_id    UUID NOT NULL REFERENCES event (id),
    joined_at   TIMESTAMPTZ NOT NULL,
    score       DOUBLE PRECISION,
    because     TEXT,
    came_from   UUID REFERENCES event (id),
    PRIMARY KEY (act, listing_id)
);

-- Blocking keys become numbers (a third of the pages), and what comparing with a listing needs is kept beside it as one short text, so that
-- placing a listing reads neither pages of facts nor whole descriptions. Both are made from the listing: what stands here can be made anew.

DROP TABLE block_key;

CREATE TABLE block_key (
    -- A hash. Two keys that fall together cost a comparison, never a merge.
    key         BIGINT NOT NULL,
    listing_id  UUID NOT NULL REFERENCES listing (id) ON DELETE CASCADE,
    PRIMARY KEY (key, listing_id)
);
CREATE INDEX block_key_by_listing ON block_key (listing_id);

CREATE TABLE listing_profile (
    listing_id  UUID NOT NULL PRIMARY KEY REFERENCES listing (id) ON DELETE CASCADE,
    -- The way in which keys and profile were made: an older one is made anew before the next pass.
    scheme      BIGINT NOT NULL,
    -- JSON, never searched.
    profile     TEXT NOT NULL
);
CREATE INDEX listing_profile_by_scheme ON listing_profile (scheme);
INSERT INTO listing_profile (listing_id, scheme, profile) SELECT id, 0, '' FROM listing;

-- The event that a listing was in before that one was merged into its present event: what undoing the merge puts back.
ALTER TABLE event_listing ADD COLUMN came_from UUID REFERENCES event (id);
CREATE INDEX event_by_merger ON event (merged_into) WHERE merged_into IS NOT NULL;

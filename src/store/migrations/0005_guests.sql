-- How we behave as a guest of a source: what its publisher permitted, and where it says it moved to.

-- The publisher's permission to read the source whatever its robots.txt says, in the operator's words ("permission by e-mail, 3 May 2027"),
-- and when the operator wrote it down. Null: robots.txt is asked.
ALTER TABLE source ADD COLUMN robots_permission TEXT;
ALTER TABLE source ADD COLUMN robots_permission_at TIMESTAMPTZ;

-- Where the last look was redirected for good (301, 308), and how many looks in a row were redirected there. From three on the source
-- is read there; url stays what the operator wrote.
ALTER TABLE source ADD COLUMN moved_to TEXT;
ALTER TABLE source ADD COLUMN moved_times BIGINT NOT NULL DEFAULT 0;

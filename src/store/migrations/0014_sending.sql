-- Deliverability checks whose failure an owner accepts for a bulletin: topics of mail::deliverability, separated by spaces.
ALTER TABLE bulletin ADD COLUMN send_despite TEXT NOT NULL DEFAULT '';

-- Whether an event was told of, asked for each file that a reader takes into their diary.
CREATE INDEX edition_content_event_by_event ON edition_content_event (event_id);

-- Deliverability checks whose failure an owner accepts for a bulletin: topics of mail::deliverability, separated by spaces.
ALTER TABLE bulletin ADD COLUMN send_despite TEXT NOT NULL DEFAULT '';

-- name: add
-- A word on somebody.
INSERT INTO contact_tags (account_id, tag, contact_id) VALUES (:account_id, :tag, :contact_id)
ON CONFLICT DO NOTHING;

-- name: remove
DELETE FROM contact_tags WHERE account_id = :account_id AND tag = :tag AND contact_id = :contact_id;

-- name: remove_all
-- Every word on somebody (index contact_tags_contact).
DELETE FROM contact_tags WHERE account_id = :account_id AND contact_id = :contact_id;

-- name: of_contact
-- The words on somebody, behind them (index contact_tags_contact).
SELECT contact_id, tag FROM contact_tags WHERE account_id = :account_id AND contact_id = :contact_id;

-- name: join_all
-- Whoever two contacts were has the words of both.
INSERT INTO contact_tags (account_id, tag, contact_id)
SELECT account_id, tag, :into FROM contact_tags WHERE account_id = :account_id AND contact_id = :gone
ON CONFLICT DO NOTHING;

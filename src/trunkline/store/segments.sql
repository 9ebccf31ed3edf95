-- name: insert
-- A new segment; nothing comes back when the account has one of that name.
INSERT INTO segments (account_id, id, name, rule, created_at, updated_at)
VALUES (:account_id, :id, :name, :rule, :created_at, :updated_at)
ON CONFLICT DO NOTHING RETURNING id;

-- name: get
-- One segment, by primary key.
SELECT account_id, id, name, rule, created_at, updated_at FROM segments
WHERE account_id = :account_id AND id = :id;

-- name: by_name
-- One segment, by its name.
SELECT account_id, id, name, rule, created_at, updated_at FROM segments
WHERE account_id = :account_id AND name = :name;

-- name: page
-- A page of an account's segments, newest first, along the primary key.
SELECT account_id, id, name, rule, created_at, updated_at FROM segments
WHERE account_id = :account_id AND id < :start ORDER BY id DESC LIMIT :count;

-- name: put
-- A segment as it is now.
UPDATE segments SET name = :name, rule = :rule, updated_at = :updated_at
WHERE account_id = :account_id AND id = :id;

-- name: remove
DELETE FROM segments WHERE account_id = :account_id AND id = :id RETURNING id;

-- name: everybody
-- The people of an account, in the order of their ids, along the primary key.
SELECT account_id, id, phone, user_id, parent_user_id, name, username, created_at, updated_at, language, time_zone,
    attributes, source
FROM contacts WHERE account_id = :account_id AND id > :after ORDER BY id LIMIT :count;

-- name: tagged
-- Those of them with a tag, along the primary key of tags.
SELECT c.account_id, c.id, c.phone, c.user_id, c.parent_user_id, c.name, c.username, c.created_at, c.updated_at,
    c.language, c.time_zone, c.attributes, c.source
FROM contact_tags AS t
JOIN contacts AS c ON c.account_id = t.account_id AND c.id = t.contact_id
WHERE t.account_id = :account_id AND t.tag = :tag AND t.contact_id > :after ORDER BY t.contact_id LIMIT :count;

-- name: has_tag
-- Whether somebody has a tag, by primary key.
SELECT contact_id FROM contact_tags WHERE account_id = :account_id AND tag = :tag AND contact_id = :contact_id;

-- name: heard
-- When somebody last wrote to any number, and until when one of them may answer freely (index conversations_pair).
SELECT contact_id, MAX(last_inbound_at), MAX(window_closes_at) FROM conversations
WHERE account_id = :account_id AND contact_id = :contact_id GROUP BY contact_id;

-- name: read_since
-- Whether somebody read a message since then (index messages_recipient, by each of their addresses). CROSS JOIN tells
-- SQLite where to begin.
SELECT a.contact_id FROM contact_addresses AS a CROSS JOIN messages AS m
WHERE a.account_id = :account_id AND a.contact_id = :contact_id
    AND m.account_id = :account_id AND m.recipient = a.address AND m.read_at >= :since
LIMIT 1;

-- name: received_since
-- The same of messages that arrived; one that was read has.
SELECT a.contact_id FROM contact_addresses AS a CROSS JOIN messages AS m
WHERE a.account_id = :account_id AND a.contact_id = :contact_id
    AND m.account_id = :account_id AND m.recipient = a.address
    AND (m.delivered_at >= :since OR m.read_at >= :since)
LIMIT 1;

-- name: said
-- What somebody said about a purpose, or about all, by any of their addresses (index consents_address).
SELECT a.contact_id, c.at, c.id, c.action FROM contact_addresses AS a CROSS JOIN consents AS c
WHERE a.account_id = :account_id AND a.contact_id = :contact_id
    AND c.account_id = :account_id AND c.address = a.address AND c.purpose IN (:purpose, 'all');

-- name: stopped
-- Whether somebody must not be written to, by any of their addresses: not at all, or not for this scope.
SELECT a.contact_id FROM contact_addresses AS a CROSS JOIN suppressions AS s
WHERE a.account_id = :account_id AND a.contact_id = :contact_id
    AND s.account_id = :account_id AND s.address = a.address AND s.scope IN (:scope, 'all')
LIMIT 1;

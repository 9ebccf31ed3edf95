-- name: read_identity
SELECT seed, app_id, waba_id, phone_number_id, digits FROM identity;

-- name: create_identity
INSERT INTO identity (only_row, seed, app_id, waba_id, phone_number_id, digits)
VALUES (1, ?, ?, ?, ?, ?);

-- name: read_callbacks
SELECT node_id, url FROM callbacks;

-- name: set_callback
INSERT INTO callbacks (node_id, url) VALUES (?, ?) ON CONFLICT (node_id) DO UPDATE SET url = excluded.url;

-- name: remove_callback
DELETE FROM callbacks WHERE node_id = ?;

-- name: read_handsets
SELECT address, reachable, window_open, behaviour FROM handsets;

-- name: set_handset
INSERT INTO handsets (address, reachable, window_open, behaviour) VALUES (?, ?, ?, ?)
ON CONFLICT (address) DO UPDATE
SET reachable = excluded.reachable, window_open = excluded.window_open, behaviour = excluded.behaviour;

-- name: remove_handset
DELETE FROM handsets WHERE address = ?;

-- name: read_last_id
SELECT coalesce(max(id), 0) FROM messages;

-- name: take_message
INSERT INTO messages
    (id, wamid, phone_number_id, recipient, wa_id, type, callback_data, taken_at, plan, open, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- The number of finished steps may only grow, so that a late write does no harm.
-- name: record_progress
UPDATE messages SET reported = max(reported, ?), open = open AND ? WHERE id = ?;

-- Oldest first; served by messages_with_open_statuses.
-- name: read_open_messages
SELECT wamid, phone_number_id, recipient, wa_id, type, callback_data, taken_at, plan, reported, id
FROM messages WHERE open = 1 ORDER BY id LIMIT ?;

-- name: count_open_messages
SELECT count(*) FROM messages WHERE open = 1;

-- name: read_id
SELECT id FROM messages WHERE wamid = ?;

-- name: list_messages
SELECT id, wamid, recipient, callback_data, type, taken_at FROM messages WHERE id > ? ORDER BY id LIMIT ?;

-- Served by messages_by_recipient.
-- name: list_messages_to
SELECT id, wamid, recipient, callback_data, type, taken_at
FROM messages WHERE recipient = ? AND id > ? ORDER BY id LIMIT ?;

-- name: read_message
SELECT wamid, phone_number_id, recipient, wa_id, type, callback_data, taken_at, plan, reported, id, body
FROM messages WHERE wamid = ?;

-- Whom templates were sent to since a moment: what the tier counts from, read once at start.
-- name: list_template_recipients
SELECT recipient, max(taken_at) FROM messages WHERE type = 'template' AND taken_at > ? GROUP BY recipient;

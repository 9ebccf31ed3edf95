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
FROM messages WHERE open = 1 AND id NOT IN (SELECT message_id FROM parked) ORDER BY id LIMIT ?;

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

-- How many sends of each number took a place of its free quota since a moment, read once at start.
-- name: count_free_sends
SELECT phone_number_id, count(*) FROM messages
WHERE taken_at >= ? AND instr(plan, '"service_quota"') > 0 GROUP BY phone_number_id;

-- name: read_things
SELECT id, document FROM things WHERE kind = ? ORDER BY place;

-- name: put_thing
INSERT INTO things (kind, id, document) VALUES (?, ?, ?)
ON CONFLICT (kind, id) DO UPDATE SET document = excluded.document;

-- name: remove_thing
DELETE FROM things WHERE kind = ? AND id = ?;

-- name: read_last_webhook_id
SELECT coalesce(max(id), 0) FROM webhooks;

-- name: put_webhook
INSERT INTO webhooks (id, field, phone_number_id, handset, value, created_at) VALUES (?, ?, ?, ?, ?, ?);

-- name: read_webhooks
SELECT id, field, phone_number_id, handset, value, created_at FROM webhooks ORDER BY id;

-- name: remove_webhook
DELETE FROM webhooks WHERE id = ?;

-- name: park
INSERT OR IGNORE INTO parked (message_id, handset) VALUES (?, ?);

-- name: unpark
DELETE FROM parked WHERE message_id = ?;

-- Served by parked_by_handset.
-- name: unpark_all
DELETE FROM parked WHERE handset = ?;

-- name: list_parked_handsets
SELECT DISTINCT handset FROM parked;

-- Served by parked_by_handset.
-- name: read_parked
SELECT wamid, phone_number_id, recipient, wa_id, type, callback_data, taken_at, plan, reported, id
FROM messages WHERE id IN (SELECT message_id FROM parked WHERE handset = ?) ORDER BY id;

-- When each user last wrote to each number: what the windows are made from at start. Reactions count as well.
-- name: read_last_received
SELECT phone_number_id, handset, max(sent_at) FROM received GROUP BY handset, phone_number_id;

-- name: keep_received
INSERT INTO received (wamid, phone_number_id, handset, sent_at, message) VALUES (?, ?, ?, ?, ?);

-- name: find_received
SELECT wamid, phone_number_id, handset, sent_at, read_at, message FROM received WHERE wamid = ?;

-- name: mark_received_read
UPDATE received SET read_at = ?
WHERE handset = ? AND phone_number_id = ? AND read_at IS NULL
    AND id <= (SELECT id FROM received WHERE wamid = ?);

-- Newest first; served by received_by_handset.
-- name: list_received
SELECT wamid, phone_number_id, handset, sent_at, read_at, message
FROM received WHERE handset = ? AND phone_number_id = ? ORDER BY id DESC LIMIT ?;

-- The handsets that took part in a chat lately, newest first: among the last messages, however many there are.
-- name: list_handsets
SELECT address FROM (
    SELECT * FROM (SELECT recipient AS address, taken_at AS at FROM messages ORDER BY id DESC LIMIT 5000)
    UNION ALL
    SELECT * FROM (SELECT handset, sent_at FROM received ORDER BY id DESC LIMIT 5000)
) GROUP BY address ORDER BY max(at) DESC LIMIT ?;

-- The sends of one chat, newest first; served by messages_by_recipient.
-- name: list_chat_sends
SELECT wamid, phone_number_id, recipient, wa_id, type, callback_data, taken_at, plan, reported, id, body
FROM messages WHERE recipient = ? AND phone_number_id = ? ORDER BY id DESC LIMIT ?;

-- name: extend_plan
UPDATE messages SET plan = ?, open = 1 WHERE id = ?;

-- When a number last sent to a phone: whether it knows it. Served by messages_by_recipient.
-- name: read_last_sent
SELECT max(taken_at) FROM messages WHERE recipient = ? AND phone_number_id = ? AND wa_id IS NOT NULL;

-- What analytics count from: messages in groups that share everything but the moment inside a bucket. The start of
-- a recipient is its country code, or the country of a user id.
-- name: count_messages
SELECT taken_at / ? * ?, phone_number_id, substr(recipient, 1, 3), type, plan, reported, count(*),
       count(DISTINCT recipient)
FROM messages WHERE taken_at >= ? AND taken_at < ?
GROUP BY 1, 2, 3, 4, 5, 6;

-- Bodies of a sandbox that keeps none are empty.
-- name: count_templates
SELECT taken_at / 86400000 * 86400000, json_extract(CAST(body AS TEXT), '$.template.name'),
       json_extract(CAST(body AS TEXT), '$.template.language.code'), plan, reported, count(*)
FROM messages
WHERE type = 'template' AND taken_at >= ? AND taken_at < ? AND json_valid(CAST(body AS TEXT))
GROUP BY 1, 2, 3, 4, 5;

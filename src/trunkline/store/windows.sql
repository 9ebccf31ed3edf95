-- name: asked
-- Of a message that may need an open window: what it is, what may go in its place, and until when the window is
-- open since the person it is addressed to last wrote to its number; null where nobody by that address ever did.
SELECT m.id, m.type, m.fallback, m.number_id, m.recipient, NULLIF(c.window_closes_at, 0)
FROM messages AS m
LEFT JOIN contact_addresses AS a ON a.account_id = m.account_id AND a.address = m.recipient
LEFT JOIN conversations AS c ON c.account_id = a.account_id AND c.contact_id = a.contact_id
    AND c.number_id = m.number_id
WHERE m.account_id = :account_id AND m.id = :id;

-- name: of_address
-- The same for an address and a number (index conversations_pair).
SELECT a.account_id, c.number_id, a.address, NULLIF(c.window_closes_at, 0)
FROM contact_addresses AS a
JOIN conversations AS c ON c.account_id = a.account_id AND c.contact_id = a.contact_id
WHERE a.account_id = :account_id AND c.number_id = :number_id AND a.address = :address;

-- name: called
-- By which names the provider has called a recipient (index recipient_aliases_ours).
SELECT account_id, recipient, provider_recipient FROM recipient_aliases
WHERE account_id = :account_id AND recipient = :recipient;

-- name: replace
-- The template goes instead; what it replaced is kept in its place.
UPDATE messages SET type = 'template', content = fallback, fallback = content, version = version + 1
WHERE account_id = :account_id AND id = :id AND state = 'queued' AND type <> 'template';

-- name: hold
-- Until the person writes. What is over meanwhile is left to its end.
UPDATE messages SET state = 'held', state_reason = 'window_closed', version = version + 1
WHERE account_id = :account_id AND id = :id AND state = 'queued' AND expires_at > :now;

-- name: opened
-- The person wrote: what was held for it is queued again (index messages_window).
UPDATE messages SET state = 'queued', state_reason = NULL, version = version + 1
WHERE account_id = :account_id AND number_id = :number_id AND recipient = :recipient
    AND state = 'held' AND state_reason = 'window_closed'
RETURNING id, recipient;

-- name: open_again
-- To whom a number's held messages may go by now (index messages_window).
SELECT DISTINCT m.recipient
FROM messages AS m
JOIN contact_addresses AS a ON a.account_id = m.account_id AND a.address = m.recipient
JOIN conversations AS c ON c.account_id = a.account_id AND c.contact_id = a.contact_id
    AND c.number_id = m.number_id
WHERE m.account_id = :account_id AND m.number_id = :number_id AND m.state = 'held'
    AND m.state_reason = 'window_closed' AND c.window_closes_at > :now
LIMIT :count;

-- name: holds_any
-- Whether anything of a number waits for a person to write (index messages_window).
SELECT 1 FROM messages
WHERE account_id = :account_id AND number_id = :number_id AND state = 'held' AND state_reason = 'window_closed'
LIMIT 1;

-- name: release
-- The number holds such messages no more: they are queued again, oldest first (index messages_window).
UPDATE messages SET state = 'queued', state_reason = NULL, version = version + 1
WHERE account_id = :account_id AND state = 'held' AND state_reason = 'window_closed' AND id IN (
    SELECT id FROM messages
    WHERE account_id = :account_id AND number_id = :number_id AND state = 'held'
        AND state_reason = 'window_closed'
    ORDER BY id LIMIT :count)
RETURNING id;

-- name: done_to
-- How far a chore has come in an account.
SELECT done_to FROM chore_marks WHERE account_id = :account_id AND chore = :chore;

-- name: mark
-- It has come further.
INSERT INTO chore_marks (account_id, chore, done_to) VALUES (:account_id, :chore, :done_to)
ON CONFLICT (account_id, chore) DO UPDATE SET done_to = excluded.done_to;

-- name: after
-- An account's next messages, oldest first, along the primary key.
SELECT id, created_at FROM messages WHERE account_id = :account_id AND id > :after ORDER BY id LIMIT :count;

-- name: clear
-- The content of a message that has ended. `{}` is what no message ever says.
UPDATE messages SET content = '{}', fallback = NULL, version = version + 1
WHERE account_id = :account_id AND id = :id AND content <> '{}'
    AND state NOT IN ('scheduled', 'queued', 'held', 'sending', 'unknown');

-- name: ended
-- The oldest messages of an account that have ended, along the primary key. Ids sort by time of making; the
-- moments are looked at as well, since virtual time may be ahead of the ids.
SELECT id FROM messages
WHERE account_id = :account_id AND id < :before AND created_at < :before_at AND due_at < :before_at
    AND state NOT IN ('scheduled', 'queued', 'held', 'sending', 'unknown')
ORDER BY id LIMIT :count;

-- name: delete_attempts
DELETE FROM attempts WHERE account_id = :account_id AND message_id = :message_id;

-- name: delete_facts
-- What was reported of a message (index status_facts_message).
DELETE FROM status_facts WHERE account_id = :account_id AND message_id = :message_id;

-- name: delete_message
DELETE FROM messages WHERE account_id = :account_id AND id = :id;

-- name: delete_posts
-- The oldest posts of providers that wait for nothing, along the primary key.
DELETE FROM inbox WHERE account_id = :account_id AND id IN (
    SELECT id FROM inbox
    WHERE account_id = :account_id AND id < :before AND received_at < :before_at AND state <> 'open'
    ORDER BY id LIMIT :count)
RETURNING id;

-- name: delete_parked
-- Old facts of a number that belong to no message (index status_facts_parked).
DELETE FROM status_facts WHERE account_id = :account_id AND message_id IS NULL AND provider_id IN (
    SELECT provider_id FROM status_facts
    WHERE account_id = :account_id AND number_id = :number_id AND message_id IS NULL
        AND received_at < :before_at
    ORDER BY received_at LIMIT :count)
RETURNING provider_id;

-- name: delete_tier_uses
-- Recipients of a number that Meta counts no more, along the primary key.
DELETE FROM tier_uses WHERE account_id = :account_id AND number_id = :number_id AND recipient IN (
    SELECT recipient FROM tier_uses
    WHERE account_id = :account_id AND number_id = :number_id AND at < :before_at LIMIT :count)
RETURNING recipient;

-- name: endpoints
-- Every endpoint of an account, removed ones too; there are few.
SELECT id FROM endpoints WHERE account_id = :account_id;

-- name: delete_tries
-- The oldest tries to deliver to an endpoint, along the primary key.
DELETE FROM delivery_attempts WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND event_id IN (
    SELECT event_id FROM delivery_attempts
    WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND event_id < :before AND at < :before_at
    ORDER BY event_id LIMIT :count)
RETURNING event_id;

-- name: delete_deliveries
-- The oldest rows of an endpoint, whatever became of them, along the primary key; with the lanes that waited.
DELETE FROM deliveries WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND event_id IN (
    SELECT event_id FROM deliveries
    WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND event_id < :before
        AND updated_at < :before_at
    ORDER BY event_id LIMIT :count)
RETURNING CASE WHEN state = 'waiting' THEN lane END;

-- name: delete_events
-- The oldest events of an account, along the primary key. Virtual time may be ahead of the ids.
DELETE FROM events WHERE account_id = :account_id AND id IN (
    SELECT id FROM events WHERE account_id = :account_id AND id < :before AND at < :before_at
    ORDER BY id LIMIT :count)
RETURNING id;

-- name: inbound_after
-- An account's next messages from people, oldest first, along the primary key.
SELECT id, received_at FROM inbound WHERE account_id = :account_id AND id > :after ORDER BY id LIMIT :count;

-- name: clear_inbound
-- What a message from a person says; that it was, and from whom, stays.
UPDATE inbound SET content = '{}', extras = NULL WHERE account_id = :account_id AND id = :id;

-- name: delete_inbound
-- The oldest messages from people, along the primary key.
DELETE FROM inbound WHERE account_id = :account_id AND id IN (
    SELECT id FROM inbound WHERE account_id = :account_id AND id < :before AND received_at < :before_at
    ORDER BY id LIMIT :count)
RETURNING id;

-- name: delete_notices
-- Digests of news that no provider tells again (index notices_age).
DELETE FROM notices WHERE account_id = :account_id AND digest IN (
    SELECT digest FROM notices WHERE account_id = :account_id AND received_at < :before_at
    ORDER BY received_at LIMIT :count)
RETURNING digest;

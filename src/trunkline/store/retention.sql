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
UPDATE messages SET content = '{}', version = version + 1
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

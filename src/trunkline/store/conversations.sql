-- name: hear
-- Somebody wrote to a number: the conversation is there, its window open, and from an advertisement there is the
-- chance of a free entry window.
INSERT INTO conversations (account_id, id, number_id, contact_id, last_inbound_at, last_inbound_id, window_closes_at,
    free_entry_offered_until, free_entry_closes_at, read_to, created_at, updated_at)
VALUES (:account_id, :id, :number_id, :contact_id, :last_inbound_at, :last_inbound_id, :window_closes_at,
    :free_entry_offered_until, NULL, NULL, :now, :now)
ON CONFLICT (account_id, contact_id, number_id) DO UPDATE SET
    last_inbound_at = CASE WHEN excluded.last_inbound_at > conversations.last_inbound_at
        THEN excluded.last_inbound_at ELSE conversations.last_inbound_at END,
    last_inbound_id = excluded.last_inbound_id,
    window_closes_at = CASE WHEN excluded.window_closes_at > conversations.window_closes_at
        THEN excluded.window_closes_at ELSE conversations.window_closes_at END,
    free_entry_offered_until = COALESCE(excluded.free_entry_offered_until, conversations.free_entry_offered_until),
    updated_at = excluded.updated_at
RETURNING number_id, contact_id, id;

-- name: any_offer
-- Whether anybody may open a free entry window by answering now (index conversations_offered).
SELECT 1 FROM conversations
WHERE account_id = :account_id AND free_entry_offered_until IS NOT NULL AND free_entry_offered_until >= :now
LIMIT 1;

-- name: answer
-- The business answered in time: the chance is used (index conversations_pair).
UPDATE conversations SET free_entry_closes_at = :closes_at, free_entry_offered_until = NULL, updated_at = :now
WHERE account_id = :account_id AND number_id = :number_id AND free_entry_offered_until >= :now
    AND contact_id = (SELECT contact_id FROM contact_addresses
        WHERE account_id = :account_id AND address = :recipient);

-- name: free_entry
-- The provider says until when it is free.
UPDATE conversations SET free_entry_closes_at = :closes_at, free_entry_offered_until = NULL, updated_at = :now
WHERE account_id = :account_id AND number_id = :number_id
    AND contact_id = (SELECT contact_id FROM contact_addresses
        WHERE account_id = :account_id AND address = :recipient);

-- name: of_contact
-- A contact's conversations, one a number (index conversations_pair).
SELECT id, number_id, contact_id, last_inbound_at, last_inbound_id, window_closes_at, free_entry_offered_until,
    free_entry_closes_at, read_to
FROM conversations WHERE account_id = :account_id AND contact_id = :contact_id;

-- name: give
-- It goes to the contact with which its own was found to be one.
UPDATE conversations SET contact_id = :contact_id, updated_at = :now WHERE account_id = :account_id AND id = :id;

-- name: fold
-- It takes up what another one knew of the same two.
UPDATE conversations SET last_inbound_at = :last_inbound_at, last_inbound_id = :last_inbound_id,
    window_closes_at = :window_closes_at, free_entry_offered_until = :free_entry_offered_until,
    free_entry_closes_at = :free_entry_closes_at, read_to = :read_to, updated_at = :now
WHERE account_id = :account_id AND id = :id;

-- name: remove
-- A conversation that was folded into another, or with somebody who was erased.
DELETE FROM conversations WHERE account_id = :account_id AND id = :id;

-- name: move_messages
-- The messages of a conversation that is no more (index inbound_conversation).
UPDATE inbound SET conversation_id = :conversation_id, contact_id = :contact_id
WHERE account_id = :account_id AND conversation_id = :former_id;

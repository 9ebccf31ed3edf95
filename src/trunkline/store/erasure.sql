-- name: ask
-- Somebody is to be forgotten by one of their addresses.
INSERT INTO erasures (account_id, contact_id, address, asked_at)
VALUES (:account_id, :contact_id, :address, :asked_at)
ON CONFLICT DO NOTHING;

-- name: asked
-- Who is still to be forgotten, along the primary key.
SELECT contact_id, address, asked_at FROM erasures
WHERE account_id = :account_id AND (contact_id, address) > (:contact_id, :address)
ORDER BY contact_id, address LIMIT :count;

-- name: of_contact
-- The same of one contact.
SELECT contact_id, address, asked_at FROM erasures
WHERE account_id = :account_id AND contact_id = :contact_id ORDER BY address;

-- name: done
DELETE FROM erasures WHERE account_id = :account_id AND contact_id = :contact_id AND address = :address;

-- name: forget_addresses
-- (index contact_addresses_contact)
DELETE FROM contact_addresses WHERE account_id = :account_id AND contact_id = :contact_id;

-- name: forget_recipients
-- They get no campaign any more, and those that they got do not say who it was (index campaign_recipients_contact).
-- Addresses of a campaign differ, so each gets a word of its own.
UPDATE campaign_recipients SET address = 'erased ' || CAST(n AS TEXT), vars = '{}', detail = NULL,
    reason = CASE WHEN state = 'ready' THEN 'erased' ELSE reason END,
    state = CASE WHEN state = 'ready' THEN 'skipped' ELSE state END
WHERE account_id = :account_id AND contact_id = :contact_id AND address NOT LIKE 'erased %';

-- name: forget_aliases
-- What the provider calls them (index recipient_aliases_ours).
DELETE FROM recipient_aliases WHERE account_id = :account_id AND recipient = :address;

-- name: forget_consents
-- That they agreed (index consents_address).
DELETE FROM consents WHERE account_id = :account_id AND address = :address AND action = 'granted';

-- name: forget_proofs
-- What shows that they do not want to be written to, which itself stays.
UPDATE consents SET proof = NULL WHERE account_id = :account_id AND address = :address;

-- name: waiting
-- Their messages that have no intent (index messages_recipient).
SELECT id FROM messages
WHERE account_id = :account_id AND recipient = :address AND state IN ('queued', 'held', 'scheduled')
ORDER BY id LIMIT :count;

-- name: messages
-- Their messages that are not on their way (index messages_recipient).
SELECT id FROM messages
WHERE account_id = :account_id AND recipient = :address AND created_at <= :asked_at
    AND state NOT IN ('queued', 'held', 'scheduled', 'sending', 'unknown')
ORDER BY id LIMIT :count;

-- name: any_message
-- Whether there are others (index messages_recipient).
SELECT 1 FROM messages
WHERE account_id = :account_id AND recipient = :address AND created_at <= :asked_at LIMIT 1;

-- name: forget_message
-- That it was, and what became of it, stays; the provider's words may name the address.
UPDATE messages SET error = REPLACE(error, :address, ''), recipient = '', recipient_kind = 'none', content = '{}',
    callback_data = NULL, fallback = NULL, provider_id = NULL, provider_recipient = NULL, context_id = NULL,
    version = version + 1
WHERE account_id = :account_id AND id = :id;

-- name: forget_attempts
UPDATE attempts SET detail = REPLACE(detail, :address, ''), error = REPLACE(error, :address, ''), recipient = ''
WHERE account_id = :account_id AND message_id = :id AND is_open = 0;

-- name: forget_facts
-- What the provider told of it; its own name of the message has the address in it (index status_facts_message).
UPDATE status_facts SET detail = REPLACE(detail, :address, ''), provider_id = 'erased ' || message_id, recipient = NULL
WHERE account_id = :account_id AND message_id = :id;

-- name: inbound
-- Messages of theirs that still say something, of one conversation (index inbound_conversation).
SELECT id, type, content FROM inbound
WHERE account_id = :account_id AND conversation_id = :conversation_id AND address <> '' ORDER BY id LIMIT :count;

-- name: forget_inbound
-- That there was one stays, so that a post that comes again is known.
UPDATE inbound SET content = '{}', extras = NULL, address = '' WHERE account_id = :account_id AND id = :id;

-- name: file
-- A file that they sent.
SELECT sha256 FROM media WHERE account_id = :account_id AND id = :id AND source = 'received' AND state <> 'removed';

-- name: events
-- What was told of an object (index events_object).
SELECT id, data FROM events WHERE account_id = :account_id AND object_id = :object_id;

-- name: forget_event
-- One that was told of an address is told of nobody any more.
UPDATE events SET data = :data, lane = NULL,
    object_id = CASE WHEN object_id = :address THEN 'erased ' || id ELSE object_id END
WHERE account_id = :account_id AND id = :id;

-- name: forget_tries
-- What endpoints were told of it, along the primary key.
UPDATE delivery_attempts SET request = NULL, answer = NULL
WHERE account_id = :account_id AND event_id = :event_id
    AND endpoint_id IN (SELECT id FROM endpoints WHERE account_id = :account_id);

-- name: forget_lanes
-- The order in which they were to be told, along the primary key: a lane has an address in its name. What waited for
-- others of its lane is due.
UPDATE deliveries SET lane = NULL, next_at = CASE WHEN state = 'waiting' THEN :now ELSE next_at END
WHERE account_id = :account_id AND event_id = :event_id AND lane IS NOT NULL
    AND endpoint_id IN (SELECT id FROM endpoints WHERE account_id = :account_id);

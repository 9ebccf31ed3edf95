-- name: known
-- Whether a message of a person is here already (index inbound_provider).
SELECT number_id, provider_id FROM inbound
WHERE account_id = :account_id AND provider_id = :provider_id AND number_id = :number_id;

-- name: insert
-- A message from a person, once: no row when it is here already.
INSERT INTO inbound (account_id, id, number_id, provider_id, conversation_id, contact_id, address, type, content,
    extras, context_id, at, received_at)
VALUES (:account_id, :id, :number_id, :provider_id, :conversation_id, :contact_id, :address, :type, :content,
    :extras, :context_id, :at, :received_at)
ON CONFLICT (account_id, provider_id, number_id) DO NOTHING
RETURNING id;

-- name: get
-- One message from a person, by primary key.
SELECT account_id, id, number_id, provider_id, conversation_id, contact_id, address, type, content, extras,
    context_id, at, received_at
FROM inbound WHERE account_id = :account_id AND id = :id;

-- name: get_by_provider_id
-- The same by the provider's id (index inbound_provider).
SELECT account_id, id, number_id, provider_id, conversation_id, contact_id, address, type, content, extras,
    context_id, at, received_at
FROM inbound WHERE account_id = :account_id AND provider_id = :provider_id ORDER BY number_id LIMIT 1;

-- name: of_conversation
-- The newest messages of a conversation below an id (index inbound_conversation).
SELECT account_id, id, number_id, provider_id, conversation_id, contact_id, address, type, content, extras,
    context_id, at, received_at
FROM inbound WHERE account_id = :account_id AND conversation_id = :conversation_id AND id < :start
ORDER BY id DESC LIMIT :count;

-- name: last_to_mark
-- The newest message of a conversation that can be marked as read (index inbound_conversation): a call stands among
-- them, but its id is not one of a message.
SELECT account_id, id, number_id, provider_id, conversation_id, contact_id, address, type, content, extras,
    context_id, at, received_at
FROM inbound WHERE account_id = :account_id AND conversation_id = :conversation_id AND type <> 'call'
ORDER BY id DESC LIMIT 1;

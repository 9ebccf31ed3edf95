-- name: insert
-- A fact, once. Returns it when it is new; the same status told again adds nothing.
INSERT INTO status_facts (account_id, provider_id, status, number_id, message_id, at, received_at, detail,
    recipient)
VALUES (:account_id, :provider_id, :status, :number_id, :message_id, :at, :received_at, :detail, :recipient)
ON CONFLICT (account_id, provider_id, status) DO NOTHING
RETURNING provider_id, status;

-- name: earlier
-- The same status told again with an earlier moment: that one stays, in whatever order they came.
UPDATE status_facts SET at = :at, detail = :detail
WHERE account_id = :account_id AND provider_id = :provider_id AND status = :status AND at > :at;

-- name: claim
-- Facts that came before anybody knew whose they are now have their message.
UPDATE status_facts SET message_id = :message_id
WHERE account_id = :account_id AND provider_id = :provider_id AND message_id IS NULL
RETURNING message_id, provider_id, status, at, detail;

-- name: of_message
-- What a message's provider told of it (index status_facts_message).
SELECT message_id, provider_id, status, at, detail FROM status_facts
WHERE account_id = :account_id AND message_id = :message_id ORDER BY at, received_at, status;

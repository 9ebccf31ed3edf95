-- name: lock (sqlite)
-- There, a transaction that writes is alone.
SELECT number_id FROM number_leases WHERE account_id = :account_id;

-- name: lock (postgres)
-- Whoever is about to write an intent for a number of the account has committed it, or will see what this
-- transaction writes. In one order, so that two who do so wait for each other and not in a circle.
SELECT number_id FROM number_leases WHERE account_id = :account_id ORDER BY number_id FOR UPDATE;

-- name: add
-- Somebody must not be written to. What an operator says counts for more than what was there.
INSERT INTO suppressions (account_id, address, scope, source, reason, created_at)
VALUES (:account_id, :address, :scope, :source, :reason, :created_at)
ON CONFLICT (account_id, address, scope) DO UPDATE SET source = excluded.source, reason = excluded.reason
WHERE excluded.source = 'operator' AND suppressions.source <> 'operator';

-- name: lift
-- They may be written to again, as far as it was one of these who said no.
DELETE FROM suppressions
WHERE account_id = :account_id AND address = :address AND scope = :scope AND source = :source
RETURNING address, scope, source, reason, created_at;

-- name: of_address
-- What stands against writing to an address, by primary key.
SELECT address, scope, source, reason, created_at FROM suppressions
WHERE account_id = :account_id AND address = :address ORDER BY scope;

-- name: page
-- A page of those who must not be written to, along the primary key.
SELECT address, scope, source, reason, created_at FROM suppressions
WHERE account_id = :account_id AND (address, scope) > (:address, :scope)
ORDER BY address, scope LIMIT :count;

-- name: also_of_contact
-- The other addresses of the person whose address this is, behind it.
SELECT mine.address, others.address FROM contact_addresses AS mine
JOIN contact_addresses AS others ON others.account_id = mine.account_id AND others.contact_id = mine.contact_id
WHERE mine.account_id = :account_id AND mine.address = :address AND others.address <> :address;

-- name: also_called
-- What we call somebody whom the provider calls so, and the other way round, behind this address.
SELECT provider_recipient, recipient FROM recipient_aliases
WHERE account_id = :account_id AND provider_recipient = :address
    AND number_id IN (SELECT id FROM numbers WHERE account_id = :account_id)
UNION SELECT recipient, provider_recipient FROM recipient_aliases
WHERE account_id = :account_id AND recipient = :address;

-- name: confirmed
-- Whether somebody got a confirmation since then (index messages_recipient).
SELECT 1 FROM messages
WHERE account_id = :account_id AND recipient = :address AND purpose = 'confirmation' AND created_at > :since
LIMIT 1;

-- name: stands
-- Whether anything stands against an address, by primary key: asked for every message that begins to be sent.
SELECT account_id, address FROM suppressions WHERE account_id = :account_id AND address = :address;

-- name: waiting
-- What waits to go to an address and is stopped now, oldest first (index messages_recipient).
SELECT m.id, MIN(s.scope) FROM messages AS m
JOIN suppressions AS s ON s.account_id = m.account_id AND s.address = m.recipient
WHERE m.account_id = :account_id AND m.recipient = :address AND m.state IN ('queued', 'held', 'scheduled')
    AND (m.purpose IS NULL OR m.purpose <> 'confirmation')
    AND (s.scope = 'all' OR m.purpose = 'marketing' OR (m.purpose IS NULL AND m.priority = 2))
GROUP BY m.id ORDER BY m.id LIMIT 500;

-- name: suppressed
-- By which scope a message is stopped, if by any; nothing stops the confirmation of an opt-out.
SELECT m.id, MIN(s.scope) FROM messages AS m
JOIN suppressions AS s ON s.account_id = m.account_id AND s.address = m.recipient
WHERE m.account_id = :account_id AND m.id = :id AND m.state = 'queued'
    AND (m.purpose IS NULL OR m.purpose <> 'confirmation')
    AND (s.scope = 'all' OR m.purpose = 'marketing' OR (m.purpose IS NULL AND m.priority = 2))
GROUP BY m.id;

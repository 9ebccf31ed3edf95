-- name: insert
INSERT INTO rate_cards (account_id, id, connector, currency, effective_from, source, card, created_at)
VALUES (:account_id, :id, :connector, :currency, :effective_from, :source, :card, :created_at);

-- name: of_account
-- All of an account's cards, in the order in which they came: there are few (by primary key).
SELECT account_id, id, connector, currency, effective_from, source, card, created_at FROM rate_cards
WHERE account_id = :account_id ORDER BY id;

-- name: count
-- How many there are.
SELECT COUNT(*) FROM rate_cards WHERE account_id = :account_id;

-- name: remove
DELETE FROM rate_cards WHERE account_id = :account_id AND id = :id RETURNING id;

-- name: billing
-- How an account is billed by a provider, as its owner said.
SELECT billing FROM billing WHERE account_id = :account_id AND connector = :connector;

-- name: put_billing
INSERT INTO billing (account_id, connector, billing) VALUES (:account_id, :connector, :billing)
ON CONFLICT (account_id, connector) DO UPDATE SET billing = excluded.billing;

-- name: insert
-- A new key; only the keyed hash of its secret is stored.
INSERT INTO api_keys (account_id, id, name, digest, is_live, created_at, expires_at, revoked_at)
VALUES (:account_id, :id, :name, :digest, :is_live, :created_at, :expires_at, NULL);

-- name: by_id
-- The key with this public id, of whatever account: this is how a request finds its account.
SELECT account_id, id, name, digest, is_live, created_at, expires_at, revoked_at
FROM api_keys WHERE id = :id;

-- name: of_account
-- An account's keys, newest first.
SELECT account_id, id, name, digest, is_live, created_at, expires_at, revoked_at
FROM api_keys WHERE account_id = :account_id ORDER BY created_at DESC, id;

-- name: revoke
-- Ends a key for good; the first revocation's time stays.
UPDATE api_keys SET revoked_at = :now
WHERE account_id = :account_id AND id = :id AND revoked_at IS NULL
RETURNING id;

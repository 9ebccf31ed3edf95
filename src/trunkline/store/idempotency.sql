-- name: remember
-- Keep the first answer for a key. Returns the row when this call was the first.
INSERT INTO idempotency_keys (account_id, key, fingerprint, status, body, created_at)
VALUES (:account_id, :key, :fingerprint, :status, :body, :created_at)
ON CONFLICT (account_id, key) DO NOTHING
RETURNING account_id, key, body;

-- name: recall
-- The first answer for a key, when there was one.
SELECT account_id, key, fingerprint, status, body, created_at
FROM idempotency_keys WHERE account_id = :account_id AND key = :key;

-- name: prune
-- Forget keys older than the time they are promised to be kept, some at a time (index idempotency_keys_age).
DELETE FROM idempotency_keys WHERE account_id = :account_id AND key IN (
    SELECT key FROM idempotency_keys WHERE account_id = :account_id AND created_at < :before LIMIT :count)
RETURNING key;

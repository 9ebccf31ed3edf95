-- name: keep
-- News, by its digest. No row when it was told before.
INSERT INTO notices (account_id, digest, received_at) VALUES (:account_id, :digest, :received_at)
ON CONFLICT (account_id, digest) DO NOTHING
RETURNING account_id, digest;

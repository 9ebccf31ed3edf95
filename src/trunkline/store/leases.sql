-- name: take
-- Become the owner of a number: the epoch rises, so that intents of any former owner are refused.
INSERT INTO number_leases (account_id, number_id, owner, epoch, expires_at)
VALUES (:account_id, :number_id, :owner, 1, :expires_at)
ON CONFLICT (account_id, number_id)
DO UPDATE SET owner = excluded.owner, epoch = number_leases.epoch + 1, expires_at = excluded.expires_at
RETURNING epoch;

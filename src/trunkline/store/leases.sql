-- name: seen
-- Who has a number, since which epoch, and whether that has run out.
SELECT owner, epoch, CASE WHEN expires_at <= @now THEN 1 ELSE 0 END FROM number_leases
WHERE account_id = :account_id AND number_id = :number_id;

-- name: current (sqlite)
-- The same: there, a transaction that writes is alone.
SELECT owner, epoch, expires_at <= @now FROM number_leases
WHERE account_id = :account_id AND number_id = :number_id;

-- name: current (postgres)
-- The same. Whoever is about to write an intent, or to take over, is waited for.
SELECT owner, epoch, CASE WHEN expires_at <= @now THEN 1 ELSE 0 END FROM number_leases
WHERE account_id = :account_id AND number_id = :number_id FOR UPDATE;

-- name: take
-- Become the owner of a number that nobody has (or in any case, where no other process can be): the epoch
-- rises, so that intents of any former owner are refused. No row when somebody has it.
INSERT INTO number_leases (account_id, number_id, owner, epoch, expires_at)
VALUES (:account_id, :thing, :owner, 1, @now + CAST(:life_ms AS BIGINT))
ON CONFLICT (account_id, number_id)
DO UPDATE SET owner = excluded.owner, epoch = number_leases.epoch + 1, expires_at = excluded.expires_at
WHERE number_leases.expires_at <= @now OR CAST(:is_alone AS SMALLINT) = 1
RETURNING epoch;

-- name: renew
-- The owner is alive. No row when another has taken over.
UPDATE number_leases SET expires_at = @now + CAST(:life_ms AS BIGINT)
WHERE account_id = :account_id AND number_id = :thing AND owner = :owner AND epoch = :epoch
RETURNING number_id;

-- name: release
-- The owner leaves: the next one need not wait.
UPDATE number_leases SET expires_at = 0
WHERE account_id = :account_id AND number_id = :thing AND owner = :owner AND epoch = :epoch;

-- name: fence (sqlite)
-- The epoch in which intents for a number hold.
SELECT number_id, epoch FROM number_leases WHERE account_id = :account_id AND number_id = :number_id;

-- name: fence (postgres)
-- The same; nobody takes the number over before this transaction has ended.
SELECT number_id, epoch FROM number_leases
WHERE account_id = :account_id AND number_id = :number_id FOR SHARE;

-- name: of_accounts
-- The leases of an account: number, owner, epoch, and whether they have run out.
SELECT number_id, owner, epoch, CASE WHEN expires_at <= @now THEN 1 ELSE 0 END
FROM number_leases WHERE account_id = :account_id;

-- name: of_accounts
-- The leases of an account: endpoint, owner, epoch, and whether they have run out.
SELECT endpoint_id, owner, epoch, CASE WHEN expires_at <= @now THEN 1 ELSE 0 END
FROM endpoint_progress WHERE account_id = :account_id;

-- name: take
-- Become the one who delivers to an endpoint that nobody has (or in any case, where no other process can be):
-- the epoch rises, so that what a former one still records is refused. No row when somebody has it.
UPDATE endpoint_progress
SET owner = :owner, epoch = epoch + 1, expires_at = @now + CAST(:life_ms AS BIGINT)
WHERE account_id = :account_id AND endpoint_id = :thing
    AND (expires_at <= @now OR CAST(:is_alone AS SMALLINT) = 1)
RETURNING epoch, position, failing_since, failures, probe_at;

-- name: renew
-- The owner is alive. No row when another has taken over.
UPDATE endpoint_progress SET expires_at = @now + CAST(:life_ms AS BIGINT)
WHERE account_id = :account_id AND endpoint_id = :thing AND owner = :owner AND epoch = :epoch
RETURNING endpoint_id;

-- name: release
-- The owner leaves: the next one need not wait.
UPDATE endpoint_progress SET expires_at = 0
WHERE account_id = :account_id AND endpoint_id = :thing AND owner = :owner AND epoch = :epoch;

-- name: insert
-- Keep a provider's post as it came. No row when the very same bytes are here already.
INSERT INTO inbox (account_id, id, connector, digest, body, state, received_at)
VALUES (:account_id, :id, :connector, :digest, :body, 'open', :received_at)
ON CONFLICT (account_id, digest) DO NOTHING
RETURNING id;

-- name: open
-- Posts that wait to be processed, oldest first (index inbox_open).
SELECT account_id, id, connector, body, received_at FROM inbox
WHERE account_id = :account_id AND state = 'open' AND id > :after ORDER BY id LIMIT :count;

-- name: claim (sqlite)
-- The post, when it is still open.
SELECT account_id, id FROM inbox WHERE account_id = :account_id AND id = :id AND state = 'open';

-- name: claim (postgres)
-- The post, when it is still open and no other process is at it; until this transaction ends it is ours.
SELECT account_id, id FROM inbox WHERE account_id = :account_id AND id = :id AND state = 'open'
FOR UPDATE SKIP LOCKED;

-- name: oldest_open
-- When the post came that waits longest (index inbox_open).
SELECT received_at FROM inbox WHERE account_id = :account_id AND state = 'open' ORDER BY id LIMIT 1;

-- name: finish
-- The post's facts are applied, or it is set aside with the reason.
UPDATE inbox SET state = :state, detail = :detail, processed_at = :now
WHERE account_id = :account_id AND id = :id AND state = 'open';

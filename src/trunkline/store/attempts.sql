-- name: insert
-- The attempt's half of the intent. The index attempts_open refuses a second open one in the lane.
INSERT INTO attempts (account_id, message_id, n, number_id, recipient, epoch, is_open, started_at)
VALUES (:account_id, :message_id, :n, :number_id, :recipient, :epoch, 1, :started_at);

-- name: finish
-- The attempt's half of an outcome, written once. It stays closed when a status settled it before.
UPDATE attempts SET outcome = :outcome, finished_at = :finished_at, http_status = :http_status,
    detail = :detail, error = :error,
    is_open = CASE WHEN settled_at IS NULL THEN CAST(:is_open AS SMALLINT) ELSE 0 END
WHERE account_id = :account_id AND message_id = :message_id AND n = :n AND outcome IS NULL;

-- name: settle
-- Evidence came for an open attempt: the doubt, if any, is over and the lane is free.
UPDATE attempts SET is_open = 0, settled_by = :settled_by, settled_at = :settled_at
WHERE account_id = :account_id AND message_id = :message_id AND is_open = 1
RETURNING message_id;

-- name: open_of_number
-- The open attempts of a number (index attempts_open): after a start each of them is in doubt.
SELECT message_id, n, recipient, epoch, outcome FROM attempts
WHERE account_id = :account_id AND number_id = :number_id AND is_open = 1;

-- name: doubt
-- An attempt of an earlier epoch without an outcome: its run died, and nobody knows what left.
UPDATE attempts SET outcome = 'ambiguous', finished_at = :now, detail = :detail
WHERE account_id = :account_id AND message_id = :message_id AND n = :n AND outcome IS NULL;

-- name: of_message
-- A message's attempts, in order.
SELECT n, epoch, is_open, started_at, finished_at, outcome, http_status, detail, error, settled_by, settled_at
FROM attempts WHERE account_id = :account_id AND message_id = :message_id ORDER BY n;

-- name: insert
-- The attempt's half of the intent. The index attempts_open refuses a second open one in the lane.
INSERT INTO attempts (account_id, message_id, n, number_id, recipient, epoch, is_open, started_at)
VALUES (:account_id, :message_id, :n, :number_id, :recipient, :epoch, 1, :started_at);

-- name: finish
-- The attempt's half of an outcome, written once. It stays closed when a status settled it before. What is
-- certain may still come from a process that stood still while its attempt was doubted.
UPDATE attempts SET outcome = CAST(:outcome AS TEXT), finished_at = :finished_at, http_status = :http_status,
    detail = :detail, error = :error,
    is_open = CASE WHEN settled_at IS NULL THEN CAST(:is_open AS SMALLINT) ELSE 0 END
WHERE account_id = :account_id AND message_id = :message_id AND n = :n
    AND (outcome IS NULL
        OR (outcome = 'ambiguous' AND is_open = 1 AND CAST(:outcome AS TEXT) <> 'ambiguous')
        OR (outcome = 'ambiguous' AND CAST(:outcome AS TEXT) = 'taken'));

-- name: settle
-- Evidence came for an open attempt: the doubt, if any, is over and the lane is free.
UPDATE attempts SET is_open = 0, settled_by = :settled_by, settled_at = :settled_at
WHERE account_id = :account_id AND message_id = :message_id AND is_open = 1
RETURNING message_id;

-- name: open_of_number
-- The open attempts of a number (index attempts_open): what another owner left there is in doubt.
SELECT a.message_id, a.n, a.recipient, a.epoch, a.outcome, a.started_at, m.type
FROM attempts a JOIN messages m ON m.account_id = a.account_id AND m.id = a.message_id
WHERE a.account_id = :account_id AND a.number_id = :number_id AND a.is_open = 1;

-- name: doubt
-- An attempt of an earlier epoch without an outcome: its run died, and nobody knows what left.
UPDATE attempts SET outcome = 'ambiguous', finished_at = :now, detail = :detail
WHERE account_id = :account_id AND message_id = :message_id AND n = :n AND outcome IS NULL;

-- name: never_left
-- An attempt of an earlier epoch of which it is proven that no byte left.
UPDATE attempts SET outcome = 'not_sent', finished_at = :now, detail = :detail, is_open = 0
WHERE account_id = :account_id AND message_id = :message_id AND n = :n AND outcome IS NULL;

-- name: of_message
-- A message's attempts, in order.
SELECT n, epoch, is_open, started_at, finished_at, outcome, http_status, detail, error, settled_by, settled_at
FROM attempts WHERE account_id = :account_id AND message_id = :message_id ORDER BY n;

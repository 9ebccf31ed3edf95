-- name: page_end
-- The last id of the next page of an account's messages, along the primary key.
SELECT max(id) FROM (
    SELECT id FROM messages WHERE account_id = :account_id AND id > :after ORDER BY id LIMIT :count) AS page;

-- name: hold
-- What waited at the time of the backup may have been sent since.
UPDATE messages SET state = 'held', state_reason = 'restored', version = version + 1
WHERE account_id = :account_id AND id > :after AND id <= :upto
    AND (state IN ('scheduled', 'queued') OR (state = 'held' AND state_reason <> 'restored'))
RETURNING id;

-- name: doubt
-- What was on its way at the time of the backup, or in doubt already: evidence may still come.
UPDATE messages SET state = 'unknown', state_reason = 'restored', version = version + 1
WHERE account_id = :account_id AND id > :after AND id <= :upto AND state IN ('sending', 'unknown')
    AND (state_reason IS NULL OR state_reason <> 'restored')
RETURNING id;

-- name: doubt_attempts
-- The attempts that were on their way (index attempts_open).
UPDATE attempts SET outcome = 'ambiguous', finished_at = :now, detail = 'the database was restored from a backup'
WHERE account_id = :account_id AND number_id = :number_id AND is_open = 1 AND outcome IS NULL;

-- name: stop_watches
-- Nothing was watched between the backup and now.
DELETE FROM watches;

-- name: forget_processes
-- Those of the time of the backup.
DELETE FROM processes;

-- name: held
-- Messages of a number that a restore holds (index messages_held).
SELECT count(*) FROM messages
WHERE account_id = :account_id AND number_id = :number_id AND state = 'held' AND state_reason = 'restored';

-- name: release
-- Some of them may go, oldest first (index messages_held).
UPDATE messages SET state = CASE WHEN send_at > :now THEN 'scheduled' ELSE 'queued' END, state_reason = NULL,
    version = version + 1
WHERE account_id = :account_id AND state = 'held' AND id IN (
    SELECT id FROM messages
    WHERE account_id = :account_id AND number_id = :number_id AND state = 'held' AND state_reason = 'restored'
    ORDER BY id LIMIT :count)
RETURNING id;

-- name: cancel
-- Some of them are withdrawn, oldest first (index messages_held).
UPDATE messages SET state = 'canceled', ended_at = :now, version = version + 1
WHERE account_id = :account_id AND state = 'held' AND id IN (
    SELECT id FROM messages
    WHERE account_id = :account_id AND number_id = :number_id AND state = 'held' AND state_reason = 'restored'
    ORDER BY id LIMIT :count)
RETURNING id;

-- name: hold
-- Its files take long. What is over meanwhile is left to its end. One that is held so already is so still: the
-- answer to the first commit may have been lost.
UPDATE messages SET state = 'held', state_reason = 'media', version = version + 1
WHERE account_id = :account_id AND id = :id AND expires_at > :now
    AND (state = 'queued' OR (state = 'held' AND state_reason = 'media'))
RETURNING id;

-- name: resume
-- Its files are there. One that is queued already is so still, as above.
UPDATE messages SET state = 'queued', state_reason = NULL, version = version + 1
WHERE account_id = :account_id AND id = :id
    AND (state = 'queued' OR (state = 'held' AND state_reason = 'media'))
RETURNING id;

-- name: waits
-- Whether a message still waits for its files, or may go.
SELECT 1 FROM messages
WHERE account_id = :account_id AND id = :id
    AND (state = 'queued' OR (state = 'held' AND state_reason = 'media'));

-- name: insert
-- A file that somebody sent and that is to be fetched. One that is known already stays as it is.
INSERT INTO media (account_id, id, number_id, message_id, kind, state, mime_type, file_name, sha256, next_at,
    created_at)
VALUES (:account_id, :id, :number_id, :message_id, :kind, 'pending', :mime_type, :file_name, :sha256, :next_at,
    :created_at)
ON CONFLICT (account_id, id) DO NOTHING;

-- name: pending
-- Files to be fetched, now or later, the next one first (index media_due).
SELECT account_id, id, number_id, message_id, kind, state, mime_type, file_name, sha256, size, tries, next_at,
    detail, created_at, stored_at, source, link
FROM media
WHERE account_id = :account_id AND state = 'pending' ORDER BY next_at LIMIT :count;

-- name: get
-- One file, by its id: the provider's, or ours.
SELECT account_id, id, number_id, message_id, kind, state, mime_type, file_name, sha256, size, tries, next_at,
    detail, created_at, stored_at, source, link
FROM media WHERE account_id = :account_id AND id = :id;

-- name: keep
-- Its bytes are on our disk.
UPDATE media SET state = 'stored', mime_type = :mime_type, sha256 = :sha256, size = :size, detail = :detail,
    stored_at = :now
WHERE account_id = :account_id AND id = :id AND state IN ('pending', 'failed', 'stored');

-- name: put_off
-- It could not be fetched: later again, or never.
UPDATE media SET state = :state, tries = tries + 1, next_at = :next_at, detail = :detail
WHERE account_id = :account_id AND id = :id AND state = 'pending';

-- name: old
-- Files that came before a moment and still have something to lose (index media_age). Uploaded ones stay.
SELECT id, sha256, state FROM media
WHERE account_id = :account_id AND created_at < :before_at AND state <> 'removed' AND source <> 'uploaded'
ORDER BY created_at LIMIT :count;

-- name: others
-- Whether a file of the account has these bytes, beside one (index media_content), or an import still reads them
-- (index imports_content).
SELECT 1 FROM media WHERE account_id = :account_id AND sha256 = :sha256 AND state = 'stored' AND id <> :id
UNION ALL
SELECT 1 FROM imports WHERE account_id = :account_id AND sha256 = :sha256
    AND state IN ('draft', 'checking', 'checked', 'running')
LIMIT 1;

-- name: remove
-- Its bytes are to go, and its names; that it was there stays.
UPDATE media SET state = 'removed', file_name = NULL, link = NULL, detail = :detail
WHERE account_id = :account_id AND id = :id;

-- name: forget
-- Rows of files whose messages are gone as well.
DELETE FROM media WHERE account_id = :account_id AND id IN (
    SELECT id FROM media WHERE account_id = :account_id AND created_at < :before_at AND state = 'removed'
    ORDER BY created_at LIMIT :count
) RETURNING id;

-- name: insert_stored
-- A file whose bytes are here already: uploaded, or fetched from a link.
INSERT INTO media (account_id, id, number_id, message_id, kind, state, mime_type, file_name, sha256, size,
    next_at, created_at, stored_at, source, link)
VALUES (:account_id, :id, '', '', :kind, 'stored', :mime_type, :file_name, :sha256, :size,
    :created_at, :created_at, :created_at, :source, :link);

-- name: of_link
-- What was last found behind an exact link, if that was not before a moment (index media_link).
SELECT account_id, id, number_id, message_id, kind, state, mime_type, file_name, sha256, size, tries, next_at,
    detail, created_at, stored_at, source, link
FROM media
WHERE account_id = :account_id AND link = :link AND stored_at >= :since AND state = 'stored'
ORDER BY stored_at DESC LIMIT 1;

-- name: page
-- Uploaded files, newest first (index media_ours).
SELECT account_id, id, number_id, message_id, kind, state, mime_type, file_name, sha256, size, tries, next_at,
    detail, created_at, stored_at, source, link
FROM media
WHERE account_id = :account_id AND source = 'uploaded' AND id < :start AND state = 'stored'
ORDER BY id DESC LIMIT :count;

-- name: page_backward
-- The page before: the nearest newer ones, oldest first (index media_ours).
SELECT account_id, id, number_id, message_id, kind, state, mime_type, file_name, sha256, size, tries, next_at,
    detail, created_at, stored_at, source, link
FROM media
WHERE account_id = :account_id AND source = 'uploaded' AND id > :start AND state = 'stored'
ORDER BY id LIMIT :count;

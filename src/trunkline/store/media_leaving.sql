-- name: expect
-- Bytes that may belong to nobody, to be looked into at a moment.
INSERT INTO media_leaving (account_id, sha256, due_at) VALUES (:account_id, :sha256, :due_at)
ON CONFLICT (account_id, sha256) DO UPDATE SET due_at = excluded.due_at;

-- name: settle
-- They belong to a file, or are gone.
DELETE FROM media_leaving WHERE account_id = :account_id AND sha256 = :sha256;

-- name: due
-- Those to be looked into now (index media_leaving_due).
SELECT sha256 FROM media_leaving WHERE account_id = :account_id AND due_at <= :now ORDER BY due_at LIMIT :count;

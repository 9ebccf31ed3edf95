-- name: find
-- What a provider calls a file of ours at one number, while it has it for that long still.
SELECT provider_id, expires_at FROM media_at_provider
WHERE account_id = :account_id AND number_id = :number_id AND sha256 = :sha256 AND mime_type = :mime_type
    AND expires_at > :until;

-- name: remember
-- The provider has it now, under this id.
INSERT INTO media_at_provider (account_id, number_id, sha256, mime_type, provider_id, uploaded_at, expires_at)
VALUES (:account_id, :number_id, :sha256, :mime_type, :provider_id, :uploaded_at, :expires_at)
ON CONFLICT (account_id, number_id, sha256, mime_type) DO UPDATE SET
    provider_id = excluded.provider_id, uploaded_at = excluded.uploaded_at, expires_at = excluded.expires_at;

-- name: forget
-- The provider does not know this id any more (index media_at_provider_id).
DELETE FROM media_at_provider
WHERE account_id = :account_id AND number_id = :number_id AND provider_id = :provider_id;

-- name: prune
-- Ids that the provider has forgotten as well (index media_at_provider_end).
DELETE FROM media_at_provider WHERE account_id = :account_id AND provider_id IN (
    SELECT provider_id FROM media_at_provider
    WHERE account_id = :account_id AND expires_at < :before LIMIT :count)
RETURNING provider_id;

-- name: insert
-- A new account; its name and hook key are unique.
INSERT INTO accounts (id, name, hook_key, sealed_verify_token, created_at, doubt_policy, resend_after_seconds)
VALUES (:id, :name, :hook_key, :sealed_verify_token, :created_at, :doubt_policy, :resend_after_seconds);

-- name: every
-- All accounts, oldest first. There are few.
SELECT id, name, hook_key, sealed_verify_token, created_at, doubt_policy, resend_after_seconds
FROM accounts ORDER BY id;

-- name: set_doubt_policy
-- What becomes of a send without a usable answer.
UPDATE accounts SET doubt_policy = :policy, resend_after_seconds = :seconds WHERE id = :account_id;

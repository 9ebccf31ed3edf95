-- name: insert
-- A new account; its name and hook key are unique.
INSERT INTO accounts (id, name, hook_key, sealed_verify_token, created_at)
VALUES (:id, :name, :hook_key, :sealed_verify_token, :created_at);

-- name: every
-- All accounts, oldest first. There are few.
SELECT id, name, hook_key, sealed_verify_token, created_at FROM accounts ORDER BY id;

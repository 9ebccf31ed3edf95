-- name: insert
-- A new business number.
INSERT INTO numbers (account_id, id, connector, digits, phone_number_id, waba_id, app_id, sealed_token,
    sealed_app_secret, base_url, is_default, is_builtin, messages_per_second, held_reason, created_at,
    updated_at, removed_at, is_shared, daily_recipients, window_policy, provider_info, links, template_check,
    tier_reserve)
VALUES (:account_id, :id, :connector, :digits, :phone_number_id, :waba_id, :app_id, :sealed_token,
    :sealed_app_secret, :base_url, :is_default, :is_builtin, :messages_per_second, NULL, :created_at,
    :updated_at, NULL, :is_shared, :daily_recipients, :window_policy, :provider_info, :links, :template_check,
    :tier_reserve);

-- name: active
-- Every number that is not removed, of all accounts, oldest first: the directory in memory is made of it.
SELECT account_id, id, connector, digits, phone_number_id, waba_id, app_id, sealed_token,
    sealed_app_secret, base_url, is_default, is_builtin, messages_per_second, held_reason, created_at,
    updated_at, is_shared, daily_recipients, window_policy, provider_info, links, template_check, tier_reserve
FROM numbers WHERE removed_at IS NULL ORDER BY account_id, id;

-- name: update
-- New credentials, address or pace for a number that is registered already; it is no longer held.
UPDATE numbers
SET phone_number_id = :phone_number_id, waba_id = :waba_id, app_id = :app_id, sealed_token = :sealed_token,
    sealed_app_secret = :sealed_app_secret, base_url = :base_url, is_builtin = :is_builtin,
    messages_per_second = :messages_per_second, is_shared = :is_shared,
    daily_recipients = :daily_recipients, window_policy = :window_policy, links = :links,
    template_check = :template_check, tier_reserve = :tier_reserve, held_reason = NULL, updated_at = :updated_at
WHERE account_id = :account_id AND id = :id AND removed_at IS NULL;

-- name: clear_default
-- Leaves the account without a default number; always followed by set_default or remove.
UPDATE numbers SET is_default = 0 WHERE account_id = :account_id AND is_default = 1;

-- name: set_default
-- Makes a number the one that is used when a message names none.
UPDATE numbers SET is_default = 1, updated_at = :now
WHERE account_id = :account_id AND id = :id AND removed_at IS NULL
RETURNING id;

-- name: set_window_policy
-- What becomes of free-form messages from now on while the window is closed.
UPDATE numbers SET window_policy = :policy, updated_at = :now
WHERE account_id = :account_id AND id = :id AND removed_at IS NULL
RETURNING id;

-- name: set_links
-- Who fetches files behind links from now on.
UPDATE numbers SET links = :links, updated_at = :now
WHERE account_id = :account_id AND id = :id AND removed_at IS NULL
RETURNING id;

-- name: set_template_check
-- Whether templates are held against what is known of them from now on.
UPDATE numbers SET template_check = :template_check, updated_at = :now
WHERE account_id = :account_id AND id = :id AND removed_at IS NULL
RETURNING id;

-- name: set_tier_reserve
-- How much of the tier is left to messages that are not of bulk from now on; null is a tenth.
UPDATE numbers SET tier_reserve = :tier_reserve, updated_at = :now
WHERE account_id = :account_id AND id = :id AND removed_at IS NULL
RETURNING id;

-- name: remove
-- The number sends no more. The row stays, since messages point at it.
UPDATE numbers SET removed_at = :now, is_default = 0, updated_at = :now
WHERE account_id = :account_id AND id = :id AND removed_at IS NULL
RETURNING id;

-- name: hold
-- Nothing leaves from this number until somebody releases it. The first reason stays.
UPDATE numbers SET held_reason = :reason, updated_at = :now
WHERE account_id = :account_id AND id = :id AND held_reason IS NULL
RETURNING id;

-- name: release
UPDATE numbers SET held_reason = NULL, updated_at = :now
WHERE account_id = :account_id AND id = :id AND removed_at IS NULL
RETURNING id;

-- name: digits_by_id
-- The digits of all of an account's numbers, removed ones too: messages point at them.
SELECT id, digits FROM numbers WHERE account_id = :account_id;

-- name: for_news (sqlite)
-- What is remembered of a number, before news of it is added.
SELECT provider_info, daily_recipients FROM numbers
WHERE account_id = :account_id AND id = :id AND removed_at IS NULL;

-- name: for_news (postgres)
-- The same; it stays so until the transaction ends.
SELECT provider_info, daily_recipients FROM numbers
WHERE account_id = :account_id AND id = :id AND removed_at IS NULL FOR UPDATE;

-- name: learn
-- What the provider told of a number.
UPDATE numbers SET provider_info = :provider_info, daily_recipients = :daily_recipients, updated_at = :now
WHERE account_id = :account_id AND id = :id;

-- name: held_for
-- Why a number is held.
SELECT held_reason FROM numbers
WHERE account_id = :account_id AND id = :id AND held_reason IS NOT NULL AND removed_at IS NULL;

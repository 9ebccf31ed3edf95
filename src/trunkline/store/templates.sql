-- name: insert
-- A template, known from now on.
INSERT INTO templates (account_id, id, waba_id, provider_id, name, language, category, status, definition,
    quality, rejected_reason, correct_category, detail, created_at, changed_at, seen_at, removed_at)
VALUES (:account_id, :id, :waba_id, :provider_id, :name, :language, :category, :status, :definition,
    :quality, :rejected_reason, :correct_category, :detail, :created_at, :changed_at, :seen_at, :removed_at);

-- name: update
-- What is known of it now.
UPDATE templates SET provider_id = :provider_id, category = :category, status = :status,
    definition = :definition, quality = :quality, rejected_reason = :rejected_reason,
    correct_category = :correct_category, detail = :detail, changed_at = :changed_at, seen_at = :seen_at,
    removed_at = :removed_at
WHERE account_id = :account_id AND id = :id;

-- name: get
-- One template by its id.
SELECT account_id, id, waba_id, provider_id, name, language, category, status, definition, quality,
    rejected_reason, correct_category, detail, created_at, changed_at, seen_at, removed_at
FROM templates WHERE account_id = :account_id AND id = :id;

-- name: by_provider_id
-- One template by the provider's id (index templates_provider).
SELECT account_id, id, waba_id, provider_id, name, language, category, status, definition, quality,
    rejected_reason, correct_category, detail, created_at, changed_at, seen_at, removed_at
FROM templates WHERE account_id = :account_id AND provider_id = :provider_id AND removed_at IS NULL;

-- name: was_removed
-- Whether the provider had one of this id that is removed here.
SELECT id FROM templates
WHERE account_id = :account_id AND provider_id = :provider_id AND removed_at IS NOT NULL LIMIT 1;

-- name: removed_since
-- Those that were removed a short while ago.
SELECT provider_id FROM templates
WHERE account_id = :account_id AND removed_at IS NOT NULL AND seen_at >= :since AND provider_id IS NOT NULL;

-- name: of_name
-- A template in all its languages (index templates_name).
SELECT account_id, id, waba_id, provider_id, name, language, category, status, definition, quality,
    rejected_reason, correct_category, detail, created_at, changed_at, seen_at, removed_at
FROM templates
WHERE account_id = :account_id AND waba_id = :waba_id AND name = :name AND removed_at IS NULL
ORDER BY language;

-- name: of_waba
-- All templates of a business account, some at a time (index templates_name).
SELECT account_id, id, waba_id, provider_id, name, language, category, status, definition, quality,
    rejected_reason, correct_category, detail, created_at, changed_at, seen_at, removed_at
FROM templates
WHERE account_id = :account_id AND waba_id = :waba_id AND removed_at IS NULL
    AND (name > :name OR (name = :name AND language > :language))
ORDER BY name, language LIMIT :count;

-- name: page
-- A page of an account's templates, newest first, along the primary key. Empty filters match everything.
SELECT account_id, id, waba_id, provider_id, name, language, category, status, definition, quality,
    rejected_reason, correct_category, detail, created_at, changed_at, seen_at, removed_at
FROM templates
WHERE account_id = :account_id AND id < :start AND removed_at IS NULL
    AND (:name = '' OR name = :name) AND (:language = '' OR language = :language)
    AND (:status = '' OR status = :status) AND (:category = '' OR category = :category)
    AND (:waba_id = '' OR waba_id = :waba_id)
ORDER BY id DESC LIMIT :count;

-- name: page_backward
-- The page before: the nearest newer ones, oldest first.
SELECT account_id, id, waba_id, provider_id, name, language, category, status, definition, quality,
    rejected_reason, correct_category, detail, created_at, changed_at, seen_at, removed_at
FROM templates
WHERE account_id = :account_id AND id > :start AND removed_at IS NULL
    AND (:name = '' OR name = :name) AND (:language = '' OR language = :language)
    AND (:status = '' OR status = :status) AND (:category = '' OR category = :category)
    AND (:waba_id = '' OR waba_id = :waba_id)
ORDER BY id LIMIT :count;

-- name: insert_change
-- What happened to it next.
INSERT INTO template_changes (account_id, template_id, n, at, source, change)
VALUES (:account_id, :template_id, (SELECT coalesce(max(n), 0) + 1 FROM template_changes
    WHERE account_id = :account_id AND template_id = :template_id), :at, :source, :change);

-- name: changes
-- The history of a template, newest first.
SELECT n, at, source, change FROM template_changes
WHERE account_id = :account_id AND template_id = :template_id ORDER BY n DESC;

-- name: trim_changes
-- What happened to it long ago, and many changes since.
DELETE FROM template_changes
WHERE account_id = :account_id AND template_id = :template_id AND n <= (SELECT max(n) FROM template_changes
    WHERE account_id = :account_id AND template_id = :template_id) - :kept;

-- name: sync
-- When the templates of a business account were last read.
SELECT account_id, waba_id, due_at, synced_at, tries, detail FROM template_syncs
WHERE account_id = :account_id AND waba_id = :waba_id;

-- name: syncs
-- The same of all business accounts of an account.
SELECT account_id, waba_id, due_at, synced_at, tries, detail FROM template_syncs
WHERE account_id = :account_id ORDER BY waba_id;

-- name: all_syncs
-- The same of every account, for the loop that looks what is due: one row for each business account.
SELECT account_id, waba_id, due_at, synced_at, tries, detail FROM template_syncs;

-- name: keep_sync
-- How the last reading went, and when the next one is due.
INSERT INTO template_syncs (account_id, waba_id, due_at, synced_at, tries, detail)
VALUES (:account_id, :waba_id, :due_at, :synced_at, :tries, :detail)
ON CONFLICT (account_id, waba_id) DO UPDATE SET due_at = excluded.due_at, synced_at = excluded.synced_at,
    tries = excluded.tries, detail = excluded.detail;

-- name: lock
-- One writer of a business account's templates at a time, until the transaction ends; one not read yet is due.
INSERT INTO template_syncs (account_id, waba_id, due_at, synced_at, tries, detail)
VALUES (:account_id, :waba_id, 0, NULL, 0, NULL)
ON CONFLICT (account_id, waba_id) DO UPDATE SET due_at = template_syncs.due_at;

-- name: ask_sync
-- They are to be read at once, whatever kept them waiting.
INSERT INTO template_syncs (account_id, waba_id, due_at, synced_at, tries, detail)
VALUES (:account_id, :waba_id, :now, NULL, 0, NULL)
ON CONFLICT (account_id, waba_id) DO UPDATE SET due_at = excluded.due_at, tries = 0;

-- name: forget_changes
-- The history of templates that were removed long ago, some at a time.
DELETE FROM template_changes
WHERE account_id = :account_id AND template_id IN (SELECT id FROM templates
    WHERE account_id = :account_id AND removed_at < :before ORDER BY id LIMIT :count);

-- name: forget
-- These templates.
DELETE FROM templates
WHERE account_id = :account_id AND id IN (SELECT id FROM templates
    WHERE account_id = :account_id AND removed_at < :before ORDER BY id LIMIT :count)
RETURNING id;

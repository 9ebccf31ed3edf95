-- name: insert
-- A new import; what a dry run or a run leaves is not there yet.
INSERT INTO imports (account_id, id, state, state_reason, file_name, sha256, size, options, found, list_id,
    created_at, updated_at)
VALUES (:account_id, :id, :state, :state_reason, :file_name, :sha256, :size, :options, :found, :list_id,
    :created_at, :updated_at);

-- name: get
-- One import, by primary key.
SELECT account_id, id, state, state_reason, detail, file_name, sha256, size, options, found, report, list_id,
    position, counts, version, created_at, updated_at, finished_at
FROM imports WHERE account_id = :account_id AND id = :id;

-- name: lock (sqlite)
-- There, whoever writes is alone.
SELECT account_id, id, state, state_reason, detail, file_name, sha256, size, options, found, report, list_id,
    position, counts, version, created_at, updated_at, finished_at
FROM imports WHERE account_id = :account_id AND id = :id;

-- name: lock (postgres)
-- Of a batch and a cancel the one that comes second sees the other.
SELECT account_id, id, state, state_reason, detail, file_name, sha256, size, options, found, report, list_id,
    position, counts, version, created_at, updated_at, finished_at
FROM imports WHERE account_id = :account_id AND id = :id FOR UPDATE;

-- name: page
-- A page of an account's imports, newest first, along the primary key.
SELECT account_id, id, state, state_reason, detail, file_name, sha256, size, options, found, report, list_id,
    position, counts, version, created_at, updated_at, finished_at
FROM imports WHERE account_id = :account_id AND id < :start ORDER BY id DESC LIMIT :count;

-- name: open
-- Those that something is to be done for (index imports_open).
SELECT id FROM imports WHERE account_id = :account_id AND state IN ('checking', 'running') ORDER BY id;

-- name: waiting
-- Those that have not ended (index imports_content).
SELECT id FROM imports
WHERE account_id = :account_id AND state IN ('draft', 'checking', 'checked', 'running') ORDER BY sha256, id;

-- name: put
-- As it is now; the caller has called `lock`, and raises the version where a caller of ours changed it.
UPDATE imports SET state = :state, state_reason = :state_reason, detail = :detail, options = :options,
    found = :found, report = :report, list_id = :list_id, position = :position, counts = :counts,
    version = :version, updated_at = :updated_at, finished_at = :finished_at
WHERE account_id = :account_id AND id = :id;

-- name: advance
-- How far it is.
UPDATE imports SET position = :position, counts = :counts, updated_at = :updated_at
WHERE account_id = :account_id AND id = :id;

-- name: unused
-- Those that nobody started in a long time, along the primary key: ids are as old as their rows.
SELECT id FROM imports WHERE account_id = :account_id AND id < :before_id AND state IN ('draft', 'checked')
ORDER BY id LIMIT :count;

-- name: old
-- Those that ended, and began before a moment, along the primary key.
SELECT id FROM imports
WHERE account_id = :account_id AND id < :before_id AND state IN ('finished', 'failed', 'canceled')
ORDER BY id LIMIT :count;

-- name: remove
-- One import; its faults go first.
DELETE FROM imports WHERE account_id = :account_id AND id = :id;

-- name: add_faults
-- What was wrong with rows. One that is known stays as it is.
INSERT INTO import_faults (account_id, import_id, n, line, column_name, reason, detail, found)
VALUES (:account_id, :import_id, :n, :line, :column_name, :reason, :detail, :found)
ON CONFLICT DO NOTHING;

-- name: faults
-- A page of them in the order of the file, along the primary key.
SELECT n, line, column_name, reason, detail, found FROM import_faults
WHERE account_id = :account_id AND import_id = :import_id AND n > :after ORDER BY n LIMIT :count;

-- name: faults_of
-- The same for one reason.
SELECT n, line, column_name, reason, detail, found FROM import_faults
WHERE account_id = :account_id AND import_id = :import_id AND n > :after AND reason = :reason
ORDER BY n LIMIT :count;

-- name: clear_faults
-- Some of them, along the primary key.
DELETE FROM import_faults WHERE account_id = :account_id AND import_id = :import_id AND n IN (
    SELECT n FROM import_faults WHERE account_id = :account_id AND import_id = :import_id ORDER BY n LIMIT :count)
RETURNING n;

-- name: said
-- What an address's last entry of a purpose and a source says (index consents_address).
SELECT address, action FROM consents
WHERE account_id = :account_id AND address = :address AND purpose = :purpose AND source = :source
ORDER BY id DESC LIMIT 1;

-- name: known (sqlite)
-- Which of many addresses are anybody's, by the primary key; `addresses` is a JSON array.
SELECT address FROM contact_addresses
WHERE account_id = :account_id AND address IN (SELECT asked.value FROM json_each(:addresses) AS asked);

-- name: known (postgres)
-- The same there.
SELECT address FROM contact_addresses
WHERE account_id = :account_id AND address = ANY(ARRAY(SELECT jsonb_array_elements_text(CAST(:addresses AS JSONB))));

-- name: stopped (sqlite)
-- Which of many addresses must not be written to, by the primary key.
SELECT address FROM suppressions
WHERE account_id = :account_id AND address IN (SELECT asked.value FROM json_each(:addresses) AS asked);

-- name: stopped (postgres)
-- The same there.
SELECT address FROM suppressions
WHERE account_id = :account_id AND address = ANY(ARRAY(SELECT jsonb_array_elements_text(CAST(:addresses AS JSONB))));

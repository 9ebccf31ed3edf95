-- name: active
-- Every endpoint that is not removed, of all accounts, oldest first: the directory in memory is made of it.
SELECT account_id, id, url, format, description, event_types, number_id, sealed_secret,
    sealed_former_secret, former_until, state, state_reason, is_ordered, batch_size, max_in_flight, per_second,
    created_by, created_at, updated_at
FROM endpoints WHERE removed_at IS NULL ORDER BY account_id, id;

-- name: of_account
-- The endpoints of one account, oldest first.
SELECT account_id, id, url, format, description, event_types, number_id, sealed_secret,
    sealed_former_secret, former_until, state, state_reason, is_ordered, batch_size, max_in_flight, per_second,
    created_by, created_at, updated_at
FROM endpoints WHERE account_id = :account_id AND removed_at IS NULL ORDER BY id;

-- name: get
-- One endpoint, by primary key.
SELECT account_id, id, url, format, description, event_types, number_id, sealed_secret,
    sealed_former_secret, former_until, state, state_reason, is_ordered, batch_size, max_in_flight, per_second,
    created_by, created_at, updated_at
FROM endpoints WHERE account_id = :account_id AND id = :id AND removed_at IS NULL;

-- name: to_change (sqlite)
-- One endpoint, about to be changed.
SELECT account_id, id, url, format, description, event_types, number_id, sealed_secret,
    sealed_former_secret, former_until, state, state_reason, is_ordered, batch_size, max_in_flight, per_second,
    created_by, created_at, updated_at
FROM endpoints WHERE account_id = :account_id AND id = :id AND removed_at IS NULL;

-- name: to_change (postgres)
-- The same; it stays so until the transaction ends.
SELECT account_id, id, url, format, description, event_types, number_id, sealed_secret,
    sealed_former_secret, former_until, state, state_reason, is_ordered, batch_size, max_in_flight, per_second,
    created_by, created_at, updated_at
FROM endpoints WHERE account_id = :account_id AND id = :id AND removed_at IS NULL FOR UPDATE;

-- name: insert
-- A new endpoint; always followed by start.
INSERT INTO endpoints (account_id, id, url, format, description, event_types, number_id, sealed_secret,
    sealed_former_secret, former_until, state, state_reason, is_ordered, batch_size, max_in_flight, per_second,
    created_by, created_at, updated_at)
VALUES (:account_id, :id, :url, :format, :description, :event_types, :number_id, :sealed_secret,
    :sealed_former_secret, :former_until, :state, :state_reason, :is_ordered, :batch_size, :max_in_flight,
    :per_second, :created_by, :created_at, :updated_at);

-- name: start
-- Where a new endpoint begins in the log.
INSERT INTO endpoint_progress (account_id, endpoint_id, position) VALUES (:account_id, :endpoint_id, :position);

-- name: update
-- What the owner chooses, and the secrets.
UPDATE endpoints
SET url = :url, format = :format, description = :description, event_types = :event_types, number_id = :number_id,
    sealed_secret = :sealed_secret, sealed_former_secret = :sealed_former_secret, former_until = :former_until,
    is_ordered = :is_ordered, batch_size = :batch_size, max_in_flight = :max_in_flight,
    per_second = :per_second, updated_at = :updated_at
WHERE account_id = :account_id AND id = :id AND removed_at IS NULL;

-- name: set_state
-- A new state or another reason for it; returns the row only when that changes something.
UPDATE endpoints SET state = :state, state_reason = :reason, updated_at = :now
WHERE account_id = :account_id AND id = :id AND removed_at IS NULL
    AND (state <> :state OR COALESCE(state_reason, '') <> COALESCE(CAST(:reason AS TEXT), ''))
RETURNING id;

-- name: turn
-- The same by what a try brought. It counts only while posts go out at all, and to the address that was tried:
-- what the owner said meanwhile stands.
UPDATE endpoints SET state = :state, state_reason = :reason, updated_at = :now
WHERE account_id = :account_id AND id = :id AND removed_at IS NULL AND url = :url
    AND (state = 'active' OR state = 'paused' AND state_reason = 'failing')
    AND (state <> :state OR COALESCE(state_reason, '') <> COALESCE(CAST(:reason AS TEXT), ''))
RETURNING id;

-- name: forget_failures
-- What an endpoint failed at does not count any more.
UPDATE endpoint_progress SET failing_since = NULL, failures = 0, probe_at = NULL
WHERE account_id = :account_id AND endpoint_id = :endpoint_id;

-- name: remove
-- Nothing goes to it any more. The row stays for its log, without the secrets.
UPDATE endpoints SET removed_at = :now, updated_at = :now, sealed_secret = '', sealed_former_secret = NULL
WHERE account_id = :account_id AND id = :id AND removed_at IS NULL
RETURNING id;

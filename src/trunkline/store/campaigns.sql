-- name: insert
INSERT INTO campaigns (account_id, id, name, state, definition, start_at, parent_id, created_at, updated_at)
VALUES (:account_id, :id, :name, :state, :definition, :start_at, :parent_id, :created_at, :updated_at);

-- name: get
-- One campaign, by primary key.
SELECT account_id, id, name, state, state_reason, definition, start_at, position, report, run, parent_id, version,
    created_at, updated_at, checked_at, started_at, ended_at
FROM campaigns WHERE account_id = :account_id AND id = :id;

-- name: page
-- A page of an account's campaigns, newest first, along the primary key.
SELECT account_id, id, name, state, state_reason, definition, start_at, position, report, run, parent_id, version,
    created_at, updated_at, checked_at, started_at, ended_at
FROM campaigns WHERE account_id = :account_id AND id < :start AND (:state = '' OR state = :state)
ORDER BY id DESC LIMIT :count;

-- name: page_backward
-- The page before: the nearest newer ones, oldest first, along the primary key.
SELECT account_id, id, name, state, state_reason, definition, start_at, position, report, run, parent_id, version,
    created_at, updated_at, checked_at, started_at, ended_at
FROM campaigns WHERE account_id = :account_id AND id > :start AND (:state = '' OR state = :state)
ORDER BY id LIMIT :count;

-- name: repeats
-- Those that repeat a campaign for some, and those that repeat these, newest first (primary key).
WITH RECURSIVE repeats (id) AS (
    SELECT id FROM campaigns WHERE account_id = :account_id AND parent_id = :id
    UNION
    SELECT c.id FROM repeats AS few CROSS JOIN campaigns AS c
    WHERE c.account_id = :account_id AND c.parent_id = few.id)
SELECT few.id FROM repeats AS few ORDER BY few.id DESC LIMIT :count;

-- name: open
-- Those that something is to be done for (index campaigns_open).
SELECT account_id, id, state, start_at FROM campaigns
WHERE account_id = :account_id
    AND (state IN ('checking', 'scheduled', 'running', 'paused') OR (state = 'canceled' AND ended_at IS NULL));

-- name: lock
-- Whoever makes messages of it, or stops that, waits for the other here. The row as it is then.
UPDATE campaigns SET version = version WHERE account_id = :account_id AND id = :id
RETURNING account_id, id, name, state, state_reason, definition, start_at, position, report, run, parent_id, version,
    created_at, updated_at, checked_at, started_at, ended_at;

-- name: put
-- A campaign as it is now, unless somebody changed it meanwhile.
UPDATE campaigns SET name = :name, state = :state, state_reason = :state_reason, definition = :definition,
    start_at = :start_at, position = :position, report = :report, run = :run, updated_at = :updated_at,
    checked_at = :checked_at, started_at = :started_at, ended_at = :ended_at, version = version + 1
WHERE account_id = :account_id AND id = :id AND version = :version
RETURNING id;

-- name: remove
-- A draft, or one that is over.
DELETE FROM campaigns WHERE account_id = :account_id AND id = :id AND version = :version RETURNING id;

-- name: hold_messages
-- What waits to be sent for it is held (index messages_campaign).
UPDATE messages SET state = 'held', state_reason = 'campaign_paused', version = version + 1
WHERE account_id = :account_id AND campaign_id = :campaign_id
    AND (state = 'queued' OR (state = 'held' AND state_reason NOT IN ('campaign_paused', 'restored')))
RETURNING id;

-- name: release_messages (sqlite)
-- And may go again, some at a time (index messages_campaign; the `|| ''` keeps the engines from going along the
-- primary key, through everything else).
UPDATE messages SET state = 'queued', state_reason = NULL, version = version + 1
WHERE account_id = :account_id AND id IN (
    SELECT id FROM messages
    WHERE account_id = :account_id AND campaign_id = :campaign_id AND state = 'held'
        AND state_reason = 'campaign_paused'
    ORDER BY id || '' LIMIT :count)
RETURNING number_id, id;

-- name: release_messages (postgres)
-- The same; of a table that was just filled it knows too little to find the rows of an IN by their key.
UPDATE messages SET state = 'queued', state_reason = NULL, version = version + 1
WHERE account_id = :account_id AND id = ANY(ARRAY(
    SELECT id FROM messages
    WHERE account_id = :account_id AND campaign_id = :campaign_id AND state = 'held'
        AND state_reason = 'campaign_paused'
    ORDER BY id || '' LIMIT :count))
RETURNING number_id, id;

-- name: waiting_ids
-- What of it has no intent (index messages_campaign).
SELECT id FROM messages
WHERE account_id = :account_id AND campaign_id = :campaign_id AND state IN ('queued', 'held', 'scheduled')
ORDER BY id || '' LIMIT :count;

-- name: count_messages
-- How many of its messages are in each state (index messages_campaign alone).
SELECT state, COUNT(*) FROM messages WHERE account_id = :account_id AND campaign_id = :campaign_id GROUP BY state;

-- name: count_queued
-- How many of its messages wait to be sent, by number (index messages_campaign).
SELECT number_id, COUNT(*) FROM messages
WHERE account_id = :account_id AND campaign_id = :campaign_id AND state = 'queued' GROUP BY number_id;

-- name: has_unsent
-- Whether any of its messages is still to be sent, or on its way (index messages_campaign).
SELECT 1 FROM messages
WHERE account_id = :account_id AND campaign_id = :campaign_id
    AND state IN ('queued', 'held', 'scheduled', 'sending') LIMIT 1;

-- name: failures
-- Why its messages failed, and how often (index messages_campaign).
SELECT error, COUNT(*) FROM messages
WHERE account_id = :account_id AND campaign_id = :campaign_id AND state = 'failed' GROUP BY error;

-- name: over
-- The first of those that ended before a moment and are not where `but` says (primary key: an account has few).
SELECT account_id, id, name, state, state_reason, definition, start_at, position, report, run, parent_id, version,
    created_at, updated_at, checked_at, started_at, ended_at
FROM campaigns
WHERE account_id = :account_id AND state IN ('finished', 'canceled') AND ended_at < :before AND position <> :but
ORDER BY id LIMIT 1;

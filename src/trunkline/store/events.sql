-- name: take_turn
-- The last of `count` ids that nobody else gets. Who appends at the same time waits here until we committed.
INSERT INTO event_logs (account_id, last) VALUES (:account_id, CAST(:now AS BIGINT) + :count)
ON CONFLICT (account_id) DO UPDATE
SET last = CASE WHEN event_logs.last < :now THEN :now ELSE event_logs.last END + :count
RETURNING last;

-- name: insert
-- An event, with the next number of its object (index events_object).
INSERT INTO events (account_id, id, type, object_id, sequence, number_id, lane, at, data)
VALUES (:account_id, :id, :type, :object_id,
    (SELECT COALESCE(MAX(sequence), 0) + 1 FROM events WHERE account_id = :account_id AND object_id = :object_id),
    :number_id, :lane, :at, :data);

-- name: get
-- One event, by primary key.
SELECT account_id, id, type, object_id, sequence, number_id, lane, at, data
FROM events WHERE account_id = :account_id AND id = :id;

-- name: after
-- What followed an event, oldest first, along the primary key.
SELECT account_id, id, type, object_id, sequence, number_id, lane, at, data
FROM events WHERE account_id = :account_id AND id > :after ORDER BY id LIMIT :count;

-- name: last
-- The newest id of an account.
SELECT id FROM events WHERE account_id = :account_id ORDER BY id DESC LIMIT 1;

-- name: reach
-- The id so many events further on: how far a page looks for what it is narrowed to, along the primary key.
SELECT id FROM events WHERE account_id = :account_id AND id > :start ORDER BY id LIMIT 1 OFFSET :count;

-- name: reach_backward
-- The same towards the beginning.
SELECT id FROM events WHERE account_id = :account_id AND id < :start ORDER BY id DESC LIMIT 1 OFFSET :count;

-- name: page
-- A page of the log, oldest first, along the primary key. Empty filters match everything; `types` has a comma
-- before and behind each.
SELECT account_id, id, type, object_id, sequence, number_id, lane, at, data
FROM events
WHERE account_id = :account_id AND id > :start AND id <= :reach
    AND (:types = '' OR :types LIKE '%,' || type || ',%')
    AND (:number = '' OR number_id IN (SELECT id FROM numbers WHERE account_id = :account_id AND digits = :number))
    AND at >= :since AND at < :until
ORDER BY id LIMIT :count;

-- name: page_backward
-- The same towards the beginning, newest first.
SELECT account_id, id, type, object_id, sequence, number_id, lane, at, data
FROM events
WHERE account_id = :account_id AND id < :start AND id >= :reach
    AND (:types = '' OR :types LIKE '%,' || type || ',%')
    AND (:number = '' OR number_id IN (SELECT id FROM numbers WHERE account_id = :account_id AND digits = :number))
    AND at >= :since AND at < :until
ORDER BY id DESC LIMIT :count;

-- name: page_of_object
-- A page of what happened to one object, oldest first (index events_object): its sequence goes as the ids
-- do. The `|| ''` keeps the engines from going along the primary key, through everything else.
SELECT account_id, id, type, object_id, sequence, number_id, lane, at, data
FROM events
WHERE account_id = :account_id AND object_id = :object_id AND id || '' > :start AND id || '' <= :reach
    AND (:types = '' OR :types LIKE '%,' || type || ',%')
    AND (:number = '' OR number_id IN (SELECT id FROM numbers WHERE account_id = :account_id AND digits = :number))
    AND at >= :since AND at < :until
ORDER BY sequence LIMIT :count;

-- name: page_of_object_backward
-- The same towards the beginning, newest first.
SELECT account_id, id, type, object_id, sequence, number_id, lane, at, data
FROM events
WHERE account_id = :account_id AND object_id = :object_id AND id || '' < :start AND id || '' >= :reach
    AND (:types = '' OR :types LIKE '%,' || type || ',%')
    AND (:number = '' OR number_id IN (SELECT id FROM numbers WHERE account_id = :account_id AND digits = :number))
    AND at >= :since AND at < :until
ORDER BY sequence DESC LIMIT :count;

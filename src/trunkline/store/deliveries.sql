-- name: advance
-- How far an endpoint has come and how it does; the fence as well: no row for any epoch but the current one.
UPDATE endpoint_progress
SET position = CASE WHEN position < CAST(:position AS TEXT) THEN CAST(:position AS TEXT) ELSE position END,
    failing_since = :failing_since, failures = :failures, probe_at = :probe_at
WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND epoch = :epoch
RETURNING endpoint_id;

-- name: log_attempt
-- A try, with the next number of its event at this endpoint.
INSERT INTO delivery_attempts (account_id, endpoint_id, event_id, n, post_id, at, took_ms, outcome, http_status,
    detail, request, answer)
VALUES (:account_id, :endpoint_id, :event_id,
    (SELECT COALESCE(MAX(n), 0) + 1 FROM delivery_attempts
        WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND event_id = :event_id),
    :post_id, :at, :took_ms, :outcome, :http_status, :detail, :request, :answer);

-- name: keep
-- What became of an event that was not taken at the first try.
INSERT INTO deliveries (account_id, endpoint_id, event_id, lane, state, tries, first_at, next_at, updated_at)
VALUES (:account_id, :endpoint_id, :event_id, :lane, :state, :tries, :first_at, :next_at, :updated_at)
ON CONFLICT (account_id, endpoint_id, event_id) DO UPDATE
SET state = excluded.state, tries = excluded.tries, next_at = excluded.next_at, updated_at = excluded.updated_at;

-- name: park
-- An event whose lane waits: it stands still until those before it are over (index deliveries_lane). When
-- they are already, it is due.
INSERT INTO deliveries (account_id, endpoint_id, event_id, lane, state, tries, first_at, next_at, updated_at)
VALUES (:account_id, :endpoint_id, :event_id, :lane, 'waiting', 0, :now,
    CASE WHEN EXISTS (SELECT 1 FROM deliveries
        WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND lane = :lane AND state = 'waiting'
            AND event_id < :event_id)
    THEN CAST(:parked AS BIGINT) ELSE CAST(:now AS BIGINT) END,
    :now)
ON CONFLICT (account_id, endpoint_id, event_id) DO NOTHING;

-- name: go_on
-- The first of a lane that waits is due, where it stood still (index deliveries_lane).
UPDATE deliveries SET next_at = :now
WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND next_at = :parked AND event_id = (
    SELECT MIN(event_id) FROM deliveries
    WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND lane = :lane AND state = 'waiting');

-- name: hasten
-- An endpoint is back: what waits for its next try is due (index deliveries_due).
UPDATE deliveries SET next_at = :now
WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND state = 'waiting'
    AND next_at > :now AND next_at < :parked;

-- name: earliest
-- What is tried next, with its event, which may be gone (index deliveries_due).
SELECT d.event_id, d.lane, d.tries, d.first_at, d.next_at,
    e.type, e.object_id, e.sequence, e.number_id, e.lane, e.at, e.data
FROM deliveries d LEFT JOIN events e ON e.account_id = d.account_id AND e.id = d.event_id
WHERE d.account_id = :account_id AND d.endpoint_id = :endpoint_id AND d.state = 'waiting'
    AND d.next_at < :parked
ORDER BY d.next_at LIMIT :count;

-- name: waits_in_lane
-- Whether something of a lane waits (index deliveries_lane).
SELECT lane FROM deliveries
WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND lane = :lane AND state = 'waiting' LIMIT 1;

-- name: newest_try
-- The last event that was tried at an endpoint, by primary key.
SELECT MAX(event_id) FROM delivery_attempts WHERE account_id = :account_id AND endpoint_id = :endpoint_id;

-- name: newest_row
-- The last event that has a row, by primary key.
SELECT MAX(event_id) FROM deliveries WHERE account_id = :account_id AND endpoint_id = :endpoint_id;

-- name: is_recorded
-- Whether an event was tried, or has a row.
SELECT event_id FROM deliveries
WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND event_id = :event_id
UNION
SELECT event_id FROM delivery_attempts
WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND event_id = :event_id;

-- name: position
-- How far an endpoint has come.
SELECT position FROM endpoint_progress WHERE account_id = :account_id AND endpoint_id = :endpoint_id;

-- name: log_page
-- Events of a stretch of the log, without what they say, along the primary key.
SELECT account_id, id, type, object_id, sequence, number_id, lane, at, '{}' FROM events
WHERE account_id = :account_id AND id > :after AND id >= :first AND id <= :last ORDER BY id LIMIT :count;

-- name: failed_page
-- Rows of a stretch that were not delivered, along the primary key; without tests, which come again only by id.
SELECT d.event_id FROM deliveries d
WHERE d.account_id = :account_id AND d.endpoint_id = :endpoint_id AND d.event_id > :after AND d.event_id >= :first
    AND d.event_id <= :last AND d.state <> 'delivered'
    AND NOT EXISTS (SELECT 1 FROM events e
        WHERE e.account_id = d.account_id AND e.id = d.event_id AND e.type = 'endpoint.test')
ORDER BY d.event_id LIMIT :count;

-- name: replay
-- An event is to be delivered again, from its first try on. One that waits keeps its place in its lane;
-- others have none: they come at once, whatever else of their conversation there is.
INSERT INTO deliveries (account_id, endpoint_id, event_id, lane, state, tries, first_at, next_at, is_replay, updated_at)
VALUES (:account_id, :endpoint_id, :event_id, NULL, 'waiting', 0, :now, :now, 1, :now)
ON CONFLICT (account_id, endpoint_id, event_id) DO UPDATE
SET state = 'waiting', tries = 0, is_replay = 1, updated_at = excluded.updated_at,
    lane = CASE WHEN deliveries.state = 'waiting' THEN deliveries.lane ELSE NULL END,
    next_at = CASE WHEN deliveries.state = 'waiting' AND deliveries.next_at = :parked
        THEN deliveries.next_at ELSE excluded.next_at END;

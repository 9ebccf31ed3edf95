-- name: deliveries
-- Deliveries of an endpoint along the primary key, newest events first, with the type of each event.
SELECT d.event_id, e.type, d.state, d.tries, d.first_at, d.next_at, d.is_replay, d.updated_at
FROM deliveries d LEFT JOIN events e ON e.account_id = d.account_id AND e.id = d.event_id
WHERE d.account_id = :account_id AND d.endpoint_id = :endpoint_id AND d.event_id < :before
    AND (CAST(:state AS TEXT) IS NULL OR d.state = :state)
ORDER BY d.event_id DESC LIMIT :count;

-- name: tries
-- Every try of some events of an endpoint, along the primary key, newest events first.
SELECT event_id, n, post_id, at, took_ms, outcome, http_status, detail, request, answer
FROM delivery_attempts
WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND event_id IN (
    SELECT DISTINCT event_id FROM delivery_attempts
    WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND event_id < :before
    ORDER BY event_id DESC LIMIT :count)
ORDER BY event_id DESC, n DESC;

-- name: tries_of
-- Every try of one event.
SELECT event_id, n, post_id, at, took_ms, outcome, http_status, detail, request, answer
FROM delivery_attempts
WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND event_id = :event_id ORDER BY n DESC;

-- name: standing
-- How far an endpoint is, and how many deliveries wait (index deliveries_due), died, and wait behind its position:
-- each counted up to a bound.
SELECT p.position, p.failing_since, p.failures, p.probe_at,
    (SELECT count(*) FROM (SELECT 1 FROM deliveries
        WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND state = 'waiting' LIMIT :most) AS few),
    (SELECT count(*) FROM (SELECT 1 FROM deliveries
        WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND state = 'dead' LIMIT :most) AS few),
    (SELECT count(*) FROM (SELECT event_id FROM deliveries
        WHERE account_id = :account_id AND endpoint_id = :endpoint_id AND state = 'waiting' LIMIT :most) AS few
        WHERE event_id <= p.position)
FROM endpoint_progress p WHERE p.account_id = :account_id AND p.endpoint_id = :endpoint_id;

-- name: ahead
-- How many events of each kind follow a position, of so many at most, along the primary key.
SELECT type, object_id, number_id, count(*) FROM (
    SELECT type, CASE WHEN type = 'endpoint.test' THEN object_id ELSE '' END AS object_id, number_id
    FROM events WHERE account_id = :account_id AND id > :position ORDER BY id LIMIT :most) AS few
GROUP BY type, object_id, number_id;

-- name: newest_test
-- The last test event of an endpoint (index events_object).
SELECT account_id, id, type, object_id, sequence, number_id, lane, at, data
FROM events WHERE account_id = :account_id AND object_id = :endpoint_id AND type = 'endpoint.test'
ORDER BY sequence DESC LIMIT 1;

-- name: of_number
-- The oldest doubts of a number (index attempts_open), with what their rules need to know.
SELECT a.message_id, a.n, a.recipient, a.started_at, m.type, m.expires_at, m.state_reason
FROM attempts AS a JOIN messages AS m ON m.account_id = a.account_id AND m.id = a.message_id
WHERE a.account_id = :account_id AND a.number_id = :number_id AND a.is_open = 1 AND a.outcome = 'ambiguous'
ORDER BY a.started_at, a.message_id LIMIT :count;

-- name: told_of
-- Whom the unclaimed facts of a number speak of (index status_facts_parked).
SELECT DISTINCT recipient FROM status_facts
WHERE account_id = :account_id AND number_id = :number_id AND message_id IS NULL AND received_at >= :since
    AND recipient IS NOT NULL
LIMIT :count;

-- name: in_lanes_of
-- Doubts whose recipient the provider may call by this name (index attempts_open).
SELECT message_id, n, recipient, started_at FROM attempts
WHERE account_id = :account_id AND number_id = :number_id AND is_open = 1 AND outcome = 'ambiguous'
    AND recipient IN (
        SELECT CAST(:told AS TEXT)
        UNION ALL
        SELECT recipient FROM recipient_aliases
        WHERE account_id = :account_id AND number_id = :number_id AND provider_recipient = :told);

-- name: candidates
-- The provider ids of the unclaimed facts of a lane since then, and whom each speaks of.
SELECT f.provider_id, MIN(f.recipient) FROM status_facts AS f
WHERE f.account_id = :account_id AND f.number_id = :number_id AND f.message_id IS NULL
    AND f.received_at >= :since AND f.at >= :since
    AND (f.recipient = :recipient OR EXISTS (
        SELECT 1 FROM recipient_aliases AS known
        WHERE known.account_id = :account_id AND known.number_id = :number_id
            AND known.provider_recipient = f.recipient AND known.recipient = :recipient))
GROUP BY f.provider_id LIMIT 2;

-- name: facts_of
-- All that is told of a provider id.
SELECT number_id, recipient, at FROM status_facts
WHERE account_id = :account_id AND provider_id = :provider_id;

-- name: rival
-- Another message to the same recipient, by any of its names, whose send was never accounted for: the facts
-- might be that one's (index messages_recipient).
SELECT 1 FROM messages AS m JOIN attempts AS a ON a.account_id = m.account_id AND a.message_id = m.id
WHERE m.account_id = :account_id AND m.number_id = :number_id AND m.id <> :message_id
    AND m.recipient IN (
        SELECT CAST(:recipient AS TEXT)
        UNION ALL
        SELECT CAST(:told AS TEXT)
        UNION ALL
        SELECT recipient FROM recipient_aliases
        WHERE account_id = :account_id AND number_id = :number_id AND provider_recipient = :told)
    AND a.started_at >= :since AND (a.outcome IS NULL OR a.outcome = 'ambiguous')
    AND (a.settled_by IS NULL OR a.settled_by NOT IN ('token', 'lane'))
LIMIT 1;

-- name: later
-- Of the messages next after an id: how many of the same number were taken since and have a status, and
-- how many should have one by now and have none.
SELECT
    COUNT(coalesce(sent_at, delivered_at, read_at, failed_at)),
    COUNT(CASE WHEN coalesce(sent_at, delivered_at, read_at, failed_at) IS NULL
        AND submitted_at < :overdue THEN 1 END)
FROM messages
WHERE account_id = :account_id AND id > :after AND id < coalesce(
        (SELECT id FROM messages WHERE account_id = :account_id AND id > :after
         ORDER BY id LIMIT 1 OFFSET :most), 'msg_zz')
    AND number_id = :number_id AND type <> 'read' AND submitted_at >= :since;

-- name: oldest_post
-- Since when an account's oldest webhook post waits to be read (index inbox_open).
SELECT received_at FROM inbox WHERE account_id = :account_id AND state = 'open' ORDER BY id LIMIT 1;

-- name: unreadable_post
-- Whether a webhook post was set aside since then: it could have told (index inbox_flagged).
SELECT 1 FROM inbox WHERE account_id = :account_id AND state = 'flagged' AND received_at >= :since LIMIT 1;

-- name: unclaimed
-- Whether a fact of a number has come since then that belongs to no message we know (index status_facts_parked).
SELECT 1 FROM status_facts
WHERE account_id = :account_id AND number_id = :number_id AND message_id IS NULL AND received_at >= :since
LIMIT 1;

-- name: requeue
-- The message's half of sending again.
UPDATE messages SET state = 'queued', state_reason = NULL, due_at = :now, version = version + 1
WHERE account_id = :account_id AND id = :id AND state = 'unknown' AND attempts = :n
RETURNING account_id, id, number_id, type, recipient, recipient_kind, content, context_id, due_at,
    expires_at, attempts, priority;

-- name: give_up
-- The message's half of giving up.
UPDATE messages SET state = 'unconfirmed', ended_at = :now, version = version + 1
WHERE account_id = :account_id AND id = :id AND state = 'unknown' AND attempts = :n
RETURNING id, number_id, recipient, state, attempts, provider_id, submitted_at, sent_at, delivered_at, read_at,
    failed_at, error, version, callback_data;

-- name: close
-- The attempt's half of either.
UPDATE attempts SET is_open = 0, settled_by = :settled_by, settled_at = :now
WHERE account_id = :account_id AND message_id = :id AND n = :n AND is_open = 1 AND outcome = 'ambiguous'
RETURNING message_id;

-- name: resend
-- The message's half of its sender's decision to send it again; a life that is over begins anew. What lost its
-- content (see retention.sql) can not be sent.
UPDATE messages SET state = 'queued', state_reason = NULL, due_at = :now, ended_at = NULL,
    expires_at = CASE WHEN expires_at > :now THEN expires_at ELSE :fresh END, version = version + 1
WHERE account_id = :account_id AND id = :id AND state IN ('unknown', 'unconfirmed') AND content <> '{}'
RETURNING id;

-- name: abandon
-- The message's half of its sender's decision not to.
UPDATE messages SET state = 'unconfirmed', ended_at = :now, version = version + 1
WHERE account_id = :account_id AND id = :id AND state = 'unknown'
RETURNING id, number_id, recipient, state, attempts, provider_id, submitted_at, sent_at, delivered_at, read_at,
    failed_at, error, version, callback_data;

-- name: decide
-- The attempt's half of either: the last one, also when it was given up before.
UPDATE attempts SET is_open = 0, settled_by = :settled_by, settled_at = :now
WHERE account_id = :account_id AND message_id = :id AND outcome = 'ambiguous'
    AND (is_open = 1 OR settled_by IN ('life', 'abandoned'))
    AND n = (SELECT attempts FROM messages WHERE account_id = :account_id AND id = :id);

-- name: strays
-- Facts that were kept for later at the very moment at which their message became known.
SELECT DISTINCT m.id, f.account_id, f.provider_id
FROM status_facts AS f JOIN messages AS m ON m.account_id = f.account_id AND m.provider_id = f.provider_id
WHERE f.account_id = :account_id AND f.number_id = :number_id AND f.message_id IS NULL
    AND f.received_at >= :since
LIMIT :count;

-- name: learn_alias
-- The provider calls a recipient by another name than we do.
INSERT INTO recipient_aliases (account_id, number_id, provider_recipient, recipient)
VALUES (:account_id, :number_id, :provider_recipient, :recipient)
ON CONFLICT (account_id, number_id, provider_recipient, recipient) DO NOTHING
RETURNING account_id, provider_recipient, recipient;

-- name: note
-- What came to light of an attempt later on.
UPDATE attempts SET detail = :detail
WHERE account_id = :account_id AND message_id = :message_id AND n = :n;

-- name: insert
-- A message is born, scheduled or queued.
INSERT INTO messages (account_id, id, number_id, type, recipient, recipient_kind, content, context_id,
    callback_data, state, created_at, send_at, due_at, expires_at, priority, fallback, purpose, has_media,
    campaign_id)
VALUES (:account_id, :id, :number_id, :type, :recipient, :recipient_kind, :content, :context_id,
    :callback_data, :state, :created_at, :send_at, :due_at, :expires_at, :priority, :fallback, :purpose, :has_media,
    :campaign_id);

-- name: get
-- One message, whole, by primary key.
SELECT account_id, id, number_id, type, recipient, recipient_kind, content, context_id, callback_data, state,
    state_reason, created_at, send_at, due_at, expires_at, attempts, provider_id, provider_recipient,
    submitted_at, sent_at, delivered_at, read_at, failed_at, ended_at, error, version, priority, fallback, purpose,
    campaign_id
FROM messages WHERE account_id = :account_id AND id = :id;

-- name: get_by_provider_id
-- One message by the provider's id (index messages_provider).
SELECT account_id, id, number_id, type, recipient, recipient_kind, content, context_id, callback_data, state,
    state_reason, created_at, send_at, due_at, expires_at, attempts, provider_id, provider_recipient,
    submitted_at, sent_at, delivered_at, read_at, failed_at, ended_at, error, version, priority, fallback, purpose,
    campaign_id
FROM messages WHERE account_id = :account_id AND provider_id = :provider_id;

-- name: page
-- A page of an account's messages, newest first, along the primary key. Empty filters match everything,
-- except that read marks have to be asked for by their type.
SELECT account_id, id, number_id, type, recipient, recipient_kind, content, context_id, callback_data, state,
    state_reason, created_at, send_at, due_at, expires_at, attempts, provider_id, provider_recipient,
    submitted_at, sent_at, delivered_at, read_at, failed_at, ended_at, error, version, priority, fallback, purpose,
    campaign_id
FROM messages
WHERE account_id = :account_id AND id < :start
    AND (:state = '' OR state = :state) AND (:type = '' AND type <> 'read' OR type = :type)
    AND (:sender = '' OR number_id IN (SELECT id FROM numbers WHERE account_id = :account_id AND digits = :sender))
    AND created_at >= :created_from AND created_at < :created_to
    AND (:campaign_id = '' OR campaign_id = :campaign_id)
ORDER BY id DESC LIMIT :count;

-- name: page_of_recipient
-- The same for one recipient (index messages_recipient).
SELECT account_id, id, number_id, type, recipient, recipient_kind, content, context_id, callback_data, state,
    state_reason, created_at, send_at, due_at, expires_at, attempts, provider_id, provider_recipient,
    submitted_at, sent_at, delivered_at, read_at, failed_at, ended_at, error, version, priority, fallback, purpose,
    campaign_id
FROM messages
WHERE account_id = :account_id AND recipient = :recipient AND id < :start
    AND (:state = '' OR state = :state) AND (:type = '' AND type <> 'read' OR type = :type)
    AND (:sender = '' OR number_id IN (SELECT id FROM numbers WHERE account_id = :account_id AND digits = :sender))
    AND created_at >= :created_from AND created_at < :created_to
    AND (:campaign_id = '' OR campaign_id = :campaign_id)
ORDER BY id DESC LIMIT :count;

-- name: page_backward
-- The page before: the nearest newer ones, oldest first, along the primary key.
SELECT account_id, id, number_id, type, recipient, recipient_kind, content, context_id, callback_data, state,
    state_reason, created_at, send_at, due_at, expires_at, attempts, provider_id, provider_recipient,
    submitted_at, sent_at, delivered_at, read_at, failed_at, ended_at, error, version, priority, fallback, purpose,
    campaign_id
FROM messages
WHERE account_id = :account_id AND id > :start
    AND (:state = '' OR state = :state) AND (:type = '' AND type <> 'read' OR type = :type)
    AND (:sender = '' OR number_id IN (SELECT id FROM numbers WHERE account_id = :account_id AND digits = :sender))
    AND created_at >= :created_from AND created_at < :created_to
    AND (:campaign_id = '' OR campaign_id = :campaign_id)
ORDER BY id LIMIT :count;

-- name: page_backward_of_recipient
-- The same for one recipient (index messages_recipient).
SELECT account_id, id, number_id, type, recipient, recipient_kind, content, context_id, callback_data, state,
    state_reason, created_at, send_at, due_at, expires_at, attempts, provider_id, provider_recipient,
    submitted_at, sent_at, delivered_at, read_at, failed_at, ended_at, error, version, priority, fallback, purpose,
    campaign_id
FROM messages
WHERE account_id = :account_id AND recipient = :recipient AND id > :start
    AND (:state = '' OR state = :state) AND (:type = '' AND type <> 'read' OR type = :type)
    AND (:sender = '' OR number_id IN (SELECT id FROM numbers WHERE account_id = :account_id AND digits = :sender))
    AND created_at >= :created_from AND created_at < :created_to
    AND (:campaign_id = '' OR campaign_id = :campaign_id)
ORDER BY id LIMIT :count;

-- name: cancel
-- Withdraws a message that has no intent, or none that is open. What was queued again by decision, and not
-- because it was proven, may have left before.
UPDATE messages SET ended_at = :now, version = version + 1,
    state = CASE WHEN attempts > 0 AND EXISTS (
        SELECT 1 FROM attempts AS a WHERE a.account_id = :account_id AND a.message_id = :id
            AND a.outcome = 'ambiguous' AND a.settled_by IN ('caller', 'policy'))
        THEN 'unconfirmed' ELSE 'canceled' END
WHERE account_id = :account_id AND id = :id AND state IN ('scheduled', 'queued', 'held')
RETURNING id, number_id, recipient, state, attempts, provider_id, submitted_at, sent_at, delivered_at, read_at,
    failed_at, error, version, callback_data;

-- name: waiting
-- A number's queued messages of one priority, in the order of their ids (index messages_queued).
SELECT account_id, id, number_id, type, recipient, recipient_kind, content, context_id, due_at, expires_at,
    attempts, priority, CASE WHEN fallback IS NULL THEN 0 ELSE 1 END, has_media
FROM messages
WHERE account_id = :account_id AND number_id = :number_id AND state = 'queued' AND priority = :priority
    AND id > :after
ORDER BY id LIMIT :count;

-- name: has_scheduled
-- Whether a schedule of a number is due (index messages_scheduled).
SELECT 1 FROM messages
WHERE account_id = :account_id AND number_id = :number_id AND state = 'scheduled' AND due_at <= :now LIMIT 1;

-- name: wake
-- Scheduled messages of a number whose time has come become queued (index messages_scheduled).
UPDATE messages SET state = 'queued', version = version + 1
WHERE account_id = :account_id AND state = 'scheduled' AND id IN (
    SELECT id FROM messages
    WHERE account_id = :account_id AND number_id = :number_id AND state = 'scheduled' AND due_at <= :now
    ORDER BY due_at LIMIT :count)
RETURNING account_id, id, number_id, type, recipient, recipient_kind, content, context_id, due_at,
    expires_at, attempts, priority, CASE WHEN fallback IS NULL THEN 0 ELSE 1 END, has_media;

-- name: unhold
-- A number's held messages may go again, oldest first (index messages_held). What a restore holds stays, what waits
-- for a person to write, and what waits for its campaign.
UPDATE messages SET state = 'queued', state_reason = NULL, version = version + 1
WHERE account_id = :account_id AND state = 'held' AND id IN (
    SELECT id FROM messages
    WHERE account_id = :account_id AND number_id = :number_id AND state = 'held'
        AND state_reason NOT IN ('restored', 'window_closed', 'campaign_paused')
    ORDER BY id LIMIT :count)
RETURNING id;

-- name: expire
-- A number's messages whose life ended before an intent, oldest first. Ids sort by time, so those from
-- `before` on are too young and are not looked at; a schedule that is due and was not woken has a number that
-- is gone (indexes messages_queued, messages_held, messages_scheduled).
UPDATE messages SET ended_at = :now, version = version + 1,
    state = CASE WHEN attempts > 0 AND EXISTS (
        SELECT 1 FROM attempts AS a WHERE a.account_id = :account_id AND a.message_id = messages.id
            AND a.outcome = 'ambiguous' AND a.settled_by IN ('caller', 'policy'))
        THEN 'unconfirmed' ELSE 'expired' END
WHERE account_id = :account_id AND state IN ('queued', 'held', 'scheduled') AND id IN (
    SELECT id FROM (
        SELECT id FROM messages
        WHERE account_id = :account_id AND number_id = :number_id AND state = 'queued'
            AND priority IN (0, 1, 2) AND id < :before AND expires_at <= :now
        UNION ALL
        SELECT id FROM messages
        WHERE account_id = :account_id AND number_id = :number_id AND state = 'held' AND id < :before
            AND expires_at <= :now
        UNION ALL
        SELECT id FROM messages
        WHERE account_id = :account_id AND number_id = :number_id AND state = 'scheduled' AND due_at <= :now
            AND expires_at <= :now) AS ended
    LIMIT :count)
RETURNING id, number_id, recipient, state, attempts, provider_id, submitted_at, sent_at, delivered_at, read_at,
    failed_at, error, version, callback_data;

-- name: begin_sending
-- The message's half of the intent: only from queued, and not while its campaign is stopped.
UPDATE messages SET state = 'sending', attempts = attempts + 1, version = version + 1
WHERE account_id = :account_id AND id = :id AND state = 'queued' AND expires_at > :now
    AND (campaign_id IS NULL OR NOT EXISTS (
        SELECT 1 FROM campaigns AS c
        WHERE c.account_id = :account_id AND c.id = messages.campaign_id AND c.state IN ('paused', 'canceled')))
RETURNING id, attempts;

-- name: refuse
-- A message may not be sent, for a reason of ours. What was queued again by decision, and not because it was
-- proven, may have left before, and is no failure.
WITH risked AS (
    SELECT count(*) AS times FROM attempts
    WHERE account_id = :account_id AND message_id = :id AND outcome = 'ambiguous'
        AND settled_by IN ('caller', 'policy'))
UPDATE messages SET error = :error, version = version + 1,
    state = CASE WHEN (SELECT times FROM risked) > 0 THEN 'unconfirmed' ELSE 'failed' END,
    failed_at = CASE WHEN (SELECT times FROM risked) > 0 THEN failed_at ELSE CAST(:now AS BIGINT) END,
    ended_at = CASE WHEN (SELECT times FROM risked) > 0 THEN CAST(:now AS BIGINT) ELSE ended_at END
WHERE account_id = :account_id AND id = :id AND expires_at > :now
    AND (state = 'queued' OR (state IN ('held', 'scheduled') AND CAST(:waits AS SMALLINT) = 1))
RETURNING id, number_id, recipient, state, attempts, provider_id, submitted_at, sent_at, delivered_at, read_at,
    failed_at, error, version, callback_data, account_id;

-- name: queued_of_recipient
-- A number's queued messages to one recipient, in the order of their ids (index messages_recipient).
SELECT account_id, id, number_id, type, recipient, recipient_kind, content, context_id, due_at, expires_at,
    attempts, priority, CASE WHEN fallback IS NULL THEN 0 ELSE 1 END, has_media
FROM messages
WHERE account_id = :account_id AND recipient = :recipient AND id >= :first AND number_id = :number_id
    AND state = 'queued'
ORDER BY id LIMIT :count;

-- name: as_it_goes
-- What a message says now: a fallback may have taken its place.
SELECT account_id, id, number_id, type, recipient, recipient_kind, content, context_id, due_at, expires_at,
    attempts, priority, CASE WHEN fallback IS NULL THEN 0 ELSE 1 END, has_media
FROM messages WHERE account_id = :account_id AND id = :id;

-- name: finish_sending
-- The message's half of an outcome. No row when a status settled the attempt before its answer was read.
-- A late answer ends a doubt when it is certain; one that says taken also holds what would go again.
UPDATE messages SET state = :state, state_reason = :state_reason, due_at = :due_at,
    provider_id = :provider_id, provider_recipient = :provider_recipient, submitted_at = :submitted_at,
    failed_at = :failed_at, error = :error, ended_at = NULL, version = version + 1
WHERE account_id = :account_id AND id = :id AND attempts = :n
    AND (state = 'sending'
        OR (state = 'unknown' AND CAST(:outcome AS TEXT) <> 'ambiguous')
        OR (state IN ('queued', 'held', 'unconfirmed', 'expired', 'canceled') AND CAST(:outcome AS TEXT) = 'taken'))
RETURNING id, number_id, recipient, state, attempts, provider_id, submitted_at, sent_at, delivered_at, read_at,
    failed_at, error, version, callback_data;

-- name: doubt
-- After a start: whatever was being sent by an earlier run may or may not have left.
UPDATE messages SET state = 'unknown', version = version + 1
WHERE account_id = :account_id AND id = :id AND state = 'sending'
RETURNING id, number_id, recipient, state, attempts, provider_id, submitted_at, sent_at, delivered_at, read_at,
    failed_at, error, version, callback_data;

-- name: requeue_unsent
-- After a start: what was about to be sent by an earlier run provably never left.
UPDATE messages SET state = 'queued', version = version + 1
WHERE account_id = :account_id AND id = :id AND state = 'sending'
RETURNING id;

-- name: one_waiting
-- A message as the dispatcher holds it, when it is queued.
SELECT account_id, id, number_id, type, recipient, recipient_kind, content, context_id, due_at, expires_at,
    attempts, priority, CASE WHEN fallback IS NULL THEN 0 ELSE 1 END, has_media
FROM messages WHERE account_id = :account_id AND id = :id AND state = 'queued';

-- name: progress
-- What the merge rule needs to know of a message.
SELECT id, number_id, recipient, state, attempts, provider_id, submitted_at, sent_at, delivered_at, read_at,
    failed_at, error, version, callback_data
FROM messages WHERE account_id = :account_id AND id = :id;

-- name: ids_by_provider_id
-- Which messages these provider ids belong to (index messages_provider).
SELECT provider_id, id FROM messages WHERE account_id = :account_id AND provider_id = :provider_id;

-- name: advance
-- Write what the merge rule made of a message, unless somebody changed it meanwhile.
UPDATE messages SET state = :state, state_reason = NULL, provider_id = :provider_id,
    submitted_at = :submitted_at, sent_at = :sent_at, delivered_at = :delivered_at, read_at = :read_at,
    failed_at = :failed_at, error = :error, ended_at = NULL, version = version + 1
WHERE account_id = :account_id AND id = :id AND version = :version
RETURNING id;

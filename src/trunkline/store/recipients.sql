-- name: insert
-- A verdict of the check.
INSERT INTO campaign_recipients (account_id, campaign_id, n, contact_id, address, state, reason, detail, number_id,
    variant, language, vars, due_at)
VALUES (:account_id, :campaign_id, :n, :contact_id, :address, :state, :reason, :detail, :number_id, :variant,
    :language, :vars, :due_at);

-- name: known
-- Whether whoever has an address gets the campaign already (index campaign_recipients_contact). There is none of
-- addresses: those of a million people come in no order, and to enter them took as long as all the rest.
SELECT a.address FROM contact_addresses AS a
CROSS JOIN campaign_recipients AS r
WHERE a.account_id = :account_id AND a.address = :address AND r.account_id = a.account_id
    AND r.contact_id = a.contact_id AND r.campaign_id = :campaign_id AND r.state <> 'skipped';

-- name: clear (sqlite)
-- Before a new check: some at a time, along the primary key.
DELETE FROM campaign_recipients WHERE account_id = :account_id AND campaign_id = :campaign_id AND n IN (
    SELECT n FROM campaign_recipients WHERE account_id = :account_id AND campaign_id = :campaign_id
    ORDER BY n LIMIT :count)
RETURNING n;

-- name: clear (postgres)
-- The same; of a table that was just filled it knows too little to find the rows of an IN by their key.
DELETE FROM campaign_recipients WHERE account_id = :account_id AND campaign_id = :campaign_id AND n = ANY(ARRAY(
    SELECT n FROM campaign_recipients WHERE account_id = :account_id AND campaign_id = :campaign_id
    ORDER BY n LIMIT :count))
RETURNING n;

-- name: due
-- Whose turn has come at a number, in order (index campaign_recipients_due). Who gets the winner waits for it.
SELECT n, contact_id, address, number_id, variant, language, vars, due_at FROM campaign_recipients
WHERE account_id = :account_id AND campaign_id = :campaign_id AND number_id = :number_id AND state = 'ready'
    AND due_at <= :now AND (due_at, n) > (:after_due, :after_n) AND (CAST(:everybody AS SMALLINT) = 1 OR variant IS NOT NULL)
ORDER BY due_at, n LIMIT :count;

-- name: next_due
-- When the next turn comes at a number (index campaign_recipients_due).
SELECT MIN(due_at) FROM campaign_recipients
WHERE account_id = :account_id AND campaign_id = :campaign_id AND number_id = :number_id AND state = 'ready';

-- name: time_zone
-- Where somebody is known to live (primary key of contacts).
SELECT id, time_zone FROM contacts WHERE account_id = :account_id AND id = :id AND time_zone IS NOT NULL;

-- name: waiting
-- Who has a message that is not sent yet, and where they are known to live (index messages_campaign).
SELECT m.id, m.recipient, c.time_zone FROM messages AS m
LEFT JOIN campaign_recipients AS r ON r.account_id = m.account_id AND r.message_id = m.id
LEFT JOIN contacts AS c ON c.account_id = r.account_id AND c.id = r.contact_id
WHERE m.account_id = :account_id AND m.campaign_id = :campaign_id
    AND (m.state = 'queued' OR (m.state = 'held' AND m.state_reason = 'campaign_paused'));

-- name: postpone_message
-- It goes at another time, unless it has begun to (primary key).
UPDATE messages SET state = 'scheduled', state_reason = NULL, due_at = :due_at, version = version + 1
WHERE account_id = :account_id AND id = :id
    AND (state = 'queued' OR (state = 'held' AND state_reason = 'campaign_paused'));

-- name: planned
-- Who is still to get it, by number and time (index campaign_recipients_due alone).
SELECT number_id, due_at / :slot, COUNT(*) FROM campaign_recipients
WHERE account_id = :account_id AND campaign_id = :campaign_id AND state = 'ready' AND number_id IS NOT NULL
GROUP BY number_id, due_at / :slot;

-- name: has_ready
-- Whether anybody is still to get it (index campaign_recipients_due). Who gets the winner waits for it.
SELECT 1 FROM campaign_recipients
WHERE account_id = :account_id AND campaign_id = :campaign_id AND state = 'ready'
    AND (CAST(:everybody AS SMALLINT) = 1 OR variant IS NOT NULL) LIMIT 1;

-- name: created
-- They have their message.
UPDATE campaign_recipients SET state = 'created', message_id = :message_id
WHERE account_id = :account_id AND campaign_id = :campaign_id AND n = :n AND state = 'ready'
RETURNING n;

-- name: written_to
-- Which addresses have a message of a campaign, whatever row it was made of (index messages_recipient). None of its
-- messages is older than `first`.
SELECT recipient FROM messages
WHERE account_id = :account_id AND recipient = :recipient AND id >= :first AND campaign_id = :campaign_id LIMIT 1;

-- name: last
-- The last place (primary key).
SELECT MAX(n) FROM campaign_recipients WHERE account_id = :account_id AND campaign_id = :campaign_id;

-- name: skip_ready
-- Of these places nobody else gets it, along the primary key.
UPDATE campaign_recipients SET state = 'skipped', reason = :reason
WHERE account_id = :account_id AND campaign_id = :campaign_id AND n > :after AND n <= :until
    AND COALESCE(state, '') = 'ready';

-- name: skip
-- They get none after all.
UPDATE campaign_recipients SET state = 'skipped', reason = :reason, detail = :detail
WHERE account_id = :account_id AND campaign_id = :campaign_id AND n = :n AND state = 'ready';

-- name: postpone
-- Their turn comes at another time.
UPDATE campaign_recipients SET due_at = :due_at
WHERE account_id = :account_id AND campaign_id = :campaign_id AND n = :n AND state = 'ready';

-- name: cancel
-- The campaign was canceled: of these places, along the primary key.
UPDATE campaign_recipients SET state = 'canceled'
WHERE account_id = :account_id AND campaign_id = :campaign_id AND n > :after AND n <= :until
    AND COALESCE(state, '') = 'ready';

-- name: totals
-- How many are in each state, and why (index campaign_recipients_totals alone).
SELECT state, reason, COUNT(*) FROM campaign_recipients
WHERE account_id = :account_id AND campaign_id = :campaign_id GROUP BY state, reason;

-- name: page
-- A page of them with the state of their messages, along the primary key.
SELECT r.n, r.contact_id, r.address, r.state, r.reason, r.detail, r.number_id, r.variant, r.language, r.vars,
    r.due_at, r.message_id, m.state, m.error, m.submitted_at, m.sent_at, m.delivered_at, m.read_at, m.failed_at
FROM campaign_recipients AS r
LEFT JOIN messages AS m ON m.account_id = r.account_id AND m.id = r.message_id
WHERE r.account_id = :account_id AND r.campaign_id = :campaign_id AND r.n > :after
    AND (:state = '' OR r.state = :state) AND (:reason = '' OR r.reason = :reason)
    AND (:address = '' OR r.address = :address)
ORDER BY r.n LIMIT :count;

-- name: opted_out
-- How many who have a message said since then, by their own words or choice, that they want no more
-- (index messages_recipient).
SELECT COUNT(DISTINCT m.id) FROM suppressions AS s
CROSS JOIN messages AS m
WHERE s.account_id = :account_id AND s.source IN ('message', 'preference') AND s.created_at >= :since
    AND m.account_id = s.account_id AND m.recipient = s.address AND COALESCE(m.campaign_id, '') = :campaign_id;

-- name: blank
-- What was put into their messages, of these places, along the primary key.
UPDATE campaign_recipients SET vars = '{}'
WHERE account_id = :account_id AND campaign_id = :campaign_id AND n > :after AND n <= :until AND vars <> '{}';

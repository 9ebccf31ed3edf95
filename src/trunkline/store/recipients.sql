-- name: insert
-- A verdict of the check. Somebody who is there by another entry stays there by that one.
INSERT INTO campaign_recipients (account_id, campaign_id, n, contact_id, address, state, reason, detail, number_id,
    variant, language, vars, due_at)
VALUES (:account_id, :campaign_id, :n, :contact_id, :address, :state, :reason, :detail, :number_id, :variant,
    :language, :vars, :due_at);

-- name: known
-- Whether an address gets the campaign already (index campaign_recipients_address).
SELECT address FROM campaign_recipients
WHERE account_id = :account_id AND campaign_id = :campaign_id AND address = :address AND state <> 'skipped';

-- name: clear
-- Before a new check: some at a time, along the primary key.
DELETE FROM campaign_recipients WHERE account_id = :account_id AND campaign_id = :campaign_id AND n IN (
    SELECT n FROM campaign_recipients WHERE account_id = :account_id AND campaign_id = :campaign_id
    ORDER BY n LIMIT :count)
RETURNING n;

-- name: due
-- Whose turn has come, in order (index campaign_recipients_due).
SELECT n, contact_id, address, number_id, variant, language, vars, due_at FROM campaign_recipients
WHERE account_id = :account_id AND campaign_id = :campaign_id AND state = 'ready' AND due_at <= :now
ORDER BY due_at, n LIMIT :count;

-- name: next_due
-- When the next turn comes (index campaign_recipients_due).
SELECT MIN(due_at) FROM campaign_recipients
WHERE account_id = :account_id AND campaign_id = :campaign_id AND state = 'ready';

-- name: created
-- They have their message.
UPDATE campaign_recipients SET state = 'created', message_id = :message_id
WHERE account_id = :account_id AND campaign_id = :campaign_id AND n = :n AND state = 'ready'
RETURNING n;

-- name: skip
-- They get none after all.
UPDATE campaign_recipients SET state = 'skipped', reason = :reason, detail = :detail
WHERE account_id = :account_id AND campaign_id = :campaign_id AND n = :n AND state = 'ready';

-- name: postpone
-- Their turn comes at another time.
UPDATE campaign_recipients SET due_at = :due_at
WHERE account_id = :account_id AND campaign_id = :campaign_id AND n = :n AND state = 'ready';

-- name: cancel
-- The campaign was canceled: some at a time (index campaign_recipients_due).
UPDATE campaign_recipients SET state = 'canceled'
WHERE account_id = :account_id AND campaign_id = :campaign_id AND n IN (
    SELECT n FROM campaign_recipients
    WHERE account_id = :account_id AND campaign_id = :campaign_id AND state = 'ready'
    ORDER BY due_at, n LIMIT :count)
RETURNING n;

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
ORDER BY r.n LIMIT :count;

-- name: record
-- A number wrote to a recipient first: the last time counts.
INSERT INTO tier_uses (account_id, number_id, recipient, at)
VALUES (:account_id, :number_id, :recipient, :at)
ON CONFLICT (account_id, number_id, recipient) DO UPDATE SET at = excluded.at WHERE tier_uses.at < excluded.at;

-- name: since
-- Whom a number wrote to first since a moment (primary key).
SELECT account_id, number_id, recipient, at FROM tier_uses
WHERE account_id = :account_id AND number_id = :number_id AND at > :since;

-- name: of_recipients
-- Whether a recipient is among those counted since a moment (primary key).
SELECT recipient FROM tier_uses
WHERE account_id = :account_id AND number_id = :number_id AND recipient = :recipient AND at > :since;

-- name: taken
-- How many places are taken since a moment, those among them that messages of bulk will take which are queued
-- (index messages_queued) and those that open sends may (index attempts_open); not counted beyond :most.
SELECT (SELECT COUNT(*) FROM tier_uses
        WHERE account_id = :account_id AND number_id = :number_id AND at > :since)
    + (SELECT COUNT(*) FROM attempts
        WHERE account_id = :account_id AND number_id = :number_id AND is_open = 1)
    + (SELECT COUNT(*) FROM (SELECT 1 FROM messages
        WHERE account_id = :account_id AND number_id = :number_id AND priority = 2 AND state = 'queued'
            AND type = 'template' LIMIT :most) AS few);

-- name: under_way
-- Whom a number may have written to first by a send that is open (index attempts_open).
SELECT attempts.account_id, attempts.number_id, attempts.recipient, attempts.started_at FROM attempts
JOIN messages ON messages.account_id = attempts.account_id AND messages.id = attempts.message_id
WHERE attempts.account_id = :account_id AND attempts.number_id = :number_id AND attempts.is_open = 1
    AND messages.type = 'template';

-- name: move_recipients
-- Whoever got a campaign as one contact got it as the other (index campaign_recipients_contact).
UPDATE campaign_recipients SET contact_id = :into WHERE account_id = :account_id AND contact_id = :gone;

-- name: drop_doubles
-- Of what they are still to get of one campaign they get one, and none when they had it (index
-- campaign_recipients_contact).
UPDATE campaign_recipients SET state = 'skipped', reason = 'duplicate'
WHERE account_id = :account_id AND contact_id = :into AND state = 'ready' AND EXISTS (
    SELECT 1 FROM campaign_recipients AS other
    WHERE other.account_id = :account_id AND other.contact_id = :into
        AND other.campaign_id = campaign_recipients.campaign_id
        AND (other.state = 'created' OR (other.state = 'ready' AND other.n < campaign_recipients.n)));

-- name: move_recipients
-- Whoever got a campaign as one contact got it as the other (index campaign_recipients_contact).
UPDATE campaign_recipients SET contact_id = :into WHERE account_id = :account_id AND contact_id = :gone;

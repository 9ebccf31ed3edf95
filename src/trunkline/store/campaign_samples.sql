-- name: of_contact
-- The reports of campaigns that somebody is in, with their place there (index campaign_recipients_contact).
SELECT c.id, c.report, r.n FROM campaign_recipients AS r
JOIN campaigns AS c ON c.account_id = r.account_id AND c.id = r.campaign_id
WHERE r.account_id = :account_id AND r.contact_id = :contact_id AND c.report IS NOT NULL;

-- name: keep
-- A report with fewer samples, unless somebody wrote another one meanwhile.
UPDATE campaigns SET report = :report WHERE account_id = :account_id AND id = :id AND report = :before;

-- Each is asked for many at once: `asked` is a JSON array of texts, which one statement goes through. That takes a
-- quarter of the time that one statement for each takes. CROSS JOIN keeps SQLite from going through the table instead.

-- name: suppressed (sqlite)
-- By which scopes these addresses are suppressed, by primary key.
SELECT s.address, s.scope FROM json_each(:asked) AS asked
CROSS JOIN suppressions AS s WHERE s.account_id = :account_id AND s.address = asked.value;

-- name: suppressed (postgres)
-- By which scopes these addresses are suppressed, by primary key.
SELECT s.address, s.scope FROM jsonb_array_elements_text(CAST(:asked AS JSONB)) AS asked (value)
CROSS JOIN suppressions AS s WHERE s.account_id = :account_id AND s.address = asked.value;

-- name: consents (sqlite)
-- Of each address the last entry of the ledger that is about this purpose, or about all (index consents_address).
SELECT c.address, c.action, c.at FROM json_each(:asked) AS asked
CROSS JOIN consents AS c WHERE c.account_id = :account_id AND c.id = (
    SELECT l.id FROM consents AS l
    WHERE l.account_id = :account_id AND l.address = asked.value AND l.purpose IN (:purpose, 'all')
    ORDER BY l.at DESC, l.id DESC LIMIT 1);

-- name: consents (postgres)
-- Of each address the last entry of the ledger that is about this purpose, or about all (index consents_address).
SELECT c.address, c.action, c.at FROM jsonb_array_elements_text(CAST(:asked AS JSONB)) AS asked (value)
CROSS JOIN consents AS c WHERE c.account_id = :account_id AND c.id = (
    SELECT l.id FROM consents AS l
    WHERE l.account_id = :account_id AND l.address = asked.value AND l.purpose IN (:purpose, 'all')
    ORDER BY l.at DESC, l.id DESC LIMIT 1);

-- name: failed (sqlite)
-- Of each address the last message whose end is known, if it failed (index messages_recipient).
SELECT m.recipient, m.error, m.created_at FROM json_each(:asked) AS asked
CROSS JOIN messages AS m WHERE m.account_id = :account_id AND m.state = 'failed' AND m.id = (
    SELECT l.id FROM messages AS l
    WHERE l.account_id = :account_id AND l.recipient = asked.value AND l.created_at > :since
        AND l.state IN ('failed', 'delivered', 'read')
    ORDER BY l.id DESC LIMIT 1);

-- name: failed (postgres)
-- Of each address the last message whose end is known, if it failed (index messages_recipient).
SELECT m.recipient, m.error, m.created_at FROM jsonb_array_elements_text(CAST(:asked AS JSONB)) AS asked (value)
CROSS JOIN messages AS m WHERE m.account_id = :account_id AND m.state = 'failed' AND m.id = (
    SELECT l.id FROM messages AS l
    WHERE l.account_id = :account_id AND l.recipient = asked.value AND l.created_at > :since
        AND l.state IN ('failed', 'delivered', 'read')
    ORDER BY l.id DESC LIMIT 1);

-- name: windows (sqlite)
-- Until when these contacts can be written to freely, and for nothing, since the first answer to somebody who came
-- by an advertisement opens a window in which all is free (index conversations_pair).
SELECT c.contact_id, c.number_id, c.window_closes_at,
    CASE WHEN COALESCE(c.free_entry_offered_until, 0) > COALESCE(c.free_entry_closes_at, 0)
        THEN c.free_entry_offered_until ELSE COALESCE(c.free_entry_closes_at, 0) END
FROM json_each(:asked) AS asked
CROSS JOIN conversations AS c WHERE c.account_id = :account_id AND c.contact_id = asked.value;

-- name: windows (postgres)
-- Until when these contacts can be written to freely, and for nothing, since the first answer to somebody who came
-- by an advertisement opens a window in which all is free (index conversations_pair).
SELECT c.contact_id, c.number_id, c.window_closes_at,
    CASE WHEN COALESCE(c.free_entry_offered_until, 0) > COALESCE(c.free_entry_closes_at, 0)
        THEN c.free_entry_offered_until ELSE COALESCE(c.free_entry_closes_at, 0) END
FROM jsonb_array_elements_text(CAST(:asked AS JSONB)) AS asked (value)
CROSS JOIN conversations AS c WHERE c.account_id = :account_id AND c.contact_id = asked.value;

-- name: received
-- Whether an address has got a campaign (index messages_recipient).
SELECT recipient FROM messages
WHERE account_id = :account_id AND COALESCE(campaign_id, '') = :campaign_id AND recipient = :address
    AND state NOT IN ('failed', 'expired', 'canceled')
LIMIT 1;

-- name: had_campaign
-- Whether an address got a message of any campaign since then (index messages_recipient).
SELECT recipient FROM messages
WHERE account_id = :account_id AND recipient = :recipient AND created_at > :since
    AND COALESCE(campaign_id, '') <> '' AND state NOT IN ('failed', 'expired', 'canceled')
LIMIT 1;

-- name: known_contacts (sqlite)
-- To which of these contacts a campaign goes already (index campaign_recipients_contact).
SELECT r.contact_id FROM json_each(:asked) AS asked
CROSS JOIN campaign_recipients AS r WHERE r.account_id = :account_id AND r.contact_id = asked.value
    AND r.campaign_id = :campaign_id AND r.state <> 'skipped';

-- name: known_contacts (postgres)
-- To which of these contacts a campaign goes already (index campaign_recipients_contact).
SELECT r.contact_id FROM jsonb_array_elements_text(CAST(:asked AS JSONB)) AS asked (value)
CROSS JOIN campaign_recipients AS r WHERE r.account_id = :account_id AND r.contact_id = asked.value
    AND r.campaign_id = :campaign_id AND r.state <> 'skipped';

-- name: funnel
-- What became of the recipients from one place to another: those alike in all that a report tells apart are
-- counted together. Who answered is known by the conversation, who opted out by the ledger of consents; what failed
-- came to nobody, so nothing follows from it by its time alone. (`|| ''` for
-- PostgreSQL, which would look at all conversations of the number while it has no statistics; CROSS for SQLite,
-- which keeps to the order then.)
SELECT variant, number_id, language, state, reason, message_state, COUNT(*), SUM(taken), SUM(was_sent),
    SUM(was_delivered), SUM(was_read), SUM(replied), SUM(clicked), SUM(opted_out)
FROM (
    SELECT r.variant, r.number_id, r.language, r.state, r.reason, m.state AS message_state,
        CASE WHEN m.submitted_at IS NULL THEN 0 ELSE 1 END AS taken,
        CASE WHEN COALESCE(m.sent_at, m.delivered_at, m.read_at) IS NULL THEN 0 ELSE 1 END AS was_sent,
        CASE WHEN COALESCE(m.delivered_at, m.read_at) IS NULL THEN 0 ELSE 1 END AS was_delivered,
        CASE WHEN m.read_at IS NULL THEN 0 ELSE 1 END AS was_read,
        CASE WHEN m.submitted_at IS NOT NULL AND EXISTS (
            SELECT 1 FROM contact_addresses AS a CROSS JOIN conversations AS c CROSS JOIN inbound AS i
            WHERE a.account_id = :account_id AND a.address IN (r.address, m.provider_recipient)
                AND c.account_id = a.account_id AND c.contact_id = a.contact_id
                AND c.number_id || '' = m.number_id
                AND i.account_id = c.account_id AND i.conversation_id = c.id
                AND (i.context_id = m.provider_id
                    OR (m.state <> 'failed' AND i.at >= COALESCE(m.delivered_at, m.sent_at, m.submitted_at)
                        AND i.at < COALESCE(m.delivered_at, m.sent_at, m.submitted_at) + :within))
        ) THEN 1 ELSE 0 END AS replied,
        CASE WHEN r.message_id IS NOT NULL AND EXISTS (
            SELECT 1 FROM short_links AS l
            WHERE l.account_id = :account_id AND l.message_id = r.message_id AND l.clicks > 0
        ) THEN 1 ELSE 0 END AS clicked,
        CASE WHEN m.submitted_at IS NOT NULL AND m.state <> 'failed' AND EXISTS (
            SELECT 1 FROM consents AS s
            WHERE s.account_id = :account_id AND s.address = r.address AND s.action = 'withdrawn'
                AND s.source IN ('message', 'preference')
                AND s.at >= COALESCE(m.delivered_at, m.sent_at, m.submitted_at)
                AND s.at < COALESCE(m.delivered_at, m.sent_at, m.submitted_at) + :within
        ) THEN 1 ELSE 0 END AS opted_out
    FROM campaign_recipients AS r
    LEFT JOIN messages AS m ON m.account_id = r.account_id AND m.id = r.message_id
    WHERE r.account_id = :account_id AND r.campaign_id = :campaign_id AND r.n > :after AND r.n <= :to
) AS one
GROUP BY variant, number_id, language, state, reason, message_state;

-- name: failures (sqlite)
-- Why its messages failed, each cause with one of its errors as a sample (index messages_campaign).
SELECT CAST(json_extract(error, '$.code') AS TEXT) AS code, json_extract(error, '$.title') AS title, MIN(error),
    COUNT(*)
FROM messages WHERE account_id = :account_id AND campaign_id = :campaign_id AND state = 'failed'
GROUP BY code, title;

-- name: failures (postgres)
-- The same.
SELECT CAST(error AS JSON) ->> 'code' AS code, CAST(error AS JSON) ->> 'title' AS title, MIN(error), COUNT(*)
FROM messages WHERE account_id = :account_id AND campaign_id = :campaign_id AND state = 'failed'
GROUP BY 1, 2;

-- name: links
-- Where its short links lead, the most followed first (index short_links_campaign).
SELECT url, COUNT(*), SUM(clicks), COUNT(first_clicked_at) FROM short_links
WHERE account_id = :account_id AND campaign_id = :campaign_id
GROUP BY url ORDER BY SUM(clicks) DESC, url LIMIT :count;

-- name: rows
-- The next recipients with all that became of them, along the primary key.
SELECT r.n, r.contact_id, r.address, r.state, r.reason, r.detail, r.number_id, r.variant, r.language, r.vars,
    r.due_at, r.message_id, m.state, m.error, m.created_at, m.submitted_at, m.sent_at, m.delivered_at, m.read_at,
    m.failed_at, m.provider_id,
    CASE WHEN m.submitted_at IS NULL THEN NULL ELSE (
            SELECT MIN(i.at) FROM contact_addresses AS a CROSS JOIN conversations AS c CROSS JOIN inbound AS i
            WHERE a.account_id = :account_id AND a.address IN (r.address, m.provider_recipient)
                AND c.account_id = a.account_id AND c.contact_id = a.contact_id
                AND c.number_id || '' = m.number_id
                AND i.account_id = c.account_id AND i.conversation_id = c.id
                AND (i.context_id = m.provider_id
                    OR (m.state <> 'failed' AND i.at >= COALESCE(m.delivered_at, m.sent_at, m.submitted_at)
                        AND i.at < COALESCE(m.delivered_at, m.sent_at, m.submitted_at) + :within))
        ) END,
    CASE WHEN m.submitted_at IS NULL OR m.state = 'failed' THEN NULL ELSE (
            SELECT MIN(s.at) FROM consents AS s
            WHERE s.account_id = :account_id AND s.address = r.address AND s.action = 'withdrawn'
                AND s.source IN ('message', 'preference')
                AND s.at >= COALESCE(m.delivered_at, m.sent_at, m.submitted_at)
                AND s.at < COALESCE(m.delivered_at, m.sent_at, m.submitted_at) + :within
        ) END,
    (SELECT SUM(l.clicks) FROM short_links AS l
            WHERE l.account_id = :account_id AND l.message_id = r.message_id),
    (SELECT MIN(l.first_clicked_at) FROM short_links AS l
            WHERE l.account_id = :account_id AND l.message_id = r.message_id)
FROM campaign_recipients AS r
LEFT JOIN messages AS m ON m.account_id = r.account_id AND m.id = r.message_id
WHERE r.account_id = :account_id AND r.campaign_id = :campaign_id AND r.n > :after
ORDER BY r.n LIMIT :count;

-- name: outcomes
-- The next recipients, and how it ended for them, along the primary key. Somebody has it whatever its state says who
-- opened a link of it; somebody may have it of whom an attempt was given up in doubt, before another one failed.
SELECT r.n, r.contact_id, r.address, r.vars, r.state, r.reason, m.state, m.error, m.submitted_at,
    CASE WHEN r.message_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM short_links AS l
        WHERE l.account_id = :account_id AND l.message_id = r.message_id AND l.clicks > 0) THEN 1 ELSE 0 END,
    CASE WHEN m.attempts > 1 AND EXISTS (
        SELECT 1 FROM attempts AS a
        WHERE a.account_id = :account_id AND a.message_id = r.message_id AND a.outcome = 'ambiguous'
            AND a.settled_by IN ('caller', 'policy')) THEN 1 ELSE 0 END
FROM campaign_recipients AS r
LEFT JOIN messages AS m ON m.account_id = r.account_id AND m.id = r.message_id
WHERE r.account_id = :account_id AND r.campaign_id = :campaign_id AND r.n > :after
ORDER BY r.n LIMIT :count;

-- name: of_campaign (sqlite)
-- Messages of some of its recipients that were delivered, with what the provider said of their price, those alike
-- together (by primary keys). What it said on delivery counts before what it said on `sent`.
SELECT number_id, start, quarter, pricing, COUNT(*), MIN(delivered_at) FROM (
    SELECT m.number_id AS number_id, substr(m.recipient, 1, :part) AS start,
        m.delivered_at / 900000 AS quarter, m.delivered_at AS delivered_at,
        COALESCE(
            (SELECT json_extract(f.detail, '$.pricing') FROM status_facts AS f
            WHERE f.account_id = m.account_id AND f.provider_id = m.provider_id AND f.status = 'delivered'),
            (SELECT json_extract(f.detail, '$.pricing') FROM status_facts AS f
            WHERE f.account_id = m.account_id AND f.provider_id = m.provider_id AND f.status = 'read'),
            (SELECT json_extract(f.detail, '$.pricing') FROM status_facts AS f
            WHERE f.account_id = m.account_id AND f.provider_id = m.provider_id AND f.status = 'played'),
            (SELECT json_extract(f.detail, '$.pricing') FROM status_facts AS f
            WHERE f.account_id = m.account_id AND f.provider_id = m.provider_id AND f.status = 'sent')) AS pricing
    FROM campaign_recipients AS r JOIN messages AS m ON m.account_id = r.account_id AND m.id = r.message_id
    WHERE r.account_id = :account_id AND r.campaign_id = :campaign_id AND r.n > :after AND r.n <= :to
        AND m.delivered_at IS NOT NULL
) AS few GROUP BY number_id, start, quarter, pricing;

-- name: of_campaign (postgres)
-- The same. Its JSON takes no NUL, not even an escaped one.
SELECT number_id, start, quarter, pricing, COUNT(*), MIN(delivered_at) FROM (
    SELECT m.number_id AS number_id, substr(m.recipient, 1, CAST(:part AS INTEGER)) AS start,
        m.delivered_at / 900000 AS quarter, m.delivered_at AS delivered_at,
        COALESCE(
            (SELECT (replace(f.detail, '\u0000', '\ufffd')::json -> 'pricing')::text FROM status_facts AS f
            WHERE f.account_id = m.account_id AND f.provider_id = m.provider_id AND f.status = 'delivered'),
            (SELECT (replace(f.detail, '\u0000', '\ufffd')::json -> 'pricing')::text FROM status_facts AS f
            WHERE f.account_id = m.account_id AND f.provider_id = m.provider_id AND f.status = 'read'),
            (SELECT (replace(f.detail, '\u0000', '\ufffd')::json -> 'pricing')::text FROM status_facts AS f
            WHERE f.account_id = m.account_id AND f.provider_id = m.provider_id AND f.status = 'played'),
            (SELECT (replace(f.detail, '\u0000', '\ufffd')::json -> 'pricing')::text FROM status_facts AS f
            WHERE f.account_id = m.account_id AND f.provider_id = m.provider_id AND f.status = 'sent')) AS pricing
    FROM campaign_recipients AS r JOIN messages AS m ON m.account_id = r.account_id AND m.id = r.message_id
    WHERE r.account_id = :account_id AND r.campaign_id = :campaign_id AND r.n > :after AND r.n <= :to
        AND m.delivered_at IS NOT NULL
) AS few GROUP BY number_id, start, quarter, pricing;

-- name: of_span (sqlite)
-- Some of the account's messages, as far as they were delivered in a span of time, the same way (by primary keys).
SELECT number_id, start, quarter, pricing, COUNT(*), MIN(delivered_at) FROM (
    SELECT m.number_id AS number_id, substr(m.recipient, 1, :part) AS start,
        m.delivered_at / 900000 AS quarter, m.delivered_at AS delivered_at,
        COALESCE(
            (SELECT json_extract(f.detail, '$.pricing') FROM status_facts AS f
            WHERE f.account_id = m.account_id AND f.provider_id = m.provider_id AND f.status = 'delivered'),
            (SELECT json_extract(f.detail, '$.pricing') FROM status_facts AS f
            WHERE f.account_id = m.account_id AND f.provider_id = m.provider_id AND f.status = 'read'),
            (SELECT json_extract(f.detail, '$.pricing') FROM status_facts AS f
            WHERE f.account_id = m.account_id AND f.provider_id = m.provider_id AND f.status = 'played'),
            (SELECT json_extract(f.detail, '$.pricing') FROM status_facts AS f
            WHERE f.account_id = m.account_id AND f.provider_id = m.provider_id AND f.status = 'sent')) AS pricing
    FROM messages AS m
    WHERE m.account_id = :account_id AND m.id > :after AND m.id <= :last
        AND m.delivered_at >= :since AND m.delivered_at < :until
        AND (m.campaign_id IS NULL OR m.campaign_id <> :without)
) AS few GROUP BY number_id, start, quarter, pricing;

-- name: of_span (postgres)
-- The same.
SELECT number_id, start, quarter, pricing, COUNT(*), MIN(delivered_at) FROM (
    SELECT m.number_id AS number_id, substr(m.recipient, 1, CAST(:part AS INTEGER)) AS start,
        m.delivered_at / 900000 AS quarter, m.delivered_at AS delivered_at,
        COALESCE(
            (SELECT (replace(f.detail, '\u0000', '\ufffd')::json -> 'pricing')::text FROM status_facts AS f
            WHERE f.account_id = m.account_id AND f.provider_id = m.provider_id AND f.status = 'delivered'),
            (SELECT (replace(f.detail, '\u0000', '\ufffd')::json -> 'pricing')::text FROM status_facts AS f
            WHERE f.account_id = m.account_id AND f.provider_id = m.provider_id AND f.status = 'read'),
            (SELECT (replace(f.detail, '\u0000', '\ufffd')::json -> 'pricing')::text FROM status_facts AS f
            WHERE f.account_id = m.account_id AND f.provider_id = m.provider_id AND f.status = 'played'),
            (SELECT (replace(f.detail, '\u0000', '\ufffd')::json -> 'pricing')::text FROM status_facts AS f
            WHERE f.account_id = m.account_id AND f.provider_id = m.provider_id AND f.status = 'sent')) AS pricing
    FROM messages AS m
    WHERE m.account_id = :account_id AND m.id > :after AND m.id <= :last
        AND m.delivered_at >= :since AND m.delivered_at < :until
        AND (m.campaign_id IS NULL OR m.campaign_id <> :without)
) AS few GROUP BY number_id, start, quarter, pricing;

-- name: page_end
-- The last of so many messages after an id (by primary key).
SELECT MAX(id) FROM (
    SELECT id FROM messages WHERE account_id = :account_id AND id > :after ORDER BY id LIMIT :count) AS few;

-- name: last_recipient
-- How far the places of a campaign's recipients go (by primary key).
SELECT MAX(n) FROM campaign_recipients WHERE account_id = :account_id AND campaign_id = :campaign_id;

-- name: insert
-- A short link of a message.
INSERT INTO short_links (token, account_id, message_id, campaign_id, url, created_at, expires_at)
VALUES (:token, :account_id, :message_id, :campaign_id, :url, :created_at, :expires_at);

-- name: get
-- Where a token leads, by primary key: strangers bring it, and it says whose it is.
SELECT token, account_id, message_id, campaign_id, url, expires_at, clicks FROM short_links WHERE token = :token;

-- name: click
-- Somebody followed it.
UPDATE short_links SET clicks = clicks + 1, last_clicked_at = :now,
    first_clicked_at = COALESCE(first_clicked_at, CAST(:now AS BIGINT))
WHERE token = :token AND account_id = :account_id
RETURNING clicks;

-- name: about
-- Whose message it is in, by primary key.
SELECT number_id, recipient FROM messages WHERE account_id = :account_id AND id = :message_id;

-- name: forget
-- Links of a message whose person was erased (index short_links_message).
DELETE FROM short_links WHERE account_id = :account_id AND message_id = :message_id;

-- name: prune
-- Those that ended long ago (index short_links_end).
DELETE FROM short_links WHERE token IN (
    SELECT token FROM short_links WHERE account_id = :account_id AND expires_at < :before
    ORDER BY expires_at LIMIT :count)
RETURNING token;

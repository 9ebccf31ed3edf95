-- name: page
-- A page of an account's conversations, whoever wrote last first (index conversations_recent). Empty filters match
-- everything. What is unread is counted up to a thousand, without calls, which can not be marked.
SELECT c.id, c.number_id, c.contact_id, c.last_inbound_at, c.last_inbound_id, c.window_closes_at,
    c.free_entry_offered_until, c.free_entry_closes_at, c.created_at, p.phone, p.user_id, p.name, p.username,
    (SELECT count(*) FROM (
        SELECT 1 FROM inbound AS i WHERE i.account_id = c.account_id AND i.conversation_id = c.id
            AND i.id > COALESCE(c.read_to, '') AND i.type <> 'call' LIMIT 1000) AS unread)
FROM conversations AS c
JOIN contacts AS p ON p.account_id = c.account_id AND p.id = c.contact_id
WHERE c.account_id = :account_id AND c.last_inbound_id < :start
    AND (:number_id = '' OR c.number_id = :number_id)
ORDER BY c.last_inbound_id DESC LIMIT :count;

-- name: page_of_contact
-- The same of one contact (index conversations_pair): there are no more than numbers. COALESCE keeps the planner from
-- going along all conversations for their order's sake.
SELECT c.id, c.number_id, c.contact_id, c.last_inbound_at, c.last_inbound_id, c.window_closes_at,
    c.free_entry_offered_until, c.free_entry_closes_at, c.created_at, p.phone, p.user_id, p.name, p.username,
    (SELECT count(*) FROM (
        SELECT 1 FROM inbound AS i WHERE i.account_id = c.account_id AND i.conversation_id = c.id
            AND i.id > COALESCE(c.read_to, '') AND i.type <> 'call' LIMIT 1000) AS unread)
FROM conversations AS c
JOIN contacts AS p ON p.account_id = c.account_id AND p.id = c.contact_id
WHERE c.account_id = :account_id AND c.contact_id = :contact_id AND COALESCE(c.last_inbound_id, '') < :start
    AND (:number_id = '' OR c.number_id = :number_id)
ORDER BY COALESCE(c.last_inbound_id, '') DESC LIMIT :count;

-- name: get
-- One conversation, by primary key.
SELECT c.id, c.number_id, c.contact_id, c.last_inbound_at, c.last_inbound_id, c.window_closes_at,
    c.free_entry_offered_until, c.free_entry_closes_at, c.created_at, p.phone, p.user_id, p.name, p.username,
    (SELECT count(*) FROM (
        SELECT 1 FROM inbound AS i WHERE i.account_id = c.account_id AND i.conversation_id = c.id
            AND i.id > COALESCE(c.read_to, '') AND i.type <> 'call' LIMIT 1000) AS unread)
FROM conversations AS c
JOIN contacts AS p ON p.account_id = c.account_id AND p.id = c.contact_id
WHERE c.account_id = :account_id AND c.id = :id;

-- name: outbound
-- The newest messages to an address from a number, below an id, without read marks (index messages_recipient).
SELECT account_id, id, number_id, type, recipient, recipient_kind, content, context_id, callback_data, state,
    state_reason, created_at, send_at, due_at, expires_at, attempts, provider_id, provider_recipient,
    submitted_at, sent_at, delivered_at, read_at, failed_at, ended_at, error, version, priority, fallback, purpose
FROM messages
WHERE account_id = :account_id AND recipient = :recipient AND id < :start AND number_id = :number_id
    AND type <> 'read'
ORDER BY id DESC LIMIT :count;

-- name: mark_read
-- The business has read a message of a person, and those before it.
UPDATE conversations SET read_to = :message_id
WHERE account_id = :account_id AND id = :conversation_id AND (read_to IS NULL OR read_to < :message_id);

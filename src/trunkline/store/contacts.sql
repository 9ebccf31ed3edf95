-- name: take_turn (sqlite)
-- There, whoever writes is alone.
SELECT id FROM accounts WHERE id = :account_id;

-- name: take_turn (postgres)
-- Two processes must not make two contacts of one person: whoever looks for people waits for the other here.
SELECT id FROM accounts WHERE id = :account_id FOR NO KEY UPDATE;

-- name: by_address
-- Whose address this is, by primary keys.
SELECT c.account_id, c.id, c.phone, c.user_id, c.parent_user_id, c.name, c.username, c.created_at, c.updated_at,
    c.language, c.time_zone, c.attributes, c.source
FROM contact_addresses AS a
JOIN contacts AS c ON c.account_id = a.account_id AND c.id = a.contact_id
WHERE a.account_id = :account_id AND a.address = :address;

-- name: known (sqlite)
-- Whose each of many addresses is, behind the address, by primary keys; `addresses` is a JSON array.
SELECT a.address, c.account_id, c.id, c.phone, c.user_id, c.parent_user_id, c.name, c.username, c.created_at,
    c.updated_at, c.language, c.time_zone, c.attributes, c.source
FROM contact_addresses AS a
JOIN contacts AS c ON c.account_id = a.account_id AND c.id = a.contact_id
WHERE a.account_id = :account_id AND a.address IN (SELECT asked.value FROM json_each(:addresses) AS asked);

-- name: known (postgres)
-- The same there.
SELECT a.address, c.account_id, c.id, c.phone, c.user_id, c.parent_user_id, c.name, c.username, c.created_at,
    c.updated_at, c.language, c.time_zone, c.attributes, c.source
FROM contact_addresses AS a
JOIN contacts AS c ON c.account_id = a.account_id AND c.id = a.contact_id
WHERE a.account_id = :account_id
    AND a.address = ANY(ARRAY(SELECT jsonb_array_elements_text(CAST(:addresses AS JSONB))));

-- name: get
-- One contact, by primary key.
SELECT account_id, id, phone, user_id, parent_user_id, name, username, created_at, updated_at, language, time_zone,
    attributes, source
FROM contacts WHERE account_id = :account_id AND id = :id;

-- name: page
-- A page of an account's contacts, newest first, along the primary key.
SELECT account_id, id, phone, user_id, parent_user_id, name, username, created_at, updated_at, language, time_zone,
    attributes, source
FROM contacts WHERE account_id = :account_id AND id < :start ORDER BY id DESC LIMIT :count;

-- name: page_of_tag
-- The same of those who have a tag, along the primary key of tags.
SELECT c.account_id, c.id, c.phone, c.user_id, c.parent_user_id, c.name, c.username, c.created_at, c.updated_at,
    c.language, c.time_zone, c.attributes, c.source
FROM contact_tags AS t
JOIN contacts AS c ON c.account_id = t.account_id AND c.id = t.contact_id
WHERE t.account_id = :account_id AND t.tag = :tag AND t.contact_id < :start
ORDER BY t.contact_id DESC LIMIT :count;

-- name: addresses_of
-- Every address that a contact has or had (index contact_addresses_contact).
SELECT contact_id, address FROM contact_addresses WHERE account_id = :account_id AND contact_id = :contact_id;

-- name: put
-- A contact as it is now, new or not.
INSERT INTO contacts (account_id, id, phone, user_id, parent_user_id, name, username, created_at, updated_at, language,
    time_zone, attributes, source)
VALUES (:account_id, :id, :phone, :user_id, :parent_user_id, :name, :username, :created_at, :updated_at, :language,
    :time_zone, :attributes, :source)
ON CONFLICT (account_id, id) DO UPDATE SET phone = excluded.phone, user_id = excluded.user_id,
    parent_user_id = excluded.parent_user_id, name = excluded.name, username = excluded.username,
    created_at = excluded.created_at, updated_at = excluded.updated_at, language = excluded.language,
    time_zone = excluded.time_zone, attributes = excluded.attributes, source = excluded.source;

-- name: point
-- An address is this contact's from now on, whoever had it.
INSERT INTO contact_addresses (account_id, address, contact_id, since)
VALUES (:account_id, :address, :contact_id, :since)
ON CONFLICT (account_id, address) DO UPDATE SET contact_id = excluded.contact_id, since = excluded.since;

-- name: remove
-- One that was found to be somebody else's second entry; its addresses point there already.
DELETE FROM contacts WHERE account_id = :account_id AND id = :id;

-- name: insert
-- A new list; nothing comes back when the account has one of that name.
INSERT INTO lists (account_id, id, name, created_at, updated_at)
VALUES (:account_id, :id, :name, :created_at, :updated_at)
ON CONFLICT DO NOTHING RETURNING id;

-- name: get
-- One list, by primary key.
SELECT account_id, id, name, created_at, updated_at FROM lists WHERE account_id = :account_id AND id = :id;

-- name: by_name
-- One list, by its name.
SELECT account_id, id, name, created_at, updated_at FROM lists WHERE account_id = :account_id AND name = :name;

-- name: page
-- A page of an account's lists, newest first, along the primary key.
SELECT account_id, id, name, created_at, updated_at FROM lists
WHERE account_id = :account_id AND id < :start ORDER BY id DESC LIMIT :count;

-- name: rename
UPDATE lists SET name = :name, updated_at = :now WHERE account_id = :account_id AND id = :id;

-- name: remove
-- Its members go first: see `clear`.
DELETE FROM lists WHERE account_id = :account_id AND id = :id RETURNING id;

-- name: count
-- How many are on it, along the primary key alone.
SELECT COUNT(*) FROM list_members WHERE account_id = :account_id AND list_id = :list_id;

-- name: add
-- Somebody is on a list, with what their row said last.
INSERT INTO list_members (account_id, list_id, contact_id, address, columns, added_at)
VALUES (:account_id, :list_id, :contact_id, :address, :columns, :added_at)
ON CONFLICT (account_id, list_id, contact_id) DO UPDATE SET address = excluded.address, columns = excluded.columns;

-- name: take_off
DELETE FROM list_members WHERE account_id = :account_id AND list_id = :list_id AND contact_id = :contact_id
RETURNING contact_id;

-- name: clear
-- Some of its members, along the primary key.
DELETE FROM list_members WHERE account_id = :account_id AND list_id = :list_id AND contact_id IN (
    SELECT contact_id FROM list_members WHERE account_id = :account_id AND list_id = :list_id
    ORDER BY contact_id LIMIT :count)
RETURNING contact_id;

-- name: members
-- Who is on it, in the order of contacts, along the primary key.
SELECT m.address, m.columns, c.account_id, c.id, c.phone, c.user_id, c.parent_user_id, c.name, c.username,
    c.created_at, c.updated_at, c.language, c.time_zone, c.attributes, c.source
FROM list_members AS m
JOIN contacts AS c ON c.account_id = m.account_id AND c.id = m.contact_id
WHERE m.account_id = :account_id AND m.list_id = :list_id AND m.contact_id > :after
ORDER BY m.contact_id LIMIT :count;

-- name: members_addresses
-- Every address of those on it from one contact to another, along the primary key.
SELECT a.contact_id, a.address FROM list_members AS m
JOIN contact_addresses AS a ON a.account_id = m.account_id AND a.contact_id = m.contact_id
WHERE m.account_id = :account_id AND m.list_id = :list_id AND m.contact_id > :after AND m.contact_id <= :last;

-- name: who_is_on
-- Whether somebody is on it, by primary key.
SELECT contact_id FROM list_members
WHERE account_id = :account_id AND list_id = :list_id AND contact_id = :contact_id;

-- name: take_off_all
-- Somebody is on no list any more (index list_members_contact).
DELETE FROM list_members WHERE account_id = :account_id AND contact_id = :contact_id;

-- name: join_all
-- Whoever two contacts were is on the lists of both; where both were, the one that stays keeps its own row.
INSERT INTO list_members (account_id, list_id, contact_id, address, columns, added_at)
SELECT account_id, list_id, :into, address, columns, added_at FROM list_members
WHERE account_id = :account_id AND contact_id = :gone
ON CONFLICT DO NOTHING;

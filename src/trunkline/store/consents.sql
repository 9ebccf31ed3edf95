-- name: append
-- Who agreed to what, or took it back. Rows are never changed.
INSERT INTO consents (account_id, id, address, purpose, action, source, proof, at, recorded_at)
VALUES (:account_id, :id, :address, :purpose, :action, :source, :proof, :at, :recorded_at);

-- name: get
-- One entry, by primary key.
SELECT id, address, purpose, action, source, proof, at, recorded_at FROM consents
WHERE account_id = :account_id AND id = :id;

-- name: page
-- A page of the ledger, newest first, along the primary key.
SELECT id, address, purpose, action, source, proof, at, recorded_at FROM consents
WHERE account_id = :account_id AND id < :start ORDER BY id DESC LIMIT :count;

-- name: page_of_address
-- The same for one address (index consents_address).
SELECT id, address, purpose, action, source, proof, at, recorded_at FROM consents
WHERE account_id = :account_id AND address = :address AND id < :start ORDER BY id DESC LIMIT :count;

-- name: said_since
-- Whether an address has an entry of this source about a later moment (index consents_address).
SELECT 1 FROM consents
WHERE account_id = :account_id AND address = :address AND source = :source AND at > :at LIMIT 1;

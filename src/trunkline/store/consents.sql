-- name: append
-- Who agreed to what, or took it back. Rows are never changed.
INSERT INTO consents (account_id, id, address, purpose, action, source, proof, at, recorded_at)
VALUES (:account_id, :id, :address, :purpose, :action, :source, :proof, :at, :recorded_at);

-- name: page
-- A page of the ledger, newest first, along the primary key.
SELECT id, address, purpose, action, source, proof, at, recorded_at FROM consents
WHERE account_id = :account_id AND id < :start ORDER BY id DESC LIMIT :count;

-- name: page_of_address
-- The same for one address (index consents_address).
SELECT id, address, purpose, action, source, proof, at, recorded_at FROM consents
WHERE account_id = :account_id AND address = :address AND id < :start ORDER BY id DESC LIMIT :count;

-- name: said_since
-- Whether an address has such an entry of this source about a later moment (index consents_address).
SELECT 1 FROM consents
WHERE account_id = :account_id AND address = :address AND source = :source AND action = :action AND at > :at
LIMIT 1;

-- name: last_word
-- Which way somebody decided last who was asked about a scope, or had it lifted with a proof (index
-- consents_address). What an operator suppressed is no word of theirs.
SELECT action FROM consents
WHERE account_id = :account_id AND address = :address AND purpose IN (:scope, 'all')
    AND (source IN ('message', 'preference', 'import') OR (source = 'operator' AND action = 'granted'))
ORDER BY at DESC, id DESC LIMIT 1;

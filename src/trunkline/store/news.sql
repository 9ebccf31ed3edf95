-- name: tell (sqlite)
-- Nobody else is there to hear.
SELECT :news;

-- name: tell (postgres)
-- Every listening process gets the text after the commit; the same text twice in a transaction comes once.
SELECT pg_notify('trunkline', :news);

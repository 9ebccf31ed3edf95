-- Who of several processes owns which number, and what settles doubts.

ALTER TABLE accounts ADD COLUMN doubt_policy TEXT NOT NULL DEFAULT 'never_resend';
ALTER TABLE accounts ADD COLUMN resend_after_seconds INTEGER;

ALTER TABLE numbers ADD COLUMN is_shared SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE numbers ADD COLUMN daily_recipients INTEGER;

ALTER TABLE messages ADD COLUMN priority SMALLINT NOT NULL DEFAULT 1;
DROP INDEX messages_queued;
CREATE INDEX messages_queued ON messages (account_id, number_id, priority, id) WHERE state = 'queued';

ALTER TABLE status_facts ADD COLUMN recipient TEXT;
CREATE INDEX status_facts_parked ON status_facts (account_id, number_id, received_at) WHERE message_id IS NULL;

CREATE INDEX inbox_flagged ON inbox (account_id, received_at) WHERE state = 'flagged';

CREATE TABLE processes (
    id TEXT NOT NULL PRIMARY KEY,
    host TEXT NOT NULL,
    roles TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE watches (
    name TEXT NOT NULL PRIMARY KEY,
    since BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE TABLE recipient_aliases (
    account_id TEXT NOT NULL,
    number_id TEXT NOT NULL,
    provider_recipient TEXT NOT NULL,
    recipient TEXT NOT NULL,
    PRIMARY KEY (account_id, number_id, provider_recipient, recipient)
);

CREATE TABLE tier_uses (
    account_id TEXT NOT NULL,
    number_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account_id, number_id, recipient)
);

CREATE TABLE chore_marks (
    account_id TEXT NOT NULL,
    chore TEXT NOT NULL,
    done_to TEXT NOT NULL,
    PRIMARY KEY (account_id, chore)
);

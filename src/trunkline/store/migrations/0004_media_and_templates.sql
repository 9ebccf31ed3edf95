-- Files that are sent, and templates as the provider has them.

ALTER TABLE media ADD COLUMN source TEXT NOT NULL DEFAULT 'received';
ALTER TABLE media ADD COLUMN link TEXT;
CREATE INDEX media_link ON media (account_id, link, stored_at) WHERE link IS NOT NULL;
CREATE INDEX media_ours ON media (account_id, source, id) WHERE source <> 'received';

CREATE TABLE media_at_provider (
    account_id TEXT NOT NULL,
    number_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    uploaded_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, number_id, sha256, mime_type)
);
CREATE INDEX media_at_provider_id ON media_at_provider (account_id, provider_id);
CREATE INDEX media_at_provider_end ON media_at_provider (account_id, expires_at);

CREATE TABLE media_leaving (
    account_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, sha256)
);
CREATE INDEX media_leaving_due ON media_leaving (account_id, due_at);

ALTER TABLE messages ADD COLUMN has_media SMALLINT NOT NULL DEFAULT 0;

ALTER TABLE numbers ADD COLUMN links TEXT NOT NULL DEFAULT 'fetch';
ALTER TABLE numbers ADD COLUMN template_check TEXT NOT NULL DEFAULT 'check';
-- What they sent until now went as it was.
UPDATE numbers SET links = 'pass_through';

CREATE TABLE templates (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    waba_id TEXT NOT NULL,
    provider_id TEXT,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    category TEXT NOT NULL,
    status TEXT NOT NULL,
    definition TEXT NOT NULL,
    quality TEXT,
    rejected_reason TEXT,
    correct_category TEXT,
    detail TEXT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    removed_at BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX templates_name ON templates (account_id, waba_id, name, language)
    WHERE removed_at IS NULL;
CREATE UNIQUE INDEX templates_provider ON templates (account_id, provider_id)
    WHERE provider_id IS NOT NULL AND removed_at IS NULL;

CREATE TABLE template_changes (
    account_id TEXT NOT NULL,
    template_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    at BIGINT NOT NULL,
    source TEXT NOT NULL,
    change TEXT NOT NULL,
    PRIMARY KEY (account_id, template_id, n)
);

CREATE TABLE template_syncs (
    account_id TEXT NOT NULL,
    waba_id TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    synced_at BIGINT,
    tries INTEGER NOT NULL DEFAULT 0,
    detail TEXT,
    PRIMARY KEY (account_id, waba_id)
);

-- People and what is known of them, lists, segments, imports, campaigns, rate cards, short links.

ALTER TABLE contacts ADD COLUMN language TEXT;
ALTER TABLE contacts ADD COLUMN time_zone TEXT;
ALTER TABLE contacts ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}';
ALTER TABLE contacts ADD COLUMN source TEXT NOT NULL DEFAULT 'inbound';

ALTER TABLE numbers ADD COLUMN tier_reserve INTEGER;

CREATE TABLE contact_tags (
    account_id TEXT NOT NULL,
    tag TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    PRIMARY KEY (account_id, tag, contact_id)
);
CREATE INDEX contact_tags_contact ON contact_tags (account_id, contact_id, tag);

CREATE TABLE erasures (
    account_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    address TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, contact_id, address)
);

CREATE TABLE lists (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, name)
);

CREATE TABLE list_members (
    account_id TEXT NOT NULL,
    list_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    address TEXT NOT NULL,
    columns TEXT NOT NULL DEFAULT '{}',
    added_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, list_id, contact_id)
);
CREATE INDEX list_members_contact ON list_members (account_id, contact_id);

CREATE TABLE segments (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    rule TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, name)
);

CREATE TABLE imports (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'checking', 'checked', 'running', 'finished', 'failed',
        'canceled')),
    state_reason TEXT,
    detail TEXT,
    file_name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    options TEXT NOT NULL,
    found TEXT NOT NULL,
    report TEXT,
    list_id TEXT,
    position BIGINT NOT NULL DEFAULT 0,
    counts TEXT NOT NULL DEFAULT '{}',
    version INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    finished_at BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX imports_open ON imports (account_id, id) WHERE state IN ('checking', 'running');
CREATE INDEX imports_content ON imports (account_id, sha256)
    WHERE state IN ('draft', 'checking', 'checked', 'running');

CREATE TABLE import_faults (
    account_id TEXT NOT NULL,
    import_id TEXT NOT NULL,
    n BIGINT NOT NULL,
    line BIGINT NOT NULL,
    column_name TEXT,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    found TEXT,
    PRIMARY KEY (account_id, import_id, n)
);

CREATE TABLE campaigns (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'checking', 'checked', 'scheduled', 'running', 'paused',
        'finished', 'canceled')),
    state_reason TEXT,
    definition TEXT NOT NULL,
    start_at BIGINT,
    position TEXT NOT NULL DEFAULT '',
    report TEXT,
    run TEXT NOT NULL DEFAULT '{}',
    parent_id TEXT,
    version INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    checked_at BIGINT,
    started_at BIGINT,
    ended_at BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX campaigns_open ON campaigns (account_id, id)
    WHERE state IN ('checking', 'scheduled', 'running', 'paused') OR (state = 'canceled' AND ended_at IS NULL);

CREATE TABLE campaign_recipients (
    account_id TEXT NOT NULL,
    campaign_id TEXT NOT NULL,
    n BIGINT NOT NULL,
    contact_id TEXT NOT NULL,
    address TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('ready', 'skipped', 'created', 'canceled')),
    reason TEXT,
    detail TEXT,
    number_id TEXT,
    variant TEXT,
    language TEXT,
    vars TEXT NOT NULL DEFAULT '{}',
    due_at BIGINT NOT NULL DEFAULT 0,
    message_id TEXT,
    PRIMARY KEY (account_id, campaign_id, n)
);
CREATE INDEX campaign_recipients_due ON campaign_recipients (account_id, campaign_id, number_id, due_at, n)
    WHERE state = 'ready';
CREATE INDEX campaign_recipients_totals ON campaign_recipients (account_id, campaign_id, state, reason);
CREATE INDEX campaign_recipients_contact ON campaign_recipients (account_id, contact_id, campaign_id);
CREATE UNIQUE INDEX campaign_recipients_message ON campaign_recipients (account_id, message_id)
    WHERE message_id IS NOT NULL;

ALTER TABLE messages ADD COLUMN campaign_id TEXT;
CREATE INDEX messages_campaign ON messages (account_id, campaign_id, state) WHERE campaign_id IS NOT NULL;

CREATE TABLE rate_cards (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    connector TEXT NOT NULL,
    currency TEXT NOT NULL,
    effective_from TEXT NOT NULL,
    source TEXT NOT NULL,
    card TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);

CREATE TABLE billing (
    account_id TEXT NOT NULL,
    connector TEXT NOT NULL,
    billing TEXT NOT NULL,
    PRIMARY KEY (account_id, connector)
);

CREATE TABLE short_links (
    token TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    campaign_id TEXT,
    url TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    clicks INTEGER NOT NULL DEFAULT 0,
    first_clicked_at BIGINT,
    last_clicked_at BIGINT
);
CREATE INDEX short_links_message ON short_links (account_id, message_id);
CREATE INDEX short_links_campaign ON short_links (account_id, campaign_id, first_clicked_at)
    WHERE campaign_id IS NOT NULL;
CREATE INDEX short_links_end ON short_links (account_id, expires_at);

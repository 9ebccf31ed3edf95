-- The way back: what people write, what is told of it to customers, and who must not be written to.

ALTER TABLE numbers ADD COLUMN window_policy TEXT NOT NULL DEFAULT 'enforce';
ALTER TABLE numbers ADD COLUMN provider_info TEXT;
-- Nobody knows yet who wrote to the numbers that are here.
UPDATE numbers SET window_policy = 'advise';

ALTER TABLE messages ADD COLUMN fallback TEXT;
ALTER TABLE messages ADD COLUMN purpose TEXT;
CREATE INDEX recipient_aliases_ours ON recipient_aliases (account_id, recipient, provider_recipient);
CREATE INDEX messages_window ON messages (account_id, number_id, recipient, id)
    WHERE state = 'held' AND state_reason = 'window_closed';

CREATE TABLE events (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    object_id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    number_id TEXT,
    lane TEXT,
    at BIGINT NOT NULL,
    data TEXT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX events_object ON events (account_id, object_id, sequence);

CREATE TABLE event_logs (
    account_id TEXT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);

CREATE TABLE contacts (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    phone TEXT,
    user_id TEXT,
    parent_user_id TEXT,
    name TEXT,
    username TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);

CREATE TABLE contact_addresses (
    account_id TEXT NOT NULL,
    address TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (account_id, address)
);
CREATE INDEX contact_addresses_contact ON contact_addresses (account_id, contact_id);

CREATE TABLE conversations (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    number_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    last_inbound_at BIGINT NOT NULL,
    last_inbound_id TEXT NOT NULL,
    window_closes_at BIGINT NOT NULL,
    free_entry_offered_until BIGINT,
    free_entry_closes_at BIGINT,
    read_to TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX conversations_pair ON conversations (account_id, contact_id, number_id);
CREATE INDEX conversations_recent ON conversations (account_id, last_inbound_id);
CREATE INDEX conversations_offered ON conversations (account_id, free_entry_offered_until)
    WHERE free_entry_offered_until IS NOT NULL;

CREATE TABLE inbound (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    number_id TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    address TEXT NOT NULL,
    type TEXT NOT NULL,
    content TEXT NOT NULL,
    extras TEXT,
    context_id TEXT,
    at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX inbound_provider ON inbound (account_id, provider_id, number_id);
CREATE INDEX inbound_conversation ON inbound (account_id, conversation_id, id);

CREATE TABLE notices (
    account_id TEXT NOT NULL,
    digest BYTEA NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, digest)
);
CREATE INDEX notices_age ON notices (account_id, received_at);

CREATE TABLE media (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    number_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'stored', 'failed', 'removed')),
    mime_type TEXT,
    file_name TEXT,
    sha256 TEXT,
    size BIGINT,
    tries INTEGER NOT NULL DEFAULT 0,
    next_at BIGINT NOT NULL,
    detail TEXT,
    created_at BIGINT NOT NULL,
    stored_at BIGINT,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX media_due ON media (account_id, next_at) WHERE state = 'pending';
CREATE INDEX media_content ON media (account_id, sha256) WHERE state = 'stored';
CREATE INDEX media_age ON media (account_id, created_at);

CREATE TABLE suppressions (
    account_id TEXT NOT NULL,
    address TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('all', 'marketing')),
    source TEXT NOT NULL,
    reason TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, address, scope)
);

CREATE TABLE consents (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    address TEXT NOT NULL,
    purpose TEXT NOT NULL,
    action TEXT NOT NULL CHECK (action IN ('granted', 'withdrawn')),
    source TEXT NOT NULL,
    proof TEXT,
    at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX consents_address ON consents (account_id, address, id);

CREATE TABLE endpoints (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    url TEXT NOT NULL,
    format TEXT NOT NULL CHECK (format IN ('events', 'meta')),
    description TEXT NOT NULL DEFAULT '',
    event_types TEXT NOT NULL,
    number_id TEXT,
    sealed_secret TEXT NOT NULL,
    sealed_former_secret TEXT,
    former_until BIGINT,
    state TEXT NOT NULL CHECK (state IN ('active', 'paused', 'disabled')),
    state_reason TEXT,
    is_ordered SMALLINT NOT NULL DEFAULT 0 CHECK (is_ordered IN (0, 1)),
    batch_size INTEGER NOT NULL DEFAULT 1 CHECK (batch_size BETWEEN 1 AND 1000),
    max_in_flight INTEGER NOT NULL DEFAULT 20 CHECK (max_in_flight BETWEEN 1 AND 100),
    per_second INTEGER CHECK (per_second BETWEEN 1 AND 10000),
    created_by TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    removed_at BIGINT,
    PRIMARY KEY (account_id, id)
);

CREATE TABLE endpoint_progress (
    account_id TEXT NOT NULL,
    endpoint_id TEXT NOT NULL,
    position TEXT NOT NULL,
    owner TEXT NOT NULL DEFAULT '',
    epoch BIGINT NOT NULL DEFAULT 0,
    expires_at BIGINT NOT NULL DEFAULT 0,
    failing_since BIGINT,
    failures INTEGER NOT NULL DEFAULT 0,
    probe_at BIGINT,
    PRIMARY KEY (account_id, endpoint_id)
);

CREATE TABLE deliveries (
    account_id TEXT NOT NULL,
    endpoint_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    lane TEXT,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    tries INTEGER NOT NULL DEFAULT 0,
    first_at BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    is_replay SMALLINT NOT NULL DEFAULT 0,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, endpoint_id, event_id)
);
CREATE INDEX deliveries_due ON deliveries (account_id, endpoint_id, next_at) WHERE state = 'waiting';
CREATE INDEX deliveries_lane ON deliveries (account_id, endpoint_id, lane, event_id) WHERE state = 'waiting' AND lane IS NOT NULL;

CREATE TABLE delivery_attempts (
    account_id TEXT NOT NULL,
    endpoint_id TEXT NOT NULL,
    event_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    post_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    took_ms INTEGER NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('delivered', 'failed')),
    http_status INTEGER,
    detail TEXT,
    request TEXT,
    answer TEXT,
    PRIMARY KEY (account_id, endpoint_id, event_id, n)
);

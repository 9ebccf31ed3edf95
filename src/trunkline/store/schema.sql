-- The whole schema, as the migrations make it, on both engines. Read this; change it by a migration.
--
-- Every key starts with the account: it is the unit of isolation, and one day of partitioning.
-- Moments are milliseconds since 1970 UTC. Flags are 0 or 1. JSON is text.
-- Three tables are queues as well: a row that is due is the job (messages, attempts left open, inbox).

-- Who owns everything else. `hook_key` is the secret part of the address at which providers reach it.
-- `doubt_policy` says what becomes of a send without an answer: resolve, never_resend or resend_after.
CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    hook_key TEXT NOT NULL UNIQUE,
    sealed_verify_token TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    doubt_policy TEXT NOT NULL DEFAULT 'never_resend',
    resend_after_seconds INTEGER
);

-- API keys: of the secret only a keyed hash is kept. The id is public and part of the key.
CREATE TABLE api_keys (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    digest BYTEA NOT NULL,
    is_live SMALLINT NOT NULL CHECK (is_live IN (0, 1)),
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (account_id, id)
);

-- Business numbers. A removed one keeps its row, since messages point at it. From a shared one others send as
-- well, such as the phone app; `daily_recipients` is Meta's tier, null where there is none, and `tier_reserve` how much
-- of it messages of bulk leave to others, null for a tenth. `window_policy` says what becomes of a free-form message outside the 24-hour window: enforce, hold or advise; `provider_info` is JSON, what
-- the provider last told of the number. `links` says who fetches the files that messages name by link: fetch (we) or
-- pass_through (the provider); `template_check` whether templates are held against what is known of them: check or
-- pass_through.
CREATE TABLE numbers (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    id TEXT NOT NULL,
    connector TEXT NOT NULL,
    digits TEXT NOT NULL,
    phone_number_id TEXT NOT NULL,
    waba_id TEXT NOT NULL,
    app_id TEXT NOT NULL,
    sealed_token TEXT NOT NULL,
    sealed_app_secret TEXT NOT NULL,
    base_url TEXT NOT NULL,
    is_default SMALLINT NOT NULL CHECK (is_default IN (0, 1)),
    is_builtin SMALLINT NOT NULL CHECK (is_builtin IN (0, 1)),
    messages_per_second INTEGER NOT NULL CHECK (messages_per_second BETWEEN 1 AND 1000),
    held_reason TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    removed_at BIGINT,
    is_shared SMALLINT NOT NULL DEFAULT 0,
    daily_recipients INTEGER,
    window_policy TEXT NOT NULL DEFAULT 'enforce',
    provider_info TEXT,
    links TEXT NOT NULL DEFAULT 'fetch',
    template_check TEXT NOT NULL DEFAULT 'check',
    tier_reserve INTEGER,
    PRIMARY KEY (account_id, id)
);
CREATE UNIQUE INDEX numbers_digits ON numbers (account_id, digits) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX numbers_provider ON numbers (account_id, phone_number_id) WHERE removed_at IS NULL;
CREATE UNIQUE INDEX numbers_default ON numbers (account_id) WHERE is_default = 1 AND removed_at IS NULL;

-- The processes that run on this database, as they renew themselves. Moments are the database's own.
CREATE TABLE processes (
    id TEXT NOT NULL PRIMARY KEY,
    host TEXT NOT NULL,
    roles TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Since when something has been watched without a gap: whether our hooks could have missed a status.
CREATE TABLE watches (
    name TEXT NOT NULL PRIMARY KEY,
    since BIGINT NOT NULL,
    seen_at BIGINT NOT NULL
);

-- Who may send from a number: the id of a process. Each taking over raises the epoch; an intent must name the
-- current one. Moments are the database's own.
CREATE TABLE number_leases (
    account_id TEXT NOT NULL,
    number_id TEXT NOT NULL,
    owner TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, number_id)
);

-- The first answer to each Idempotency-Key, written with the effect that it answers for.
CREATE TABLE idempotency_keys (
    account_id TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint BYTEA NOT NULL,
    status SMALLINT NOT NULL,
    body BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (account_id, created_at);

-- One row a message, for its whole life. `recipient` is the lane: phone digits, a business-scoped user id,
-- or for a read mark the message that it marks. `priority`: 0 one-time codes, 1 normal, 2 bulk. `fallback` is the
-- template that goes in its place while the window is closed; `purpose` what it is for, such as marketing;
-- `has_media` is 1 when it names files that the provider must be given first; `campaign_id` is null for all others.
CREATE TABLE messages (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    number_id TEXT NOT NULL,
    type TEXT NOT NULL,
    recipient TEXT NOT NULL,
    recipient_kind TEXT NOT NULL CHECK (recipient_kind IN ('phone', 'user_id', 'none')),
    content TEXT NOT NULL,
    context_id TEXT,
    callback_data TEXT,
    state TEXT NOT NULL CHECK (state IN ('scheduled', 'queued', 'held', 'sending', 'unknown', 'submitted',
        'sent', 'delivered', 'read', 'failed', 'expired', 'canceled', 'unconfirmed')),
    state_reason TEXT,
    created_at BIGINT NOT NULL,
    send_at BIGINT,
    due_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    provider_id TEXT,
    provider_recipient TEXT,
    submitted_at BIGINT,
    sent_at BIGINT,
    delivered_at BIGINT,
    read_at BIGINT,
    failed_at BIGINT,
    ended_at BIGINT,
    error TEXT,
    version INTEGER NOT NULL DEFAULT 0,
    priority SMALLINT NOT NULL DEFAULT 1,
    fallback TEXT,
    purpose TEXT,
    has_media SMALLINT NOT NULL DEFAULT 0,
    campaign_id TEXT,
    PRIMARY KEY (account_id, id),
    CHECK (state <> 'held' OR state_reason IS NOT NULL),
    CHECK (state NOT IN ('submitted', 'sent', 'delivered', 'read') OR submitted_at IS NOT NULL)
);
CREATE INDEX messages_queued ON messages (account_id, number_id, priority, id) WHERE state = 'queued';
CREATE INDEX messages_held ON messages (account_id, number_id, id) WHERE state = 'held';
CREATE INDEX messages_window ON messages (account_id, number_id, recipient, id)
    WHERE state = 'held' AND state_reason = 'window_closed';
CREATE INDEX messages_scheduled ON messages (account_id, number_id, due_at) WHERE state = 'scheduled';
CREATE INDEX messages_provider ON messages (account_id, provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX messages_recipient ON messages (account_id, recipient, id);
CREATE INDEX messages_campaign ON messages (account_id, campaign_id, state) WHERE campaign_id IS NOT NULL;

-- Every attempt to send, kept for ever: the row is the intent, committed before the first byte leaves.
-- Its outcome is written once. It stays open while it is in doubt, and an open one blocks its lane.
CREATE TABLE attempts (
    account_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    n INTEGER NOT NULL CHECK (n > 0),
    number_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    epoch BIGINT NOT NULL,
    is_open SMALLINT NOT NULL CHECK (is_open IN (0, 1)),
    started_at BIGINT NOT NULL,
    finished_at BIGINT,
    outcome TEXT CHECK (outcome IN ('taken', 'not_sent', 'refused', 'ambiguous')),
    http_status INTEGER,
    detail TEXT,
    error TEXT,
    settled_by TEXT,
    settled_at BIGINT,
    PRIMARY KEY (account_id, message_id, n),
    CHECK (is_open = 1 OR outcome IS NOT NULL OR settled_at IS NOT NULL),
    CHECK (outcome IS NULL OR finished_at IS NOT NULL)
);
CREATE UNIQUE INDEX attempts_open ON attempts (account_id, number_id, recipient) WHERE is_open = 1;

-- Webhook posts of providers, kept raw before they are answered 200, done when their facts are applied.
CREATE TABLE inbox (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    connector TEXT NOT NULL,
    digest BYTEA NOT NULL,
    body BYTEA NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'flagged')),
    detail TEXT,
    received_at BIGINT NOT NULL,
    processed_at BIGINT,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, digest)
);
CREATE INDEX inbox_open ON inbox (account_id, id) WHERE state = 'open';
CREATE INDEX inbox_flagged ON inbox (account_id, received_at) WHERE state = 'flagged';

-- What providers told us of messages: each fact once, the earliest moment kept on the message.
-- `message_id` is null while no message of ours is known by that provider id; `recipient` is kept for those.
CREATE TABLE status_facts (
    account_id TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    status TEXT NOT NULL,
    number_id TEXT NOT NULL,
    message_id TEXT,
    at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    detail TEXT,
    recipient TEXT,
    PRIMARY KEY (account_id, provider_id, status)
);
CREATE INDEX status_facts_message ON status_facts (account_id, message_id) WHERE message_id IS NOT NULL;
CREATE INDEX status_facts_parked ON status_facts (account_id, number_id, received_at) WHERE message_id IS NULL;

-- Recipients that the provider calls by another address than we do, learnt from its answers.
CREATE TABLE recipient_aliases (
    account_id TEXT NOT NULL,
    number_id TEXT NOT NULL,
    provider_recipient TEXT NOT NULL,
    recipient TEXT NOT NULL,
    PRIMARY KEY (account_id, number_id, provider_recipient, recipient)
);
CREATE INDEX recipient_aliases_ours ON recipient_aliases (account_id, recipient, provider_recipient);

-- Whom a number with a tier wrote to first, when it was last counted: Meta counts them over 24 hours.
CREATE TABLE tier_uses (
    account_id TEXT NOT NULL,
    number_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (account_id, number_id, recipient)
);

-- How far a chore has come in an account: the id of the last row that it is done with.
CREATE TABLE chore_marks (
    account_id TEXT NOT NULL,
    chore TEXT NOT NULL,
    done_to TEXT NOT NULL,
    PRIMARY KEY (account_id, chore)
);

-- The append-only log of what happened, one row a fact, for customers. Ids sort in the order of the commits: a
-- reader that has seen an id has seen everything before it. `sequence` counts an object's events; `lane` is the
-- conversation (number and address) that an event belongs to; `data` is JSON.
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

-- How far an account's event ids have come: whoever appends takes its turn here, as the last step before COMMIT.
CREATE TABLE event_logs (
    account_id TEXT NOT NULL PRIMARY KEY,
    last BIGINT NOT NULL
);

-- People that the account knows, whatever they are called by at the moment. `language` is a tag such as pt_BR,
-- `time_zone` a name of the time zone database, `attributes` JSON, whatever the account keeps of them; `source` says
-- how they became known: inbound, api or import.
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
    language TEXT,
    time_zone TEXT,
    attributes TEXT NOT NULL DEFAULT '{}',
    source TEXT NOT NULL DEFAULT 'inbound',
    PRIMARY KEY (account_id, id)
);

-- Every address that a contact has or had: phone digits, business-scoped user ids.
CREATE TABLE contact_addresses (
    account_id TEXT NOT NULL,
    address TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (account_id, address)
);
CREATE INDEX contact_addresses_contact ON contact_addresses (account_id, contact_id);

-- Words that the account puts on people.
CREATE TABLE contact_tags (
    account_id TEXT NOT NULL,
    tag TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    PRIMARY KEY (account_id, tag, contact_id)
);
CREATE INDEX contact_tags_contact ON contact_tags (account_id, contact_id, tag);

-- People who were erased, by each of their addresses, until nothing is left of what was said to and by them.
CREATE TABLE erasures (
    account_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    address TEXT NOT NULL,
    asked_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, contact_id, address)
);

-- People who were put together by hand or by an import.
CREATE TABLE lists (
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, id),
    UNIQUE (account_id, name)
);

-- Who is on a list, by which address, and what else its file said in their row: `columns` is JSON, name → text.
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

-- People who have something in common: `rule` is JSON, and it is asked anew each time.
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

-- Tables of people as files, on their way into contacts. The file is kept like media, by content, until the import has
-- ended. JSON: `options` is how the caller wants it read, `found` what was seen in it, `report` what the dry run said,
-- `counts` how far it is. `position` is how many rows are done with. The row is the job while its state is checking
-- (the dry run) or running; `version` rises with each change by a caller.
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

-- What was wrong with the rows of an import, in the order of its lines.
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

-- One contact and one number, since the contact first wrote. Free-form messages may go until `window_closes_at`;
-- a free entry window costs nothing until `free_entry_closes_at`, of which `free_entry_offered_until` is the chance.
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

-- Messages from people. `content` is what the type says, `extras` all else that the provider told of it; JSON.
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

-- What providers told of numbers, templates, accounts and wishes: its digest, so that what is told twice counts once.
CREATE TABLE notices (
    account_id TEXT NOT NULL,
    digest BYTEA NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, digest)
);
CREATE INDEX notices_age ON notices (account_id, received_at);

-- Files, kept by content. `source` received: of inbound messages, by the provider's media id, fetched before their
-- address dies. uploaded: by an id of ours, for messages that we send. link: what was behind the exact `link`.
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
    source TEXT NOT NULL DEFAULT 'received',
    link TEXT,
    PRIMARY KEY (account_id, id)
);
CREATE INDEX media_due ON media (account_id, next_at) WHERE state = 'pending';
CREATE INDEX media_content ON media (account_id, sha256) WHERE state = 'stored';
CREATE INDEX media_age ON media (account_id, created_at);
CREATE INDEX media_link ON media (account_id, link, stored_at) WHERE link IS NOT NULL;
CREATE INDEX media_ours ON media (account_id, source, id) WHERE source <> 'received';

-- Which of our files a provider has, by content, and until when: uploaded once for each number, and then named by id.
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

-- Contents whose bytes may belong to nobody, and when that is to be looked into: of files that are being stored,
-- in case that this ends amid it, and of files that were removed.
CREATE TABLE media_leaving (
    account_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, sha256)
);
CREATE INDEX media_leaving_due ON media_leaving (account_id, due_at);

-- Templates as the provider has them, or as they were before it had them: one row a name and language, for each
-- business account of the provider's. `definition` is JSON: components, and what else the provider takes with them.
-- A removed one keeps its row: it tells why messages of it failed, and its name may be taken anew.
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

-- What happened to a template, in order: `change` is JSON, each member that changed with what it was and is.
-- `source`: caller, answer (of the provider), webhook or sync.
CREATE TABLE template_changes (
    account_id TEXT NOT NULL,
    template_id TEXT NOT NULL,
    n INTEGER NOT NULL,
    at BIGINT NOT NULL,
    source TEXT NOT NULL,
    change TEXT NOT NULL,
    PRIMARY KEY (account_id, template_id, n)
);

-- When the templates of a business account were last read from the provider, and when they are next.
CREATE TABLE template_syncs (
    account_id TEXT NOT NULL,
    waba_id TEXT NOT NULL,
    due_at BIGINT NOT NULL,
    synced_at BIGINT,
    tries INTEGER NOT NULL DEFAULT 0,
    detail TEXT,
    PRIMARY KEY (account_id, waba_id)
);

-- Who must not be written to: `all`, or only what is `marketing`. One row an address that the person is known by.
CREATE TABLE suppressions (
    account_id TEXT NOT NULL,
    address TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('all', 'marketing')),
    source TEXT NOT NULL,
    reason TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (account_id, address, scope)
);

-- Who agreed to what, and who took it back: append-only. `proof` is JSON, whatever shows it.
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

-- Where customers want their events. A removed one keeps its row: its log points at it. `event_types` is JSON.
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

-- How far an endpoint has come, and which process works for it. Every event up to `position` was delivered, did
-- not match, or has a row in `deliveries`. The epoch fences as it does for numbers; moments of leases are the
-- database's own. `failing_since` is null while it answers.
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

-- Events that an endpoint did not take at the first try, or is to get again. What it took at once is only in
-- its log of attempts.
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

-- Every try to deliver: what was asked and what came back, up to 4 KiB of it.
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

-- Broadcasts. `definition` is JSON in its normal form; `position` is how far the check has come, `report` what it
-- found (JSON), `run` what the run remembers (JSON): counts at the last look, its canary, its winner. `parent_id`: it
-- is for those whom that one did not reach. `version` rises with each change of state or definition.
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

-- Who gets a campaign: one row a person, written by the check in the order of the audience. A ready row that is due is
-- the job; it becomes `created` in the transaction in which its message is born. From then on the message's own state
-- counts. A skipped one says why in `reason`. `vars` is JSON: what fills the gaps, frozen by the check.
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

-- What the provider's messages cost from a day on, as the account imported it: `card` is the file as it was read.
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

-- How an account is billed by a provider, as its owner said: JSON, `pricing_contract.Billing`.
CREATE TABLE billing (
    account_id TEXT NOT NULL,
    connector TEXT NOT NULL,
    billing TEXT NOT NULL,
    PRIMARY KEY (account_id, connector)
);

-- Short addresses in messages, one for each recipient and link, and how often they were followed. The token is what
-- a stranger brings, so it is the key.
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

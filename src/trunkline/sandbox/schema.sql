-- The sandbox's whole memory. Every moment is milliseconds since 1970-01-01 UTC.

-- One row: who this sandbox says it is. Made at the first start and never changed. Its token and app secret are
-- made from the seed, so that neither can be read in a file, as with the gateway's own secrets.
CREATE TABLE IF NOT EXISTS identity (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    seed BLOB NOT NULL,
    app_id TEXT NOT NULL,
    waba_id TEXT NOT NULL,
    phone_number_id TEXT NOT NULL,
    digits TEXT NOT NULL
) STRICT;

-- Where webhooks go: one row per node (business number or account) that has a callback of its own.
CREATE TABLE IF NOT EXISTS callbacks (
    node_id TEXT PRIMARY KEY,
    url TEXT NOT NULL
) STRICT;

-- Rules that differ from what every handset does. NULL: as the mode has it.
CREATE TABLE IF NOT EXISTS handsets (
    address TEXT PRIMARY KEY,
    reachable INTEGER CHECK (reachable IN (0, 1)),
    window_open INTEGER CHECK (window_open IN (0, 1)),
    behaviour TEXT
) STRICT;

-- The ledger: every send that was taken, in order, with the statuses it will have and how far they came.
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY,
    wamid TEXT NOT NULL UNIQUE,
    phone_number_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    wa_id TEXT,
    type TEXT NOT NULL,
    callback_data TEXT,
    taken_at INTEGER NOT NULL,
    plan BLOB NOT NULL,
    reported INTEGER NOT NULL DEFAULT 0,
    open INTEGER NOT NULL CHECK (open IN (0, 1)),
    body BLOB NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS messages_by_recipient ON messages (recipient, id);
CREATE INDEX IF NOT EXISTS messages_with_open_statuses ON messages (id) WHERE open = 1;

-- Everything small that Graph's nodes keep: a kind, an id, and a document of JSON (`shelf.py`).
CREATE TABLE IF NOT EXISTS things (
    place INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    document BLOB NOT NULL,
    UNIQUE (kind, id)
) STRICT;

-- Webhooks that are not statuses and that nobody took yet: `value` is the JSON of the envelope's `value`.
CREATE TABLE IF NOT EXISTS webhooks (
    id INTEGER PRIMARY KEY,
    field TEXT NOT NULL,
    phone_number_id TEXT,
    handset TEXT,
    value BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- Messages whose next status waits for a person: a phone that is off, a chat that is not open.
CREATE TABLE IF NOT EXISTS parked (
    message_id INTEGER PRIMARY KEY,
    handset TEXT NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS parked_by_handset ON parked (handset, message_id);

-- What people wrote on their handsets: `message` is the object as it stands in the webhook.
CREATE TABLE IF NOT EXISTS received (
    id INTEGER PRIMARY KEY,
    wamid TEXT NOT NULL UNIQUE,
    phone_number_id TEXT NOT NULL,
    handset TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    read_at INTEGER,
    message BLOB NOT NULL
) STRICT;

CREATE INDEX IF NOT EXISTS received_by_handset ON received (handset, phone_number_id, id);

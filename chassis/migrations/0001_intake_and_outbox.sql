-- Where this service stands in each partition it reads, and who may move on from there.
CREATE TABLE input_position (
    consumer_group text COLLATE "C" NOT NULL,
    topic          text COLLATE "C" NOT NULL,
    partition      integer NOT NULL,
    next_offset    bigint NOT NULL CHECK (next_offset >= 0),
    epoch          bigint NOT NULL,
    owner          text NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition)
);

-- What became of every offset, one row per batch; the counts add up to the offsets passed.
CREATE TABLE offset_fate (
    topic        text COLLATE "C" NOT NULL,
    partition    integer NOT NULL,
    first_offset bigint NOT NULL,
    last_offset  bigint NOT NULL,
    accepted     integer NOT NULL CHECK (accepted >= 0),
    duplicate    integer NOT NULL CHECK (duplicate >= 0),
    conflict     integer NOT NULL CHECK (conflict >= 0),
    dead_letter  integer NOT NULL CHECK (dead_letter >= 0),
    suspense     integer NOT NULL CHECK (suspense >= 0),
    absent       integer NOT NULL CHECK (absent >= 0),
    recorded_at  timestamptz NOT NULL,
    PRIMARY KEY (topic, partition, first_offset),
    CHECK (accepted + duplicate + conflict + dead_letter + suspense + absent = last_offset - first_offset + 1)
);

-- Every event this service accepted, by its identity, with a hash of its content.
CREATE TABLE seen_event (
    account_id   text COLLATE "C" NOT NULL,
    source       text COLLATE "C" NOT NULL,
    event_id     text COLLATE "C" NOT NULL,
    content_hash bytea NOT NULL,
    PRIMARY KEY (account_id, source, event_id)
);

-- The same identity with other content, held back until somebody decides.
CREATE TABLE event_conflict (
    account_id    text COLLATE "C" NOT NULL,
    topic         text COLLATE "C" NOT NULL,
    partition     integer NOT NULL,
    record_offset bigint NOT NULL,
    source        text COLLATE "C" NOT NULL,
    event_id      text COLLATE "C" NOT NULL,
    reason        text NOT NULL,
    record_key    bytea,
    record_value  bytea NOT NULL,
    recorded_at   timestamptz NOT NULL,
    PRIMARY KEY (account_id, topic, partition, record_offset)
);

-- Decisions on conflicts: who, when, and what was decided.
CREATE TABLE conflict_resolution (
    account_id    text COLLATE "C" NOT NULL,
    topic         text COLLATE "C" NOT NULL,
    partition     integer NOT NULL,
    record_offset bigint NOT NULL,
    resolution    text NOT NULL CHECK (resolution IN ('kept_first', 'republished')),
    resolved_by   text NOT NULL,
    resolved_at   timestamptz NOT NULL,
    PRIMARY KEY (account_id, topic, partition, record_offset)
);

-- One lane per writer: its sequence is drawn under this row's lock, its cursor moved by its owner.
-- A standing lane (a job's, an account's commands') is published by the service's one standing publisher.
CREATE TABLE outbox_lane (
    lane          text COLLATE "C" PRIMARY KEY,
    account_id    text COLLATE "C",
    standing      boolean NOT NULL,
    last_seq      bigint NOT NULL DEFAULT 0,
    published_seq bigint NOT NULL DEFAULT 0,
    epoch         bigint NOT NULL DEFAULT 0,
    CHECK (published_seq <= last_seq)
);
CREATE INDEX outbox_lane_waiting ON outbox_lane (lane) WHERE standing AND published_seq < last_seq;

-- Messages to send: one row holds the list that one transaction sends to one topic, packed into one value.
CREATE TABLE outbox (
    lane           text COLLATE "C" NOT NULL,
    first_seq      bigint NOT NULL,
    message_count  integer NOT NULL CHECK (message_count > 0),
    topic          text COLLATE "C" NOT NULL,
    account_id     text COLLATE "C",
    messages       bytea NOT NULL,
    recorded_at    timestamptz NOT NULL,
    PRIMARY KEY (lane, first_seq)
);
-- Compressing a megabyte of JSON took longer than writing it.
ALTER TABLE outbox ALTER COLUMN messages SET STORAGE EXTERNAL;

-- Rows come and go at the speed of the stream, so dead ones are swept early.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
ALTER TABLE outbox_lane SET (fillfactor = 50);
ALTER TABLE input_position SET (fillfactor = 50);

-- What was changed by whom: only added to, each entry hashed together with the one before it. before, after: JSON of
-- what changed, by ids only, as it was hashed.
CREATE TABLE audit_entry (
    account_id    text COLLATE "C" NOT NULL,
    seq           bigint NOT NULL CHECK (seq > 0),
    at            timestamptz NOT NULL,
    caller_kind   text COLLATE "C" NOT NULL,
    caller_id     text COLLATE "C" NOT NULL,
    action        text COLLATE "C" NOT NULL,
    subject       text COLLATE "C" NOT NULL,
    before        text COLLATE "C",
    after         text COLLATE "C",
    request_id    text COLLATE "C" NOT NULL,
    previous_hash bytea NOT NULL,
    hash          bytea NOT NULL,
    PRIMARY KEY (account_id, seq)
);
CREATE INDEX audit_entry_by_time ON audit_entry (account_id, at);
CREATE INDEX audit_entry_by_subject ON audit_entry (account_id, subject, seq);
CREATE INDEX audit_entry_by_caller ON audit_entry (account_id, caller_id, seq);

-- The end of each account's chain; whoever adds an entry holds its row.
CREATE TABLE audit_head (
    account_id text COLLATE "C" PRIMARY KEY,
    seq        bigint NOT NULL,
    hash       bytea NOT NULL
);

-- Makes the monthly partitions of a table of this schema, `months` of them from `first_on`'s month on; returns how
-- many were new. Rows of a month that has none lie in `<table>_other`; once they do, that month stays there. With
-- the owner's rights, because the ingest role owns nothing.
CREATE FUNCTION make_month_partitions(parent text, first_on date, months integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    key_column name;
    starts_on  date;
    ends_on    date;
    child      text;
    taken      boolean;
    made       integer := 0;
BEGIN
    SELECT a.attname INTO STRICT key_column
    FROM pg_partitioned_table p
    JOIN pg_class c ON c.oid = p.partrelid
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0]
    WHERE c.relname = parent AND c.relnamespace = current_schema()::regnamespace;
    FOR step IN 0 .. months - 1 LOOP
        starts_on := date_trunc('month', first_on::timestamp)::date + make_interval(months => step);
        ends_on := starts_on + make_interval(months => 1);
        child := parent || '_' || to_char(starts_on, 'YYYY_MM');
        CONTINUE WHEN to_regclass(quote_ident(child)) IS NOT NULL;
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %I >= %L AND %I < %L)',
                       parent || '_other', key_column, starts_on, key_column, ends_on) INTO taken;
        CONTINUE WHEN taken;
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', child, parent);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                       parent, child, starts_on, ends_on);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
REVOKE EXECUTE ON FUNCTION make_month_partitions(text, date, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_month_partitions(text, date, integer) TO @ingest@;

GRANT SELECT, INSERT, UPDATE ON input_position TO @ingest@;
GRANT SELECT, INSERT ON offset_fate, seen_event, event_conflict, conflict_resolution TO @ingest@;
GRANT SELECT, INSERT, UPDATE ON outbox_lane TO @ingest@;
GRANT SELECT, INSERT, DELETE ON outbox TO @ingest@;

ALTER TABLE seen_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_conflict ENABLE ROW LEVEL SECURITY;
ALTER TABLE conflict_resolution ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox_lane ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_head ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_account ON seen_event TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON event_conflict TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON conflict_resolution TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON outbox_lane TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), '') AND standing);
CREATE POLICY own_account ON outbox TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON audit_entry TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON audit_head TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));

GRANT SELECT ON event_conflict TO @api@;
GRANT SELECT, INSERT ON conflict_resolution TO @api@;
GRANT SELECT, INSERT, UPDATE ON outbox_lane TO @api@;
GRANT SELECT, INSERT ON outbox TO @api@;
GRANT SELECT, INSERT ON audit_entry TO @api@;
GRANT SELECT, INSERT, UPDATE ON audit_head TO @api@;

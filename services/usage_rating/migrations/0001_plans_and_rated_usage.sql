-- Accounts as billing_units publishes them: what rating needs of one.
CREATE TABLE account (
    account_id text COLLATE "C" PRIMARY KEY,
    version    integer NOT NULL,
    currency   text NOT NULL,
    zone       text NOT NULL,
    anchor_day integer NOT NULL CHECK (anchor_day BETWEEN 1 AND 28),
    deleted    boolean NOT NULL
);

-- The numbers an account holds, as billing_units publishes them; prices may depend on a number's type.
CREATE TABLE own_number (
    account_id text COLLATE "C" NOT NULL,
    number     text COLLATE "C" NOT NULL,
    version    integer NOT NULL CHECK (version > 0),
    kind       text COLLATE "C" CHECK (kind IN ('local', 'national', 'toll_free', 'mobile')),
    from_at    timestamptz NOT NULL,
    until_at   timestamptz,
    deleted    boolean NOT NULL,
    PRIMARY KEY (account_id, number)
);

-- Whether a plan id is one for everybody or one that accounts use, each for a plan of its own. So no account can use
-- two plans of one id, and a certificate that names plan and version means one document. The API may add to it and
-- read nothing; it says of no id who uses it.
CREATE TABLE plan_scope (
    plan_id       text COLLATE "C" PRIMARY KEY,
    for_everybody boolean NOT NULL,
    UNIQUE (plan_id, for_everybody)
);

-- Versions of rate plans. Account '*' means: for any account. The document is canonical JSON.
CREATE TABLE plan (
    account_id     text COLLATE "C" NOT NULL,
    plan_id        text COLLATE "C" NOT NULL,
    version        integer NOT NULL CHECK (version >= 1),
    sha256         text NOT NULL,
    name           text NOT NULL,
    currency       text NOT NULL,
    effective_from timestamptz NOT NULL,
    rate_count     integer NOT NULL,
    document       text NOT NULL,
    recorded_at    timestamptz NOT NULL,
    for_everybody  boolean GENERATED ALWAYS AS (account_id = '*') STORED,
    PRIMARY KEY (account_id, plan_id, version),
    FOREIGN KEY (plan_id, for_everybody) REFERENCES plan_scope (plan_id, for_everybody)
);

-- Which plan version, its own or one for everybody, rates an account (or, under '*', every account without an activation
-- of its own) from an instant on.
CREATE TABLE plan_activation (
    account_id      text COLLATE "C" NOT NULL,
    activation_id   uuid NOT NULL,
    plan_account_id text COLLATE "C" NOT NULL CHECK (plan_account_id IN (account_id, '*')),
    plan_id         text COLLATE "C" NOT NULL,
    plan_version    integer NOT NULL,
    effective_at    timestamptz NOT NULL,
    recorded_at     timestamptz NOT NULL,
    PRIMARY KEY (account_id, activation_id),
    FOREIGN KEY (plan_account_id, plan_id, plan_version) REFERENCES plan (account_id, plan_id, version)
);

-- Where each call leg, and each use that is no call, stands: its highest revision, and which rating of it is live.
CREATE TABLE leg (
    account_id          text COLLATE "C" NOT NULL,
    usage_id            uuid NOT NULL,
    revision            integer NOT NULL,
    content_hash        bytea NOT NULL,
    rating_revision     integer NOT NULL,
    live_rated_usage_id uuid,
    live_month          date,
    PRIMARY KEY (account_id, usage_id),
    CHECK ((live_rated_usage_id IS NULL) = (live_month IS NULL))
);

-- Every revision of every leg and other use as it came, in `call`. The only place with the other party's number.
-- record_kind: of a call, or of another use. occurred_at: the charging instant, by which a re-rating finds it; month: of
-- its end.
CREATE TABLE usage (
    account_id   text COLLATE "C" NOT NULL,
    usage_id     uuid NOT NULL,
    revision     integer NOT NULL,
    month        date NOT NULL,
    source       text COLLATE "C" NOT NULL,
    event_id     text COLLATE "C" NOT NULL,
    record_kind  text COLLATE "C" NOT NULL CHECK (record_kind IN ('call', 'usage')),
    call         bytea NOT NULL,
    occurred_at  timestamptz NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, usage_id, revision, month)
) PARTITION BY RANGE (month);
CREATE TABLE usage_other PARTITION OF usage DEFAULT;
ALTER TABLE usage_other ENABLE ROW LEVEL SECURITY;
SELECT make_month_partitions('usage', (now() AT TIME ZONE 'UTC')::date - 62, 6);

-- Every rating and every reversal of one, once and for all; `published` is the data of its message.
CREATE TABLE rated_usage (
    account_id      text COLLATE "C" NOT NULL,
    rated_usage_id  uuid NOT NULL,
    month           date NOT NULL,
    usage_id        uuid NOT NULL,
    rating_revision integer NOT NULL,
    kind            text NOT NULL CHECK (kind IN ('rated', 'reversal')),
    currency        text NOT NULL,
    amount          numeric(20, 6) NOT NULL CHECK (amount <> 'NaN'),
    calls           integer NOT NULL,
    duration_ms     bigint NOT NULL,
    billed_s        bigint NOT NULL,
    booked_period   date NOT NULL,
    published       bytea NOT NULL,
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, rated_usage_id, month)
) PARTITION BY RANGE (month);
CREATE TABLE rated_usage_other PARTITION OF rated_usage DEFAULT;
ALTER TABLE rated_usage_other ENABLE ROW LEVEL SECURITY;
SELECT make_month_partitions('rated_usage', (now() AT TIME ZONE 'UTC')::date - 62, 6);

-- Uses that cannot be priced now, and why; a row goes when the use is priced, replaced or withdrawn.
CREATE TABLE suspense (
    account_id  text COLLATE "C" NOT NULL,
    usage_id    uuid NOT NULL,
    revision    integer NOT NULL,
    month       date NOT NULL,
    reason      text NOT NULL,
    recorded_at timestamptz NOT NULL,
    record_kind text NOT NULL CHECK (record_kind IN ('call', 'usage')),
    PRIMARY KEY (account_id, usage_id)
);

-- What happened that may end somebody's suspense: an account or a plan appeared ('*': for everybody).
CREATE TABLE suspense_retry (
    account_id  text COLLATE "C" PRIMARY KEY,
    recorded_at timestamptz NOT NULL
);

-- Uses of an account priced again: what was asked, what it would change, who approved it, how far it is. from_at, to_at:
-- charging instants, half open. course: the activations it goes by, as JSON, read when its preview began. plan_version:
-- as asked, none for the newest. Sums are of what would change and can be priced.
CREATE TABLE rerating (
    account_id    text COLLATE "C" NOT NULL,
    rerating_id   uuid NOT NULL,
    state         text NOT NULL
                  CHECK (state IN ('requested', 'previewing', 'previewed', 'approved', 'posting', 'posted', 'cancelled')),
    reason        text NOT NULL,
    from_at       timestamptz NOT NULL,
    to_at         timestamptz NOT NULL CHECK (from_at < to_at),
    plan_id       text COLLATE "C",
    plan_version  integer,
    currency      text NOT NULL,
    course        text,
    changes       bigint NOT NULL DEFAULT 0,
    unpriced      bigint NOT NULL DEFAULT 0,
    amount_before numeric(30, 6) NOT NULL DEFAULT 0,
    amount_after  numeric(30, 6) NOT NULL DEFAULT 0,
    asked_by      text NOT NULL,
    asked_at      timestamptz NOT NULL,
    previewed_at  timestamptz,
    approved_by   text,
    approved_at   timestamptz,
    cancelled_by  text,
    finished_at   timestamptz,
    PRIMARY KEY (account_id, rerating_id),
    CHECK (plan_version IS NULL OR plan_id IS NOT NULL),
    CHECK ((approved_by IS NULL) = (state NOT IN ('approved', 'posting', 'posted')))
);
CREATE INDEX rerating_undone ON rerating (account_id, rerating_id)
    WHERE state IN ('requested', 'previewing', 'approved', 'posting');

-- A re-rating in parts that are worked off side by side: a month of uses, a sixteenth of their ids each. Cursors: the
-- last use looked at and the last one posted; examined, posted, skipped: live ratings so far.
CREATE TABLE rerating_part (
    account_id       text COLLATE "C" NOT NULL,
    rerating_id      uuid NOT NULL,
    month            date NOT NULL,
    slice            integer NOT NULL CHECK (slice BETWEEN 0 AND 15),
    previewed        boolean NOT NULL DEFAULT false,
    preview_id       uuid,
    preview_revision integer,
    examined         bigint NOT NULL DEFAULT 0,
    done             boolean NOT NULL DEFAULT false,
    posted_id        uuid,
    posted           bigint NOT NULL DEFAULT 0,
    skipped          bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (account_id, rerating_id, month, slice)
);

-- Live ratings that a re-rating would replace, or cannot price again and why; a month's uses with a sixteenth of their
-- ids belong to one part. skipped: the rating was no longer live, or priced otherwise, when it was to be posted.
CREATE TABLE rerating_change (
    account_id          text COLLATE "C" NOT NULL,
    rerating_id         uuid NOT NULL,
    month               date NOT NULL,
    usage_id            uuid NOT NULL,
    revision            integer NOT NULL,
    rated_usage_id      uuid NOT NULL,
    occurred_at         timestamptz NOT NULL,
    direction           text NOT NULL,
    own_number          text COLLATE "C",
    user_id             text COLLATE "C",
    destination         text COLLATE "C",
    amount_before       numeric(20, 6) NOT NULL,
    amount_after        numeric(20, 6),
    plan_id_before      text COLLATE "C",
    plan_version_before integer,
    plan_id_after       text COLLATE "C",
    plan_version_after  integer,
    reason              text,
    skipped             boolean NOT NULL DEFAULT false,
    PRIMARY KEY (account_id, rerating_id, usage_id, month),
    CHECK ((amount_after IS NULL) = (reason IS NOT NULL))
);

-- The changes of a previewed re-rating added up by destination, by user, and what cannot be priced by reason.
CREATE TABLE rerating_total (
    account_id    text COLLATE "C" NOT NULL,
    rerating_id   uuid NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('destination', 'user', 'reason')),
    name          text COLLATE "C" NOT NULL,
    changes       bigint NOT NULL,
    amount_before numeric(30, 6) NOT NULL,
    amount_after  numeric(30, 6),
    PRIMARY KEY (account_id, rerating_id, kind, name)
);

GRANT SELECT, INSERT, UPDATE ON account, own_number, leg TO @ingest@;
GRANT SELECT ON plan_scope, plan, plan_activation TO @ingest@;
GRANT SELECT, INSERT ON usage, rated_usage TO @ingest@;
GRANT SELECT, INSERT, DELETE ON suspense TO @ingest@;
GRANT SELECT, INSERT, UPDATE, DELETE ON suspense_retry TO @ingest@;
GRANT SELECT, UPDATE ON rerating TO @ingest@;
GRANT SELECT, INSERT, UPDATE ON rerating_part TO @ingest@;
GRANT SELECT, INSERT ON rerating_change, rerating_total TO @ingest@;
GRANT UPDATE (skipped) ON rerating_change TO @ingest@;

GRANT SELECT ON account, own_number, leg, usage, rated_usage, suspense TO @api@;
GRANT SELECT, INSERT ON plan, plan_activation TO @api@;
GRANT INSERT ON plan_scope TO @api@;
GRANT SELECT, INSERT, UPDATE ON suspense_retry TO @api@;
GRANT SELECT, INSERT, UPDATE ON rerating TO @api@;
GRANT SELECT ON rerating_part, rerating_change, rerating_total TO @api@;

ALTER TABLE account ENABLE ROW LEVEL SECURITY;
ALTER TABLE own_number ENABLE ROW LEVEL SECURITY;
ALTER TABLE plan_scope ENABLE ROW LEVEL SECURITY;
ALTER TABLE plan ENABLE ROW LEVEL SECURITY;
ALTER TABLE plan_activation ENABLE ROW LEVEL SECURITY;
ALTER TABLE leg ENABLE ROW LEVEL SECURITY;
ALTER TABLE usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE rated_usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE suspense ENABLE ROW LEVEL SECURITY;
ALTER TABLE suspense_retry ENABLE ROW LEVEL SECURITY;
ALTER TABLE rerating ENABLE ROW LEVEL SECURITY;
ALTER TABLE rerating_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE rerating_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE rerating_total ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_account ON account TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON own_number TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
-- Only the operator, acting as '*', makes an id everybody's.
CREATE POLICY own_scope ON plan_scope FOR INSERT TO @api@
    WITH CHECK (for_everybody = (current_setting('app.account', true) = '*'));
-- Everybody may read a plan that is for everybody; only the operator, acting as '*', may write one.
CREATE POLICY own_account ON plan TO @api@
    USING (account_id = nullif(current_setting('app.account', true), '') OR account_id = '*')
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON plan_activation TO @api@
    USING (account_id = nullif(current_setting('app.account', true), '') OR account_id = '*')
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON leg TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON usage TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON rated_usage TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON suspense TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON suspense_retry TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON rerating TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON rerating_part TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON rerating_change TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON rerating_total TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));

-- What the proof reads; no other service does.
CREATE VIEW verify_rated_usage WITH (security_invoker = true) AS
    SELECT account_id, currency, booked_period, rated_usage_id, usage_id, rating_revision, kind,
           amount, calls, duration_ms, billed_s, published
    FROM rated_usage;
CREATE VIEW verify_leg WITH (security_invoker = true) AS
    SELECT account_id, usage_id, revision, rating_revision, live_rated_usage_id FROM leg;
CREATE VIEW verify_suspense WITH (security_invoker = true) AS
    SELECT account_id, usage_id, revision, reason, recorded_at FROM suspense;
CREATE VIEW verify_suspense_retry WITH (security_invoker = true) AS
    SELECT account_id, recorded_at FROM suspense_retry;
CREATE VIEW verify_rerating WITH (security_invoker = true) AS
    SELECT account_id, rerating_id, state FROM rerating;
-- An unknown field of a call may hold U+0000, which jsonb refuses.
CREATE VIEW verify_usage WITH (security_invoker = true) AS
    SELECT account_id, usage_id, revision, source, event_id, call,
           coalesce((replace(convert_from(call, 'UTF8'), '\u0000', '\u0001')::jsonb ->> 'voided')::boolean, false)
               AS voided
    FROM usage;
CREATE VIEW verify_plan WITH (security_invoker = true) AS
    SELECT account_id, plan_id, version, document FROM plan;

-- One account's directory as a whole: its number in exclusion keys, and the revision that every change raises.
-- It exists from the first entry that names the account, so that entries may come before the account's own.
CREATE TABLE directory (
    account_id text COLLATE "C" PRIMARY KEY,
    account_no integer GENERATED ALWAYS AS IDENTITY UNIQUE,
    revision   integer NOT NULL DEFAULT 0 CHECK (revision >= 0),
    UNIQUE (account_id, account_no)
);

-- Directory entries stand in their highest version; content_hash tells a repeat of a version from another content.
CREATE TABLE account (
    account_id   text COLLATE "C" PRIMARY KEY,
    version      integer NOT NULL CHECK (version > 0),
    name         text,
    currency     text COLLATE "C" NOT NULL,
    zone         text COLLATE "C" NOT NULL,
    anchor_day   smallint NOT NULL CHECK (anchor_day BETWEEN 1 AND 28),
    split_policy text COLLATE "C" NOT NULL,
    split_changes jsonb NOT NULL,
    access       text COLLATE "C" NOT NULL,
    deleted      boolean NOT NULL,
    content_hash bytea,
    changed_at   timestamptz NOT NULL
);

CREATE TABLE directory_user (
    account_id   text COLLATE "C" NOT NULL,
    user_id      text COLLATE "C" NOT NULL,
    version      integer NOT NULL CHECK (version > 0),
    name         text,
    email        text,
    deleted      boolean NOT NULL,
    content_hash bytea,
    changed_at   timestamptz NOT NULL,
    PRIMARY KEY (account_id, user_id)
);

CREATE TABLE team (
    account_id   text COLLATE "C" NOT NULL,
    team_id      text COLLATE "C" NOT NULL,
    version      integer NOT NULL CHECK (version > 0),
    name         text,
    deleted      boolean NOT NULL,
    content_hash bytea,
    changed_at   timestamptz NOT NULL,
    PRIMARY KEY (account_id, team_id)
);

CREATE TABLE team_membership (
    account_id    text COLLATE "C" NOT NULL,
    membership_id text COLLATE "C" NOT NULL,
    version       integer NOT NULL CHECK (version > 0),
    team_id       text COLLATE "C" NOT NULL,
    user_id       text COLLATE "C" NOT NULL,
    from_at       timestamptz NOT NULL,
    until_at      timestamptz CHECK (until_at >= from_at),
    deleted       boolean NOT NULL,
    content_hash  bytea,
    changed_at    timestamptz NOT NULL,
    PRIMARY KEY (account_id, membership_id)
);
CREATE INDEX team_membership_by_user ON team_membership (account_id, user_id);
CREATE INDEX team_membership_by_team ON team_membership (account_id, team_id);

-- A number the account holds in [from_at, until_at). Two accounts may hold the same number.
CREATE TABLE number (
    account_id   text COLLATE "C" NOT NULL,
    number       text COLLATE "C" NOT NULL CHECK (number ~ '^\+[0-9]{7,15}$'),
    version      integer NOT NULL CHECK (version > 0),
    from_at      timestamptz NOT NULL,
    until_at     timestamptz CHECK (until_at >= from_at),
    country      text COLLATE "C",
    kind         text COLLATE "C",
    deleted      boolean NOT NULL,
    content_hash bytea,
    changed_at   timestamptz NOT NULL,
    PRIMARY KEY (account_id, number)
);

-- Lists of numbers look for their page in this index alone.
CREATE INDEX number_in_lists ON number (account_id, number) INCLUDE (country, from_at, until_at)
    WHERE NOT deleted;

-- Unlike every other key, a unit's id is unique over all accounts: its topic is named by it. Platforms choose ids, so
-- the consumers look first and dead-letter whoever comes second; two at once wait here, and the second looks again.
-- Two units of an account never have the same name; name_key is the name without regard to case (domain/unit_names).
-- Checked when a statement ends, so that names may go round.
CREATE TABLE unit (
    account_id   text COLLATE "C" NOT NULL,
    unit_id      uuid NOT NULL,
    version      integer NOT NULL CHECK (version > 0),
    name         text NOT NULL,
    name_key     text COLLATE "C" NOT NULL CHECK (name_key <> ''),
    archived_at  timestamptz,
    deleted      boolean NOT NULL,
    content_hash bytea,
    changed_at   timestamptz NOT NULL,
    PRIMARY KEY (account_id, unit_id),
    CONSTRAINT one_account_for_a_unit_id UNIQUE (unit_id),
    CONSTRAINT one_unit_for_a_name EXCLUDE USING btree (account_id WITH =, name_key WITH =)
        WHERE (NOT deleted) DEFERRABLE INITIALLY IMMEDIATE
);

-- A number, user or team belongs to a unit in [from_at, until_at). Users and teams may be in several units; a
-- number in one at any instant. The constraint is checked when a statement ends, so that one statement may move.
CREATE TABLE assignment (
    account_id    text COLLATE "C" NOT NULL,
    assignment_id uuid NOT NULL,
    version       integer NOT NULL CHECK (version > 0),
    unit_id       uuid NOT NULL,
    member_kind   text COLLATE "C" NOT NULL CHECK (member_kind IN ('number', 'user', 'team')),
    member        text COLLATE "C" NOT NULL CHECK (member_kind <> 'number' OR member ~ '^\+[0-9]{7,15}$'),
    from_at       timestamptz NOT NULL,
    until_at      timestamptz CHECK (until_at >= from_at),
    weight        integer NOT NULL CHECK (weight > 0),
    is_primary     boolean NOT NULL,
    deleted       boolean NOT NULL,
    content_hash  bytea,
    changed_at    timestamptz NOT NULL,
    account_no    integer NOT NULL,
    directory_revision integer NOT NULL,
    key           numeric GENERATED ALWAYS AS (
        CASE WHEN member_kind = 'number' THEN account_no::numeric * 1e16 + substr(member, 2)::numeric END
    ) STORED,
    during        tstzrange GENERATED ALWAYS AS (
        CASE WHEN deleted THEN 'empty'::tstzrange ELSE tstzrange(from_at, until_at) END
    ) STORED,
    PRIMARY KEY (account_id, assignment_id),
    FOREIGN KEY (account_id, account_no) REFERENCES directory (account_id, account_no),
    CONSTRAINT one_unit_for_a_number EXCLUDE USING gist (numrange(key, key, '[]') WITH &&, during WITH &&)
        WHERE (member_kind = 'number') DEFERRABLE INITIALLY IMMEDIATE
);
-- With the times, so that who is free and how many are in a unit is seen in the index alone.
CREATE INDEX assignment_by_member ON assignment (account_id, member_kind, member)
    INCLUDE (from_at, until_at, deleted, unit_id);
CREATE INDEX assignment_by_unit ON assignment (account_id, unit_id, member_kind) INCLUDE (from_at, until_at, deleted);

-- Everything that was said of an assignment and by whom, appended only: a charge is explained by what stood when it was
-- decided. directory_revision: the directory's after the change, as charges carry it.
CREATE TABLE assignment_version (
    account_id         text COLLATE "C" NOT NULL,
    assignment_id      uuid NOT NULL,
    version            integer NOT NULL CHECK (version > 0),
    unit_id            uuid NOT NULL,
    member_kind        text COLLATE "C" NOT NULL,
    member             text COLLATE "C" NOT NULL,
    from_at            timestamptz NOT NULL,
    until_at           timestamptz,
    weight             integer NOT NULL,
    is_primary         boolean NOT NULL,
    deleted            boolean NOT NULL,
    directory_revision integer NOT NULL,
    author             text NOT NULL,
    recorded_at        timestamptz NOT NULL,
    PRIMARY KEY (account_id, assignment_id, version)
);
CREATE INDEX assignment_version_by_member ON assignment_version (account_id, member_kind, member);

-- What became of each rating of a use: the row that its rating and its reversal meet at, whichever comes first.
-- charge_ids: the charges live now, or those that were taken back; none of a use that follows a call and awaits it.
CREATE TABLE allocation (
    account_id          text COLLATE "C" NOT NULL,
    usage_id            uuid NOT NULL,
    rating_revision     integer NOT NULL,
    state               text COLLATE "C" NOT NULL
        CHECK (state IN ('allocated', 'reversed', 'reversal_waiting', 'call_awaited')),
    rated_usage_id      uuid,
    reversal_id         uuid,
    allocation_revision integer NOT NULL,
    use_on              date NOT NULL,
    charge_ids          uuid[] NOT NULL,
    PRIMARY KEY (account_id, usage_id, rating_revision),
    CHECK ((state = 'reversal_waiting') = (rated_usage_id IS NULL)),
    CHECK ((state IN ('allocated', 'call_awaited')) = (reversal_id IS NULL))
);

-- Reversals whose originals have not come yet: in flight, with what they will take back.
CREATE TABLE reversal_wait (
    account_id      text COLLATE "C" NOT NULL,
    usage_id        uuid NOT NULL,
    rating_revision integer NOT NULL,
    rated_usage_id  uuid NOT NULL,
    currency        text COLLATE "C" NOT NULL,
    booked_period   date NOT NULL,
    amount          numeric(20,6) NOT NULL CHECK (amount <> 'NaN'),
    calls           bigint NOT NULL,
    billed_s        bigint NOT NULL,
    rated_usage     jsonb NOT NULL,
    recorded_at     timestamptz NOT NULL,
    PRIMARY KEY (account_id, usage_id, rating_revision)
);

-- What a unit owes (no unit: Unassigned) for its share of one use; appended only. A month of use days is a partition.
CREATE TABLE charge (
    account_id          text COLLATE "C" NOT NULL,
    charge_id           uuid NOT NULL,
    use_on              date NOT NULL,
    booked_period       date NOT NULL,
    occurred_at         timestamptz NOT NULL,
    billed_at           timestamptz NOT NULL,
    recorded_at         timestamptz NOT NULL,
    rated_usage_id      uuid NOT NULL,
    usage_id            uuid NOT NULL,
    cause_id            uuid NOT NULL,
    reverses            uuid CHECK ((kind = 'reversal') = (reverses IS NOT NULL)),
    unit_id             uuid,
    rating_revision     integer NOT NULL,
    allocation_revision integer NOT NULL,
    calls               bigint NOT NULL,
    duration_ms         bigint NOT NULL,
    billed_s            bigint NOT NULL,
    amount              numeric(20,6) NOT NULL CHECK (amount <> 'NaN'),
    currency            text COLLATE "C" NOT NULL,
    kind                text COLLATE "C" NOT NULL CHECK (kind IN ('charge', 'reversal')),
    category            text COLLATE "C" NOT NULL,
    direction           text COLLATE "C",
    channel             text COLLATE "C",
    rule                text COLLATE "C" NOT NULL CHECK (rule IN ('override', 'number', 'user', 'call', 'unassigned')),
    matched             text COLLATE "C",
    units               smallint NOT NULL,
    split               text COLLATE "C",
    weight              integer,
    weights             integer,
    flags               text[] NOT NULL,
    directory_revision  integer NOT NULL,
    own_number          text COLLATE "C",
    user_id             text COLLATE "C",
    unit_override       text COLLATE "C",
    team_id             text COLLATE "C",
    queue_id            text COLLATE "C",
    campaign_id         text COLLATE "C",
    prefix              text COLLATE "C",
    country             text COLLATE "C",
    other_party_token   text COLLATE "C",
    linked_call_id      text COLLATE "C",
    linked_leg_id       text COLLATE "C",
    follows             uuid,
    PRIMARY KEY (account_id, charge_id, use_on),
    CHECK ((unit_id IS NULL) = (rule = 'unassigned'))
) PARTITION BY RANGE (use_on);
CREATE INDEX charge_by_unit ON charge (account_id, unit_id, billed_at);

-- How re-attribution finds the charges that a change touches.
CREATE INDEX charge_by_number ON charge (account_id, own_number, occurred_at)
    WHERE kind = 'charge' AND own_number IS NOT NULL;
CREATE INDEX charge_by_user ON charge (account_id, user_id, occurred_at)
    WHERE kind = 'charge' AND user_id IS NOT NULL AND follows IS NULL;
CREATE INDEX charge_by_override ON charge (account_id, unit_override, occurred_at)
    WHERE kind = 'charge' AND unit_override IS NOT NULL;

-- Holds what no month's partition does, so that a late or early use is never refused.
CREATE TABLE charge_other PARTITION OF charge DEFAULT;
ALTER TABLE charge_other ENABLE ROW LEVEL SECURITY;

SELECT make_month_partitions('charge', (now() AT TIME ZONE 'UTC')::date - 62, 6);

-- A change of the directory and the charges it touches: those of the numbers and users, and of the calls that name
-- the units, in the parts, each in its span. The job looks at part after part, and within one by the instants of its
-- charges; ids in the cursor are of charges. Work begins when the change has committed, because it is seen only then.
CREATE TABLE reattribution (
    account_id         text COLLATE "C" NOT NULL,
    reattribution_id   uuid NOT NULL,
    directory_revision integer NOT NULL,
    author             text NOT NULL,
    state              text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'running', 'done')),
    part_kinds         text[] NOT NULL,
    part_members       text[] NOT NULL,
    part_from_at       timestamptz[] NOT NULL,
    part_until_at      timestamptz[] NOT NULL,
    part_no            integer NOT NULL,
    cursor_at          timestamptz,
    cursor_id          uuid,
    examined           bigint NOT NULL,
    moved              bigint NOT NULL,
    recorded_at        timestamptz NOT NULL,
    finished_at        timestamptz,
    PRIMARY KEY (account_id, reattribution_id),
    UNIQUE (account_id, directory_revision),
    CHECK ((state = 'done') = (finished_at IS NOT NULL))
);
CREATE INDEX reattribution_undone ON reattribution (account_id, directory_revision) WHERE state <> 'done';

-- Uses that follow a call (its recording, for one), a row for each of their ratings that is not taken back: the call leg,
-- by its usage id. waiting: the leg has no charge, and this use has none yet or the one it had; unassigned: after a
-- day, nobody's; following: owed as the leg is. look_at: when to look for the leg (again); none while nothing changes.
-- rated_usage: the use as it was rated, until a charge says it.
CREATE TABLE follower (
    account_id      text COLLATE "C" NOT NULL,
    usage_id        uuid NOT NULL,
    rating_revision integer NOT NULL,
    follows         uuid NOT NULL,
    state           text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'unassigned', 'following')),
    waits_since     timestamptz NOT NULL,
    look_at         timestamptz,
    rated_usage     jsonb,
    PRIMARY KEY (account_id, usage_id, rating_revision),
    CHECK (state = 'following' OR look_at IS NOT NULL),
    CHECK (state = 'waiting' OR rated_usage IS NULL)
);
CREATE INDEX follower_by_leg ON follower (account_id, follows);
CREATE INDEX follower_due ON follower (look_at, account_id) WHERE look_at IS NOT NULL;

-- What charges added to what units spent and nobody has added up yet: appended with the charges, one statement a batch,
-- so that no two writers wait for each other. A job takes the rows away whole; hence neither key nor index.
CREATE TABLE spend_change (
    account_id    text COLLATE "C" NOT NULL,
    booked_period date NOT NULL,
    unit_key      text COLLATE "C" NOT NULL,
    use_on        date NOT NULL,
    currency      text COLLATE "C" NOT NULL,
    amount        numeric(20,6) NOT NULL CHECK (amount <> 'NaN')
);

-- What units (`unassigned`: nobody) spent by booked period and use day: with spend_change, the sum of their charges.
CREATE TABLE unit_spend (
    account_id    text COLLATE "C" NOT NULL,
    booked_period date NOT NULL,
    unit_key      text COLLATE "C" NOT NULL,
    use_on        date NOT NULL,
    currency      text COLLATE "C" NOT NULL,
    amount        numeric(20,6) NOT NULL CHECK (amount <> 'NaN'),
    PRIMARY KEY (account_id, booked_period, unit_key, use_on, currency)
) WITH (fillfactor = 50);
CREATE INDEX unit_spend_by_day ON unit_spend (account_id, unit_key, use_on);

-- What was said of a unit's budget and by whom, appended only. For a period counts what was said last of those versions
-- whose periods [from_period, until_period) hold it; without an amount it has none. digest: of what was said, so that
-- a change behind the service's back is seen.
CREATE TABLE budget_version (
    account_id   text COLLATE "C" NOT NULL,
    unit_id      uuid NOT NULL,
    version      integer NOT NULL CHECK (version > 0),
    from_period  date NOT NULL,
    until_period date CHECK (until_period > from_period),
    amount       numeric(20,6) CHECK (amount > 0 AND amount <> 'NaN'),
    currency     text COLLATE "C" NOT NULL,
    stages       smallint[] NOT NULL,
    author       text NOT NULL,
    recorded_at  timestamptz NOT NULL,
    digest       bytea NOT NULL,
    PRIMARY KEY (account_id, unit_id, version)
);

-- Stages that were announced, once for each amount that a unit's budget had in a period; appended only.
CREATE TABLE budget_alert (
    account_id    text COLLATE "C" NOT NULL,
    unit_id       uuid NOT NULL,
    booked_period date NOT NULL,
    amount        numeric(20,6) NOT NULL CHECK (amount > 0 AND amount <> 'NaN'),
    stage_percent smallint NOT NULL CHECK (stage_percent > 0),
    reached_at    timestamptz NOT NULL,
    PRIMARY KEY (account_id, unit_id, booked_period, amount, stage_percent)
);

-- From which share of all charges on *Unassigned* is announced, as it was said and by whom; appended only, the last counts.
CREATE TABLE unassigned_alert_version (
    account_id        text COLLATE "C" NOT NULL,
    version           integer NOT NULL CHECK (version > 0),
    threshold_percent numeric(5,2) NOT NULL CHECK (threshold_percent BETWEEN 0 AND 100),
    minimum_amount    numeric(20,6) NOT NULL CHECK (minimum_amount >= 0 AND minimum_amount <> 'NaN'),
    author            text NOT NULL,
    recorded_at       timestamptz NOT NULL,
    digest            bytea NOT NULL,
    PRIMARY KEY (account_id, version)
);

-- Whether an account's *Unassigned* is past its threshold in a period, as was decided last. times: how often it passed.
CREATE TABLE unassigned_share (
    account_id    text COLLATE "C" NOT NULL,
    booked_period date NOT NULL,
    passed        boolean NOT NULL,
    times         integer NOT NULL,
    changed_at    timestamptz NOT NULL,
    PRIMARY KEY (account_id, booked_period)
);

-- Of whom alerts are to be decided anew: of a unit (`unassigned`: of none) and its account, in a period. Appended and
-- taken away like spend_change: by whoever adds up and by commands, by the job that announces.
CREATE TABLE alert_due (
    account_id    text COLLATE "C" NOT NULL,
    unit_key      text COLLATE "C" NOT NULL,
    booked_period date NOT NULL
);

-- What the proof reads, as the administrator (DESIGN §5).
CREATE VIEW verify_charge WITH (security_invoker = true) AS
SELECT account_id, currency, booked_period, charge_id, rated_usage_id, usage_id, rating_revision,
       allocation_revision, kind, reverses, unit_id, use_on, occurred_at, own_number, user_id, rule, matched,
       amount, calls, duration_ms, billed_s, directory_revision, recorded_at, cause_id, unit_override, follows
FROM charge;

CREATE VIEW verify_allocation WITH (security_invoker = true) AS
SELECT account_id, usage_id, rating_revision, state, rated_usage_id, reversal_id, allocation_revision, use_on,
       charge_ids
FROM allocation;

CREATE VIEW verify_reversal_wait WITH (security_invoker = true) AS
SELECT account_id, currency, booked_period, usage_id, rating_revision, rated_usage_id, amount, calls, billed_s,
       recorded_at
FROM reversal_wait;

CREATE VIEW verify_follower WITH (security_invoker = true) AS
SELECT account_id, usage_id, rating_revision, follows, state, waits_since, look_at FROM follower;

CREATE VIEW verify_assignment WITH (security_invoker = true) AS
SELECT a.account_id, a.assignment_id, a.version, a.unit_id, a.member_kind, a.member, a.from_at, a.until_at,
       a.deleted, a.directory_revision, u.archived_at AS unit_archived_at, u.unit_id IS NOT NULL AND NOT u.deleted AS unit_known
FROM assignment a LEFT JOIN unit u USING (account_id, unit_id);

CREATE VIEW verify_team_membership WITH (security_invoker = true) AS
SELECT account_id, team_id, user_id, from_at, until_at FROM team_membership WHERE NOT deleted;

CREATE VIEW verify_number WITH (security_invoker = true) AS
SELECT account_id, number, from_at, until_at FROM number WHERE NOT deleted;

CREATE VIEW verify_reattribution WITH (security_invoker = true) AS
SELECT account_id, reattribution_id, directory_revision, state, moved FROM reattribution;

CREATE VIEW verify_unit_spend WITH (security_invoker = true) AS
SELECT account_id, currency, booked_period, unit_key, use_on, amount FROM unit_spend;

CREATE VIEW verify_spend_change WITH (security_invoker = true) AS
SELECT account_id, currency, booked_period, unit_key, use_on, amount FROM spend_change;

CREATE VIEW verify_budget_version WITH (security_invoker = true) AS
SELECT account_id, unit_id, version, from_period, until_period, amount, currency,
       digest = sha256(convert_to(jsonb_build_array(account_id, unit_id, version, from_period, until_period, amount,
                                                    currency, stages)::text, 'UTF8')) AS as_said
FROM budget_version;

CREATE VIEW verify_budget_alert WITH (security_invoker = true) AS
SELECT account_id, unit_id, booked_period, amount, stage_percent FROM budget_alert;

CREATE VIEW verify_unassigned_alert_version WITH (security_invoker = true) AS
SELECT account_id, version, threshold_percent, minimum_amount,
       digest = sha256(convert_to(jsonb_build_array(account_id, version, threshold_percent, minimum_amount)::text,
                                  'UTF8')) AS as_said
FROM unassigned_alert_version;

-- Current entries change; history (charge) is only ever added to.
GRANT SELECT, INSERT, UPDATE ON directory, account, directory_user, team, team_membership, number, unit, assignment
    TO @ingest@, @api@;
GRANT SELECT, INSERT ON assignment_version TO @ingest@, @api@;
GRANT SELECT, INSERT ON charge TO @ingest@;
GRANT SELECT, INSERT, UPDATE ON allocation TO @ingest@;
GRANT SELECT, INSERT, DELETE ON reversal_wait TO @ingest@;
GRANT SELECT, INSERT, UPDATE, DELETE ON follower TO @ingest@;
GRANT SELECT, INSERT, UPDATE ON reattribution TO @ingest@;
GRANT SELECT, INSERT ON reattribution TO @api@;
GRANT SELECT ON charge, allocation, follower TO @api@;
GRANT SELECT, INSERT, DELETE ON spend_change, alert_due TO @ingest@;
GRANT SELECT, INSERT, UPDATE ON unit_spend, unassigned_share TO @ingest@;
GRANT SELECT, INSERT ON budget_alert TO @ingest@;
GRANT SELECT ON budget_version, unassigned_alert_version TO @ingest@;
GRANT SELECT, INSERT ON budget_version, unassigned_alert_version TO @api@;
GRANT SELECT ON spend_change, unit_spend, unassigned_share, budget_alert TO @api@;
GRANT INSERT ON alert_due TO @api@;

ALTER TABLE directory ENABLE ROW LEVEL SECURITY;
ALTER TABLE account ENABLE ROW LEVEL SECURITY;
ALTER TABLE directory_user ENABLE ROW LEVEL SECURITY;
ALTER TABLE team ENABLE ROW LEVEL SECURITY;
ALTER TABLE team_membership ENABLE ROW LEVEL SECURITY;
ALTER TABLE number ENABLE ROW LEVEL SECURITY;
ALTER TABLE unit ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignment ENABLE ROW LEVEL SECURITY;
ALTER TABLE assignment_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE allocation ENABLE ROW LEVEL SECURITY;
ALTER TABLE reversal_wait ENABLE ROW LEVEL SECURITY;
ALTER TABLE follower ENABLE ROW LEVEL SECURITY;
ALTER TABLE charge ENABLE ROW LEVEL SECURITY;
ALTER TABLE reattribution ENABLE ROW LEVEL SECURITY;
ALTER TABLE spend_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE unit_spend ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE budget_alert ENABLE ROW LEVEL SECURITY;
ALTER TABLE unassigned_alert_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE unassigned_share ENABLE ROW LEVEL SECURITY;
ALTER TABLE alert_due ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_account ON directory TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON account TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON directory_user TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON team TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON team_membership TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON number TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON unit TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON assignment TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON assignment_version TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON allocation TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON reversal_wait TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON follower TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON charge TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON reattribution TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON spend_change TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON unit_spend TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON budget_version TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON budget_alert TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON unassigned_alert_version TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON unassigned_share TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON alert_due TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));

-- A caller who is limited to certain units (app.units; unset: not limited) sees their rows only, whatever a statement
-- asks for: units, what is and was assigned to them, what they owe, and of the people those who were ever in them.
-- Restrictive: these take away from what the policies above show, and never add to it. The setting is read in
-- subqueries, so once a statement and not once a row; those of people are hashed (a function in their place took 3 s
-- for a caller of 100 units, and these 60 ms).
CREATE POLICY own_units ON unit AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR unit_id = ANY ((SELECT nullif(current_setting('app.units', true), '')::uuid[])::uuid[]));
CREATE POLICY own_units ON assignment AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR unit_id = ANY ((SELECT nullif(current_setting('app.units', true), '')::uuid[])::uuid[]));
CREATE POLICY own_units ON assignment_version AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR unit_id = ANY ((SELECT nullif(current_setting('app.units', true), '')::uuid[])::uuid[]));
CREATE POLICY own_units ON charge AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR unit_id = ANY ((SELECT nullif(current_setting('app.units', true), '')::uuid[])::uuid[]));
CREATE POLICY own_units ON team AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR EXISTS (SELECT FROM assignment a WHERE a.account_id = team.account_id AND a.member_kind = 'team'
                      AND a.member = team.team_id));
CREATE POLICY own_units ON team_membership AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR EXISTS (SELECT FROM assignment a WHERE a.account_id = team_membership.account_id
                      AND a.member_kind = 'team' AND a.member = team_membership.team_id));
CREATE POLICY own_units ON directory_user AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR EXISTS (SELECT FROM assignment a WHERE a.account_id = directory_user.account_id
                      AND a.member_kind = 'user' AND a.member = directory_user.user_id)
           OR EXISTS (SELECT FROM team_membership m WHERE m.account_id = directory_user.account_id
                      AND m.user_id = directory_user.user_id));
CREATE POLICY own_units ON number AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR EXISTS (SELECT FROM assignment a WHERE a.account_id = number.account_id
                      AND a.member_kind = 'number' AND a.member = number.number));
CREATE POLICY own_units ON allocation AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL);
CREATE POLICY own_units ON follower AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL);
CREATE POLICY own_units ON reversal_wait AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL);
CREATE POLICY own_units ON spend_change AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR unit_key = ANY ((SELECT nullif(current_setting('app.units', true), '')::text[])::text[]));
CREATE POLICY own_units ON unit_spend AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR unit_key = ANY ((SELECT nullif(current_setting('app.units', true), '')::text[])::text[]));
CREATE POLICY own_units ON budget_version AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR unit_id = ANY ((SELECT nullif(current_setting('app.units', true), '')::uuid[])::uuid[]));
CREATE POLICY own_units ON budget_alert AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR unit_id = ANY ((SELECT nullif(current_setting('app.units', true), '')::uuid[])::uuid[]));
CREATE POLICY own_units ON unassigned_alert_version AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL);
CREATE POLICY own_units ON unassigned_share AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL);

-- Accounts as billing_units publishes them: what a report needs of one.
CREATE TABLE account (
    account_id text COLLATE "C" PRIMARY KEY,
    version    integer NOT NULL,
    currency   text NOT NULL,
    zone       text NOT NULL,
    anchor_day integer NOT NULL CHECK (anchor_day BETWEEN 1 AND 28),
    deleted    boolean NOT NULL
);

-- Billing units, by id only. `unit_key` is the unit's id, here and below; costs of none have 'unassigned'.
CREATE TABLE unit (
    account_id  text COLLATE "C" NOT NULL,
    unit_key    text COLLATE "C" NOT NULL CHECK (unit_key <> 'unassigned'),
    version     integer NOT NULL,
    archived_at timestamptz,
    deleted     boolean NOT NULL,
    PRIMARY KEY (account_id, unit_key)
);

-- The counter of each unit's topic. Its row is locked by whoever numbers costs of the unit, so this lock
-- guards the unit's totals and day costs too.
CREATE TABLE unit_cost_lane (
    account_id    text COLLATE "C" NOT NULL,
    unit_key      text COLLATE "C" NOT NULL,
    last_seq      bigint NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    topic_created boolean NOT NULL DEFAULT false,
    PRIMARY KEY (account_id, unit_key)
) WITH (fillfactor = 50);
CREATE INDEX unit_cost_lane_without_topic ON unit_cost_lane (account_id, unit_key) WHERE NOT topic_created;

-- Every charge for ever, as it came, with its place in its unit's topic and in the input. A booked period
-- begins in one month, so partitions by it are partitions by month.
CREATE TABLE charge_fact (
    account_id          text COLLATE "C" NOT NULL,
    charge_id           uuid NOT NULL,
    booked_period       date NOT NULL,
    unit_key            text COLLATE "C" NOT NULL,
    seq                 bigint NOT NULL CHECK (seq >= 1),
    running_total       numeric(20, 6) NOT NULL CHECK (running_total <> 'NaN'),
    rated_usage_id      uuid NOT NULL,
    usage_id            uuid NOT NULL,
    rating_revision     integer NOT NULL,
    allocation_revision integer NOT NULL,
    kind                text NOT NULL CHECK (kind IN ('charge', 'reversal')),
    reverses            uuid,
    cause_id            uuid NOT NULL,
    category            text NOT NULL,
    direction           text,
    channel             text,
    occurred_at         timestamptz NOT NULL,
    billed_at           timestamptz NOT NULL,
    use_on              date NOT NULL,
    currency            text NOT NULL,
    amount              numeric(20, 6) NOT NULL CHECK (amount <> 'NaN'),
    calls               bigint NOT NULL,
    duration_ms         bigint NOT NULL,
    billed_s            bigint NOT NULL,
    allocation_rule     text NOT NULL,
    allocation_matched  text,
    allocation_units    integer NOT NULL,
    allocation_flags    text[] NOT NULL,
    directory_revision  integer NOT NULL,
    own_number          text,
    user_id             text,
    team_id             text,
    queue_id            text,
    campaign_id         text,
    prefix              text,
    country             text,
    other_party_token   text,
    linked_call_id      text,
    linked_leg_id       text,
    follows             uuid,
    input_topic         text NOT NULL,
    input_partition     integer NOT NULL,
    input_offset        bigint NOT NULL,
    recorded_at         timestamptz NOT NULL,
    PRIMARY KEY (account_id, charge_id, booked_period)
) PARTITION BY RANGE (booked_period);
-- The unit comes first: on a table not yet analysed, the planner took an index that begins with the account
-- for looking up charges by id too, and read all of the account's charges for each.
CREATE INDEX charge_fact_by_seq ON charge_fact (unit_key, account_id, seq);
CREATE TABLE charge_fact_other PARTITION OF charge_fact DEFAULT;
SELECT make_month_partitions('charge_fact', (now() AT TIME ZONE 'UTC')::date - 62, 6);

-- The running total of each unit in each booked period, as its topic's last line says it.
CREATE TABLE unit_period_total (
    account_id    text COLLATE "C" NOT NULL,
    unit_key      text COLLATE "C" NOT NULL,
    booked_period date NOT NULL,
    currency      text NOT NULL,
    running_total numeric(20, 6) NOT NULL CHECK (running_total <> 'NaN'),
    PRIMARY KEY (account_id, unit_key, booked_period, currency)
) WITH (fillfactor = 50);

-- What each unit cost by day of use and category, within each booked period.
CREATE TABLE unit_day_cost (
    account_id    text COLLATE "C" NOT NULL,
    booked_period date NOT NULL,
    unit_key      text COLLATE "C" NOT NULL,
    use_on        date NOT NULL,
    category      text NOT NULL,
    currency      text NOT NULL,
    calls         bigint NOT NULL,
    duration_ms   bigint NOT NULL,
    billed_s      bigint NOT NULL,
    amount        numeric(20, 6) NOT NULL CHECK (amount <> 'NaN'),
    PRIMARY KEY (account_id, booked_period, unit_key, use_on, category, currency)
) WITH (fillfactor = 50);
-- How costs are read by day of use, whatever period they are booked in.
CREATE INDEX unit_day_cost_by_use_day ON unit_day_cost (account_id, unit_key, use_on);

-- Reports that were asked for, as they were when made.
CREATE TABLE report (
    account_id      text COLLATE "C" NOT NULL,
    report_id       uuid NOT NULL,
    booked_period   date NOT NULL,
    currency        text NOT NULL,
    as_of           timestamptz NOT NULL,
    total_calls     bigint NOT NULL,
    total_billed_s  bigint NOT NULL,
    total_amount    numeric(20, 6) NOT NULL CHECK (total_amount <> 'NaN'),
    PRIMARY KEY (account_id, report_id)
);

CREATE TABLE report_line (
    account_id  text COLLATE "C" NOT NULL,
    report_id   uuid NOT NULL,
    unit_key    text COLLATE "C" NOT NULL,
    calls       bigint NOT NULL,
    duration_ms bigint NOT NULL,
    billed_s    bigint NOT NULL,
    amount      numeric(20, 6) NOT NULL CHECK (amount <> 'NaN'),
    PRIMARY KEY (account_id, report_id, unit_key),
    FOREIGN KEY (account_id, report_id) REFERENCES report (account_id, report_id)
);

GRANT SELECT, INSERT, UPDATE ON account, unit, unit_cost_lane, unit_period_total, unit_day_cost TO @ingest@;
GRANT SELECT, INSERT ON charge_fact, report, report_line TO @ingest@;

GRANT SELECT ON account, unit, unit_cost_lane, charge_fact, unit_period_total, unit_day_cost TO @api@;
GRANT SELECT, INSERT ON report, report_line TO @api@;

ALTER TABLE account ENABLE ROW LEVEL SECURITY;
ALTER TABLE unit ENABLE ROW LEVEL SECURITY;
ALTER TABLE unit_cost_lane ENABLE ROW LEVEL SECURITY;
ALTER TABLE charge_fact ENABLE ROW LEVEL SECURITY;
ALTER TABLE charge_fact_other ENABLE ROW LEVEL SECURITY;
ALTER TABLE unit_period_total ENABLE ROW LEVEL SECURITY;
ALTER TABLE unit_day_cost ENABLE ROW LEVEL SECURITY;
ALTER TABLE report ENABLE ROW LEVEL SECURITY;
ALTER TABLE report_line ENABLE ROW LEVEL SECURITY;

CREATE POLICY own_account ON account TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON unit TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON unit_cost_lane TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON charge_fact TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON unit_period_total TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON unit_day_cost TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON report TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));
CREATE POLICY own_account ON report_line TO @api@
    USING (account_id = nullif(current_setting('app.account', true), ''))
    WITH CHECK (account_id = nullif(current_setting('app.account', true), ''));

-- A caller who is limited to certain units (app.units; unset: not limited) sees their rows only, whatever a statement
-- asks for, and no report, for those are of all units. Restrictive: these take away from what the policies above show,
-- and never add to it. The setting is read in subqueries, so once a statement and not once a row; as a set of rows and
-- not as an array it is hashed, so that a caller of many units is not compared with each of them.
CREATE POLICY own_units ON unit AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR unit_key IN (SELECT unnest(nullif(current_setting('app.units', true), '')::text[])));
CREATE POLICY own_units ON unit_cost_lane AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR unit_key IN (SELECT unnest(nullif(current_setting('app.units', true), '')::text[])));
CREATE POLICY own_units ON charge_fact AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR unit_key IN (SELECT unnest(nullif(current_setting('app.units', true), '')::text[])));
CREATE POLICY own_units ON unit_period_total AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR unit_key IN (SELECT unnest(nullif(current_setting('app.units', true), '')::text[])));
CREATE POLICY own_units ON unit_day_cost AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL
           OR unit_key IN (SELECT unnest(nullif(current_setting('app.units', true), '')::text[])));
CREATE POLICY own_units ON report AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL);
CREATE POLICY own_units ON report_line AS RESTRICTIVE TO @api@
    USING ((SELECT nullif(current_setting('app.units', true), '')) IS NULL);

-- What the proof reads; no other service does. `unit_id` is null for what is unassigned.
CREATE VIEW verify_charge_fact WITH (security_invoker = true) AS
    SELECT account_id, currency, booked_period, charge_id, nullif(unit_key, 'unassigned')::uuid AS unit_id,
           kind, reverses, usage_id, use_on, category, amount, calls, duration_ms, billed_s,
           input_topic, input_partition, input_offset, seq, running_total
    FROM charge_fact;

CREATE VIEW verify_unit_day_cost WITH (security_invoker = true) AS
    SELECT account_id, currency, booked_period, nullif(unit_key, 'unassigned')::uuid AS unit_id,
           use_on, category, calls, duration_ms, billed_s, amount
    FROM unit_day_cost;

CREATE VIEW verify_unit_period_total WITH (security_invoker = true) AS
    SELECT account_id, currency, booked_period, nullif(unit_key, 'unassigned')::uuid AS unit_id, running_total
    FROM unit_period_total;

-- One row for each unit's numbering: whole when facts, first_seq and fact_last_seq fit last_seq and no line
-- is broken. A line is broken when its number or its running total does not follow from the line before.
CREATE VIEW verify_unit_cost_lane WITH (security_invoker = true) AS
    SELECT lane.account_id, nullif(lane.unit_key, 'unassigned')::uuid AS unit_id, lane.last_seq,
           coalesce(sent.last_seq, 0) AS outbox_last_seq,
           count(line.seq) AS facts, coalesce(min(line.seq), 1) AS first_seq,
           coalesce(max(line.seq), 0) AS fact_last_seq, coalesce(sum(line.amount), 0) AS amount,
           count(*) FILTER (WHERE line.seq <> line.place OR line.running_total <> line.sum_so_far) AS broken_lines
    FROM unit_cost_lane lane
    LEFT JOIN outbox_lane sent ON sent.lane = 'unit-costs/' || lane.account_id || '/' || lane.unit_key
    LEFT JOIN (
        SELECT account_id, unit_key, seq, amount, running_total,
               row_number() OVER (PARTITION BY account_id, unit_key ORDER BY seq) AS place,
               sum(amount) OVER (PARTITION BY account_id, unit_key, booked_period, currency ORDER BY seq)
                   AS sum_so_far
        FROM charge_fact
    ) line ON line.account_id = lane.account_id AND line.unit_key = lane.unit_key
    GROUP BY lane.account_id, lane.unit_key, lane.last_seq, sent.last_seq;

-- Reports with what their lines sum to.
CREATE VIEW verify_report WITH (security_invoker = true) AS
    SELECT report.account_id, report.report_id, report.currency, report.booked_period,
           report.total_calls, report.total_billed_s, report.total_amount,
           coalesce(sum(line.calls), 0) AS line_calls, coalesce(sum(line.billed_s), 0) AS line_billed_s,
           coalesce(sum(line.amount), 0) AS line_amount
    FROM report LEFT JOIN report_line line USING (account_id, report_id)
    GROUP BY report.account_id, report.report_id;

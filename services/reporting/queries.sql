-- name: upsert_accounts
-- The highest version wins, whatever order facts come in; rows are sorted by account.
INSERT INTO account (account_id, version, currency, zone, anchor_day, deleted)
SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::int[], $6::boolean[])
ON CONFLICT (account_id) DO UPDATE
SET version = EXCLUDED.version, currency = EXCLUDED.currency, zone = EXCLUDED.zone,
    anchor_day = EXCLUDED.anchor_day, deleted = EXCLUDED.deleted
WHERE account.version < EXCLUDED.version

-- name: upsert_units
-- The highest version wins, whatever order facts come in; rows are sorted by account and unit.
INSERT INTO unit (account_id, unit_key, version, archived_at, deleted)
SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[], $5::boolean[])
ON CONFLICT (account_id, unit_key) DO UPDATE
SET version = EXCLUDED.version, archived_at = EXCLUDED.archived_at, deleted = EXCLUDED.deleted
WHERE unit.version < EXCLUDED.version

-- name: insert_unit_lanes
-- Counters that may exist already, in the order in which all lock them.
INSERT INTO unit_cost_lane (account_id, unit_key)
SELECT * FROM unnest($1::text[], $2::text[])
ON CONFLICT DO NOTHING

-- name: lock_unit_lanes
-- Counters of units, locked until the transaction ends, in the order in which all lock them; none of them where one is
-- missing: who held some while it made another could wait for who holds that one.
SELECT lane.account_id, lane.unit_key, lane.last_seq
FROM unit_cost_lane lane
JOIN unnest($1::text[], $2::text[]) AS asked (account_id, unit_key)
    ON lane.account_id = asked.account_id AND lane.unit_key = asked.unit_key
WHERE (
    SELECT count(*) FROM unit_cost_lane own
    JOIN unnest($1::text[], $2::text[]) AS known (account_id, unit_key)
        ON own.account_id = known.account_id AND own.unit_key = known.unit_key
) = cardinality($1)
ORDER BY lane.account_id, lane.unit_key
FOR UPDATE OF lane

-- name: update_unit_lanes
-- Counters of locked units.
UPDATE unit_cost_lane lane SET last_seq = asked.last_seq
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS asked (account_id, unit_key, last_seq)
WHERE lane.account_id = asked.account_id AND lane.unit_key = asked.unit_key

-- name: list_period_totals
-- Running totals of locked units in some booked periods.
SELECT total.account_id, total.unit_key, total.booked_period, total.currency, total.running_total
FROM unit_period_total total
JOIN unnest($1::text[], $2::text[]) AS asked (account_id, unit_key)
    ON total.account_id = asked.account_id AND total.unit_key = asked.unit_key
WHERE total.booked_period = ANY ($3::date[])

-- name: upsert_period_totals
-- Running totals of locked units, as they stand after a batch.
INSERT INTO unit_period_total (account_id, unit_key, booked_period, currency, running_total)
SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::text[], $5::numeric[])
ON CONFLICT (account_id, unit_key, booked_period, currency) DO UPDATE
SET running_total = EXCLUDED.running_total

-- name: upsert_day_costs
-- A batch's sums, added to the rollup of locked units.
INSERT INTO unit_day_cost AS day (account_id, unit_key, booked_period, use_on, category, currency,
                                  calls, duration_ms, billed_s, amount)
SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::date[], $5::text[], $6::text[],
                     $7::bigint[], $8::bigint[], $9::bigint[], $10::numeric[])
ON CONFLICT (account_id, booked_period, unit_key, use_on, category, currency) DO UPDATE
SET calls = day.calls + EXCLUDED.calls, duration_ms = day.duration_ms + EXCLUDED.duration_ms,
    billed_s = day.billed_s + EXCLUDED.billed_s, amount = day.amount + EXCLUDED.amount

-- name: list_known_charges
-- Which of these charges are recorded already, with what tells a repeat from a contradiction.
SELECT fact.account_id, fact.charge_id, fact.unit_key, fact.currency, fact.amount
FROM charge_fact fact
JOIN unnest($1::text[], $2::uuid[], $3::date[]) AS asked (account_id, charge_id, booked_period)
    ON fact.account_id = asked.account_id AND fact.charge_id = asked.charge_id
    AND fact.booked_period = asked.booked_period

-- name: list_lanes_without_topic
-- Units whose topic has not been made since their fact came; every unit when $1 is true.
SELECT account_id, unit_key FROM unit_cost_lane
WHERE $1::boolean OR NOT topic_created
ORDER BY account_id, unit_key

-- name: update_topic_created
-- Topics that exist now.
UPDATE unit_cost_lane lane SET topic_created = true
FROM unnest($1::text[], $2::text[]) AS asked (account_id, unit_key)
WHERE lane.account_id = asked.account_id AND lane.unit_key = asked.unit_key AND NOT lane.topic_created

-- name: find_account
-- What a report needs of the account that asks.
SELECT currency, zone, anchor_day FROM account WHERE account_id = $1

-- name: find_unit_lane
-- The last number of a unit's topic; no row for a unit nobody ever heard of.
SELECT last_seq FROM unit_cost_lane WHERE account_id = $1 AND unit_key = $2

-- name: list_unit_costs
-- A unit's costs after a number, in the order of its topic.
SELECT account_id, seq, charge_id, usage_id, kind, category, allocation_rule, occurred_at, billed_at, use_on,
       booked_period, currency, amount, running_total, calls, duration_ms, billed_s, unit_key, reverses,
       own_number, user_id, prefix, country
FROM charge_fact
WHERE account_id = $1 AND unit_key = $2 AND seq > $3
ORDER BY seq LIMIT $4

-- name: find_last_period
-- The latest booked period with costs.
SELECT max(booked_period) FROM unit_day_cost WHERE account_id = $1

-- name: find_last_period_of_units
-- The latest booked period with costs of some units. Each is looked up by itself: row-level security would otherwise have
-- the rows of all units read until one of these is found.
SELECT max(last.booked_period)
FROM unnest($2::text[]) AS own (unit_key)
CROSS JOIN LATERAL (
    SELECT max(total.booked_period) AS booked_period FROM unit_period_total total
    WHERE total.account_id = $1 AND total.unit_key = own.unit_key
) last

-- name: list_period_costs
-- Costs of a booked period by unit, and by day or by category where asked; units with none have zeros.
-- One statement, so that lines and total are of one instant.
SELECT known.unit_key, cost.currency,
       CASE WHEN $3 = 'day' THEN cost.use_on END AS use_on,
       CASE WHEN $3 = 'category' THEN cost.category END AS category,
       sum(cost.calls)::bigint AS calls, sum(cost.duration_ms)::bigint AS duration_ms,
       sum(cost.billed_s)::bigint AS billed_s, sum(cost.amount) AS amount
FROM (
    SELECT unit_key FROM unit WHERE account_id = $1 AND NOT deleted
    UNION
    SELECT unit_key FROM unit_day_cost WHERE account_id = $1 AND booked_period = $2
) known
LEFT JOIN unit_day_cost cost
    ON cost.account_id = $1 AND cost.booked_period = $2 AND cost.unit_key = known.unit_key
GROUP BY 1, 2, 3, 4

-- name: list_daily_costs
-- Costs of some units on a span of use days, whatever period they are booked in, by day or by category where asked.
SELECT unit_key, currency,
       CASE WHEN $5 IN ('day', 'day_category') THEN use_on END AS use_on,
       CASE WHEN $5 IN ('category', 'day_category') THEN category END AS category,
       sum(calls)::bigint AS calls, sum(duration_ms)::bigint AS duration_ms, sum(billed_s)::bigint AS billed_s,
       sum(amount) AS amount
FROM unit_day_cost
WHERE account_id = $1 AND unit_key = ANY ($2::text[]) AND use_on >= $3 AND use_on < $4
GROUP BY 1, 2, 3, 4
ORDER BY 1, 3, 4

-- name: insert_report
-- A report's totals.
INSERT INTO report (account_id, report_id, booked_period, currency, as_of, total_calls, total_billed_s,
                    total_amount)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: insert_report_lines
-- A report's lines, one for each unit.
INSERT INTO report_line (account_id, report_id, unit_key, calls, duration_ms, billed_s, amount)
SELECT $1, $2, * FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::numeric[])

-- name: find_report
-- A report's totals as they were when made.
SELECT account_id, report_id, booked_period, currency, as_of, total_calls, total_billed_s, total_amount
FROM report WHERE account_id = $1 AND report_id = $2

-- name: list_report_lines
-- A report's lines, unassigned last.
SELECT unit_key, calls, duration_ms, billed_s, amount FROM report_line
WHERE account_id = $1 AND report_id = $2
ORDER BY unit_key = 'unassigned', unit_key

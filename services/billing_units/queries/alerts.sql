-- name: take_alerts_due
-- Take at most $1 marks away, each thing once, in key order.
WITH taken AS (
    DELETE FROM alert_due WHERE ctid = ANY (ARRAY(SELECT ctid FROM alert_due LIMIT $1))
    RETURNING account_id, unit_key, booked_period
)
SELECT DISTINCT account_id, unit_key, booked_period FROM taken ORDER BY account_id, booked_period, unit_key

-- name: list_calendars
-- Where the days and periods of accounts begin.
SELECT account_id, zone, anchor_day FROM account WHERE account_id = ANY ($1::text[])

-- name: insert_unassigned_shares
-- Shares that were never decided, in key order; those that were stay as they are.
INSERT INTO unassigned_share (account_id, booked_period, passed, times, changed_at)
SELECT account_id, booked_period, false, 0, $3::timestamptz
FROM unnest($1::text[], $2::date[]) AS asked (account_id, booked_period)
ORDER BY account_id, booked_period
ON CONFLICT DO NOTHING

-- name: lock_unassigned_shares
-- Shares as they were decided last, locked until the transaction ends, in key order: what is decided of an account's
-- period meanwhile waits.
SELECT s.account_id, s.booked_period, s.passed, s.times
FROM unassigned_share s JOIN unnest($1::text[], $2::date[]) AS asked (account_id, booked_period)
    USING (account_id, booked_period)
ORDER BY s.account_id, s.booked_period
FOR UPDATE OF s

-- name: list_shares
-- What accounts spent in periods, what of it nobody owes, and the threshold that was said last.
SELECT asked.account_id, asked.booked_period, account.currency, spent.total, spent.unassigned, said.threshold_percent,
       said.minimum_amount
FROM unnest($1::text[], $2::date[]) AS asked (account_id, booked_period)
JOIN account ON account.account_id = asked.account_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(s.amount), 0) AS total,
           coalesce(sum(s.amount) FILTER (WHERE s.unit_key = 'unassigned'), 0) AS unassigned
    FROM unit_spend s
    WHERE s.account_id = asked.account_id AND s.booked_period = asked.booked_period
      AND s.currency = account.currency
) spent
LEFT JOIN LATERAL (
    SELECT a.threshold_percent, a.minimum_amount FROM unassigned_alert_version a
    WHERE a.account_id = asked.account_id ORDER BY a.version DESC LIMIT 1
) said ON true
ORDER BY asked.account_id, asked.booked_period

-- name: list_due_budgets
-- Budgets of units in periods, with what is spent of each and the stages announced for its amount.
SELECT asked.account_id, asked.unit_id, asked.booked_period, said.version, said.amount, said.currency, said.stages,
       (SELECT coalesce(sum(s.amount), 0) FROM unit_spend s
        WHERE s.account_id = asked.account_id AND s.booked_period = asked.booked_period
          AND s.unit_key = asked.unit_id::text AND s.currency = said.currency) AS spent,
       ARRAY(SELECT a.stage_percent FROM budget_alert a
             WHERE a.account_id = asked.account_id AND a.unit_id = asked.unit_id
               AND a.booked_period = asked.booked_period AND a.amount = said.amount) AS announced
FROM unnest($1::text[], $2::uuid[], $3::date[]) AS asked (account_id, unit_id, booked_period)
CROSS JOIN LATERAL (
    SELECT b.version, b.amount, b.currency, b.stages FROM budget_version b
    WHERE b.account_id = asked.account_id AND b.unit_id = asked.unit_id AND b.from_period <= asked.booked_period
      AND (b.until_period IS NULL OR asked.booked_period < b.until_period)
    ORDER BY b.version DESC LIMIT 1
) said
WHERE said.amount IS NOT NULL
ORDER BY asked.account_id, asked.unit_id, asked.booked_period

-- name: insert_budget_alerts
-- Stages announced from now on, in key order; those announced before stay out of the answer.
INSERT INTO budget_alert (account_id, unit_id, booked_period, amount, stage_percent, reached_at)
SELECT account_id, unit_id, booked_period, amount, stage_percent, $6::timestamptz
FROM unnest($1::text[], $2::uuid[], $3::date[], $4::numeric[], $5::smallint[])
    AS new (account_id, unit_id, booked_period, amount, stage_percent)
ORDER BY account_id, unit_id, booked_period, amount, stage_percent
ON CONFLICT DO NOTHING
RETURNING account_id, unit_id, booked_period, stage_percent

-- name: update_unassigned_shares
-- Locked shares as they are decided now.
UPDATE unassigned_share s SET passed = new.passed, times = new.times, changed_at = $5
FROM unnest($1::text[], $2::date[], $3::boolean[], $4::integer[]) AS new (account_id, booked_period, passed, times)
WHERE s.account_id = new.account_id AND s.booked_period = new.booked_period

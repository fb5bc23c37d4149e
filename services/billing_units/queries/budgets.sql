-- name: list_budget_versions
-- All that was said of a unit's budget, in order.
SELECT version, from_period, until_period, amount, currency, stages, author, recorded_at
FROM budget_version WHERE account_id = $1 AND unit_id = $2 ORDER BY version

-- name: insert_budget_version
-- What is said of a unit's budget.
INSERT INTO budget_version (account_id, unit_id, version, from_period, until_period, amount, currency, stages, author,
                            recorded_at, digest)
SELECT said.*, $9::text, $10::timestamptz,
       sha256(convert_to(jsonb_build_array(account_id, unit_id, version, from_period, until_period, amount, currency,
                                           stages)::text, 'UTF8'))
FROM (SELECT $1::text AS account_id, $2::uuid AS unit_id, $3::integer AS version, $4::date AS from_period,
             $5::date AS until_period, $6::numeric(20,6) AS amount, $7::text AS currency, $8::smallint[] AS stages) said

-- name: list_budgets
-- Units that have a budget in period $2, by name after (key $3, unit $4): what was said last of the period.
SELECT u.unit_id, u.name, u.name_key, said.*
FROM unit u
CROSS JOIN LATERAL (
    SELECT b.version, b.from_period, b.until_period, b.amount, b.currency, b.stages, b.author, b.recorded_at
    FROM budget_version b
    WHERE b.account_id = u.account_id AND b.unit_id = u.unit_id AND b.from_period <= $2
      AND (b.until_period IS NULL OR $2 < b.until_period)
    ORDER BY b.version DESC LIMIT 1
) said
WHERE u.account_id = $1 AND NOT u.deleted AND said.amount IS NOT NULL
  AND ($3::text IS NULL OR (u.name_key, u.unit_id) > ($3, $4::uuid))
ORDER BY u.name_key, u.unit_id LIMIT $5

-- name: list_reached
-- The stages that were announced of these units in a period, with when.
SELECT unit_id, amount, stage_percent, reached_at FROM budget_alert
WHERE account_id = $1 AND unit_id = ANY ($2::uuid[]) AND booked_period = $3

-- name: find_unassigned_alert
-- From which share on the account wants to be told, as was said last.
SELECT version, threshold_percent, minimum_amount, author, recorded_at FROM unassigned_alert_version
WHERE account_id = $1 ORDER BY version DESC LIMIT 1

-- name: find_unassigned_share
-- Whether the account's share is past its threshold in a period, and since when.
SELECT passed, times, changed_at FROM unassigned_share WHERE account_id = $1 AND booked_period = $2

-- name: insert_unassigned_alert_version
-- From which share on an account wants to be told.
INSERT INTO unassigned_alert_version (account_id, version, threshold_percent, minimum_amount, author, recorded_at, digest)
SELECT said.*, $5::text, $6::timestamptz,
       sha256(convert_to(jsonb_build_array(account_id, version, threshold_percent, minimum_amount)::text, 'UTF8'))
FROM (SELECT $1::text AS account_id, $2::integer AS version, $3::numeric(5,2) AS threshold_percent,
             $4::numeric(20,6) AS minimum_amount) said

-- name: insert_alerts_due
-- Let the job decide alerts anew.
INSERT INTO alert_due (account_id, unit_key, booked_period) SELECT $1::text, $2::text, * FROM unnest($3::date[])

-- name: insert_spend_changes
-- What charges written in this transaction add to what units spent. Arrays come as text, as with insert_new_allocations.
INSERT INTO spend_change (account_id, booked_period, unit_key, use_on, currency, amount)
SELECT * FROM unnest($1::text::text[], $2::text::date[], $3::text::text[], $4::text::date[], $5::text::text[],
                     $6::text::numeric[])

-- name: add_up_spend
-- Take at most $1 changes away and add them to what units spent, in key order; whose alerts are then due.
WITH taken AS (
    DELETE FROM spend_change WHERE ctid = ANY (ARRAY(SELECT ctid FROM spend_change LIMIT $1)) RETURNING *
), added AS (
    INSERT INTO unit_spend (account_id, booked_period, unit_key, use_on, currency, amount)
    SELECT account_id, booked_period, unit_key, use_on, currency, sum(amount) FROM taken
    GROUP BY account_id, booked_period, unit_key, use_on, currency
    ORDER BY account_id, booked_period, unit_key, use_on, currency
    ON CONFLICT (account_id, booked_period, unit_key, use_on, currency)
    DO UPDATE SET amount = unit_spend.amount + EXCLUDED.amount
), due AS (
    INSERT INTO alert_due (account_id, unit_key, booked_period)
    SELECT DISTINCT account_id, unit_key, booked_period FROM taken
)
SELECT count(*) FROM taken

-- name: list_spent
-- What each of these units spent in a period, to the last charge, and the first day it ever spent on.
SELECT asked.unit_key, coalesce(added.amount, 0) + coalesce(fresh.amount, 0) AS amount,
       least(known.first_on, fresh.first_on) AS first_on
FROM unnest($2::text[]) AS asked (unit_key)
LEFT JOIN LATERAL (
    SELECT sum(amount) AS amount FROM unit_spend s
    WHERE s.account_id = $1 AND s.booked_period = $3 AND s.unit_key = asked.unit_key AND s.currency = $4
) added ON true
LEFT JOIN (
    SELECT unit_key, sum(amount) FILTER (WHERE booked_period = $3) AS amount, min(use_on) AS first_on
    FROM spend_change WHERE account_id = $1 AND currency = $4 GROUP BY unit_key
) fresh ON fresh.unit_key = asked.unit_key
LEFT JOIN LATERAL (
    SELECT min(use_on) AS first_on FROM unit_spend s WHERE s.account_id = $1 AND s.unit_key = asked.unit_key
) known ON true

-- name: list_day_spend
-- What these units spent on use days [$3, $4), whatever period it is booked in.
SELECT unit_key, use_on, sum(amount) AS amount
FROM (
    SELECT unit_key, use_on, amount FROM unit_spend
    WHERE account_id = $1 AND unit_key = ANY ($2::text[]) AND use_on >= $3 AND use_on < $4 AND currency = $5
    UNION ALL
    SELECT unit_key, use_on, amount FROM spend_change
    WHERE account_id = $1 AND unit_key = ANY ($2::text[]) AND use_on >= $3 AND use_on < $4 AND currency = $5
) spent
GROUP BY unit_key, use_on

-- name: get_period_spend
-- What an account spent in a period, and what of it nobody owes, to the last charge.
SELECT coalesce(sum(amount), 0) AS total,
       coalesce(sum(amount) FILTER (WHERE unit_key = 'unassigned'), 0) AS unassigned
FROM (
    SELECT unit_key, amount FROM unit_spend WHERE account_id = $1 AND booked_period = $2 AND currency = $3
    UNION ALL
    SELECT unit_key, amount FROM spend_change WHERE account_id = $1 AND booked_period = $2 AND currency = $3
) spent

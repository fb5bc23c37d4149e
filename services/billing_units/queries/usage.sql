-- name: list_revisions
-- The directory revision of each account that has a directory, and how its uses are split.
SELECT account_id, revision, split_policy, split_changes::text
FROM directory LEFT JOIN account USING (account_id) WHERE account_id = ANY ($1::text[])

-- name: list_number_histories
-- When each number is held, with its units cut to their own lives; one row for each tenure, one for none.
SELECT n.account_id, n.number, n.from_at, n.until_at, t.unit_id, t.from_at AS unit_from_at,
       t.until_at AS unit_until_at
FROM unnest($1::text[], $2::text[]) AS asked (account_id, number)
JOIN number n USING (account_id, number)
LEFT JOIN LATERAL (
    SELECT a.unit_id, a.from_at, least(a.until_at, u.archived_at) AS until_at
    FROM assignment a JOIN unit u USING (account_id, unit_id)
    WHERE a.account_id = n.account_id AND a.member_kind = 'number' AND a.member = n.number
      AND NOT a.deleted AND NOT u.deleted
) AS t ON true
WHERE NOT n.deleted
ORDER BY n.account_id, n.number, t.from_at

-- name: list_user_tenures
-- The units of users, directly and through the teams they are in at the time.
SELECT asked.account_id, asked.user_id, a.unit_id, a.from_at, least(a.until_at, u.archived_at) AS until_at,
       true AS direct, a.weight, a.is_primary
FROM unnest($1::text[], $2::text[]) AS asked (account_id, user_id)
JOIN assignment a ON a.account_id = asked.account_id AND a.member_kind = 'user' AND a.member = asked.user_id
JOIN unit u ON u.account_id = a.account_id AND u.unit_id = a.unit_id
WHERE NOT a.deleted AND NOT u.deleted
UNION ALL
SELECT asked.account_id, asked.user_id, a.unit_id, greatest(m.from_at, a.from_at),
       least(m.until_at, a.until_at, u.archived_at), false, a.weight, a.is_primary
FROM unnest($1::text[], $2::text[]) AS asked (account_id, user_id)
JOIN team_membership m ON m.account_id = asked.account_id AND m.user_id = asked.user_id
JOIN assignment a ON a.account_id = m.account_id AND a.member_kind = 'team' AND a.member = m.team_id
JOIN unit u ON u.account_id = a.account_id AND u.unit_id = a.unit_id
WHERE NOT m.deleted AND NOT a.deleted AND NOT u.deleted

-- name: list_unit_ends
-- Units that exist, with the instant each is archived at.
SELECT account_id, unit_id, archived_at
FROM unit JOIN unnest($1::text[], $2::uuid[]) AS asked (account_id, unit_id) USING (account_id, unit_id)
WHERE NOT deleted

-- name: insert_new_allocations
-- Ratings never heard of, in key order; those known stay out of the answer. Arrays come as text: writing a
-- thousand elements so costs the client a tenth of what binary arrays do.
INSERT INTO allocation (account_id, usage_id, rating_revision, state, rated_usage_id, reversal_id,
                        allocation_revision, use_on, charge_ids)
SELECT account_id, usage_id, rating_revision, state, rated_usage_id, reversal_id, 1, use_on, charge_ids::uuid[]
FROM unnest($1::text::text[], $2::text::uuid[], $3::text::int[], $4::text::text[], $5::text::uuid[],
            $6::text::uuid[], $7::text::date[], $8::text::text[])
    AS new (account_id, usage_id, rating_revision, state, rated_usage_id, reversal_id, use_on, charge_ids)
ON CONFLICT DO NOTHING
RETURNING account_id, usage_id, rating_revision

-- name: lock_allocations
-- Ratings that are known, locked until the transaction ends, in key order.
SELECT account_id, usage_id, rating_revision, state, rated_usage_id, reversal_id, allocation_revision, use_on,
       charge_ids
FROM allocation JOIN unnest($1::text[], $2::uuid[], $3::int[]) AS asked (account_id, usage_id, rating_revision)
    USING (account_id, usage_id, rating_revision)
ORDER BY account_id, usage_id, rating_revision
FOR UPDATE OF allocation

-- name: update_allocation
-- Where a locked rating stands now.
UPDATE allocation
SET state = $4, rated_usage_id = $5, reversal_id = $6, charge_ids = $7
WHERE account_id = $1 AND usage_id = $2 AND rating_revision = $3

-- name: list_charges
-- The shares of charges by id, in order of the unit.
SELECT charge_id, unit_id, amount, calls, duration_ms, billed_s, allocation_revision, rule, matched, units, split,
       weight, weights, flags, directory_revision
FROM charge
WHERE account_id = $1 AND use_on = $2 AND charge_id = ANY ($3::uuid[])
ORDER BY unit_id NULLS FIRST, charge_id

-- name: insert_reversal_wait
-- A reversal waits for its original.
INSERT INTO reversal_wait (account_id, usage_id, rating_revision, rated_usage_id, currency, booked_period, amount,
                           calls, billed_s, rated_usage, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::text::jsonb, $11)

-- name: take_reversal_wait
-- The reversal that waited, taken off the list.
DELETE FROM reversal_wait WHERE account_id = $1 AND usage_id = $2 AND rating_revision = $3
RETURNING rated_usage::text

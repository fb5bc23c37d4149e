-- name: list_unassigned
-- What is *Unassigned* of use days [$2, $3), by own number and user, dearest first, after (amount $4, key $5); with the
-- units that a number was in before or after and that its users are in now.
WITH owed AS MATERIALIZED (
    SELECT own_number, user_id, currency, sum(amount) AS amount, sum(calls)::bigint AS calls,
           sum(billed_s)::bigint AS billed_s, min(occurred_at) AS first_at, max(occurred_at) AS last_at,
           bool_or('number_not_held' = ANY (flags)) AS number_not_held,
           coalesce(own_number, '') || ' ' || coalesce(user_id, '') AS group_key
    FROM charge
    WHERE account_id = $1 AND unit_id IS NULL AND use_on >= $2 AND use_on < $3
    GROUP BY own_number, user_id, currency
    HAVING sum(calls) <> 0 OR sum(amount) <> 0
), page AS MATERIALIZED (
    SELECT * FROM owed
    WHERE $4::numeric IS NULL OR amount < $4 OR amount = $4 AND group_key > $5::text
    ORDER BY amount DESC, group_key LIMIT $6
)
SELECT page.*, held.unit_id AS number_unit_id, held.from_at AS number_from_at, held.until_at AS number_until_at,
       people.unit_id AS user_unit_id, others.unit_id AS usual_unit_id, others.calls AS usual_calls
FROM page
LEFT JOIN LATERAL (
    SELECT a.unit_id, a.from_at, a.until_at
    FROM assignment a JOIN unit u ON u.account_id = a.account_id AND u.unit_id = a.unit_id
    WHERE a.account_id = $1 AND a.member_kind = 'number' AND a.member = page.own_number AND NOT a.deleted
      AND NOT u.deleted AND (u.archived_at IS NULL OR u.archived_at > now())
    ORDER BY greatest(a.from_at - page.last_at, page.first_at - a.until_at, '0'), a.assignment_id LIMIT 1
) held ON true
LEFT JOIN LATERAL (
    SELECT a.unit_id
    FROM assignment a JOIN unit u ON u.account_id = a.account_id AND u.unit_id = a.unit_id
    WHERE a.account_id = $1 AND NOT a.deleted AND a.during @> now() AND NOT u.deleted
      AND (u.archived_at IS NULL OR u.archived_at > now())
      AND (a.member_kind = 'user' AND a.member = page.user_id
           OR a.member_kind = 'team' AND a.member IN (
               SELECT m.team_id FROM team_membership m
               WHERE m.account_id = $1 AND m.user_id = page.user_id AND NOT m.deleted AND m.from_at <= now()
                 AND (m.until_at IS NULL OR now() < m.until_at)))
    ORDER BY a.member_kind DESC, a.assignment_id LIMIT 1
) people ON true
LEFT JOIN LATERAL (
    SELECT c.unit_id, sum(c.calls)::bigint AS calls FROM charge c
    WHERE c.account_id = $1 AND c.user_id = page.user_id AND c.kind = 'charge' AND c.unit_id IS NOT NULL
      AND c.occurred_at >= page.first_at - interval '31 days' AND c.use_on >= $2 - 31 AND c.use_on < $3
    GROUP BY c.unit_id ORDER BY sum(c.calls) DESC, c.unit_id LIMIT 1
) others ON true
ORDER BY amount DESC, group_key

-- name: get_unassigned_share
-- What is *Unassigned* of use days [$2, $3), beside all that was charged.
SELECT coalesce(sum(amount) FILTER (WHERE unit_id IS NULL), 0) AS unassigned, coalesce(sum(amount), 0) AS total,
       coalesce(sum(calls) FILTER (WHERE unit_id IS NULL), 0)::bigint AS unassigned_calls,
       coalesce(sum(calls), 0)::bigint AS total_calls, min(currency) AS currency
FROM charge WHERE account_id = $1 AND use_on >= $2 AND use_on < $3

-- name: make_scratch
-- Session tables beside the snapshot: what has not arrived downstream, and where each of it was found.
CREATE TEMP TABLE awaited (
    flow text, account_id text, id uuid, currency text, booked_period date,
    amount numeric, calls bigint, billed_s bigint, PRIMARY KEY (flow, account_id, id)
);
CREATE TEMP TABLE sighting (flow text, account_id text, id uuid, kind text, place text, since timestamptz);
CREATE TEMP TABLE found (
    flow text, account_id text, id uuid, kind text, place text, since timestamptz,
    PRIMARY KEY (flow, account_id, id)
)

-- name: insert_rated_without_charge
-- Rated usage that has no charge at all.
INSERT INTO awaited
SELECT 'charges', r.account_id, r.rated_usage_id, r.currency, r.booked_period, r.amount, r.calls, r.billed_s
FROM usage_rating.verify_rated_usage r
WHERE ($1::text IS NULL OR r.account_id = $1) AND ($2::date IS NULL OR r.booked_period = $2)
  AND NOT EXISTS (SELECT FROM billing_units.verify_charge c
                  WHERE c.account_id = r.account_id AND c.rated_usage_id = r.rated_usage_id)

-- name: insert_charges_without_fact
-- Charges that reporting has not recorded.
INSERT INTO awaited
SELECT 'reported', c.account_id, c.charge_id, c.currency, c.booked_period, c.amount, c.calls, c.billed_s
FROM billing_units.verify_charge c
WHERE ($1::text IS NULL OR c.account_id = $1) AND ($2::date IS NULL OR c.booked_period = $2)
  AND NOT EXISTS (SELECT FROM reporting.verify_charge_fact f
                  WHERE f.account_id = c.account_id AND f.charge_id = c.charge_id)

-- name: list_awaited_flows
-- Which flows still have something to be found.
SELECT a.flow, count(*) AS records FROM awaited a
WHERE NOT EXISTS (SELECT FROM found f WHERE (f.flow, f.account_id, f.id) = (a.flow, a.account_id, a.id))
GROUP BY a.flow

-- name: list_outbox
-- What one service wrote to its outbox for a topic and has not deleted.
SELECT lane, first_seq, recorded_at, messages FROM outbox WHERE topic = $1 ORDER BY lane, first_seq

-- name: insert_sightings_in_waits
-- Reversals that wait in billing_units for the rating they take back, uses that await their call, and what stands in quarantine.
INSERT INTO sighting
SELECT 'charges', account_id, rated_usage_id, 'wait', 'billing_units.reversal_wait', recorded_at
FROM billing_units.verify_reversal_wait
UNION ALL
SELECT 'charges', account_id, a.rated_usage_id, 'wait_for_call', 'billing_units.follower', f.waits_since
FROM billing_units.verify_follower f JOIN billing_units.verify_allocation a USING (account_id, usage_id, rating_revision)
WHERE a.state = 'call_awaited'
UNION ALL
SELECT 'charges', account_id, event_id::uuid, 'conflict',
       'billing_units.event_conflict ' || topic || '/' || partition || '@' || record_offset, recorded_at
FROM billing_units.event_conflict WHERE topic = ANY ($1::text[]) AND event_id ~ '^[0-9a-f-]{36}$'
UNION ALL
SELECT 'reported', account_id, event_id::uuid, 'conflict',
       'reporting.event_conflict ' || topic || '/' || partition || '@' || record_offset, recorded_at
FROM reporting.event_conflict WHERE topic = ANY ($2::text[]) AND event_id ~ '^[0-9a-f-]{36}$'

-- name: insert_found
-- Sightings of what is awaited, each record counted once, at the place nearest to its producer.
INSERT INTO found
SELECT DISTINCT ON (s.flow, s.account_id, s.id) s.*
FROM sighting s JOIN awaited a USING (flow, account_id, id)
ORDER BY s.flow, s.account_id, s.id, s.since
ON CONFLICT DO NOTHING

-- name: delete_sightings
DELETE FROM sighting

-- name: list_conservation
-- Both sides of each flow by account, currency and booked period, with what was found on its way.
WITH upstream AS (
    SELECT 'charges' AS flow, account_id, currency, booked_period, count(*) AS records,
           sum(amount) AS amount, sum(calls) AS calls, sum(billed_s) AS billed_s
    FROM usage_rating.verify_rated_usage GROUP BY account_id, currency, booked_period
    UNION ALL
    SELECT 'reported', account_id, currency, booked_period, count(*), sum(amount), sum(calls), sum(billed_s)
    FROM billing_units.verify_charge GROUP BY account_id, currency, booked_period
), downstream AS (
    SELECT 'charges' AS flow, account_id, currency, booked_period, count(*) AS records,
           sum(amount) AS amount, sum(calls) AS calls, sum(billed_s) AS billed_s
    FROM billing_units.verify_charge GROUP BY account_id, currency, booked_period
    UNION ALL
    SELECT 'reported', account_id, currency, booked_period, count(*), sum(amount), sum(calls), sum(billed_s)
    FROM reporting.verify_charge_fact GROUP BY account_id, currency, booked_period
), on_the_way AS (
    SELECT flow, account_id, currency, booked_period, count(*) AS records,
           sum(amount) AS amount, sum(calls) AS calls, sum(billed_s) AS billed_s
    FROM awaited JOIN found USING (flow, account_id, id) GROUP BY flow, account_id, currency, booked_period
)
SELECT flow, account_id, currency, booked_period,
       coalesce(u.records, 0) AS upstream_records, coalesce(u.amount, 0) AS upstream_amount,
       coalesce(u.calls, 0)::bigint AS upstream_calls, coalesce(u.billed_s, 0)::bigint AS upstream_billed_s,
       coalesce(d.records, 0) AS downstream_records, coalesce(d.amount, 0) AS downstream_amount,
       coalesce(d.calls, 0)::bigint AS downstream_calls, coalesce(d.billed_s, 0)::bigint AS downstream_billed_s,
       coalesce(w.records, 0) AS in_flight_records, coalesce(w.amount, 0) AS in_flight_amount,
       coalesce(w.calls, 0)::bigint AS in_flight_calls, coalesce(w.billed_s, 0)::bigint AS in_flight_billed_s
FROM upstream u
FULL JOIN downstream d USING (flow, account_id, currency, booked_period)
FULL JOIN on_the_way w USING (flow, account_id, currency, booked_period)
WHERE ($1::text IS NULL OR account_id = $1) AND ($2::date IS NULL OR booked_period = $2)
ORDER BY account_id, currency, booked_period, flow

-- name: list_in_flight
-- What is on its way, oldest first.
SELECT flow, account_id, id, currency, booked_period, amount, calls, billed_s, kind, place, since
FROM awaited JOIN found USING (flow, account_id, id) ORDER BY since, flow, account_id, id LIMIT $1

-- name: sum_in_flight
-- What is on its way, by where it is.
SELECT flow, kind, currency, count(*) AS records, sum(amount) AS amount, min(since) AS oldest
FROM awaited JOIN found USING (flow, account_id, id) GROUP BY flow, kind, currency ORDER BY flow, kind, currency

-- name: list_lost
-- Sent by its producer, unknown to its consumer, and found nowhere between them.
SELECT flow, account_id, currency, booked_period, id, amount, calls, billed_s
FROM awaited a
WHERE NOT EXISTS (SELECT FROM found f WHERE (f.flow, f.account_id, f.id) = (a.flow, a.account_id, a.id))

-- name: list_unequal_shares
-- Rated usage whose charges do not sum to it.
SELECT r.account_id, r.booked_period, r.currency, r.rated_usage_id, r.kind,
       r.amount AS rated_amount, c.amount AS charged_amount, r.amount - c.amount AS difference,
       r.calls AS rated_calls, c.calls::bigint AS charged_calls,
       r.duration_ms AS rated_ms, c.duration_ms::bigint AS charged_ms,
       r.billed_s AS rated_s, c.billed_s::bigint AS charged_s, c.currencies AS charged_in
FROM usage_rating.verify_rated_usage r JOIN (
    SELECT account_id, rated_usage_id, sum(amount) AS amount, sum(calls) AS calls,
           sum(duration_ms) AS duration_ms, sum(billed_s) AS billed_s,
           min(currency) || CASE WHEN min(currency) = max(currency) THEN '' ELSE ',' || max(currency) END AS currencies
    FROM billing_units.verify_charge GROUP BY account_id, rated_usage_id
) c USING (account_id, rated_usage_id)
WHERE ($1::text IS NULL OR r.account_id = $1) AND ($2::date IS NULL OR r.booked_period = $2)
  AND (r.amount <> c.amount OR r.calls <> c.calls OR r.duration_ms <> c.duration_ms OR r.billed_s <> c.billed_s
       OR r.currency <> c.currencies)

-- name: list_charges_without_rated_usage
-- Charges that no rated usage of the same account caused; `rated_for` names another account that has it.
SELECT c.account_id, c.booked_period, c.currency, c.charge_id, c.rated_usage_id, c.amount,
       other.account_id AS rated_for
FROM billing_units.verify_charge c
LEFT JOIN usage_rating.verify_rated_usage r
    ON r.account_id = c.account_id AND r.rated_usage_id = c.rated_usage_id
LEFT JOIN usage_rating.verify_rated_usage other
    ON other.rated_usage_id = c.rated_usage_id AND other.account_id <> c.account_id
WHERE ($1::text IS NULL OR c.account_id = $1) AND ($2::date IS NULL OR c.booked_period = $2)
  AND r.rated_usage_id IS NULL

-- name: list_facts_without_charge
-- Charges that reporting has and billing_units has not; `charged_to` names another account that has it.
SELECT f.account_id, f.booked_period, f.currency, f.charge_id, f.amount,
       f.input_topic, f.input_partition, f.input_offset, other.account_id AS charged_to
FROM reporting.verify_charge_fact f
LEFT JOIN billing_units.verify_charge c ON c.account_id = f.account_id AND c.charge_id = f.charge_id
LEFT JOIN billing_units.verify_charge other ON other.charge_id = f.charge_id AND other.account_id <> f.account_id
WHERE ($1::text IS NULL OR f.account_id = $1) AND ($2::date IS NULL OR f.booked_period = $2)
  AND c.charge_id IS NULL

-- name: list_facts_unlike_their_charge
-- Charges that reporting recorded as something else than billing_units charged.
SELECT f.account_id, c.booked_period, f.booked_period AS reported_period, c.currency,
       f.currency AS reported_in, f.charge_id, c.amount AS charged_amount, f.amount AS reported_amount,
       c.amount - f.amount AS difference, c.unit_id AS charged_unit, f.unit_id AS reported_unit,
       c.calls AS charged_calls, f.calls AS reported_calls, c.duration_ms AS charged_ms,
       f.duration_ms AS reported_ms, c.billed_s AS charged_s, f.billed_s AS reported_s
FROM reporting.verify_charge_fact f JOIN billing_units.verify_charge c USING (account_id, charge_id)
WHERE ($1::text IS NULL OR f.account_id = $1)
  AND ($2::date IS NULL OR f.booked_period = $2 OR c.booked_period = $2)
  AND (f.amount <> c.amount OR f.calls <> c.calls OR f.duration_ms <> c.duration_ms OR f.billed_s <> c.billed_s
       OR f.currency <> c.currency OR f.booked_period <> c.booked_period OR f.kind <> c.kind
       OR f.use_on <> c.use_on OR f.unit_id IS DISTINCT FROM c.unit_id OR f.reverses IS DISTINCT FROM c.reverses)

-- name: list_unbalanced_ratings
-- Ratings that exist twice, reversals without a rating or twice, and reversals that do not net to zero.
SELECT account_id, min(booked_period) AS booked_period, min(currency) AS currency, usage_id, rating_revision,
       count(*) FILTER (WHERE kind = 'rated') AS ratings, count(*) FILTER (WHERE kind = 'reversal') AS reversals,
       sum(amount) AS net_amount, sum(calls)::bigint AS net_calls, sum(duration_ms)::bigint AS net_ms,
       sum(billed_s)::bigint AS net_s
FROM usage_rating.verify_rated_usage
WHERE $1::text IS NULL OR account_id = $1
GROUP BY account_id, usage_id, rating_revision
HAVING ($2::date IS NULL OR bool_or(booked_period = $2))
   AND (count(*) FILTER (WHERE kind = 'rated') <> 1 OR count(*) > 2
        OR count(*) = 2 AND (sum(amount) <> 0 OR sum(calls) <> 0 OR sum(duration_ms) <> 0 OR sum(billed_s) <> 0))

-- name: list_legs_unlike_their_ratings
-- Legs with more than one live rating, or whose live rating is not the one that was not reversed.
SELECT account_id, usage_id, coalesce(live.ratings, 0) AS live_ratings, live.rated_usage_ids,
       leg.live_rated_usage_id AS leg_says, leg.rating_revision
FROM usage_rating.verify_leg leg FULL JOIN (
    SELECT account_id, usage_id, count(*) AS ratings, array_agg(rated_usage_id) AS rated_usage_ids,
           max(rating_revision) AS rating_revision
    FROM (
        SELECT account_id, usage_id, rating_revision, (array_agg(rated_usage_id))[1] AS rated_usage_id
        FROM usage_rating.verify_rated_usage
        GROUP BY account_id, usage_id, rating_revision HAVING bool_and(kind = 'rated')
    ) not_reversed GROUP BY account_id, usage_id
) live USING (account_id, usage_id)
WHERE ($1::text IS NULL OR account_id = $1)
  AND (leg.usage_id IS NULL OR live.ratings > 1 OR leg.live_rated_usage_id IS DISTINCT FROM live.rated_usage_ids[1]
       OR leg.rating_revision < live.rating_revision)

-- name: list_legs_without_a_fate
-- Legs that are neither priced nor in suspense nor withdrawn, both priced and in suspense, or without a record.
WITH doubtful AS MATERIALIZED (
    SELECT account_id, usage_id, leg.revision, leg.live_rated_usage_id, waits.reason
    FROM usage_rating.verify_leg leg LEFT JOIN usage_rating.verify_suspense waits USING (account_id, usage_id)
    WHERE ($1::text IS NULL OR account_id = $1) AND (leg.live_rated_usage_id IS NULL) = (waits.usage_id IS NULL)
)
SELECT account_id, usage_id, revision, d.live_rated_usage_id, d.reason AS in_suspense, last.voided
FROM doubtful d JOIN usage_rating.verify_usage last USING (account_id, usage_id, revision)
WHERE d.live_rated_usage_id IS NOT NULL OR NOT last.voided
UNION ALL
SELECT account_id, usage_id, revision, live_rated_usage_id, 'no record', NULL
FROM usage_rating.verify_leg leg
WHERE ($1::text IS NULL OR account_id = $1)
  AND NOT EXISTS (SELECT FROM usage_rating.verify_usage u
                  WHERE u.account_id = leg.account_id AND u.usage_id = leg.usage_id AND u.revision = leg.revision)

-- name: list_unbalanced_charges
-- Reversals of charges that are not the exact mirror of one charge, or take the same charge back twice.
SELECT r.account_id, r.booked_period, r.currency, r.charge_id, r.reverses, r.amount, o.amount AS of_amount,
       r.amount + coalesce(o.amount, 0) AS difference, r.unit_id, o.unit_id AS of_unit, r.times
FROM (
    SELECT *, count(*) OVER (PARTITION BY account_id, reverses) AS times
    FROM billing_units.verify_charge WHERE kind = 'reversal' AND ($1::text IS NULL OR account_id = $1)
) r LEFT JOIN billing_units.verify_charge o ON o.account_id = r.account_id AND o.charge_id = r.reverses
WHERE ($2::date IS NULL OR r.booked_period = $2)
  AND (o.charge_id IS NULL OR r.times > 1 OR o.kind <> 'charge' OR r.amount + o.amount <> 0
       OR r.calls + o.calls <> 0 OR r.duration_ms + o.duration_ms <> 0 OR r.billed_s + o.billed_s <> 0
       OR r.usage_id <> o.usage_id OR r.currency <> o.currency OR r.unit_id IS DISTINCT FROM o.unit_id)

-- name: list_allocations_unlike_their_charges
-- Ratings with more than one live set of charges, or whose allocation names others than those that are live.
SELECT account_id, usage_id, rating_revision, a.state, a.charge_ids AS allocation_says, c.live AS live_charges,
       coalesce(c.sets, 0) AS live_sets
FROM billing_units.verify_allocation a FULL JOIN (
    SELECT given.account_id, given.usage_id, given.rating_revision,
           coalesce(array_agg(given.charge_id) FILTER (WHERE back.charge_id IS NULL), '{}') AS live,
           count(DISTINCT given.allocation_revision) FILTER (WHERE back.charge_id IS NULL) AS sets
    FROM billing_units.verify_charge given
    LEFT JOIN billing_units.verify_charge back
        ON back.account_id = given.account_id AND back.reverses = given.charge_id AND back.kind = 'reversal'
    WHERE given.kind = 'charge'
    GROUP BY given.account_id, given.usage_id, given.rating_revision
) c USING (account_id, usage_id, rating_revision)
WHERE ($1::text IS NULL OR account_id = $1)
  AND CASE coalesce(a.state, 'none')
      WHEN 'allocated' THEN c.live IS NULL OR c.sets > 1 OR cardinality(c.live) <> cardinality(a.charge_ids)
          OR NOT c.live @> a.charge_ids
      WHEN 'reversed' THEN c.live IS NULL OR c.live <> '{}'
      WHEN 'reversal_waiting' THEN c.live IS NOT NULL
      WHEN 'call_awaited' THEN c.live IS NOT NULL
      ELSE true END

-- name: list_shares_of_units_that_held_nothing
-- Live charges by the account's own number to a unit that does not hold the number at the charging instant, as the
-- directory stands. A change since the charge was decided may still be worked off; and a charge stays where it is when
-- its user leads to the same unit now.
WITH doubtful AS MATERIALIZED (
    SELECT c.account_id, c.booked_period, c.currency, c.charge_id, c.unit_id, c.matched, c.occurred_at, c.amount, c.user_id
    FROM billing_units.verify_charge c
    WHERE c.rule = 'number' AND c.kind = 'charge'
      AND ($1::text IS NULL OR c.account_id = $1) AND ($2::date IS NULL OR c.booked_period = $2)
      AND NOT EXISTS (SELECT FROM billing_units.verify_charge back
                      WHERE back.account_id = c.account_id AND back.reverses = c.charge_id)
      AND NOT EXISTS (SELECT FROM billing_units.verify_assignment a
                      WHERE a.account_id = c.account_id AND a.member_kind = 'number' AND a.member = c.matched
                        AND a.unit_id = c.unit_id AND NOT a.deleted AND a.from_at <= c.occurred_at
                        AND (a.until_at IS NULL OR c.occurred_at < a.until_at)
                        AND (a.unit_archived_at IS NULL OR c.occurred_at < a.unit_archived_at))
      AND NOT EXISTS (SELECT FROM billing_units.verify_reattribution undone
                      WHERE undone.account_id = c.account_id AND undone.state <> 'done'
                        AND undone.directory_revision > c.directory_revision)
)
SELECT d.account_id, d.booked_period, d.currency, d.charge_id, d.unit_id, d.matched AS number, d.occurred_at, d.amount
FROM doubtful d
WHERE NOT EXISTS (
    SELECT FROM billing_units.verify_assignment a
    LEFT JOIN billing_units.verify_team_membership m
        ON a.member_kind = 'team' AND m.account_id = a.account_id AND m.team_id = a.member
    WHERE a.account_id = d.account_id AND a.unit_id = d.unit_id AND NOT a.deleted AND a.member_kind <> 'number'
      AND CASE a.member_kind WHEN 'user' THEN a.member ELSE m.user_id END = d.user_id
      AND a.from_at <= d.occurred_at AND (a.until_at IS NULL OR d.occurred_at < a.until_at)
      AND (m.user_id IS NULL OR m.from_at <= d.occurred_at AND (m.until_at IS NULL OR d.occurred_at < m.until_at)))

-- name: list_charges_left_behind
-- Live charges whose own number is held, and in another unit at the charging instant, as the directory stands, although
-- no change since they were decided is still to be worked off.
SELECT c.account_id, c.booked_period, c.currency, c.charge_id, c.unit_id, a.unit_id AS unit_of_number, c.own_number,
       c.occurred_at, c.amount
FROM billing_units.verify_charge c
JOIN billing_units.verify_number n ON n.account_id = c.account_id AND n.number = c.own_number
JOIN billing_units.verify_assignment a ON a.account_id = c.account_id AND a.member_kind = 'number' AND a.member = c.own_number
WHERE c.kind = 'charge' AND c.rule <> 'override' AND c.unit_id IS DISTINCT FROM a.unit_id
  AND ($1::text IS NULL OR c.account_id = $1) AND ($2::date IS NULL OR c.booked_period = $2)
  AND n.from_at <= c.occurred_at AND (n.until_at IS NULL OR c.occurred_at < n.until_at)
  AND NOT a.deleted AND a.unit_known AND a.from_at <= c.occurred_at
  AND (a.until_at IS NULL OR c.occurred_at < a.until_at)
  AND (a.unit_archived_at IS NULL OR c.occurred_at < a.unit_archived_at)
  AND NOT EXISTS (SELECT FROM billing_units.verify_charge back
                  WHERE back.account_id = c.account_id AND back.reverses = c.charge_id)
  AND NOT EXISTS (SELECT FROM billing_units.verify_reattribution undone
                  WHERE undone.account_id = c.account_id AND undone.state <> 'done'
                    AND undone.directory_revision > c.directory_revision)

-- name: list_uneven_moves
-- Re-attributions that did not move as many ratings as they say, or whose pairs do not sum to zero for every use.
SELECT r.account_id, c.booked_period, c.currency, r.reattribution_id, c.usage_id, r.moved, coalesce(c.moves, 0) AS moves,
       c.amount AS net_amount, c.calls::bigint AS net_calls, c.duration_ms::bigint AS net_ms, c.billed_s::bigint AS net_s
FROM (
    SELECT account_id, cause_id, usage_id, booked_period, currency, sum(amount) AS amount, sum(calls) AS calls,
           sum(duration_ms) AS duration_ms, sum(billed_s) AS billed_s,
           sum(count(DISTINCT (usage_id, rating_revision, allocation_revision)) FILTER (WHERE kind = 'charge' AND follows IS NULL))
               OVER (PARTITION BY account_id, cause_id) AS moves
    FROM billing_units.verify_charge GROUP BY account_id, cause_id, usage_id, booked_period, currency
) c
RIGHT JOIN billing_units.verify_reattribution r ON r.account_id = c.account_id AND r.reattribution_id = c.cause_id
WHERE ($1::text IS NULL OR r.account_id = $1) AND ($2::date IS NULL OR c.booked_period = $2)
  AND (r.moved <> coalesce(c.moves, 0) OR c.amount <> 0 OR c.calls <> 0 OR c.duration_ms <> 0 OR c.billed_s <> 0)

-- name: list_followers_unlike_their_calls
-- Uses that follow a call and are owed by other units than the call, although nothing is to be looked at any more.
WITH live AS MATERIALIZED (
    SELECT c.account_id, c.usage_id, c.follows, min(c.booked_period) AS booked_period, sum(c.amount) AS amount,
           array_agg(DISTINCT coalesce(c.unit_id::text, '')) AS units
    FROM billing_units.verify_charge c
    WHERE c.kind = 'charge' AND ($1::text IS NULL OR c.account_id = $1)
      AND NOT EXISTS (SELECT FROM billing_units.verify_charge back
                      WHERE back.account_id = c.account_id AND back.reverses = c.charge_id)
    GROUP BY c.account_id, c.usage_id, c.follows
)
SELECT mine.account_id, mine.booked_period, mine.usage_id, mine.follows, mine.amount, mine.units, leg.units AS units_of_call
FROM live mine
JOIN billing_units.verify_follower f ON f.account_id = mine.account_id AND f.usage_id = mine.usage_id
LEFT JOIN live leg ON leg.account_id = mine.account_id AND leg.usage_id = mine.follows
WHERE ($2::date IS NULL OR mine.booked_period = $2)
  AND CASE f.state WHEN 'following' THEN f.look_at IS NULL AND mine.units IS DISTINCT FROM leg.units
                   WHEN 'unassigned' THEN mine.units <> '{""}' ELSE false END

-- name: list_waits_unlike_their_ratings
-- Reversals that wait as something else than was rated, and waits that their allocation does not know.
SELECT w.account_id, w.booked_period, w.currency, w.usage_id, w.rated_usage_id, w.amount AS waiting_amount,
       r.amount AS rated_amount, w.amount - r.amount AS difference, w.calls, r.calls AS rated_calls,
       w.billed_s, r.billed_s AS rated_s, a.state
FROM billing_units.verify_reversal_wait w
LEFT JOIN usage_rating.verify_rated_usage r USING (account_id, rated_usage_id)
LEFT JOIN billing_units.verify_allocation a
    ON a.account_id = w.account_id AND a.usage_id = w.usage_id AND a.rating_revision = w.rating_revision
WHERE ($1::text IS NULL OR w.account_id = $1) AND ($2::date IS NULL OR w.booked_period = $2)
  AND (r.rated_usage_id IS NULL OR w.amount <> r.amount OR w.calls <> r.calls OR w.billed_s <> r.billed_s
       OR w.currency <> r.currency OR w.booked_period <> r.booked_period
       OR a.state IS DISTINCT FROM 'reversal_waiting')

-- name: list_numbers_with_two_holders
-- Assignments of a number that begin before an earlier one of the same number has ended.
SELECT account_id, member AS number, assignment_id, unit_id, from_at, until_at, held_until
FROM (
    SELECT *, max(coalesce(until_at, 'infinity')) OVER (
               PARTITION BY account_id, member ORDER BY from_at, assignment_id
               ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS held_until
    FROM billing_units.verify_assignment
    WHERE member_kind = 'number' AND NOT deleted AND from_at < coalesce(until_at, 'infinity')
      AND ($1::text IS NULL OR account_id = $1)
) held WHERE from_at < held_until

-- name: list_broken_unit_lines
-- Lines of a unit's topic whose number or running total does not follow from the line before.
SELECT account_id, booked_period, currency, unit_id, seq, seq_before, charge_id, amount, running_total,
       total_before, running_total - coalesce(total_before, 0) - amount AS difference
FROM (
    SELECT *, lag(seq) OVER (PARTITION BY account_id, unit_id ORDER BY seq) AS seq_before,
           lag(running_total) OVER (
               PARTITION BY account_id, unit_id, booked_period, currency ORDER BY seq) AS total_before
    FROM reporting.verify_charge_fact WHERE $1::text IS NULL OR account_id = $1
) line
WHERE ($2::date IS NULL OR booked_period = $2)
  AND (seq <> coalesce(seq_before, 0) + 1 OR running_total <> coalesce(total_before, 0) + amount)

-- name: list_unit_lanes_unlike_their_facts
-- Units whose counter, number of facts and number of messages are not the same.
SELECT account_id, unit_id, last_seq AS counter, facts, fact_last_seq AS highest_seq, outbox_last_seq AS messages
FROM reporting.verify_unit_cost_lane
WHERE ($1::text IS NULL OR account_id = $1)
  AND (facts <> last_seq OR fact_last_seq <> last_seq OR outbox_last_seq <> last_seq)

-- name: list_day_costs_unlike_their_facts
-- Daily costs that are not the sum of their facts.
SELECT account_id, booked_period, currency, coalesce(r.unit_id, f.unit_id) AS unit_id, use_on, category,
       r.amount AS rollup_amount,
       f.amount AS facts_amount, coalesce(r.amount, 0) - coalesce(f.amount, 0) AS difference,
       r.calls AS rollup_calls, f.calls::bigint AS facts_calls, r.duration_ms AS rollup_ms,
       f.duration_ms::bigint AS facts_ms, r.billed_s AS rollup_s, f.billed_s::bigint AS facts_s
FROM (
    SELECT *, coalesce(unit_id::text, '') AS unit FROM reporting.verify_unit_day_cost
) r FULL JOIN (
    SELECT account_id, booked_period, currency, unit_id, coalesce(unit_id::text, '') AS unit, use_on, category,
           sum(amount) AS amount, sum(calls) AS calls, sum(duration_ms) AS duration_ms, sum(billed_s) AS billed_s
    FROM reporting.verify_charge_fact
    GROUP BY account_id, booked_period, currency, unit_id, use_on, category
) f USING (account_id, booked_period, currency, unit, use_on, category)
WHERE ($1::text IS NULL OR account_id = $1) AND ($2::date IS NULL OR booked_period = $2)
  AND (r.amount IS DISTINCT FROM f.amount OR r.calls IS DISTINCT FROM f.calls
       OR r.duration_ms IS DISTINCT FROM f.duration_ms OR r.billed_s IS DISTINCT FROM f.billed_s)

-- name: list_period_totals_unlike_their_facts
-- Units' totals of a period that are not the sum of their facts.
SELECT account_id, booked_period, currency, coalesce(t.unit_id, f.unit_id) AS unit_id, t.running_total,
       f.amount AS facts_amount, coalesce(t.running_total, 0) - coalesce(f.amount, 0) AS difference
FROM (
    SELECT *, coalesce(unit_id::text, '') AS unit FROM reporting.verify_unit_period_total
) t FULL JOIN (
    SELECT account_id, booked_period, currency, unit_id, coalesce(unit_id::text, '') AS unit, sum(amount) AS amount
    FROM reporting.verify_charge_fact GROUP BY account_id, booked_period, currency, unit_id
) f USING (account_id, booked_period, currency, unit)
WHERE ($1::text IS NULL OR account_id = $1) AND ($2::date IS NULL OR booked_period = $2)
  AND t.running_total IS DISTINCT FROM f.amount

-- name: list_spend_unlike_its_charges
-- Days of units whose spend, with what is still to be added up, is not the sum of their charges.
SELECT account_id, booked_period, currency, unit_key AS unit_id, use_on, s.amount AS spend_amount,
       c.amount AS charged_amount, coalesce(s.amount, 0) - coalesce(c.amount, 0) AS difference
FROM (
    SELECT account_id, booked_period, currency, unit_key, use_on, sum(amount) AS amount
    FROM (
        SELECT account_id, booked_period, currency, unit_key, use_on, amount FROM billing_units.verify_unit_spend
        UNION ALL
        SELECT account_id, booked_period, currency, unit_key, use_on, amount FROM billing_units.verify_spend_change
    ) each GROUP BY account_id, booked_period, currency, unit_key, use_on
) s FULL JOIN (
    SELECT account_id, booked_period, currency, coalesce(unit_id::text, 'unassigned') AS unit_key, use_on,
           sum(amount) AS amount
    FROM billing_units.verify_charge GROUP BY account_id, booked_period, currency, unit_id, use_on
) c USING (account_id, booked_period, currency, unit_key, use_on)
WHERE ($1::text IS NULL OR account_id = $1) AND ($2::date IS NULL OR booked_period = $2)
  AND coalesce(s.amount, 0) <> coalesce(c.amount, 0)

-- name: list_budgets_unlike_what_was_said
-- Budgets and thresholds whose digest is not that of what they say.
SELECT account_id, unit_id, version, from_period, until_period, amount, NULL::numeric AS threshold_percent
FROM billing_units.verify_budget_version WHERE ($1::text IS NULL OR account_id = $1) AND NOT as_said
UNION ALL
SELECT account_id, NULL, version, NULL, NULL, minimum_amount, threshold_percent
FROM billing_units.verify_unassigned_alert_version WHERE ($1::text IS NULL OR account_id = $1) AND NOT as_said

-- name: list_stages_without_a_budget
-- Announced stages of an amount that the unit's budget of the period never had; the nearest that it had beside it.
SELECT a.account_id, a.booked_period, a.unit_id, a.stage_percent, a.amount, said.amount AS budget_amount,
       a.amount - said.amount AS difference
FROM billing_units.verify_budget_alert a
LEFT JOIN LATERAL (
    SELECT v.amount FROM billing_units.verify_budget_version v
    WHERE v.account_id = a.account_id AND v.unit_id = a.unit_id AND v.from_period <= a.booked_period
      AND (v.until_period IS NULL OR a.booked_period < v.until_period) AND v.amount IS NOT NULL
    ORDER BY abs(v.amount - a.amount) LIMIT 1
) said ON true
WHERE ($1::text IS NULL OR a.account_id = $1) AND ($2::date IS NULL OR a.booked_period = $2)
  AND a.amount IS DISTINCT FROM said.amount

-- name: list_reports_unlike_their_lines
-- Reports whose total is not the sum of their lines.
SELECT account_id, booked_period, currency, report_id, total_amount, line_amount,
       total_amount - line_amount AS difference, total_calls, line_calls::bigint, total_billed_s,
       line_billed_s::bigint
FROM reporting.verify_report
WHERE ($1::text IS NULL OR account_id = $1) AND ($2::date IS NULL OR booked_period = $2)
  AND (total_amount <> line_amount OR total_calls <> line_calls OR total_billed_s <> line_billed_s)

-- name: list_accepted_without_effect
-- Offsets accepted against what they left behind: uses, ratings and charges one for one.
WITH fated AS (
    SELECT 'usage_rating' AS service, coalesce(sum(accepted + suspense), 0) AS accepted
    FROM usage_rating.offset_fate WHERE topic = ANY ($1::text[])
    UNION ALL
    SELECT 'billing_units', coalesce(sum(accepted), 0) FROM billing_units.offset_fate WHERE topic = ANY ($2::text[])
    UNION ALL
    SELECT 'reporting', coalesce(sum(accepted), 0) FROM reporting.offset_fate WHERE topic = ANY ($3::text[])
), recorded AS (
    SELECT 'usage_rating' AS service, count(*) AS effects FROM usage_rating.verify_usage
    UNION ALL
    SELECT 'billing_units', count(rated_usage_id) + count(reversal_id) FROM billing_units.verify_allocation
    UNION ALL
    SELECT 'reporting', count(*) FROM reporting.verify_charge_fact
)
SELECT service, accepted, effects FROM fated JOIN recorded USING (service) WHERE accepted <> effects

-- name: list_broken_fates
-- Offsets of one service without a fate or with two, and batches whose fates do not add up to their offsets.
SELECT topic, partition, first_offset, last_offset, last_before + 1 AS expected_offset,
       accepted + duplicate + conflict + dead_letter + suspense + absent AS fates
FROM (
    SELECT *, lag(last_offset) OVER (PARTITION BY topic, partition ORDER BY first_offset) AS last_before
    FROM offset_fate
) fate
WHERE first_offset <> last_before + 1
   OR accepted + duplicate + conflict + dead_letter + suspense + absent <> last_offset - first_offset + 1

-- name: list_positions_unlike_their_fates
-- Positions that do not stand after the last fate, fates that begin after the log, positions past its end.
SELECT topic, partition, p.next_offset, f.first_offset AS first_fate, f.after AS after_last_fate, l.log_start, l.log_end
FROM input_position p FULL JOIN (
    SELECT topic, partition, min(first_offset) AS first_offset, max(last_offset) + 1 AS after
    FROM offset_fate GROUP BY topic, partition
) f USING (topic, partition)
LEFT JOIN (
    SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[]) AS log (topic, partition, log_start, log_end)
) l USING (topic, partition)
WHERE p.next_offset IS NULL OR l.log_start IS NULL
   OR p.next_offset <> coalesce(f.after, p.next_offset)
   OR coalesce(f.first_offset, p.next_offset) > l.log_start
   OR p.next_offset > l.log_end

-- name: list_conflicts_unlike_their_fates
-- Partitions where the records in quarantine are not as many as the offsets whose fate was conflict.
SELECT topic, partition, coalesce(f.conflicts, 0)::bigint AS fates, coalesce(c.held, 0) AS in_quarantine
FROM (SELECT topic, partition, sum(conflict) AS conflicts FROM offset_fate GROUP BY topic, partition) f
FULL JOIN (SELECT topic, partition, count(*) AS held FROM event_conflict GROUP BY topic, partition) c
    USING (topic, partition)
WHERE coalesce(f.conflicts, 0) <> coalesce(c.held, 0)

-- name: list_unseen_events
-- Whether fewer identities are remembered than events were taken.
SELECT taken::bigint AS events_taken, seen AS identities_remembered
FROM (SELECT coalesce(sum(accepted + suspense), 0) AS taken FROM offset_fate) fate,
     (SELECT count(*) AS seen FROM seen_event) remembered
WHERE taken > seen

-- name: list_broken_lanes
-- Lanes whose outbox rows are not exactly the numbers after the cursor, in order and whole.
SELECT lane, l.last_seq, l.published_seq, r.first_seq, r.message_count, r.messages_held, r.expected_seq
FROM outbox_lane l FULL JOIN (
    SELECT lane, first_seq, message_count,
           ('x' || encode(substr(messages, 1, 4), 'hex'))::bit(32)::integer AS messages_held,
           first_seq + message_count - 1 AS row_last_seq,
           lag(first_seq + message_count) OVER (PARTITION BY lane ORDER BY first_seq) AS expected_seq,
           max(first_seq + message_count - 1) OVER (PARTITION BY lane) AS highest_seq
    FROM outbox
) r USING (lane)
WHERE l.lane IS NULL OR l.published_seq > l.last_seq
   OR r.lane IS NULL AND l.published_seq <> l.last_seq
   OR r.lane IS NOT NULL AND (r.first_seq <> coalesce(r.expected_seq, l.published_seq + 1)
                              OR r.highest_seq <> l.last_seq
                              OR r.message_count <> r.messages_held)

-- name: list_audit_entries
-- One service's audit log, account by account, each from its first entry on.
SELECT account_id, seq, at, caller_kind, caller_id, action, subject, before, after, request_id, previous_hash, hash
FROM audit_entry WHERE $1::text IS NULL OR account_id = $1 ORDER BY account_id, seq

-- name: list_audit_heads
-- Where one service's chains end, as whoever added last has left it.
SELECT account_id, seq, hash FROM audit_head WHERE $1::text IS NULL OR account_id = $1

-- name: list_tables_without_row_security
-- Tables with an account that the API role may touch and whose rows are not kept to the account set. Restrictive
-- policies only take away.
SELECT c.relname AS table_name, c.relrowsecurity AS row_security,
       coalesce(string_agg(p.polname, ', '), 'none') AS policies
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'account_id' AND NOT a.attisdropped
LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polpermissive
WHERE c.relnamespace = $1::text::regnamespace AND c.relkind IN ('r', 'p')
  AND (NOT c.relispartition OR has_table_privilege($2, c.oid, 'SELECT, INSERT, UPDATE, DELETE'))
GROUP BY c.oid, c.relname, c.relrowsecurity
HAVING NOT c.relrowsecurity
    OR NOT coalesce(bool_and(pg_get_expr(p.polqual, p.polrelid) LIKE '%app.account%'), true)

-- name: list_rights_to_change_history
-- Rights of the service's roles to change or remove what is only ever added to, and to empty any table.
SELECT c.relname AS table_name, r.rolname AS role, priv.name AS may
FROM pg_class c, pg_roles r, (VALUES ('UPDATE'), ('DELETE'), ('TRUNCATE')) AS priv (name)
WHERE c.relnamespace = $1::text::regnamespace AND c.relkind IN ('r', 'p') AND r.rolname = ANY ($2::text[])
  AND (priv.name = 'TRUNCATE' OR c.oid = ANY (
      SELECT h.oid FROM pg_class h
      LEFT JOIN pg_inherits i ON i.inhrelid = h.oid LEFT JOIN pg_class parent ON parent.oid = i.inhparent
      WHERE h.relname = ANY ($3::text[]) OR parent.relname = ANY ($3::text[])))
  AND (has_table_privilege(r.rolname, c.oid, priv.name)
       OR priv.name = 'UPDATE' AND has_any_column_privilege(r.rolname, c.oid, 'UPDATE'))

-- name: list_roles_with_too_much
-- Roles that own a table of the service, are superusers, or (the API's) read past row-level security.
SELECT r.rolname AS role, r.rolsuper AS superuser, r.rolbypassrls AS bypasses_row_security, owned.tables AS owns
FROM pg_roles r
LEFT JOIN LATERAL (SELECT count(*) AS tables FROM pg_class c
                   WHERE c.relowner = r.oid AND c.relnamespace = $1::text::regnamespace) owned ON true
WHERE r.rolname = ANY ($2::text[]) AND (r.rolsuper OR owned.tables > 0 OR r.rolname = $3 AND r.rolbypassrls)

-- name: list_bounded_columns
-- Columns of a service's tables that may hold what is no amount or no instant.
SELECT c.relname AS table_name, a.attname AS column_name, format_type(a.atttypid, NULL) AS kind
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = $1::text::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
  AND a.atttypid IN ('numeric'::regtype, 'timestamptz'::regtype, 'date'::regtype)
ORDER BY c.relname, a.attnum

-- name: list_schemas
-- Which of these schemas exist, with the migrations applied.
SELECT nspname FROM pg_namespace WHERE nspname = ANY ($1::text[])

-- name: get_snapshot
-- When and where the snapshot was taken.
SELECT clock_timestamp() AS taken_at, current_setting('server_version') AS version, current_database() AS database

-- name: list_positions
-- Where each service's group stands.
SELECT 'usage_rating' AS service, topic, partition, next_offset FROM usage_rating.input_position
UNION ALL
SELECT 'billing_units', topic, partition, next_offset FROM billing_units.input_position
UNION ALL
SELECT 'reporting', topic, partition, next_offset FROM reporting.input_position
UNION ALL
SELECT 'portal', topic, partition, next_offset FROM portal.input_position

-- name: count_undone
-- What services have still to do with what they have read: messages to publish, suspense to try again, re-ratings to post, charges to
-- move.
SELECT 'usage_rating' AS service, 'unpublished' AS what, coalesce(sum(last_seq - published_seq), 0)::bigint AS records
FROM usage_rating.outbox_lane
UNION ALL
SELECT 'billing_units', 'unpublished', coalesce(sum(last_seq - published_seq), 0)::bigint FROM billing_units.outbox_lane
UNION ALL
SELECT 'reporting', 'unpublished', coalesce(sum(last_seq - published_seq), 0)::bigint FROM reporting.outbox_lane
UNION ALL
SELECT 'portal', 'unpublished', coalesce(sum(last_seq - published_seq), 0)::bigint FROM portal.outbox_lane
UNION ALL
SELECT 'usage_rating', 'retries', count(*) FROM usage_rating.verify_suspense_retry
UNION ALL
SELECT 'usage_rating', 'reratings', count(*) FROM usage_rating.verify_rerating WHERE state IN ('approved', 'posting')
UNION ALL
SELECT 'billing_units', 'reattributions', count(*) FROM billing_units.verify_reattribution WHERE state <> 'done'
UNION ALL
SELECT 'billing_units', 'followers', count(*) FROM billing_units.verify_follower f
WHERE f.look_at IS NOT NULL
  AND (f.state = 'following' OR f.waits_since < now() - interval '24 hours' AND f.state = 'waiting'
       OR EXISTS (SELECT FROM billing_units.verify_allocation a
                  WHERE a.account_id = f.account_id AND a.usage_id = f.follows AND a.state = 'allocated'))
UNION ALL
SELECT 'billing_units', 'spend', count(*) FROM billing_units.verify_spend_change

-- name: count_suspense
-- What waits for a price, by reason.
SELECT reason, count(*) AS legs, min(recorded_at) AS oldest FROM usage_rating.verify_suspense
WHERE $1::text IS NULL OR account_id = $1 GROUP BY reason ORDER BY legs DESC, reason

-- name: list_suspense
-- What waits for a price, oldest first.
SELECT account_id, usage_id, revision, reason, recorded_at FROM usage_rating.verify_suspense
WHERE ($1::text IS NULL OR account_id = $1) AND ($2::text IS NULL OR reason = $2)
ORDER BY recorded_at, account_id, usage_id LIMIT $3

-- name: sample_ratings
-- Ratings from a random id on (derived ids are evenly spread), with all that made their amount.
SELECT r.account_id, r.booked_period, r.currency, r.rated_usage_id, r.amount, r.billed_s, r.duration_ms,
       r.published, u.call
FROM (
    SELECT * FROM usage_rating.verify_rated_usage
    WHERE kind = 'rated' AND rated_usage_id >= $3
      AND ($1::text IS NULL OR account_id = $1) AND ($2::date IS NULL OR booked_period = $2)
    ORDER BY rated_usage_id LIMIT $4
) r
LEFT JOIN usage_rating.verify_usage u ON u.account_id = r.account_id AND u.usage_id = r.usage_id
    AND u.revision = (convert_from(r.published, 'UTF8')::jsonb ->> 'usage_revision')::int

-- name: get_plan_document
-- A plan version as it was pinned: the account's own, or everybody's.
SELECT document FROM usage_rating.verify_plan WHERE account_id IN ($1, '*') AND plan_id = $2 AND version = $3

-- name: list_rated_usage_rows
-- Base rows of rated usage, by id.
SELECT account_id, rated_usage_id AS id, currency, booked_period, amount, calls, duration_ms, billed_s,
       NULL::uuid AS unit_id, NULL::bigint AS seq, NULL::numeric AS running_total
FROM usage_rating.verify_rated_usage WHERE rated_usage_id = ANY ($1::uuid[])

-- name: list_charge_rows
-- Base rows of charges, by id.
SELECT account_id, charge_id AS id, currency, booked_period, amount, calls, duration_ms, billed_s,
       unit_id, NULL::bigint AS seq, NULL::numeric AS running_total
FROM billing_units.verify_charge WHERE charge_id = ANY ($1::uuid[])

-- name: list_unit_cost_rows
-- Base rows of unit costs, by charge id.
SELECT account_id, charge_id AS id, currency, booked_period, amount, calls, duration_ms, billed_s,
       unit_id, seq, running_total
FROM reporting.verify_charge_fact WHERE charge_id = ANY ($1::uuid[])

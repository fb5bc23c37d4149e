-- name: find_account
-- The account with its directory's revision.
SELECT account_id, version, name, currency, zone, anchor_day, split_policy, split_changes, access, deleted,
       coalesce(directory.revision, 0) AS directory_revision
FROM account LEFT JOIN directory USING (account_id) WHERE account_id = $1

-- name: find_unit
-- One unit.
SELECT unit_id, version, name, archived_at FROM unit WHERE account_id = $1 AND unit_id = $2 AND NOT deleted

-- name: list_assignments
-- Assignments in order of their ids, after $2; of one unit or member when asked.
SELECT assignment_id, version, unit_id, member_kind, member, from_at, until_at, weight, is_primary AS "primary" FROM assignment
WHERE account_id = $1 AND NOT deleted AND ($2::uuid IS NULL OR assignment_id > $2)
  AND ($3::uuid IS NULL OR unit_id = $3) AND ($4::text IS NULL OR member = $4)
ORDER BY assignment_id LIMIT $5

-- name: find_assignment
-- One assignment.
SELECT assignment_id, version, unit_id, member_kind, member, from_at, until_at, weight, is_primary AS "primary" FROM assignment
WHERE account_id = $1 AND assignment_id = $2 AND NOT deleted

-- name: list_charges_of_account
-- Charges of use days [$2, $3) by end of use, after ($4, $5).
SELECT charge_id, kind, unit_id, rated_usage_id, usage_id, rating_revision, allocation_revision, reverses,
       category, direction, channel, occurred_at, billed_at, use_on, booked_period, currency, amount, calls,
       duration_ms, billed_s, rule, matched, units, split, weight, weights, flags, directory_revision, own_number, user_id, prefix, country,
       follows
FROM charge
WHERE account_id = $1
  AND use_on >= $2 AND use_on < $3 AND (billed_at, charge_id) > ($4::timestamptz, $5::uuid)
ORDER BY billed_at, charge_id LIMIT $6

-- name: list_charges_of_unit
-- The same of one unit. Statements of their own, because one for all three could not use the unit's index.
SELECT charge_id, kind, unit_id, rated_usage_id, usage_id, rating_revision, allocation_revision, reverses,
       category, direction, channel, occurred_at, billed_at, use_on, booked_period, currency, amount, calls,
       duration_ms, billed_s, rule, matched, units, split, weight, weights, flags, directory_revision, own_number, user_id, prefix, country,
       follows
FROM charge
WHERE account_id = $1 AND unit_id = $7
  AND use_on >= $2 AND use_on < $3 AND (billed_at, charge_id) > ($4::timestamptz, $5::uuid)
ORDER BY billed_at, charge_id LIMIT $6

-- name: list_charges_of_nobody
-- The same of *Unassigned*.
SELECT charge_id, kind, unit_id, rated_usage_id, usage_id, rating_revision, allocation_revision, reverses,
       category, direction, channel, occurred_at, billed_at, use_on, booked_period, currency, amount, calls,
       duration_ms, billed_s, rule, matched, units, split, weight, weights, flags, directory_revision, own_number, user_id, prefix, country,
       follows
FROM charge
WHERE account_id = $1 AND unit_id IS NULL
  AND use_on >= $2 AND use_on < $3 AND (billed_at, charge_id) > ($4::timestamptz, $5::uuid)
ORDER BY billed_at, charge_id LIMIT $6

-- name: list_charges_of_units
-- The same of several units, the only ones that the caller may see: a page of each by its index, then the first of all.
SELECT page.*
FROM unnest($7::uuid[]) AS own (id)
CROSS JOIN LATERAL (
    SELECT charge_id, kind, unit_id, rated_usage_id, usage_id, rating_revision, allocation_revision, reverses,
           category, direction, channel, occurred_at, billed_at, use_on, booked_period, currency, amount, calls,
           duration_ms, billed_s, rule, matched, units, split, weight, weights, flags, directory_revision, own_number,
           user_id, prefix, country, follows
    FROM charge
    WHERE account_id = $1 AND unit_id = own.id
      AND use_on >= $2 AND use_on < $3 AND (billed_at, charge_id) > ($4::timestamptz, $5::uuid)
    ORDER BY billed_at, charge_id LIMIT $6
) page
ORDER BY billed_at, charge_id LIMIT $6

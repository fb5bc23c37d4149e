-- name: find_account
-- The account with its directory's revision.
SELECT account_id, version, name, currency, zone, anchor_day, split_policy, deleted,
       coalesce(directory.revision, 0) AS directory_revision
FROM account LEFT JOIN directory USING (account_id) WHERE account_id = $1

-- name: find_unit
-- One unit.
SELECT unit_id, version, name, archived_at FROM unit WHERE account_id = $1 AND unit_id = $2 AND NOT deleted

-- name: list_numbers
-- Numbers in their order, after $2, with the unit each is in at $3.
SELECT n.number, n.version, n.from_at, n.until_at, n.country, n.kind, a.unit_id
FROM number n LEFT JOIN assignment a ON a.account_id = n.account_id AND a.member_kind = 'number'
    AND a.member = n.number AND a.during @> $3::timestamptz
WHERE n.account_id = $1 AND NOT n.deleted AND ($2::text IS NULL OR n.number > $2)
ORDER BY n.number LIMIT $4

-- name: list_users
-- Users in order of their ids, after $2.
SELECT user_id, version, name, email FROM directory_user
WHERE account_id = $1 AND NOT deleted AND ($2::text IS NULL OR user_id > $2) ORDER BY user_id LIMIT $3

-- name: list_assignments
-- Assignments in order of their ids, after $2; of one unit or member when asked.
SELECT assignment_id, version, unit_id, member_kind, member, from_at, until_at FROM assignment
WHERE account_id = $1 AND NOT deleted AND ($2::uuid IS NULL OR assignment_id > $2)
  AND ($3::uuid IS NULL OR unit_id = $3) AND ($4::text IS NULL OR member = $4)
ORDER BY assignment_id LIMIT $5

-- name: find_assignment
-- One assignment.
SELECT assignment_id, version, unit_id, member_kind, member, from_at, until_at FROM assignment
WHERE account_id = $1 AND assignment_id = $2 AND NOT deleted

-- name: list_member_assignments
-- Where a number, user or team is assigned.
SELECT assignment_id, unit_id, from_at, until_at FROM assignment
WHERE account_id = $1 AND member_kind = $2 AND member = $3 AND NOT deleted

-- name: is_member
-- Whether the account holds the number at $4 or after it, or has the user or team.
SELECT CASE $2
    WHEN 'number' THEN EXISTS (SELECT FROM number WHERE account_id = $1 AND number = $3 AND NOT deleted
                               AND (until_at IS NULL OR until_at > $4))
    WHEN 'user' THEN EXISTS (SELECT FROM directory_user WHERE account_id = $1 AND user_id = $3 AND NOT deleted)
    ELSE EXISTS (SELECT FROM team WHERE account_id = $1 AND team_id = $3 AND NOT deleted)
END

-- name: list_charges_of_account
-- Charges of use days [$2, $3) by end of use, after ($4, $5).
SELECT charge_id, kind, unit_id, rated_usage_id, usage_id, rating_revision, allocation_revision, reverses,
       category, direction, channel, occurred_at, billed_at, use_on, booked_period, currency, amount, calls,
       duration_ms, billed_s, rule, matched, units, flags, directory_revision, own_number, user_id, prefix, country
FROM charge
WHERE account_id = $1
  AND use_on >= $2 AND use_on < $3 AND (billed_at, charge_id) > ($4::timestamptz, $5::uuid)
ORDER BY billed_at, charge_id LIMIT $6

-- name: list_charges_of_unit
-- The same of one unit. Statements of their own, because one for all three could not use the unit's index.
SELECT charge_id, kind, unit_id, rated_usage_id, usage_id, rating_revision, allocation_revision, reverses,
       category, direction, channel, occurred_at, billed_at, use_on, booked_period, currency, amount, calls,
       duration_ms, billed_s, rule, matched, units, flags, directory_revision, own_number, user_id, prefix, country
FROM charge
WHERE account_id = $1 AND unit_id = $7
  AND use_on >= $2 AND use_on < $3 AND (billed_at, charge_id) > ($4::timestamptz, $5::uuid)
ORDER BY billed_at, charge_id LIMIT $6

-- name: list_charges_of_nobody
-- The same of *Unassigned*.
SELECT charge_id, kind, unit_id, rated_usage_id, usage_id, rating_revision, allocation_revision, reverses,
       category, direction, channel, occurred_at, billed_at, use_on, booked_period, currency, amount, calls,
       duration_ms, billed_s, rule, matched, units, flags, directory_revision, own_number, user_id, prefix, country
FROM charge
WHERE account_id = $1 AND unit_id IS NULL
  AND use_on >= $2 AND use_on < $3 AND (billed_at, charge_id) > ($4::timestamptz, $5::uuid)
ORDER BY billed_at, charge_id LIMIT $6

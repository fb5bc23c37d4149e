-- name: has_charges
-- Which of these accounts have charges at all.
SELECT asked.account_id FROM unnest($1::text[]) AS asked (account_id)
WHERE EXISTS (SELECT FROM charge WHERE charge.account_id = asked.account_id)

-- name: list_former_accounts
-- The policies of accounts as they stand.
SELECT account_id, account_id AS entry_id, split_policy, split_changes::text FROM account
WHERE account_id = ANY ($1::text[])

-- name: list_former_numbers
-- Numbers as they stand.
SELECT n.account_id, n.number AS entry_id, n.from_at, n.until_at, n.deleted
FROM number n JOIN unnest($1::text[], $2::text[]) AS asked (account_id, id)
    ON n.account_id = asked.account_id AND n.number = asked.id

-- name: list_former_memberships
-- Team memberships as they stand.
SELECT m.account_id, m.membership_id AS entry_id, m.team_id, m.user_id, m.from_at, m.until_at, m.deleted
FROM team_membership m JOIN unnest($1::text[], $2::text[]) AS asked (account_id, id)
    ON m.account_id = asked.account_id AND m.membership_id = asked.id

-- name: list_former_units
-- Units as they stand.
SELECT u.account_id, u.unit_id::text AS entry_id, u.archived_at, u.deleted
FROM unit u JOIN unnest($1::text[], $2::uuid[]) AS asked (account_id, id)
    ON u.account_id = asked.account_id AND u.unit_id = asked.id

-- name: list_former_assignments
-- Assignments as they stand.
SELECT a.account_id, a.assignment_id::text AS entry_id, a.unit_id::text, a.member_kind, a.member, a.from_at,
       a.until_at, a.weight, a.is_primary AS "primary", a.deleted
FROM assignment a JOIN unnest($1::text[], $2::uuid[]) AS asked (account_id, id)
    ON a.account_id = asked.account_id AND a.assignment_id = asked.id

-- name: list_unit_subjects
-- What was ever assigned to these units.
SELECT a.unit_id::text, a.member_kind, a.member FROM assignment a
WHERE a.account_id = $1 AND a.unit_id = ANY ($2::uuid[]) AND NOT a.deleted

-- name: list_team_users
-- Who was ever in these teams.
SELECT m.team_id, m.user_id FROM team_membership m
WHERE m.account_id = $1 AND m.team_id = ANY ($2::text[]) AND NOT m.deleted

-- name: list_shared_users
-- Users who were ever in more than one unit, directly or through teams.
SELECT user_id FROM (
    SELECT a.member AS user_id, a.unit_id FROM assignment a
    WHERE a.account_id = $1 AND a.member_kind = 'user' AND NOT a.deleted
    UNION
    SELECT m.user_id, a.unit_id
    FROM assignment a JOIN team_membership m ON m.account_id = a.account_id AND m.team_id = a.member AND NOT m.deleted
    WHERE a.account_id = $1 AND a.member_kind = 'team' AND NOT a.deleted
) tenure GROUP BY user_id HAVING count(DISTINCT unit_id) > 1

-- name: insert_reattribution
-- A change whose charges are to be looked at, once it has committed.
INSERT INTO reattribution (account_id, reattribution_id, directory_revision, author, state, part_kinds, part_members,
                           part_from_at, part_until_at, part_no, examined, moved, recorded_at)
VALUES ($1, $2, $3, $4, 'waiting', $5, $6, $7, $8, 1, 0, 0, $9)

-- name: list_undone
-- Accounts with something to put right, the longest waiting first.
SELECT account_id, min(directory_revision) AS directory_revision FROM reattribution WHERE state <> 'done'
GROUP BY account_id ORDER BY min(recorded_at), account_id LIMIT $1

-- name: lock_undone
-- The account's oldest change not put right yet, unless another process works on it.
SELECT reattribution_id, directory_revision, part_kinds, part_members, part_from_at, part_until_at, part_no,
       cursor_at, cursor_id, examined, moved
FROM reattribution
WHERE account_id = $1 AND state <> 'done' ORDER BY directory_revision LIMIT 1
FOR UPDATE SKIP LOCKED

-- name: update_progress
-- How far the job has come.
UPDATE reattribution
SET state = $3, part_no = $4, cursor_at = $5, cursor_id = $6, examined = $7, moved = $8, finished_at = $9
WHERE account_id = $1 AND reattribution_id = $2

-- name: list_charges_of_number
-- Charges by their instants after ($5, $6) in [$3, $4). A call may end, and so be booked, 31 days after it began.
SELECT usage_id, rating_revision, occurred_at, charge_id FROM charge
WHERE account_id = $1 AND own_number = $2 AND kind = 'charge' AND occurred_at >= $3::timestamptz
  AND occurred_at < $4::timestamptz AND use_on >= ($3 AT TIME ZONE 'UTC')::date - 1
  AND (occurred_at, charge_id) > ($5::timestamptz, $6::uuid)
ORDER BY occurred_at, charge_id LIMIT $7

-- name: list_charges_of_user
-- The same of a user; what follows a call moves when the call does.
SELECT usage_id, rating_revision, occurred_at, charge_id FROM charge
WHERE account_id = $1 AND user_id = $2 AND kind = 'charge' AND follows IS NULL AND occurred_at >= $3::timestamptz
  AND occurred_at < $4::timestamptz AND use_on >= ($3 AT TIME ZONE 'UTC')::date - 1
  AND (occurred_at, charge_id) > ($5::timestamptz, $6::uuid)
ORDER BY occurred_at, charge_id LIMIT $7

-- name: list_charges_of_override
-- The same of calls that name a unit.
SELECT usage_id, rating_revision, occurred_at, charge_id FROM charge
WHERE account_id = $1 AND unit_override = $2 AND kind = 'charge' AND occurred_at >= $3::timestamptz
  AND occurred_at < $4::timestamptz AND use_on >= ($3 AT TIME ZONE 'UTC')::date - 1
  AND (occurred_at, charge_id) > ($5::timestamptz, $6::uuid)
ORDER BY occurred_at, charge_id LIMIT $7

-- name: list_live_allocations
-- Ratings that have live charges, not locked.
SELECT account_id, usage_id, rating_revision, use_on, charge_ids
FROM allocation JOIN unnest($1::text[], $2::uuid[], $3::int[]) AS asked (account_id, usage_id, rating_revision)
    USING (account_id, usage_id, rating_revision)
WHERE state = 'allocated' ORDER BY usage_id, rating_revision

-- name: lock_live_allocations
-- Ratings that have live charges, locked until the transaction ends, in key order.
SELECT account_id, usage_id, rating_revision, use_on, charge_ids
FROM allocation JOIN unnest($1::text[], $2::uuid[], $3::int[]) AS asked (account_id, usage_id, rating_revision)
    USING (account_id, usage_id, rating_revision)
WHERE state = 'allocated'
ORDER BY account_id, usage_id, rating_revision
FOR UPDATE OF allocation

-- name: list_whole_charges
-- Charges by id, with all that they repeat of their use.
SELECT * FROM charge
WHERE account_id = $1 AND use_on = ANY ($2::date[]) AND charge_id = ANY ($3::uuid[])
ORDER BY unit_id NULLS FIRST, charge_id

-- name: update_moved_allocation
-- The charges that are live after a move.
UPDATE allocation SET allocation_revision = $4, charge_ids = $5
WHERE account_id = $1 AND usage_id = $2 AND rating_revision = $3

-- name: list_reattributions
-- Changes put right or to be, newest first, before revision $2.
SELECT reattribution_id, directory_revision, author, state, cardinality(part_kinds) AS parts, part_no - 1 AS parts_done, examined,
       moved, recorded_at, finished_at
FROM reattribution
WHERE account_id = $1 AND ($2::int IS NULL OR directory_revision < $2)
ORDER BY directory_revision DESC LIMIT $3

-- name: get_parts
-- What a change of this transaction has touched.
SELECT part_kinds, part_members, part_from_at, part_until_at FROM reattribution
WHERE account_id = $1 AND directory_revision = (SELECT revision FROM directory WHERE account_id = $1)

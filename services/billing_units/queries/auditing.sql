-- name: list_standing_accounts
-- Accounts as they stand, with the fields of their statement.
SELECT account_id AS entry_id, version, name, currency, zone, anchor_day, split_policy, split_changes::text, access,
       deleted
FROM account WHERE account_id = $1 AND account_id = ANY ($2::text[])

-- name: list_standing_users
-- Users as they stand.
SELECT user_id AS entry_id, version, name, email, deleted FROM directory_user
WHERE account_id = $1 AND user_id = ANY ($2::text[])

-- name: list_standing_teams
-- Teams as they stand.
SELECT team_id AS entry_id, version, name, deleted FROM team WHERE account_id = $1 AND team_id = ANY ($2::text[])

-- name: list_standing_memberships
-- Memberships as they stand.
SELECT membership_id AS entry_id, version, team_id, user_id, from_at, until_at, deleted FROM team_membership
WHERE account_id = $1 AND membership_id = ANY ($2::text[])

-- name: list_standing_numbers
-- Numbers as they stand.
SELECT number AS entry_id, version, from_at, until_at, country, kind, deleted FROM number
WHERE account_id = $1 AND number = ANY ($2::text[])

-- name: list_standing_units
-- Units as they stand.
SELECT unit_id::text AS entry_id, version, name, archived_at, deleted FROM unit
WHERE account_id = $1 AND unit_id = ANY ($2::uuid[])

-- name: list_standing_assignments
-- Assignments as they stand.
SELECT assignment_id::text AS entry_id, version, unit_id, member_kind, member, from_at, until_at, weight,
       is_primary AS "primary", deleted
FROM assignment WHERE account_id = $1 AND assignment_id = ANY ($2::uuid[])

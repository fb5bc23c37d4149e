-- name: find_charge
-- One charge, whole.
SELECT * FROM charge WHERE account_id = $1 AND charge_id = $2

-- name: find_mirror
-- The charge that takes this one back.
SELECT charge_id, cause_id, recorded_at FROM charge
WHERE account_id = $1 AND use_on = $2 AND usage_id = $3 AND kind = 'reversal' AND reverses = $4

-- name: list_deciding_assignments
-- The assignments, as they stood at directory revision $2, that put a member of ($3, $4) into unit $5 at $6.
SELECT assignment_id, version, member_kind, member, from_at, until_at, weight, "primary", directory_revision, author,
       recorded_at
FROM (
    SELECT DISTINCT ON (v.assignment_id) v.assignment_id, v.version, v.unit_id, v.member_kind, v.member, v.from_at,
           v.until_at, v.weight, v.is_primary AS "primary", v.deleted, v.directory_revision, v.author, v.recorded_at
    FROM assignment_version v
    JOIN unnest($3::text[], $4::text[]) AS asked (kind, member)
        ON v.member_kind = asked.kind AND v.member = asked.member
    WHERE v.account_id = $1 AND v.directory_revision <= $2
    ORDER BY v.assignment_id, v.version DESC
) stood
WHERE unit_id = $5 AND NOT deleted AND from_at <= $6::timestamptz AND (until_at IS NULL OR $6 < until_at)
ORDER BY member_kind DESC, member, assignment_id

-- name: list_teams_of_user
-- The teams a user was in at $3.
SELECT team_id FROM team_membership
WHERE account_id = $1 AND user_id = $2 AND NOT deleted AND from_at <= $3::timestamptz
  AND (until_at IS NULL OR $3 < until_at)
ORDER BY team_id

-- name: find_change
-- The change of the directory that moved charges.
SELECT directory_revision, author, recorded_at FROM reattribution WHERE account_id = $1 AND reattribution_id = $2

-- name: list_assignment_versions
-- Everything that was said of an assignment, in order.
SELECT version, unit_id, member_kind, member, from_at, until_at, weight, is_primary AS "primary", deleted,
       directory_revision, author, recorded_at
FROM assignment_version WHERE account_id = $1 AND assignment_id = $2 ORDER BY version

-- name: list_known_members
-- Those of ($2, $3) whom the account has: active users and teams, numbers held at $4 or later.
WITH asked AS (SELECT DISTINCT * FROM unnest($2::text[], $3::text[]) AS asked (kind, member))
SELECT asked.kind, asked.member
FROM asked JOIN number n ON asked.kind = 'number' AND n.account_id = $1 AND n.number = asked.member
WHERE NOT n.deleted AND (n.until_at IS NULL OR n.until_at > $4::timestamptz)
UNION ALL
SELECT asked.kind, asked.member
FROM asked JOIN directory_user u ON asked.kind = 'user' AND u.account_id = $1 AND u.user_id = asked.member
WHERE NOT u.deleted
UNION ALL
SELECT asked.kind, asked.member
FROM asked JOIN team t ON asked.kind = 'team' AND t.account_id = $1 AND t.team_id = asked.member
WHERE NOT t.deleted

-- name: list_members_placements
-- Where each of ($2, $3) is assigned.
SELECT a.member_kind, a.member, a.assignment_id, a.unit_id, a.from_at, a.until_at
FROM (SELECT DISTINCT * FROM unnest($2::text[], $3::text[]) AS asked (kind, member)) asked
JOIN assignment a ON a.account_id = $1 AND a.member_kind = kind AND a.member = asked.member
WHERE NOT a.deleted

-- name: plan_numbers_anew
-- Lists of numbers are planned for what is asked: without a search the index's beginning is enough.
SET LOCAL plan_cache_mode = force_custom_plan

-- name: list_numbers
-- Numbers in their order after $2, from $7 on and before $8, that hold $5, of country $6 when asked, with the unit each
-- is in at $3. The page is found in the index alone.
WITH page AS MATERIALIZED (
    SELECT number FROM number
    WHERE account_id = $1 AND NOT deleted AND ($2::text IS NULL OR number > $2)
      AND number >= $7::text AND number < $8::text
      AND position($5::text IN number) > 0 AND ($6::text IS NULL OR country = $6)
    ORDER BY number LIMIT $4
)
SELECT n.number, n.version, n.from_at, n.until_at, n.country, n.kind, a.unit_id
FROM page JOIN number n ON n.account_id = $1 AND n.number = page.number
LEFT JOIN assignment a ON a.account_id = $1 AND a.member_kind = 'number'
    AND a.member = page.number AND a.during @> $3::timestamptz
ORDER BY n.number

-- name: list_available_numbers
-- As list_numbers, those held at $3 that are in no unit then or later: numbers and their assignments are read side by
-- side, each in its index alone.
WITH page AS MATERIALIZED (
    SELECT n.number FROM number n
    WHERE n.account_id = $1 AND NOT n.deleted AND ($2::text IS NULL OR n.number > $2)
      AND n.number >= $7::text AND n.number < $8::text
      AND n.from_at <= $3::timestamptz AND (n.until_at IS NULL OR n.until_at > $3)
      AND position($5::text IN n.number) > 0 AND ($6::text IS NULL OR n.country = $6)
      AND NOT EXISTS (SELECT FROM assignment a WHERE a.account_id = $1 AND a.member_kind = 'number'
                      AND a.member = n.number AND NOT a.deleted AND a.from_at < coalesce(n.until_at, 'infinity')
                      AND (a.until_at IS NULL OR a.until_at > $3))
    ORDER BY n.number LIMIT $4
)
SELECT n.number, n.version, n.from_at, n.until_at, n.country, n.kind, NULL::uuid AS unit_id
FROM page JOIN number n ON n.account_id = $1 AND n.number = page.number
ORDER BY n.number

-- name: list_users
-- Users in order of their ids after $2 whose id, name or e-mail holds $4; inactive ones too when $5.
SELECT user_id, version, name, email, NOT deleted AS active FROM directory_user
WHERE account_id = $1 AND ($5::boolean OR NOT deleted) AND ($2::text IS NULL OR user_id > $2)
  AND ($4::text = '' OR position(lower($4) IN lower(user_id || ' ' || coalesce(name, '') || ' ' || coalesce(email, ''))) > 0)
ORDER BY user_id LIMIT $3

-- name: list_teams
-- Teams in order of their ids after $2 whose id or name holds $4.
SELECT team_id, version, name FROM team
WHERE account_id = $1 AND NOT deleted AND ($2::text IS NULL OR team_id > $2)
  AND ($4::text = '' OR position(lower($4) IN lower(team_id || ' ' || coalesce(name, ''))) > 0)
ORDER BY team_id LIMIT $3

-- name: list_team_members
-- Memberships of a team in order of their ids after $3.
SELECT membership_id, version, user_id, from_at, until_at FROM team_membership
WHERE account_id = $1 AND team_id = $2 AND NOT deleted AND ($3::text IS NULL OR membership_id > $3)
ORDER BY membership_id LIMIT $4

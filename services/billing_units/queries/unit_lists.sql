-- name: plan_anew
-- The lists below are planned for what is asked: a plan made for any page read a thousand times as much.
SET LOCAL plan_cache_mode = force_custom_plan

-- name: list_units_by_name
-- Units whose name holds $2 (a name's key), by name after ($5, $6), with what is in them at $4; archived ones when $3;
-- those of $8 only, where it is given.
WITH page AS MATERIALIZED (
    SELECT unit_id, version, name, name_key, archived_at FROM unit
    WHERE account_id = $1 AND NOT deleted AND position($2::text IN name_key) > 0
      AND ($3::boolean OR archived_at IS NULL OR archived_at > $4::timestamptz)
      AND ($5::text IS NULL OR (name_key, unit_id) > ($5, $6::uuid))
      AND ($8::uuid[] IS NULL OR unit_id = ANY ($8))
    ORDER BY name_key, unit_id LIMIT $7
)
SELECT unit_id, version, name, name_key, archived_at, users, numbers
FROM page
CROSS JOIN LATERAL (
    SELECT count(*) AS numbers FROM assignment a
    WHERE a.account_id = $1 AND a.unit_id = page.unit_id AND a.member_kind = 'number' AND NOT a.deleted
      AND a.from_at <= $4 AND (a.until_at IS NULL OR $4 < a.until_at)
) held
CROSS JOIN LATERAL (
    SELECT count(*) AS users
    FROM (
        SELECT a.member AS user_id FROM assignment a
        WHERE a.account_id = $1 AND a.unit_id = page.unit_id AND a.member_kind = 'user' AND NOT a.deleted
          AND a.from_at <= $4 AND (a.until_at IS NULL OR $4 < a.until_at)
        UNION
        SELECT m.user_id
        FROM assignment a JOIN team_membership m ON m.account_id = a.account_id AND m.team_id = a.member
        WHERE a.account_id = $1 AND a.unit_id = page.unit_id AND a.member_kind = 'team' AND NOT a.deleted
          AND a.from_at <= $4 AND (a.until_at IS NULL OR $4 < a.until_at)
          AND NOT m.deleted AND m.from_at <= $4 AND (m.until_at IS NULL OR $4 < m.until_at)
    ) person JOIN directory_user u ON u.account_id = $1 AND u.user_id = person.user_id AND NOT u.deleted
) people
ORDER BY name_key, unit_id

-- name: list_units_by_numbers
-- As list_units_by_name, most numbers first, after (count $5, unit $6). Users are counted of the page alone.
WITH held AS MATERIALIZED (
    SELECT unit_id, count(*) AS numbers FROM assignment
    WHERE account_id = $1 AND member_kind = 'number' AND NOT deleted
      AND from_at <= $4::timestamptz AND (until_at IS NULL OR $4 < until_at)
      AND ($8::uuid[] IS NULL OR unit_id = ANY ($8))
    GROUP BY unit_id
), page AS MATERIALIZED (
    SELECT unit_id, version, name, name_key, archived_at, coalesce(numbers, 0) AS numbers
    FROM unit LEFT JOIN held USING (unit_id)
    WHERE account_id = $1 AND NOT deleted AND position($2::text IN name_key) > 0
      AND ($3::boolean OR archived_at IS NULL OR archived_at > $4)
      AND ($8 IS NULL OR unit_id = ANY ($8))
      AND ($5::bigint IS NULL OR coalesce(numbers, 0) < $5 OR coalesce(numbers, 0) = $5 AND unit_id > $6::uuid)
    ORDER BY coalesce(numbers, 0) DESC, unit_id LIMIT $7
)
SELECT unit_id, version, name, name_key, archived_at, people.users, page.numbers
FROM page
CROSS JOIN LATERAL (
    SELECT count(*) AS users
    FROM (
        SELECT a.member AS user_id FROM assignment a
        WHERE a.account_id = $1 AND a.unit_id = page.unit_id AND a.member_kind = 'user' AND NOT a.deleted
          AND a.from_at <= $4 AND (a.until_at IS NULL OR $4 < a.until_at)
        UNION
        SELECT m.user_id
        FROM assignment a JOIN team_membership m ON m.account_id = a.account_id AND m.team_id = a.member
        WHERE a.account_id = $1 AND a.unit_id = page.unit_id AND a.member_kind = 'team' AND NOT a.deleted
          AND a.from_at <= $4 AND (a.until_at IS NULL OR $4 < a.until_at)
          AND NOT m.deleted AND m.from_at <= $4 AND (m.until_at IS NULL OR $4 < m.until_at)
    ) person JOIN directory_user u ON u.account_id = $1 AND u.user_id = person.user_id AND NOT u.deleted
) people
ORDER BY page.numbers DESC, unit_id

-- name: list_units_by_users
-- As list_units_by_numbers, most users first.
WITH people AS MATERIALIZED (
    SELECT person.unit_id, count(*) AS users
    FROM (
        SELECT a.unit_id, a.member AS user_id FROM assignment a
        WHERE a.account_id = $1 AND a.member_kind = 'user' AND NOT a.deleted
          AND a.from_at <= $4::timestamptz AND (a.until_at IS NULL OR $4 < a.until_at)
          AND ($8::uuid[] IS NULL OR a.unit_id = ANY ($8))
        UNION
        SELECT a.unit_id, m.user_id
        FROM assignment a JOIN team_membership m ON m.account_id = a.account_id AND m.team_id = a.member
        WHERE a.account_id = $1 AND a.member_kind = 'team' AND NOT a.deleted
          AND a.from_at <= $4 AND (a.until_at IS NULL OR $4 < a.until_at)
          AND NOT m.deleted AND m.from_at <= $4 AND (m.until_at IS NULL OR $4 < m.until_at)
          AND ($8 IS NULL OR a.unit_id = ANY ($8))
    ) person JOIN directory_user u ON u.account_id = $1 AND u.user_id = person.user_id AND NOT u.deleted
    GROUP BY person.unit_id
), page AS MATERIALIZED (
    SELECT unit_id, version, name, name_key, archived_at, coalesce(users, 0) AS users
    FROM unit LEFT JOIN people USING (unit_id)
    WHERE account_id = $1 AND NOT deleted AND position($2::text IN name_key) > 0
      AND ($3::boolean OR archived_at IS NULL OR archived_at > $4)
      AND ($8 IS NULL OR unit_id = ANY ($8))
      AND ($5::bigint IS NULL OR coalesce(users, 0) < $5 OR coalesce(users, 0) = $5 AND unit_id > $6::uuid)
    ORDER BY coalesce(users, 0) DESC, unit_id LIMIT $7
)
SELECT unit_id, version, name, name_key, archived_at, page.users, held.numbers
FROM page
CROSS JOIN LATERAL (
    SELECT count(*) AS numbers FROM assignment a
    WHERE a.account_id = $1 AND a.unit_id = page.unit_id AND a.member_kind = 'number' AND NOT a.deleted
      AND a.from_at <= $4 AND (a.until_at IS NULL OR $4 < a.until_at)
) held
ORDER BY page.users DESC, unit_id

-- name: list_unit_users
-- Persons in a unit at $3, each once, by id after $4: directly, or through which teams.
SELECT u.user_id, u.name, u.email, bool_or(a.member_kind = 'user') AS directly,
       coalesce(array_agg(DISTINCT t.team_id) FILTER (WHERE t.team_id IS NOT NULL), '{}') AS team_ids,
       coalesce(array_agg(DISTINCT t.name) FILTER (WHERE t.name IS NOT NULL), '{}') AS teams
FROM assignment a
LEFT JOIN team_membership m ON a.member_kind = 'team' AND m.account_id = a.account_id AND m.team_id = a.member
    AND NOT m.deleted AND m.from_at <= $3::timestamptz AND (m.until_at IS NULL OR $3 < m.until_at)
LEFT JOIN team t ON t.account_id = m.account_id AND t.team_id = m.team_id
JOIN directory_user u ON u.account_id = a.account_id AND NOT u.deleted
    AND u.user_id = CASE a.member_kind WHEN 'user' THEN a.member ELSE m.user_id END
WHERE a.account_id = $1 AND a.unit_id = $2 AND a.member_kind <> 'number' AND a.during @> $3
  AND ($4::text IS NULL OR u.user_id > $4)
GROUP BY u.user_id, u.name, u.email ORDER BY u.user_id LIMIT $5

-- name: list_unit_members
-- Everything ever assigned to a unit, by kind and member after ($4, $5, $6); of one kind when $3.
SELECT a.assignment_id, a.version, a.member_kind, a.member, coalesce(u.name, t.name) AS name, a.from_at, a.until_at,
       a.weight, a.is_primary AS "primary"
FROM assignment a
LEFT JOIN directory_user u ON a.member_kind = 'user' AND u.account_id = a.account_id AND u.user_id = a.member
LEFT JOIN team t ON a.member_kind = 'team' AND t.account_id = a.account_id AND t.team_id = a.member
WHERE a.account_id = $1 AND a.unit_id = $2 AND NOT a.deleted AND ($3::text IS NULL OR a.member_kind = $3)
  AND ($4::text IS NULL OR (a.member_kind, a.member, a.assignment_id) > ($4, $5, $6::uuid))
ORDER BY a.member_kind, a.member, a.assignment_id LIMIT $7

-- name: list_lasting_assignments
-- What is assigned to a unit beyond $3.
SELECT assignment_id, version, unit_id, member_kind, member, from_at, until_at, weight, is_primary AS "primary" FROM assignment
WHERE account_id = $1 AND unit_id = $2 AND NOT deleted AND (until_at IS NULL OR until_at > $3)
ORDER BY member_kind, member, assignment_id

-- name: list_versions
-- The versions that stand of these entries, by kind.
WITH asked AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) AS asked (entry, account_id, entry_id)
)
SELECT entry, account_id, entry_id, version, content_hash
FROM asked JOIN account USING (account_id) WHERE entry = 'account'
UNION ALL
SELECT entry, account_id, entry_id, version, content_hash
FROM asked JOIN directory_user u USING (account_id) WHERE entry = 'user' AND u.user_id = entry_id
UNION ALL
SELECT entry, account_id, entry_id, version, content_hash
FROM asked JOIN team t USING (account_id) WHERE entry = 'team' AND t.team_id = entry_id
UNION ALL
SELECT entry, account_id, entry_id, version, content_hash
FROM asked JOIN team_membership m USING (account_id) WHERE entry = 'membership' AND m.membership_id = entry_id
UNION ALL
SELECT entry, account_id, entry_id, version, content_hash
FROM asked JOIN number n USING (account_id) WHERE entry = 'number' AND n.number = entry_id
UNION ALL
SELECT entry, account_id, entry_id, version, content_hash
FROM asked JOIN unit u USING (account_id)
WHERE entry = 'unit' AND u.unit_id = CASE WHEN entry = 'unit' THEN entry_id::uuid END
UNION ALL
SELECT entry, account_id, entry_id, version, content_hash
FROM asked JOIN assignment a USING (account_id)
WHERE entry = 'assignment' AND a.assignment_id = CASE WHEN entry = 'assignment' THEN entry_id::uuid END

-- name: raise_revisions
-- Count changes of accounts' directories; the revision after them, and the account's number in exclusion keys.
INSERT INTO directory (account_id, revision)
SELECT * FROM unnest($1::text[], $2::int[])
ON CONFLICT (account_id) DO UPDATE SET revision = directory.revision + EXCLUDED.revision
RETURNING account_id, account_no, revision

-- name: list_placements
-- Where these numbers are placed, and the placements that are to change, whatever their number. Two reads, each by its
-- index: with OR between them every assignment of every account was read.
SELECT account_id, assignment_id, unit_id, member, from_at, until_at
FROM assignment
WHERE NOT deleted AND member_kind = 'number'
  AND (account_id, member) IN (SELECT * FROM unnest($1::text[], $2::text[]))
UNION
SELECT account_id, assignment_id, unit_id, member, from_at, until_at
FROM assignment
WHERE NOT deleted AND member_kind = 'number'
  AND (account_id, assignment_id) IN (SELECT * FROM unnest($3::text[], $4::uuid[]))

-- name: list_named_units
-- The units that have one of these names by their keys, and these units whatever their names.
SELECT account_id, unit_id, name, name_key
FROM unit
WHERE NOT deleted AND (account_id, name_key) IN (SELECT * FROM unnest($1::text[], $2::text[]))
UNION
SELECT account_id, unit_id, name, name_key
FROM unit
WHERE NOT deleted AND (account_id, unit_id) IN (SELECT * FROM unnest($3::text[], $4::uuid[]))

-- name: list_unit_names
-- The names of units.
SELECT account_id, unit_id, name
FROM unit JOIN unnest($1::text[], $2::uuid[]) AS asked (account_id, unit_id) USING (account_id, unit_id)

-- name: list_unit_accounts
-- Whose these unit ids are, whatever the account; none but the consumers may see that.
SELECT unit_id, account_id FROM unit WHERE unit_id = ANY ($1::uuid[])

-- name: list_fixed_currencies
-- The currencies of accounts that have charges: they stand for good.
SELECT account_id, currency FROM account
WHERE account_id = ANY ($1::text[]) AND EXISTS (SELECT FROM charge WHERE charge.account_id = account.account_id)

-- name: upsert_accounts
-- Entries in their new versions; the caller has compared versions under the account's stripe.
INSERT INTO account (account_id, version, name, currency, zone, anchor_day, split_policy, split_changes, access,
    deleted, content_hash, changed_at)
SELECT new.*, $12
FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::text[], $8::jsonb[],
    $9::text[], $10::boolean[], $11::bytea[])
    AS new (account_id, version, name, currency, zone, anchor_day, split_policy, split_changes, access, deleted,
    content_hash)
ON CONFLICT (account_id) DO UPDATE
SET version = EXCLUDED.version, name = EXCLUDED.name, currency = EXCLUDED.currency, zone = EXCLUDED.zone,
    anchor_day = EXCLUDED.anchor_day, split_policy = EXCLUDED.split_policy, split_changes =
    EXCLUDED.split_changes, access = EXCLUDED.access, deleted = EXCLUDED.deleted,
    content_hash = EXCLUDED.content_hash, changed_at = EXCLUDED.changed_at

-- name: upsert_users
-- Entries in their new versions; the caller has compared versions under the account's stripe.
INSERT INTO directory_user (account_id, user_id, version, name, email, deleted, content_hash, changed_at)
SELECT new.*, $8
FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::boolean[], $7::bytea[])
    AS new (account_id, user_id, version, name, email, deleted, content_hash)
ON CONFLICT (account_id, user_id) DO UPDATE
SET version = EXCLUDED.version, name = EXCLUDED.name, email = EXCLUDED.email, deleted = EXCLUDED.deleted,
    content_hash = EXCLUDED.content_hash, changed_at = EXCLUDED.changed_at

-- name: upsert_teams
-- Entries in their new versions; the caller has compared versions under the account's stripe.
INSERT INTO team (account_id, team_id, version, name, deleted, content_hash, changed_at)
SELECT new.*, $7
FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::boolean[], $6::bytea[])
    AS new (account_id, team_id, version, name, deleted, content_hash)
ON CONFLICT (account_id, team_id) DO UPDATE
SET version = EXCLUDED.version, name = EXCLUDED.name, deleted = EXCLUDED.deleted, content_hash =
    EXCLUDED.content_hash, changed_at = EXCLUDED.changed_at

-- name: upsert_team_memberships
-- Entries in their new versions; the caller has compared versions under the account's stripe.
INSERT INTO team_membership (account_id, membership_id, version, team_id, user_id, from_at, until_at, deleted,
    content_hash, changed_at)
SELECT new.*, $10
FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::timestamptz[], $7::timestamptz[],
    $8::boolean[], $9::bytea[])
    AS new (account_id, membership_id, version, team_id, user_id, from_at, until_at, deleted, content_hash)
ON CONFLICT (account_id, membership_id) DO UPDATE
SET version = EXCLUDED.version, team_id = EXCLUDED.team_id, user_id = EXCLUDED.user_id, from_at =
    EXCLUDED.from_at, until_at = EXCLUDED.until_at, deleted = EXCLUDED.deleted, content_hash =
    EXCLUDED.content_hash, changed_at = EXCLUDED.changed_at

-- name: upsert_numbers
-- Entries in their new versions; the caller has compared versions under the account's stripe.
INSERT INTO number (account_id, number, version, from_at, until_at, country, kind, deleted, content_hash,
    changed_at)
SELECT new.*, $10
FROM unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::text[], $7::text[],
    $8::boolean[], $9::bytea[])
    AS new (account_id, number, version, from_at, until_at, country, kind, deleted, content_hash)
ON CONFLICT (account_id, number) DO UPDATE
SET version = EXCLUDED.version, from_at = EXCLUDED.from_at, until_at = EXCLUDED.until_at, country =
    EXCLUDED.country, kind = EXCLUDED.kind, deleted = EXCLUDED.deleted, content_hash = EXCLUDED.content_hash,
    changed_at = EXCLUDED.changed_at

-- name: upsert_units
-- As the others; whether two units then have the same name is judged when the statement ends.
INSERT INTO unit (account_id, unit_id, version, name, name_key, archived_at, deleted, content_hash, changed_at)
SELECT new.*, $9
FROM unnest($1::text[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::timestamptz[], $7::boolean[], $8::bytea[])
    AS new (account_id, unit_id, version, name, name_key, archived_at, deleted, content_hash)
ON CONFLICT (account_id, unit_id) DO UPDATE
SET version = EXCLUDED.version, name = EXCLUDED.name, name_key = EXCLUDED.name_key, archived_at =
    EXCLUDED.archived_at, deleted = EXCLUDED.deleted, content_hash = EXCLUDED.content_hash, changed_at =
    EXCLUDED.changed_at

-- name: upsert_assignments
-- As the others; whether a number then has two units at an instant is judged when the statement ends.
INSERT INTO assignment (account_id, assignment_id, version, unit_id, member_kind, member, from_at, until_at,
    weight, is_primary, deleted, content_hash, changed_at, account_no, directory_revision)
SELECT new.*, $13, directory.account_no, directory.revision
FROM unnest($1::text[], $2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[],
    $8::timestamptz[], $9::int[], $10::boolean[], $11::boolean[], $12::bytea[])
    AS new (account_id, assignment_id, version, unit_id, member_kind, member, from_at, until_at, weight, is_primary,
            deleted, content_hash)
JOIN directory USING (account_id)
ON CONFLICT (account_id, assignment_id) DO UPDATE
SET version = EXCLUDED.version, unit_id = EXCLUDED.unit_id, member_kind = EXCLUDED.member_kind, member =
    EXCLUDED.member, weight = EXCLUDED.weight, is_primary = EXCLUDED.is_primary, from_at = EXCLUDED.from_at, until_at = EXCLUDED.until_at, deleted = EXCLUDED.deleted,
    content_hash = EXCLUDED.content_hash, changed_at = EXCLUDED.changed_at,
    directory_revision = EXCLUDED.directory_revision

-- name: insert_assignment_versions
-- What was said of assignments, and by whom; the directory's revision is the one after the change.
INSERT INTO assignment_version (account_id, assignment_id, version, unit_id, member_kind, member, from_at, until_at,
    weight, is_primary, deleted, author, recorded_at, directory_revision)
SELECT new.*, $13, directory.revision
FROM unnest($1::text[], $2::uuid[], $3::int[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[],
    $8::timestamptz[], $9::int[], $10::boolean[], $11::boolean[], $12::text[])
    AS new (account_id, assignment_id, version, unit_id, member_kind, member, from_at, until_at, weight, is_primary,
            deleted, author)
JOIN directory USING (account_id)

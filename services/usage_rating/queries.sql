-- name: list_accounts
-- What rating needs of these accounts.
SELECT account_id, currency, zone, anchor_day FROM account WHERE account_id = ANY ($1::text[]) AND NOT deleted

-- name: upsert_account
-- The highest version wins, whatever order facts come in.
INSERT INTO account (account_id, version, currency, zone, anchor_day, deleted)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (account_id) DO UPDATE
SET version = EXCLUDED.version, currency = EXCLUDED.currency, zone = EXCLUDED.zone,
    anchor_day = EXCLUDED.anchor_day, deleted = EXCLUDED.deleted
WHERE account.version < EXCLUDED.version

-- name: list_held_numbers
-- Which of these numbers an account has held or will, and what type each is.
SELECT account_id, number, kind, from_at, until_at
FROM own_number JOIN unnest($1::text[], $2::text[]) AS asked (account_id, number) USING (account_id, number)
WHERE NOT deleted

-- name: upsert_numbers
-- The highest version wins, whatever order facts come in, within a batch too.
INSERT INTO own_number (account_id, number, version, kind, from_at, until_at, deleted)
SELECT DISTINCT ON (account_id, number) account_id, number, version, kind, from_at, until_at, deleted
FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::boolean[])
    AS fact (account_id, number, version, kind, from_at, until_at, deleted)
ORDER BY account_id, number, version DESC
ON CONFLICT (account_id, number) DO UPDATE
SET version = EXCLUDED.version, kind = EXCLUDED.kind, from_at = EXCLUDED.from_at, until_at = EXCLUDED.until_at,
    deleted = EXCLUDED.deleted
WHERE own_number.version < EXCLUDED.version

-- name: list_activations
-- Activations of these accounts and of everybody.
SELECT account_id, activation_id, plan_id, plan_version, effective_at FROM plan_activation
WHERE account_id = ANY ($1::text[]) OR account_id = '*'

-- name: get_plan_document
-- One version of an account's plan, or of one for everybody: the two never share an id.
SELECT document FROM plan WHERE account_id IN ($1, '*') AND plan_id = $2 AND version = $3

-- name: get_last_plan_version
-- The highest version of the account's plan, 0 when there is none.
SELECT coalesce(max(version), 0) FROM plan WHERE account_id = $1 AND plan_id = $2

-- name: insert_plan_scope
-- The first to use an id decides whether it is one for everybody; a plan that disagrees fails at its foreign key.
INSERT INTO plan_scope (plan_id, for_everybody) VALUES ($1, $2) ON CONFLICT DO NOTHING

-- name: insert_plan
INSERT INTO plan (account_id, plan_id, version, sha256, name, currency, effective_from, rate_count, document,
                  recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: insert_activation
-- An account's own plan, or everybody's for everybody.
INSERT INTO plan_activation (account_id, activation_id, plan_account_id, plan_id, plan_version, effective_at,
                             recorded_at)
VALUES ($1, $2, $1, $3, $4, $5, $6)

-- name: list_plans
-- Plans this account may use, newest first.
SELECT account_id, plan_id, version, name, currency, effective_from, rate_count, sha256, recorded_at
FROM plan ORDER BY recorded_at DESC, plan_id, version DESC LIMIT $1

-- name: insert_new_legs
-- Legs never seen before, in key order. How many were new, and which, unless all were. Columns come as one text each,
-- in which '-' is nothing: none holds a space, and the driver looks at every element of an array.
WITH fresh AS (
    INSERT INTO leg (account_id, usage_id, revision, content_hash, rating_revision, live_rated_usage_id, live_month)
    SELECT account_id, usage_id::uuid, revision::integer, decode(content_hash, 'hex'), rating_revision::integer,
           live_rated_usage_id::uuid, live_month::date
    FROM unnest(string_to_array($1, ' '), string_to_array($2, ' '), string_to_array($3, ' '),
                string_to_array($4, ' '), string_to_array($5, ' '), string_to_array($6, ' ', '-'),
                string_to_array($7, ' ', '-'))
        AS leg (account_id, usage_id, revision, content_hash, rating_revision, live_rated_usage_id, live_month)
    ON CONFLICT DO NOTHING
    RETURNING usage_id
), counted AS (SELECT count(*) AS new FROM fresh)
SELECT new, CASE WHEN new < $8::integer THEN (SELECT array_agg(usage_id::text) FROM fresh) END AS which FROM counted

-- name: lock_legs
-- Legs that exist, locked until the transaction ends, in key order.
SELECT account_id, usage_id, revision, content_hash, rating_revision, live_rated_usage_id, live_month
FROM leg JOIN unnest($1::text[], $2::uuid[]) AS asked (account_id, usage_id) USING (account_id, usage_id)
ORDER BY account_id, usage_id FOR UPDATE OF leg

-- name: update_leg
UPDATE leg SET revision = $3, content_hash = $4, rating_revision = $5, live_rated_usage_id = $6, live_month = $7
WHERE account_id = $1 AND usage_id = $2

-- name: find_call_revision
-- One revision of a leg as it came, when it came before.
SELECT call FROM usage WHERE account_id = $1 AND usage_id = $2 AND revision = $3

-- name: get_published
-- The data of a rating's message, to be reversed.
SELECT published FROM rated_usage WHERE account_id = $1 AND rated_usage_id = $2 AND month = $3

-- name: insert_suspense
INSERT INTO suspense (account_id, usage_id, revision, month, reason, recorded_at)
SELECT * FROM unnest($1::text[], $2::uuid[], $3::int[], $4::date[], $5::text[], $6::timestamptz[])

-- name: delete_suspense
DELETE FROM suspense WHERE account_id = $1 AND usage_id = $2

-- name: insert_suspense_retry
-- Something appeared that may end suspense.
INSERT INTO suspense_retry (account_id, recorded_at) VALUES ($1, $2)
ON CONFLICT (account_id) DO UPDATE SET recorded_at = EXCLUDED.recorded_at

-- name: list_suspense_retries
SELECT account_id, recorded_at FROM suspense_retry ORDER BY account_id

-- name: delete_suspense_retry
-- Unless something more appeared meanwhile.
DELETE FROM suspense_retry WHERE account_id = $1 AND recorded_at = $2

-- name: list_suspended_accounts
SELECT DISTINCT account_id FROM suspense

-- name: list_suspended
-- Suspended legs of an account after a usage id, with the call to be priced.
SELECT s.account_id, s.usage_id, s.revision, s.month, s.reason, u.source, u.event_id, u.call
FROM suspense s JOIN usage u USING (account_id, usage_id, revision, month)
WHERE s.account_id = $1 AND s.usage_id > $2 ORDER BY s.usage_id LIMIT $3

-- name: list_suspense
-- For people: what waits and why.
SELECT usage_id, revision, reason, recorded_at FROM suspense ORDER BY usage_id LIMIT $1

-- name: list_ratings
-- All ratings and reversals of one use, as published.
SELECT published FROM rated_usage WHERE account_id = $1 AND usage_id = $2 ORDER BY rating_revision, kind

-- name: find_call
-- The newest revision of a call as it came: the only way to the other party's number.
SELECT call FROM usage WHERE account_id = $1 AND usage_id = $2 ORDER BY revision DESC LIMIT 1

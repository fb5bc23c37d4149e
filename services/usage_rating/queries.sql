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
INSERT INTO suspense (account_id, usage_id, revision, month, reason, recorded_at, record_kind)
SELECT * FROM unnest($1::text[], $2::uuid[], $3::int[], $4::date[], $5::text[], $6::timestamptz[], $7::text[])

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
-- Suspended uses of an account after a usage id, with the record to be priced.
SELECT s.account_id, s.usage_id, s.revision, s.month, s.reason, s.record_kind, u.source, u.event_id, u.call
FROM suspense s JOIN usage u USING (account_id, usage_id, revision, month)
WHERE s.account_id = $1 AND s.usage_id > $2 ORDER BY s.usage_id LIMIT $3

-- name: find_suspense_reason
-- Why a use has no price now; NULL when it has one.
SELECT reason FROM suspense WHERE account_id = $1 AND usage_id = $2

-- name: list_suspense
-- For people: what waits and why.
SELECT usage_id, revision, reason, recorded_at FROM suspense ORDER BY usage_id LIMIT $1

-- name: list_ratings
-- All ratings and reversals of one use, as published.
SELECT published FROM rated_usage WHERE account_id = $1 AND usage_id = $2 ORDER BY rating_revision, kind

-- name: find_call
-- The newest revision of a call as it came: the only way to the other party's number.
SELECT call FROM usage WHERE account_id = $1 AND usage_id = $2 ORDER BY revision DESC LIMIT 1

-- name: find_plan_version
-- The newest version of a plan that the account may use, or the one asked for; NULL when there is none.
SELECT max(version) FROM plan
WHERE account_id IN ($1, '*') AND plan_id = $2 AND ($3::integer IS NULL OR version = $3)

-- name: insert_rerating
INSERT INTO rerating (account_id, rerating_id, state, reason, from_at, to_at, plan_id, plan_version, currency,
                      asked_by, asked_at)
VALUES ($1, $2, 'requested', $3, $4, $5, $6, $7, $8, $9, $10)

-- name: list_reratings
-- Newest first, before one of them, or one alone ($3); with how far their parts are.
SELECT r.account_id, r.rerating_id, r.state, r.reason, r.from_at, r.to_at, r.plan_id, r.plan_version, r.currency,
       r.course, r.changes, r.unpriced, r.amount_before, r.amount_after, r.asked_by, r.asked_at, r.previewed_at,
       r.approved_by, r.approved_at, r.cancelled_by, r.finished_at, p.examined, p.posted, p.skipped
FROM rerating r, LATERAL (
    SELECT coalesce(sum(examined), 0)::bigint AS examined, coalesce(sum(posted), 0)::bigint AS posted,
           coalesce(sum(skipped), 0)::bigint AS skipped
    FROM rerating_part WHERE account_id = r.account_id AND rerating_id = r.rerating_id
) AS p
WHERE r.account_id = $1 AND ($2::uuid IS NULL OR r.rerating_id < $2) AND ($3::uuid IS NULL OR r.rerating_id = $3)
ORDER BY r.rerating_id DESC LIMIT $4

-- name: lock_rerating
-- A re-rating, locked until the transaction ends.
SELECT account_id, rerating_id, state, from_at, to_at, plan_id, plan_version, course, changes FROM rerating
WHERE account_id = $1 AND rerating_id = $2 FOR UPDATE

-- name: approve_rerating
-- What is approved is posted from now on.
UPDATE rerating SET state = 'approved', approved_by = $3, approved_at = $4
WHERE account_id = $1 AND rerating_id = $2 AND state = 'previewed'

-- name: cancel_rerating
UPDATE rerating SET state = 'cancelled', cancelled_by = $3, finished_at = $4
WHERE account_id = $1 AND rerating_id = $2 AND state IN ('requested', 'previewing', 'previewed')

-- name: list_rerating_changes
-- What would change, after a use; all of it, or only what was skipped.
SELECT usage_id, month, revision, rated_usage_id, occurred_at, direction, own_number, user_id, destination,
       amount_before, amount_after, plan_id_before, plan_version_before, plan_id_after, plan_version_after, reason,
       skipped
FROM rerating_change
WHERE account_id = $1 AND rerating_id = $2 AND (usage_id, month) > ($3::uuid, $4::date)
  AND ($5::boolean IS NULL OR skipped = $5)
ORDER BY usage_id, month LIMIT $6

-- name: list_rerating_totals
-- Sums of what would change, by destination, by user or by reason; from the first on, or after a name.
SELECT name, changes, amount_before, amount_after FROM rerating_total
WHERE account_id = $1 AND rerating_id = $2 AND kind = $3 AND ($4::text IS NULL OR name > $4)
ORDER BY name LIMIT $5

-- name: list_undone_reratings
-- What the job has to do, the oldest first.
SELECT account_id, rerating_id, state, from_at, to_at, plan_id, plan_version, course, changes FROM rerating
WHERE state IN ('requested', 'previewing', 'approved', 'posting') ORDER BY rerating_id LIMIT $1

-- name: begin_rerating
-- The preview begins: by these activations, whatever is activated later.
UPDATE rerating SET state = 'previewing', course = $3
WHERE account_id = $1 AND rerating_id = $2 AND state = 'requested'

-- name: insert_rerating_parts
INSERT INTO rerating_part (account_id, rerating_id, month, slice)
SELECT $1, $2, month, slice FROM unnest($3::date[]) AS month, generate_series(0, $4::integer - 1) AS slice

-- name: lock_part_to_preview
-- A part whose uses were not all looked at, unless another worker has it.
SELECT month, slice, preview_id, preview_revision FROM rerating_part
WHERE account_id = $1 AND rerating_id = $2 AND NOT previewed ORDER BY month, slice LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: list_stored_ratings
-- Some uses of a part as they are stored, each with its live rating where it has one, is of the time asked for, and
-- is a call: other uses are not priced again yet. LIMIT 1 has each looked up by its key: joined otherwise, every chunk
-- would read all legs of the account.
SELECT s.usage_id, s.revision, s.occurred_at, CASE WHEN r.amount IS NOT NULL THEN s.call END AS call,
       r.rated_usage_id, r.amount, r.published
FROM (
    SELECT usage_id, revision, occurred_at, record_kind, call FROM usage
    WHERE account_id = $1 AND month = $2 AND (usage_id, revision) > ($3::uuid, $4::integer) AND usage_id <= $5
    ORDER BY usage_id, revision LIMIT $6
) AS s
LEFT JOIN LATERAL (
    SELECT live_rated_usage_id, live_month FROM leg
    WHERE account_id = $1 AND usage_id = s.usage_id AND revision = s.revision
      AND s.occurred_at >= $7 AND s.occurred_at < $8 AND s.record_kind = 'call'
    LIMIT 1
) AS l ON true
LEFT JOIN LATERAL (
    SELECT rated_usage_id, amount, published FROM rated_usage
    WHERE account_id = $1 AND rated_usage_id = l.live_rated_usage_id AND month = l.live_month
    LIMIT 1
) AS r ON true
ORDER BY s.usage_id, s.revision

-- name: update_part_previewed
UPDATE rerating_part
SET previewed = $5, preview_id = $6, preview_revision = $7, examined = examined + $8
WHERE account_id = $1 AND rerating_id = $2 AND month = $3 AND slice = $4

-- name: has_parts_to_preview
SELECT EXISTS (SELECT FROM rerating_part WHERE account_id = $1 AND rerating_id = $2 AND NOT previewed)

-- name: insert_rerating_totals
-- What the preview found, added up; '' stands for no destination and no user.
INSERT INTO rerating_total (account_id, rerating_id, kind, name, changes, amount_before, amount_after)
SELECT $1, $2, kind, name, count(*), sum(amount_before), sum(amount_after)
FROM rerating_change, LATERAL (
    VALUES ('destination', coalesce(destination, ''), reason IS NULL),
           ('user', coalesce(user_id, ''), reason IS NULL),
           ('reason', reason, reason IS NOT NULL)
) AS said (kind, name, counts)
WHERE account_id = $1 AND rerating_id = $2 AND counts
GROUP BY kind, name

-- name: end_preview
-- The preview is whole: it can be approved.
UPDATE rerating r
SET state = 'previewed', previewed_at = $3, changes = t.changes, unpriced = t.unpriced,
    amount_before = t.amount_before, amount_after = t.amount_after
FROM (
    SELECT coalesce(sum(changes) FILTER (WHERE kind = 'user'), 0) AS changes,
           coalesce(sum(changes) FILTER (WHERE kind = 'reason'), 0) AS unpriced,
           coalesce(sum(amount_before) FILTER (WHERE kind = 'user'), 0) AS amount_before,
           coalesce(sum(amount_after) FILTER (WHERE kind = 'user'), 0) AS amount_after
    FROM rerating_total WHERE account_id = $1 AND rerating_id = $2
) AS t
WHERE r.account_id = $1 AND r.rerating_id = $2 AND r.state = 'previewing'

-- name: begin_posting
UPDATE rerating SET state = 'posting' WHERE account_id = $1 AND rerating_id = $2 AND state = 'approved'

-- name: lock_part_to_post
-- A part whose changes were not all posted, unless another worker has it.
SELECT month, slice, posted_id FROM rerating_part
WHERE account_id = $1 AND rerating_id = $2 AND NOT done ORDER BY month, slice LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: list_changes_to_post
-- Some changes of a part that can be posted, in key order.
SELECT usage_id, revision, rated_usage_id, amount_after FROM rerating_change
WHERE account_id = $1 AND rerating_id = $2 AND usage_id > $3::uuid AND usage_id <= $4::uuid AND month = $5
  AND reason IS NULL
ORDER BY usage_id LIMIT $6

-- name: list_uses_to_rate_anew
-- Uses as they came, each with its live rating as published. Arrays come as text.
SELECT u.usage_id, u.source, u.call, r.published
FROM unnest($3::text::uuid[], $4::text::integer[], $5::text::uuid[], $6::text::date[])
    AS asked (usage_id, revision, rated_usage_id, rated_month)
JOIN usage u ON u.account_id = $1 AND u.usage_id = asked.usage_id AND u.revision = asked.revision AND u.month = $2
JOIN rated_usage r ON r.account_id = $1 AND r.rated_usage_id = asked.rated_usage_id AND r.month = asked.rated_month

-- name: update_legs_rated
-- The ratings of an account's locked legs that are live now. Arrays come as text.
UPDATE leg
SET rating_revision = new.rating_revision, live_rated_usage_id = new.rated_usage_id, live_month = new.month
FROM unnest($2::text::uuid[], $3::text::integer[], $4::text::uuid[], $5::text::date[])
    AS new (usage_id, rating_revision, rated_usage_id, month)
WHERE leg.account_id = $1 AND leg.usage_id = new.usage_id

-- name: update_changes_skipped
UPDATE rerating_change SET skipped = true
WHERE account_id = $1 AND rerating_id = $2 AND month = $3 AND usage_id = ANY ($4::uuid[])

-- name: update_part_posted
UPDATE rerating_part SET done = $5, posted_id = $6, posted = posted + $7, skipped = skipped + $8
WHERE account_id = $1 AND rerating_id = $2 AND month = $3 AND slice = $4

-- name: has_parts_to_post
SELECT EXISTS (SELECT FROM rerating_part WHERE account_id = $1 AND rerating_id = $2 AND NOT done)

-- name: end_posting
UPDATE rerating SET state = 'posted', finished_at = $3
WHERE account_id = $1 AND rerating_id = $2 AND state = 'posting'

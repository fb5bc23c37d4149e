-- name: insert_follower
INSERT INTO follower (account_id, usage_id, rating_revision, follows, state, waits_since, look_at, rated_usage)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb)

-- name: find_rated_usage
-- What a use without a charge was rated.
SELECT rated_usage::text FROM follower WHERE account_id = $1 AND usage_id = $2 AND rating_revision = $3

-- name: lock_ended_and_woken
-- Ratings that are taken back, and whatever follows some legs, locked in key order.
SELECT FROM follower f JOIN (
    SELECT * FROM unnest($1::text[], $2::uuid[], $3::int[]) AS ended (account_id, usage_id, rating_revision)
    UNION
    SELECT woken.account_id, woken.usage_id, woken.rating_revision
    FROM follower woken JOIN unnest($4::text[], $5::uuid[]) AS leg (account_id, usage_id)
        ON woken.account_id = leg.account_id AND woken.follows = leg.usage_id
) AS mine USING (account_id, usage_id, rating_revision)
ORDER BY f.account_id, f.usage_id, f.rating_revision FOR UPDATE OF f

-- name: delete_followers
-- Ratings that were taken back follow nothing.
DELETE FROM follower f USING unnest($1::text[], $2::uuid[], $3::int[]) AS ended (account_id, usage_id, rating_revision)
WHERE f.account_id = ended.account_id AND f.usage_id = ended.usage_id AND f.rating_revision = ended.rating_revision

-- name: wake_followers
-- What follows these legs is to be looked at now.
UPDATE follower f SET look_at = $3
FROM unnest($1::text[], $2::uuid[]) AS leg (account_id, usage_id)
WHERE f.account_id = leg.account_id AND f.follows = leg.usage_id

-- name: list_accounts_due
-- Accounts with something to look at, the longest due first.
SELECT account_id FROM follower WHERE look_at <= $1 GROUP BY account_id ORDER BY min(look_at), account_id LIMIT $2

-- name: list_due
-- Ratings of an account to look at, the longest due first.
SELECT usage_id, rating_revision FROM follower
WHERE account_id = $1 AND look_at <= $2 ORDER BY look_at, usage_id, rating_revision LIMIT $3

-- name: lock_due
-- Those of these ratings that are still to be looked at, locked in key order.
SELECT f.account_id, f.usage_id, f.rating_revision, f.follows, f.state, f.waits_since, f.look_at,
       f.rated_usage::text AS rated_usage
FROM follower f JOIN unnest($1::text[], $2::uuid[], $3::int[]) AS asked (account_id, usage_id, rating_revision)
    USING (account_id, usage_id, rating_revision)
WHERE f.look_at <= $4
ORDER BY f.account_id, f.usage_id, f.rating_revision FOR UPDATE OF f

-- name: list_leg_ratings
-- The live rating of each of these legs that has one.
SELECT DISTINCT ON (usage_id) usage_id, rating_revision, use_on, charge_ids FROM allocation
WHERE account_id = $1 AND usage_id = ANY ($2::uuid[]) AND state = 'allocated'
ORDER BY usage_id, rating_revision DESC

-- name: list_following
-- What follows these legs and is charged where they are.
SELECT f.follows, a.usage_id, a.rating_revision, a.use_on, a.charge_ids
FROM follower f JOIN allocation a USING (account_id, usage_id, rating_revision)
WHERE f.account_id = $1 AND f.follows = ANY ($2::uuid[]) AND f.state = 'following' AND a.state = 'allocated'

-- name: update_follower
-- Where a locked follower stands now.
UPDATE follower SET state = $4, waits_since = $5, look_at = $6, rated_usage = $7::text::jsonb
WHERE account_id = $1 AND usage_id = $2 AND rating_revision = $3

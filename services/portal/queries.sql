-- name: upsert_accounts
-- The highest version wins, whatever order facts come in; rows are sorted by account.
INSERT INTO account (account_id, version, access, deleted)
SELECT * FROM unnest($1::text[], $2::int[], $3::text[], $4::boolean[])
ON CONFLICT (account_id) DO UPDATE
SET version = EXCLUDED.version, access = EXCLUDED.access, deleted = EXCLUDED.deleted
WHERE account.version < EXCLUDED.version

-- name: find_access
-- What decides in an account what its people may do; nothing when no fact of it has come.
SELECT access FROM account WHERE account_id = $1

-- name: list_sign_in_accounts
-- The accounts with an active person of this sign-in name.
SELECT accounts_of_sign_in_name($1) AS account_id

-- name: find_session_account
-- The account of a session, by its cookie's hash.
SELECT account_of_session($1)

-- name: find_api_key_account
-- The account of an API key.
SELECT account_of_api_key($1)

-- name: count_attempt
-- Take an attempt down; how many there were since $3, this one counted.
SELECT count_sign_in_attempt($1, $2, $3)

-- name: forget_attempts
-- A name that signed in begins anew.
SELECT forget_sign_in_attempts($1)

-- name: insert_person
-- A new person; nothing when the account has that sign-in name.
INSERT INTO person (account_id, person_id, version, sign_in_name, name, password_hash, role, access_groups, units,
                    active, created_at)
VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, true, $9)
ON CONFLICT (account_id, sign_in_name) DO NOTHING RETURNING person_id

-- name: find_person_by_name
-- An active person as sign-in needs it.
SELECT person_id, password_hash FROM person WHERE account_id = $1 AND sign_in_name = $2 AND active

-- name: find_person
-- A person, without the password's hash.
SELECT person_id, version, sign_in_name, name, role, access_groups, units, active, created_at
FROM person WHERE account_id = $1 AND person_id = $2

-- name: lock_person
-- As find_person, held until the transaction ends.
SELECT person_id, version, sign_in_name, name, role, access_groups, units, active, created_at
FROM person WHERE account_id = $1 AND person_id = $2 FOR UPDATE

-- name: list_caller_names
-- What these people and keys are called.
SELECT person_id AS id, name FROM person WHERE account_id = $1 AND person_id = ANY ($2::uuid[])
UNION ALL
SELECT key_id, name FROM api_key WHERE account_id = $1 AND key_id = ANY ($2::uuid[])

-- name: list_people
-- People of an account after an id, oldest first.
SELECT person_id, version, sign_in_name, name, role, access_groups, units, active, created_at
FROM person WHERE account_id = $1 AND ($2::uuid IS NULL OR person_id > $2) ORDER BY person_id LIMIT $3

-- name: update_person
-- What may be changed of a person: the next version.
UPDATE person SET version = version + 1, role = $3, access_groups = $4, units = $5, active = $6
WHERE account_id = $1 AND person_id = $2

-- name: update_password
-- Another password, unless it is not the one whose hash was looked at any more.
UPDATE person SET password_hash = $4 WHERE account_id = $1 AND person_id = $2 AND password_hash = $3 AND active
RETURNING person_id

-- name: count_admins
-- How many active Admins without a limit the account has beside this person.
SELECT count(*) FROM person
WHERE account_id = $1 AND person_id <> $2 AND role = 'admin' AND units IS NULL AND active

-- name: insert_session
-- A new session.
INSERT INTO session (account_id, session_hash, person_id, created_at, last_seen_at, expires_at)
VALUES ($1, $2, $3, $4, $4, $5)

-- name: find_session
-- A session that is still good, with what its person was given and what decides in the account how much of it counts.
SELECT s.person_id, s.last_seen_at, p.name, p.sign_in_name, p.role, p.access_groups, p.units, a.access
FROM session s JOIN person p ON p.account_id = s.account_id AND p.person_id = s.person_id
    LEFT JOIN account a ON a.account_id = s.account_id
WHERE s.account_id = $1 AND s.session_hash = $2 AND s.expires_at > $3 AND s.last_seen_at > $4 AND p.active

-- name: touch_session
-- It was used.
UPDATE session SET last_seen_at = $3 WHERE account_id = $1 AND session_hash = $2

-- name: delete_session
-- Sign out here.
DELETE FROM session WHERE account_id = $1 AND session_hash = $2

-- name: delete_sessions
-- Sign out everywhere; how many sessions that were.
WITH gone AS (DELETE FROM session WHERE account_id = $1 AND person_id = $2 RETURNING 1) SELECT count(*) FROM gone

-- name: delete_other_sessions
-- Sign out everywhere but here; how many sessions that were.
WITH gone AS (
    DELETE FROM session WHERE account_id = $1 AND person_id = $2 AND session_hash <> $3 RETURNING 1
) SELECT count(*) FROM gone

-- name: insert_api_key
-- A new key; its secret is kept as a hash only.
INSERT INTO api_key (account_id, key_id, name, secret_hash, access_groups, units, created_by, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: find_api_key
-- A key that is still good.
SELECT key_id, secret_hash, access_groups, units, last_used_at FROM api_key
WHERE account_id = $1 AND key_id = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3)

-- name: list_api_keys
-- Keys of an account after an id, oldest first, without their hashes.
SELECT key_id, name, access_groups, units, created_by, created_at, expires_at, last_used_at, revoked_at
FROM api_key WHERE account_id = $1 AND ($2::uuid IS NULL OR key_id > $2) ORDER BY key_id LIMIT $3

-- name: find_listed_api_key
-- One key as list_api_keys shows it.
SELECT key_id, name, access_groups, units, created_by, created_at, expires_at, last_used_at, revoked_at
FROM api_key WHERE account_id = $1 AND key_id = $2

-- name: touch_api_key
-- It was used.
UPDATE api_key SET last_used_at = $3 WHERE account_id = $1 AND key_id = $2

-- name: revoke_api_key
-- End a key at once; nothing when there is none or it has been revoked.
UPDATE api_key SET revoked_at = $3 WHERE account_id = $1 AND key_id = $2 AND revoked_at IS NULL RETURNING key_id

-- name: insert_idempotency_key
-- Begin a request under a key; nothing when the key is known.
INSERT INTO idempotency_key (account_id, caller_id, key, request_hash, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (account_id, caller_id, key) DO NOTHING RETURNING true

-- name: find_idempotency_key
-- What is known of a request under a key.
SELECT request_hash, status, headers, body, created_at FROM idempotency_key
WHERE account_id = $1 AND caller_id = $2 AND key = $3

-- name: update_idempotency_key
-- What was answered.
UPDATE idempotency_key SET status = $4, headers = $5, body = $6 WHERE account_id = $1 AND caller_id = $2 AND key = $3

-- name: delete_idempotency_key
-- The request reached nobody: it may be sent again.
DELETE FROM idempotency_key WHERE account_id = $1 AND caller_id = $2 AND key = $3

-- name: lock_signing_keys
-- One process plans keys at a time.
SELECT pg_advisory_xact_lock(hashtextextended('portal:signing-keys', 0))

-- name: list_signing_keys
-- Keys that may still verify something.
SELECT key_id, version, public_key, valid_from_at, valid_until_at FROM signing_key
WHERE valid_until_at > $1 ORDER BY valid_from_at, key_id

-- name: upsert_signing_key
-- A new key, or the next version of one.
INSERT INTO signing_key (key_id, version, public_key, valid_from_at, valid_until_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (key_id) DO UPDATE SET version = excluded.version, valid_until_at = excluded.valid_until_at

-- name: delete_expired
-- What no longer counts: sessions, attempts, answers to repeated requests.
WITH s AS (DELETE FROM session WHERE expires_at < $1 RETURNING 1),
     a AS (DELETE FROM sign_in_attempt WHERE attempted_at < $2 RETURNING 1),
     i AS (DELETE FROM idempotency_key WHERE created_at < $2 RETURNING 1)
SELECT (SELECT count(*) FROM s) + (SELECT count(*) FROM a) + (SELECT count(*) FROM i)

-- name: insert_audit_head
-- The beginning of an account's chain, where it has none.
INSERT INTO audit_head (account_id, seq, hash) VALUES ($1, 0, $2) ON CONFLICT (account_id) DO NOTHING

-- name: lock_audit_head
-- The end of the chain, held until the transaction ends.
SELECT seq, hash FROM audit_head WHERE account_id = $1 FOR UPDATE

-- name: update_audit_head
-- The new end of the chain.
UPDATE audit_head SET seq = $2, hash = $3 WHERE account_id = $1

-- name: insert_audit_entries
-- Entries of one request, as they were hashed.
INSERT INTO audit_entry (account_id, at, caller_kind, caller_id, request_id, seq, action, subject, before, after,
                         previous_hash, hash)
SELECT $1, $2, $3, $4, $5, new.*
FROM unnest($6::bigint[], $7::text[], $8::text[], $9::text[], $10::text[], $11::bytea[], $12::bytea[])
    AS new (seq, action, subject, before, after, previous_hash, hash)

-- name: plan_anew
-- The list is planned for what is asked: each filter has an index of its own.
SET LOCAL plan_cache_mode = force_custom_plan

-- name: list_audit
-- Entries before a number, newest first; of [$3, $4), of subject $5, by caller $6 where asked.
SELECT account_id, seq, at, caller_kind, caller_id, action, subject, before, after, request_id, previous_hash, hash
FROM audit_entry
WHERE account_id = $1 AND ($2::bigint IS NULL OR seq < $2)
  AND ($3::timestamptz IS NULL OR at >= $3) AND ($4::timestamptz IS NULL OR at < $4)
  AND ($5::text IS NULL OR subject = $5) AND ($6::text IS NULL OR caller_id = $6)
ORDER BY seq DESC LIMIT $7

-- name: list_audit_onward
-- Entries after number $2 up to number $3, oldest first.
SELECT account_id, seq, at, caller_kind, caller_id, action, subject, before, after, request_id, previous_hash, hash
FROM audit_entry WHERE account_id = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4

-- name: get_audit_end
-- The number of the chain's last entry, 0 for an account without any.
SELECT coalesce((SELECT seq FROM audit_head WHERE account_id = $1), 0)

-- name: list_conflicts
-- What stands in one service's quarantine, oldest first, with the decision where there is one.
SELECT c.account_id, c.topic, c.partition, c.record_offset, c.source, c.event_id, c.reason, c.recorded_at,
       r.resolution, r.resolved_by, r.resolved_at
FROM event_conflict c LEFT JOIN conflict_resolution r USING (account_id, topic, partition, record_offset)
WHERE ($1::text IS NULL OR c.account_id = $1) AND ($2 OR r.resolution IS NULL)
ORDER BY c.recorded_at, c.topic, c.partition, c.record_offset

-- name: find_conflict
-- One record in quarantine as it came.
SELECT c.account_id, c.topic, c.partition, c.record_offset, c.source, c.event_id, c.reason, c.recorded_at,
       c.record_key, c.record_value, r.resolution, r.resolved_by, r.resolved_at
FROM event_conflict c LEFT JOIN conflict_resolution r USING (account_id, topic, partition, record_offset)
WHERE c.topic = $1 AND c.partition = $2 AND c.record_offset = $3

-- name: insert_resolution
-- Decide once: a decision that was taken stays as it is.
INSERT INTO conflict_resolution (account_id, topic, partition, record_offset, resolution, resolved_by, resolved_at)
VALUES ($1, $2, $3, $4, 'kept_first', $5, $6)
ON CONFLICT DO NOTHING
RETURNING true

-- name: claim_position
-- Take up a partition: raise its epoch; a partition never read before begins at $5.
INSERT INTO input_position (consumer_group, topic, partition, owner, next_offset, epoch)
VALUES ($1, $2, $3, $4, $5, 1)
ON CONFLICT (consumer_group, topic, partition) DO UPDATE SET epoch = input_position.epoch + 1, owner = $4
RETURNING next_offset, epoch

-- name: move_position
-- The first statement of a batch: only who claimed last, and only from where it read.
UPDATE input_position SET next_offset = $6
WHERE consumer_group = $1 AND topic = $2 AND partition = $3 AND epoch = $4 AND next_offset = $5
RETURNING true

-- name: insert_fate
-- What became of the batch's offsets.
INSERT INTO offset_fate (topic, partition, first_offset, last_offset, accepted, duplicate, conflict,
                         dead_letter, suspense, absent, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)

-- name: insert_seen
-- Remember identities, in key order so that two batches cannot lock each other. How many were new, and which, unless
-- all were. Columns come as one text each: none holds a space, and the driver looks at every element of an array.
WITH fresh AS (
    INSERT INTO seen_event (account_id, source, event_id, content_hash)
    SELECT account_id, source, event_id, decode(content_hash, 'hex')
    FROM unnest(string_to_array($1, ' '), string_to_array($2, ' '), string_to_array($3, ' '),
                string_to_array($4, ' ')) AS event (account_id, source, event_id, content_hash)
    ON CONFLICT DO NOTHING
    RETURNING account_id, source, event_id
), counted AS (SELECT count(*) AS new FROM fresh)
SELECT new, CASE WHEN new < $5::integer THEN
    (SELECT json_agg(json_build_array(account_id, source, event_id)) FROM fresh) END AS which
FROM counted

-- name: list_seen
-- The content hashes of known identities.
SELECT account_id, source, event_id, content_hash FROM seen_event
JOIN unnest($1::text[], $2::text[], $3::text[]) AS asked (account_id, source, event_id)
    USING (account_id, source, event_id)

-- name: insert_conflict
-- Hold a record back; the same record read again changes nothing.
INSERT INTO event_conflict (account_id, topic, partition, record_offset, source, event_id, reason,
                            record_key, record_value, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT DO NOTHING

-- name: list_positions
-- Where this group stands.
SELECT topic, partition, next_offset, epoch, owner FROM input_position WHERE consumer_group = $1

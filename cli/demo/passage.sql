-- name: list_standing
-- Where this service stands in each partition it reads and, with every row, what it has yet to publish.
SELECT position.topic, position.partition, position.next_offset, lanes.unpublished
FROM (SELECT coalesce(sum(last_seq - published_seq), 0)::bigint AS unpublished FROM outbox_lane) lanes
LEFT JOIN input_position position ON true

-- name: sum_fates
-- What became of half-open ranges of offsets of one topic, one range for each partition.
SELECT coalesce(sum(fate.accepted), 0)::bigint AS accepted, coalesce(sum(fate.duplicate), 0)::bigint AS duplicate,
       coalesce(sum(fate.conflict), 0)::bigint AS conflict, coalesce(sum(fate.suspense), 0)::bigint AS suspense,
       coalesce(sum(fate.dead_letter), 0)::bigint AS dead_letter
FROM offset_fate fate
JOIN unnest($2::int[], $3::bigint[], $4::bigint[]) AS played (partition, from_offset, until_offset) USING (partition)
WHERE fate.topic = $1 AND fate.first_offset >= played.from_offset AND fate.last_offset < played.until_offset

-- name: count_behind_their_calls
-- What belongs to calls that are charged, and is not yet where they are.
SELECT count(*) FROM follower f
WHERE f.look_at IS NOT NULL
  AND (f.state = 'following'
       OR EXISTS (SELECT FROM allocation a
                  WHERE a.account_id = f.account_id AND a.usage_id = f.follows AND a.state = 'allocated'))

-- name: insert_lane
-- A lane that may exist already.
INSERT INTO outbox_lane (lane, account_id, standing) VALUES ($1, $2, $3) ON CONFLICT (lane) DO NOTHING

-- name: draw_sequence
-- The lane's next numbers; its row stays locked until the transaction ends, so numbers are in commit order.
UPDATE outbox_lane SET last_seq = last_seq + $2 WHERE lane = $1 RETURNING last_seq - $2

-- name: list_lanes
-- Which of these lanes exist.
SELECT lane FROM outbox_lane WHERE lane = ANY ($1::text[])

-- name: insert_standing_lanes
-- Standing lanes that may exist already, in the order in which all lock them.
INSERT INTO outbox_lane (lane, account_id, standing)
SELECT lane, NULL, true FROM unnest($1::text[]) AS asked (lane) ORDER BY lane COLLATE "C"
ON CONFLICT (lane) DO NOTHING

-- name: draw_sequences
-- As draw_sequence, for several standing lanes in one order; lanes that do not exist stay out of the answer.
WITH locked AS (
    SELECT own.lane, own.last_seq, asked.wanted
    FROM outbox_lane own JOIN unnest($1::text[], $2::bigint[]) AS asked (lane, wanted) ON own.lane = asked.lane
    ORDER BY own.lane FOR UPDATE OF own
)
UPDATE outbox_lane SET last_seq = locked.last_seq + locked.wanted
FROM locked WHERE outbox_lane.lane = locked.lane
RETURNING outbox_lane.lane, locked.last_seq AS drawn

-- name: insert_message_list
-- One list of messages of one transaction to one topic.
INSERT INTO outbox (lane, first_seq, message_count, topic, account_id, messages, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)

-- name: move_cursor
-- The broker has confirmed up to $2. Nothing moves when another owner has taken the lane since.
WITH moved AS (
    UPDATE outbox_lane SET published_seq = $2 WHERE lane = $1 AND epoch = $3 AND published_seq < $2
    RETURNING lane
)
DELETE FROM outbox USING moved WHERE outbox.lane = moved.lane AND outbox.first_seq <= $2

-- name: list_waiting
-- What lanes have not published yet, each oldest first, a few lists of each at a time.
SELECT asked.lane, own.first_seq, own.topic, own.messages
FROM unnest($1::text[], $2::bigint[]) AS asked (lane, published_seq)
CROSS JOIN LATERAL (
    SELECT first_seq, topic, messages FROM outbox
    WHERE lane = asked.lane AND first_seq > asked.published_seq ORDER BY first_seq LIMIT $3
) own
ORDER BY asked.lane, own.first_seq

-- name: move_cursors
-- As move_cursor, for several lanes in the order in which all lock them: one commit for all.
WITH locked AS (
    SELECT own.lane, asked.seq
    FROM outbox_lane own JOIN unnest($1::text[], $2::bigint[], $3::bigint[]) AS asked (lane, seq, epoch)
        ON own.lane = asked.lane AND own.epoch = asked.epoch AND own.published_seq < asked.seq
    ORDER BY own.lane FOR UPDATE OF own
), moved AS (
    UPDATE outbox_lane SET published_seq = locked.seq FROM locked WHERE outbox_lane.lane = locked.lane
    RETURNING outbox_lane.lane, locked.seq
)
DELETE FROM outbox USING moved WHERE outbox.lane = moved.lane AND outbox.first_seq <= moved.seq

-- name: take_lane
-- Own a lane from now on: whoever owned it before can no longer move its cursor.
UPDATE outbox_lane SET epoch = $2 WHERE lane = $1 AND epoch <= $2 RETURNING published_seq, last_seq

-- name: list_waiting_standing_lanes
-- Standing lanes with something to publish.
SELECT lane, published_seq, epoch, last_seq - published_seq AS waiting FROM outbox_lane WHERE standing AND published_seq < last_seq ORDER BY lane

-- name: get_depth
-- How much waits and since when; for the gauges.
SELECT count(*) AS depth, min(recorded_at) AS oldest FROM outbox

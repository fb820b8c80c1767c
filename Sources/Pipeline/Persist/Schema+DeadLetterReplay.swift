import Postgres

extension Schema {
    /// Letters of several clusters in one database, letters that were replayed, and letters without their value.
    static let deadLetterReplay = Migration(
        name: "0003-dead-letter-replay",
        sql: """
            ALTER TABLE dead_letters
                ADD COLUMN cluster_id    text        NOT NULL DEFAULT '',
                ADD COLUMN replays       integer     NOT NULL DEFAULT 0,
                ADD COLUMN replayed_at   timestamptz,
                ADD COLUMN failed_replay text,
                ADD COLUMN omitted_bytes bigint,
                DROP CONSTRAINT dead_letters_pkey,
                ADD PRIMARY KEY (cluster_id, source_topic, source_partition, source_offset);
            COMMENT ON COLUMN dead_letters.cluster_id IS
                'The Kafka cluster of the source topic; empty in rows from before this column';
            COMMENT ON COLUMN dead_letters.replays IS 'How often the original was put back on its topic';
            COMMENT ON COLUMN dead_letters.replayed_at IS
                'When the broker acknowledged the last replay; NULL while the letter waits for an operator';
            COMMENT ON COLUMN dead_letters.failed_replay IS
                'The replayed message that failed last, TOPIC/PARTITION/OFFSET; NULL for the original itself';
            COMMENT ON COLUMN dead_letters.omitted_bytes IS
                'Size of the value where it was too large for a dead letter and stayed on the source topic';
            """)
}

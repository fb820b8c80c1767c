import Postgres

extension Schema {
    /// Which replay a letter was last sent with.
    static let lastReplay = Migration(
        name: "0006-last-replay",
        sql: """
            ALTER TABLE dead_letters ADD COLUMN last_replay text;
            COMMENT ON COLUMN dead_letters.last_replay IS
                'Where the last acknowledged replay lies, TOPIC/PARTITION/OFFSET: an earlier one that fails says nothing of it';
            """)
}

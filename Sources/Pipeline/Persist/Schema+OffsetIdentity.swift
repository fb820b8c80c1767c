extension Schema {
    static let offsetIdentity = """
        ALTER TABLE consumer_offsets ADD COLUMN last_message text;
        COMMENT ON COLUMN consumer_offsets.last_message IS
            'Timestamp, length and checksum of the message before next_offset: another one there is another topic';
        """
}

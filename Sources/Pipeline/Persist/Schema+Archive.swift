extension Schema {
    /// How far each archived day has come. A day in the table takes no rows, whatever its state.
    static let archive = """
        ALTER TABLE archived_days
            ADD COLUMN state text NOT NULL DEFAULT 'dropped'
                CHECK (state IN ('exporting', 'exported', 'detached', 'dropped')),
            ADD COLUMN changed_at          timestamptz NOT NULL DEFAULT now(),
            ADD COLUMN export_id           uuid,
            ADD COLUMN path                text,
            ADD COLUMN images_rows         bigint,
            ADD COLUMN images_checksum     text,
            ADD COLUMN inferences_rows     bigint,
            ADD COLUMN inferences_checksum text;
        COMMENT ON TABLE archived_days IS 'Days that are archived or on the way there: late events are dead letters';
        COMMENT ON COLUMN archived_days.state IS
            'exporting: files being written; exported: files verified; detached: partitions taken off their tables; dropped';
        COMMENT ON COLUMN archived_days.path IS 'The folder of the files, on the machine that exported';
        """
}

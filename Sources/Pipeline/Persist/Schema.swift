import Postgres

/// The tables, as named, ordered migrations. A migration that was released never changes: add another.
public enum Schema {
    /// All migrations, oldest first.
    public static let migrations = [
        Migration(name: "0001-images-and-inferences", sql: imagesAndInferences),
        Migration(name: "0002-offsets-and-dead-letters", sql: offsetsAndDeadLetters),
        deadLetterReplay,
        Migration(name: "0004-offset-identity", sql: offsetIdentity),
        Migration(name: "0005-archive", sql: archive),
        lastReplay,
    ]

    /// Pictures are compressed already, so PostgreSQL is told not to try (EXTERNAL). Each day's partition keeps them in the
    /// row (`toast_tuple_target`, see `DayPartitions`).
    private static let imagesAndInferences = """
        CREATE TABLE images (
            id              uuid        NOT NULL,
            device_id       text        NOT NULL,
            captured_at     timestamptz NOT NULL,
            label           text,
            png             bytea       NOT NULL,
            kafka_topic     text        NOT NULL,
            kafka_partition integer     NOT NULL,
            kafka_offset    bigint      NOT NULL,
            persisted_at    timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (captured_at, id)
        ) PARTITION BY RANGE (captured_at);
        ALTER TABLE images ALTER COLUMN png SET STORAGE EXTERNAL;
        COMMENT ON TABLE images IS 'One row for each captured image, partitioned by UTC day of captured_at';
        COMMENT ON COLUMN images.captured_at IS 'When the device meant to send, floored to microseconds';
        COMMENT ON COLUMN images.label IS 'Ground truth, where the dataset has it';

        CREATE TABLE inferences (
            image_id        uuid        NOT NULL,
            captured_at     timestamptz NOT NULL,
            model           text        NOT NULL,
            model_version   text        NOT NULL,
            precision       text        NOT NULL,
            label           text        NOT NULL,
            probability     double precision NOT NULL,
            top5            jsonb       NOT NULL,
            received_at     timestamptz NOT NULL,
            decoded_at      timestamptz NOT NULL,
            inferred_at     timestamptz NOT NULL,
            kafka_topic     text        NOT NULL,
            kafka_partition integer     NOT NULL,
            kafka_offset    bigint      NOT NULL,
            persisted_at    timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (captured_at, image_id, model_version)
        ) PARTITION BY RANGE (captured_at);
        COMMENT ON TABLE inferences IS 'One row for each image and model version, partitioned as images is';
        COMMENT ON COLUMN inferences.label IS 'The most probable class; top5 has the first five';

        CREATE VIEW classified_images AS
            SELECT i.id, i.device_id, i.captured_at, i.label AS true_label, n.label, n.probability, n.top5,
                   n.model, n.model_version, n.precision, n.received_at, n.decoded_at, n.inferred_at, i.png
            FROM images i
            JOIN inferences n ON n.captured_at = i.captured_at AND n.image_id = i.id;
        """

    private static let offsetsAndDeadLetters = """
        CREATE TABLE consumer_offsets (
            cluster_id  text    NOT NULL,
            group_id    text    NOT NULL,
            topic       text    NOT NULL,
            partition   integer NOT NULL,
            next_offset bigint  NOT NULL,
            updated_at  timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (cluster_id, group_id, topic, partition)
        ) WITH (fillfactor = 50);
        COMMENT ON TABLE consumer_offsets IS 'How far persist has stored each partition, in the rows'' own transaction';

        CREATE TABLE dead_letters (
            source_topic     text        NOT NULL,
            source_partition integer     NOT NULL,
            source_offset    bigint      NOT NULL,
            stage            text        NOT NULL,
            error_code       text        NOT NULL,
            error_message    text        NOT NULL,
            image_id         uuid,
            occurred_at      timestamptz NOT NULL,
            key              bytea,
            value            bytea       NOT NULL,
            headers          jsonb       NOT NULL,
            persisted_at     timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (source_topic, source_partition, source_offset)
        );
        COMMENT ON TABLE dead_letters IS 'What could not be processed, unchanged, and why';

        CREATE TABLE archived_days (
            day         date        PRIMARY KEY,
            archived_at timestamptz NOT NULL DEFAULT now()
        );
        COMMENT ON TABLE archived_days IS 'Days whose partitions were exported and dropped: late events are dead letters';
        """
}

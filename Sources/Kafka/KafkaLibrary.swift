import CRdKafka

/// The Kafka client library that is loaded.
public enum KafkaLibrary {
    /// librdkafka's version, such as `2.0.2`.
    public static var version: String { String(cString: rd_kafka_version_str()) }
}

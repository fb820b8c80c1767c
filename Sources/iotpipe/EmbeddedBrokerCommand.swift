import Arguments
import Pipeline
import Threads

/// `iotpipe embedded-broker`: the demo's Kafka, in a process of its own.
enum EmbeddedBrokerCommand {
    static let command = Command(
        name: "embedded-broker", abstract: "a Kafka broker in memory, for trying out",
        discussion: """
            librdkafka's mock cluster on a loopback port, with the topics of the pipeline, until SIGTERM; the first line \
            of standard output is its address. It keeps 5 MiB a partition and drops the oldest beyond that: nothing that \
            matters belongs on it.
            """,
        options: [TopicOptions.partitions], isHidden: true,
        run: { arguments in
            StopSignal.shared.install()
            var topics = TopicSetup()
            topics.partitions = Int32(arguments[TopicOptions.partitions])
            try EmbeddedBrokerRole.run(topics: topics, stop: .shared)
            return ExitStatus.success.rawValue
        })
}

import Arguments
import Events
import Pipeline

/// The options that choose among dead letters. None has a variable: one that was left set would choose unseen.
enum DeadLetterFilterOptions {
    static let stage = Option(
        "stage", optional: .choice(DeadLetter.Stage.self), value: "STAGE", help: "Only those that this role gave up."
    ).withoutVariable()
    static let errorCode = Option(
        "error-code", optional: .text, value: "CODE", help: "Only those with this error code."
    )
    .withoutVariable()
    static let topic = Option("topic", optional: .text, value: "TOPIC", help: "Only those from this topic.")
        .withoutVariable()
    static let since = Option(
        "since", optional: moment,
        help: "Only those that failed since then: 2h for two hours ago, a day, or 2026-11-24T01:02:03Z."
    ).withoutVariable()
    static let until = Option("until", optional: moment, help: "Only those that failed before then.").withoutVariable()
    static let cluster = Option(
        "cluster", optional: .text, value: "CLUSTER", help: "Only those of the Kafka cluster with this id."
    ).withoutVariable()

    static let group = OptionGroup("Filter", [stage, errorCode, topic, since, until, cluster])

    /// The filter that the options make.
    static func filter(_ arguments: ParsedArguments) -> DeadLetterFilter {
        var filter = DeadLetterFilter()
        filter.stage = arguments[stage]
        filter.errorCode = arguments[errorCode]
        filter.topic = arguments[topic]
        filter.since = arguments[since]
        filter.until = arguments[until]
        filter.cluster = arguments[cluster]
        return filter
    }

    /// Whether an option chooses among letters; `--cluster` alone only says which of several an ID means.
    static func isGiven(_ arguments: ParsedArguments) -> Bool {
        [arguments.isGiven(stage), arguments.isGiven(errorCode), arguments.isGiven(topic)].contains(true)
            || arguments.isGiven(since) || arguments.isGiven(until)
    }

    /// The place of a message.
    static let place = ValueType<MessagePlace>(
        placeholder: "ID",
        parse: { (text) throws(ArgumentError) -> MessagePlace in
            guard let place = MessagePlace(text) else {
                throw .badValue("an ID is TOPIC/PARTITION/OFFSET, such as iot.images/0/42")
            }
            return place
        },
        format: \.description)

    /// An instant: that long ago, or a time with its zone.
    static let moment = ValueType<Timestamp>(
        placeholder: "TIME",
        parse: { (text) throws(ArgumentError) -> Timestamp in
            let full = text.utf8.count == 10 ? text + "T00:00:00Z" : text
            if let stamp = try? Timestamp(rfc3339: full) { return stamp }
            guard let age = try? ValueType<Duration>.duration().value(of: text) else {
                throw .badValue(
                    "a time is how long ago, such as 2h, or a day, such as 2026-11-24, or 2026-11-24T01:02:03Z")
            }
            let nanoseconds = age.components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
            guard !nanoseconds.overflow else { throw .badValue("a time is after 1970") }
            return Timestamp.now.adding(nanoseconds: -nanoseconds.partialValue)
        },
        format: \.rfc3339)
}

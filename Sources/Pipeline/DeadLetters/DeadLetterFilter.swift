import Events
import Postgres

/// Which of the stored dead letters are meant.
public struct DeadLetterFilter: Sendable {
    /// The stage that gave up; nil for any.
    public var stage: DeadLetter.Stage?
    /// The kind of the fault; nil for any.
    public var errorCode: String?
    /// The source topic; nil for any.
    public var topic: String?
    /// The Kafka cluster's id; nil for any.
    public var cluster: String?
    /// Failed at that instant or later; nil for any.
    public var since: Timestamp?
    /// Failed before that instant; nil for any.
    public var until: Timestamp?
    /// Whether those that were replayed and have not failed again are meant too.
    public var includesReplayed = false

    /// All that wait for an operator.
    public init() {}

    /// The condition in SQL, and its parameters.
    var condition: (sql: String, parameters: [Parameter]) {
        var terms = includesReplayed ? ["true"] : ["replayed_at IS NULL"]
        var parameters: [Parameter] = []
        func add(_ term: String, _ parameter: Parameter) {
            parameters.append(parameter)
            terms.append(term + " $\(parameters.count)")
        }
        if let stage { add("stage =", .text(stage.rawValue)) }
        if let errorCode { add("error_code =", .text(errorCode)) }
        if let topic { add("source_topic =", .text(topic)) }
        if let cluster { add("cluster_id =", .text(cluster)) }
        if let since { add("occurred_at >=", .timestamptz(microseconds: since.microseconds)) }
        if let until { add("occurred_at <", .timestamptz(microseconds: until.microseconds)) }
        return (terms.joined(separator: " AND "), parameters)
    }
}

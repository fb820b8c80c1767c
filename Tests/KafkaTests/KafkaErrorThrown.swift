import Kafka
import Testing

/// The Kafka error that `body` throws; nil, and a recorded issue, where it throws none. (`#expect(throws:)` hands the
/// error back from Swift 6.1 on only.)
func kafkaError<Value>(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Value
) -> KafkaError? {
    do {
        _ = try body()
        Issue.record("no error was thrown", sourceLocation: sourceLocation)
    } catch let error as KafkaError {
        return error
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
    return nil
}

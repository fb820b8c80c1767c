import Testing

/// The error of that type that `body` throws; records an issue where it throws none or another.
func thrown<Failure: Error, Result>(
    _ type: Failure.Type, sourceLocation: SourceLocation = #_sourceLocation, by body: () throws -> Result
) -> Failure? {
    do {
        _ = try body()
        Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch let error as Failure {
        return error
    } catch {
        Issue.record("thrown was \(error)", sourceLocation: sourceLocation)
    }
    return nil
}

import Testing

@testable import Inference

/// Checks that `body` throws an error of that code.
///
/// - Returns: the error's sentence.
@discardableResult
func expectError<Result>(
    _ code: InferenceError.Code, _ body: () throws -> Result, sourceLocation: SourceLocation = #_sourceLocation
) -> String? {
    do {
        _ = try body()
        Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch let error as InferenceError {
        #expect(error.code == code, sourceLocation: sourceLocation)
        return error.message
    } catch {
        Issue.record("\(error) was thrown", sourceLocation: sourceLocation)
    }
    return nil
}

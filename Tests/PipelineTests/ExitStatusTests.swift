import Testing

@testable import HTTP
@testable import Images
@testable import Inference
@testable import Kafka
@testable import Latency
@testable import Pipeline
@testable import Postgres

@Suite struct ExitStatusTests {
    /// The table of exit codes in the README.
    @Test func statusesHaveTheirNumbers() {
        #expect(
            [
                Pipeline.ExitStatus.success, .degraded, .usage, .badData, .inputMissing, .unavailable, .internalFailure,
                .cannotCreate, .ioFailure, .temporaryFailure, .notAuthorized,
            ].map(\.rawValue) == [0, 1, 64, 65, 66, 69, 70, 73, 74, 75, 77])
    }

    @Test(
        arguments: [
            (.unreachable, .unavailable), (.authentication, .notAuthorized), (.authorization, .notAuthorized),
            (.unknownTopic, .unavailable), (.messageTooLarge, .badData), (.queueFull, .temporaryFailure),
            (.timedOut, .unavailable), (.transport, .unavailable), (.fatal, .internalFailure), (.configuration, .usage),
            (.offsetOutOfRange, .badData), (.other, .internalFailure),
        ] as [(KafkaError.Code, Pipeline.ExitStatus)])
    func kafka(code: KafkaError.Code, status: Pipeline.ExitStatus) {
        #expect(Pipeline.ExitStatus(of: KafkaError(code, "a test")) == status)
    }

    @Test(
        arguments: [
            (.unreachable, .unavailable), (.authentication, .notAuthorized), (.permission, .notAuthorized),
            (.noSuchDatabase, .unavailable), (.configuration, .usage), (.connectionLost, .unavailable),
            (.diskFull, .ioFailure), (.deadlock, .temporaryFailure), (.migration, .badData),
            (.serverMissing, .unavailable), (.syntax, .internalFailure), (.uniqueViolation, .internalFailure),
        ] as [(PostgresError.Code, Pipeline.ExitStatus)])
    func postgres(code: PostgresError.Code, status: Pipeline.ExitStatus) {
        #expect(Pipeline.ExitStatus(of: PostgresError(code, "a test")) == status)
    }

    @Test(arguments: ImageError.Code.allCases)
    func images(code: ImageError.Code) {
        #expect(Pipeline.ExitStatus(of: ImageError(code, "a test")) == (code == .unreadable ? .inputMissing : .badData))
    }

    @Test(
        arguments: [
            (.shimMissing, .unavailable), (.weightsUnreadable, .inputMissing), (.weightsShape, .badData),
            (.weightsFormat, .badData), (.weightsMissingTensor, .badData), (.device, .usage), (.precision, .usage),
            (.outOfMemory, .internalFailure), (.internalFailure, .internalFailure),
        ] as [(InferenceError.Code, Pipeline.ExitStatus)])
    func inference(code: InferenceError.Code, status: Pipeline.ExitStatus) {
        #expect(Pipeline.ExitStatus(of: InferenceError(code, "a test")) == status)
    }

    @Test(
        arguments: [
            (.unreadable, .inputMissing), (.malformed, .badData), (.empty, .badData), (.cannotCreate, .cannotCreate),
            (.writeFailed, .ioFailure),
        ] as [(LatencyError.Code, Pipeline.ExitStatus)])
    func latency(code: LatencyError.Code, status: Pipeline.ExitStatus) {
        #expect(Pipeline.ExitStatus(of: LatencyError(code, "a test")) == status)
    }

    @Test(
        arguments: [
            (.malformedAddress, .usage), (.unknownAddress, .unavailable), (.addressInUse, .unavailable),
            (.notPermitted, .notAuthorized), (.failed, .unavailable),
        ] as [(HTTPError.Code, Pipeline.ExitStatus)])
    func http(code: HTTPError.Code, status: Pipeline.ExitStatus) {
        #expect(Pipeline.ExitStatus(of: HTTPError(code, "a test")) == status)
    }

    @Test func roleErrorsSayTheirOwnAndStrangersAreOurFault() {
        struct Stranger: Error {}
        #expect(Pipeline.ExitStatus(of: RoleError(.cannotCreate, "a test")) == .cannotCreate)
        #expect(Pipeline.ExitStatus(of: Stranger()) == .internalFailure)
    }
}

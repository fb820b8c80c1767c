import HTTP
import Images
import Inference
import Kafka
import Latency
import Postgres

extension ExitStatus {
    /// The exit status that an error deserves, wherever it comes from.
    public init(of error: any Error) {
        switch error {
        case let error as RoleError: self = error.status
        case let error as KafkaError:
            // An election that lasted too long, for one.
            self = error.isRetriable && error.code == .other ? .unavailable : ExitStatus(error.code)
        case let error as PostgresError: self = ExitStatus(error.code)
        case let error as ImageError: self = error.code == .unreadable ? .inputMissing : .badData
        case let error as InferenceError: self = ExitStatus(error.code)
        case let error as LatencyError: self = ExitStatus(error.code)
        case let error as HTTPError:
            switch error.code {
            case .malformedAddress: self = .usage
            case .notPermitted: self = .notAuthorized
            case .unknownAddress, .addressInUse, .failed: self = .unavailable
            }
        default: self = .internalFailure
        }
    }

    private init(_ code: KafkaError.Code) {
        switch code {
        case .authentication, .authorization: self = .notAuthorized
        // Two processes were given one name.
        case .configuration, .fenced: self = .usage
        case .messageTooLarge, .offsetOutOfRange: self = .badData
        case .unreadable: self = .inputMissing
        case .unreachable, .unknownTopic, .timedOut, .transport: self = .unavailable
        case .queueFull: self = .temporaryFailure
        case .topicExists, .fatal, .other: self = .internalFailure
        }
    }

    private init(_ code: PostgresError.Code) {
        switch code {
        case .authentication, .permission: self = .notAuthorized
        case .configuration: self = .usage
        case .unreachable, .noSuchDatabase, .connectionLost, .unavailable, .readOnly, .tooManyConnections,
            .outOfResources, .serverMissing, .cluster:
            self = .unavailable
        case .diskFull: self = .ioFailure
        case .serialization, .deadlock, .lockNotAvailable, .cancelled: self = .temporaryFailure
        case .migration, .invalidValue, .constraintViolation: self = .badData
        case .uniqueViolation, .undefinedObject, .duplicateObject, .syntax, .other: self = .internalFailure
        }
    }

    private init(_ code: InferenceError.Code) {
        switch code {
        case .weightsUnreadable: self = .inputMissing
        case .weightsMissingTensor, .weightsShape, .weightsFormat: self = .badData
        case .device, .precision, .invalidArgument: self = .usage
        case .shimMissing: self = .unavailable
        case .internalFailure, .outOfMemory: self = .internalFailure
        }
    }

    private init(_ code: LatencyError.Code) {
        switch code {
        case .unreadable: self = .inputMissing
        case .malformed, .empty: self = .badData
        case .cannotCreate: self = .cannotCreate
        case .writeFailed: self = .ioFailure
        }
    }
}

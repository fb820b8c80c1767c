/// What the process tells its caller: BSD's `sysexits.h` where it has a code for it.
public enum ExitStatus: Int32, CaseIterable, Sendable {
    /// Done.
    case success = 0
    /// Checked and found wanting: a degraded broker, a worse candidate.
    case degraded = 1
    /// The command line was not understood (EX_USAGE).
    case usage = 64
    /// Data that was read is not what it should be (EX_DATAERR).
    case badData = 65
    /// An input does not exist or cannot be read (EX_NOINPUT).
    case inputMissing = 66
    /// A service cannot be reached (EX_UNAVAILABLE).
    case unavailable = 69
    /// Our own fault (EX_SOFTWARE).
    case internalFailure = 70
    /// A file cannot be created (EX_CANTCREAT).
    case cannotCreate = 73
    /// Input or output failed, such as a full disk (EX_IOERR).
    case ioFailure = 74
    /// Gave up for now, trying again may help: images were not delivered (EX_TEMPFAIL).
    case temporaryFailure = 75
    /// Not authorised (EX_NOPERM).
    case notAuthorized = 77

    /// What it means, in a line.
    public var meaning: String {
        switch self {
        case .success: "done"
        case .degraded: "checked and found wanting: a degraded broker, lost images, a fault of the machine or of a file"
        case .usage: "the command line, or a property of Kafka, was not understood, or two processes share a name"
        case .badData: "data that was read is not what it should be"
        case .inputMissing: "an input is missing or cannot be read"
        case .unavailable: "a service cannot be reached, or a port is taken"
        case .internalFailure: "our own fault: please report it"
        case .cannotCreate: "a file cannot be created, or its place is taken"
        case .ioFailure: "input or output failed: the disk is full"
        case .temporaryFailure: "gave up for now, and trying again may help: images were not delivered"
        case .notAuthorized: "refused: a wrong password, no permission"
        }
    }
}

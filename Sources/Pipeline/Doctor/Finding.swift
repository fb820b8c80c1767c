/// Something that the doctor looked at.
public struct Finding: Sendable, Encodable {
    /// What it amounts to.
    public enum State: String, Sendable, Encodable {
        /// As it should be.
        case ok
        /// It works, but less well than it could.
        case warning
        /// The roles that need it do not work.
        case fault
    }

    /// What was looked at.
    public let subject: String
    /// How it is.
    public let state: State
    /// What was found.
    public let detail: String
    /// What to do about it; nil where there is nothing to do.
    public let remedy: String?
    /// The roles that need it; empty where all do.
    public let roles: [String]

    init(_ subject: String, _ state: State, _ detail: String, remedy: String? = nil, roles: [String] = []) {
        self.subject = subject
        self.state = state
        self.detail = detail
        self.remedy = remedy
        self.roles = roles
    }
}

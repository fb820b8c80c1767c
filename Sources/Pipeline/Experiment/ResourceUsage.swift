/// What the processes of a run took up while it was measured.
struct ResourceUsage: Sendable, Codable, Equatable {
    /// The processes of one role together.
    struct Role: Sendable, Codable, Equatable {
        let name: String
        let processes: Int
        /// Processors kept busy: user and system time a second.
        let processors: Double
        /// The largest resident set of any of them until the end of the run, in bytes.
        let peakMemory: Int
    }

    /// By role, as they were started.
    var roles: [Role] = []
    /// Processors of this machine that were busy with anything.
    var busyProcessors = 0.0
    /// Processors that there are.
    var processors = 1

    /// The share of the machine's processors that were busy.
    var busyShare: Double { busyProcessors / Double(max(1, processors)) }

    /// The role that takes most.
    var hungriest: Role? { roles.max { $0.processors < $1.processors } }
}

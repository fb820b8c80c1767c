#if BROKEN_DELIVERY
    import Glibc

    /// Faults that are built in to be found: `make test-faults` shows with them that its campaign notices a loss. No
    /// normal build has this.
    enum Sabotage {
        /// Whether IOTPIPE_BREAK names this role.
        static func isAsked(of role: String) -> Bool {
            getenv("IOTPIPE_BREAK").map { String(cString: $0) == role } ?? false
        }
    }
#endif

/// Days (since 1970-01-01, UTC) whose events are not stored, by the reason.
struct ClosedDays: Equatable {
    /// Archived, or on the way there.
    var archived: Set<Int64> = []
    /// Too far back or ahead to be made, and not there.
    var outside: Set<Int64> = []

    /// Whether there is none.
    var isEmpty: Bool { archived.isEmpty && outside.isEmpty }

    func contains(_ day: Int64) -> Bool { archived.contains(day) || outside.contains(day) }
}

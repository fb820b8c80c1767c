import Latency

/// All that the doctor found.
public struct DoctorReport: Sendable, Encodable {
    /// The machine, in a line.
    public let machine: String
    /// In the order in which they are shown.
    public let findings: [Finding]

    /// Done, or found wanting where there is a fault.
    public var status: ExitStatus { findings.contains { $0.state == .fault } ? .degraded : .success }

    /// A line for each finding, and one for each remedy below it.
    public var text: String {
        let rows = findings.flatMap { finding in
            let roles = finding.roles.isEmpty ? "" : " [\(finding.roles.joined(separator: ", "))]"
            let detail = finding.detail + (finding.state == .ok ? "" : roles)
            return [[finding.state.rawValue, finding.subject, detail]]
                + (finding.remedy.map { [["", "", "→ " + $0]] } ?? [])
        }
        let lines = [machine, ""] + TextColumns.lines(rows)
        let faults = findings.count { $0.state == .fault }
        let warnings = findings.count { $0.state == .warning }
        let verdict = faults == 0 ? "all roles can run here" : Format.count(faults, "fault")
        return (lines + ["", verdict + (warnings == 0 ? "" : ", \(Format.count(warnings, "warning"))")])
            .joined(separator: "\n")
    }

    enum CodingKeys: CodingKey { case machine, findings }
}

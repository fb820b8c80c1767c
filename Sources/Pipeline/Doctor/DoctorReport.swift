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
        let width = (findings.map(\.subject.count).max() ?? 0) + 2
        var lines = [machine, ""]
        for finding in findings {
            let state = finding.state.rawValue
            let roles = finding.roles.isEmpty ? "" : " [\(finding.roles.joined(separator: ", "))]"
            lines.append(
                state + String(repeating: " ", count: 9 - state.count) + finding.subject
                    + String(repeating: " ", count: width - finding.subject.count) + finding.detail
                    + (finding.state == .ok ? "" : roles))
            if let remedy = finding.remedy { lines.append(String(repeating: " ", count: 9 + width) + "→ " + remedy) }
        }
        let faults = findings.count { $0.state == .fault }
        let warnings = findings.count { $0.state == .warning }
        let verdict = faults == 0 ? "all roles can run here" : Format.count(faults, "fault")
        return (lines + ["", verdict + (warnings == 0 ? "" : ", \(Format.count(warnings, "warning"))")])
            .joined(separator: "\n")
    }

    enum CodingKeys: CodingKey { case machine, findings }
}

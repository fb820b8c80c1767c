extension BrokerReport {
    /// As people read it.
    public var text: String {
        var lines = ["bootstrap   \(bootstrapServers)", "security    \(security)"]
        if isReachable {
            lines.append(
                "cluster     \(clusterID ?? "unknown")   controller \(controllerID.map { "\($0)" } ?? "unknown")")
            for broker in brokers {
                let reached =
                    broker.connectMilliseconds.map { "connects in \(Format.decimal($0, 1)) ms" } ?? "NOT REACHED"
                lines.append("broker \(broker.id)    \(broker.host):\(broker.port)   \(reached)")
            }
            for topic in topics { lines += describe(topic) }
            for group in groups { lines += describe(group) }
            if let roundTripMilliseconds {
                lines.append("round trip  \(Format.decimal(roundTripMilliseconds, 1)) ms through the probe topic")
            }
        }
        lines += findings.map { "PROBLEM     \($0)" }
        lines.append("verdict     " + verdict)
        return lines.joined(separator: "\n")
    }

    private var verdict: String {
        switch status {
        case .success: "healthy"
        case .degraded: "degraded: \(Format.count(findings.count, "finding"))"
        case .notAuthorized: "not authorised"
        default: "unreachable"
        }
    }

    private func describe(_ topic: Topic) -> [String] {
        guard topic.exists else { return ["topic       \(topic.name)   MISSING"] }
        return ["topic       \(topic.name)   \(topic.partitions.count) partitions"]
            + topic.partitions.map {
                "              \($0.id)  leader \($0.leader)  replicas \($0.replicas)  in sync \($0.inSyncReplicas)"
            }
    }

    private func describe(_ group: Group) -> [String] {
        let total = group.partitions.compactMap(\.lag).reduce(0, +)
        let state = group.state == "Dead" ? "Dead (never used)" : group.state
        return ["group       \(group.name)   \(state), \(group.members) members, lag \(total)"]
            + group.partitions.map {
                "              \($0.topic) \($0.partition)  offset \($0.currentOffset.map { "\($0)" } ?? "-")  "
                    + "end \($0.logEndOffset)  lag \($0.lag.map { "\($0)" } ?? "-")"
            }
    }
}

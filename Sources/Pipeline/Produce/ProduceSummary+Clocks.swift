import Latency

extension ProduceSummary {
    /// What is known of the clock of infer's host, as the user reads it; nothing where no image was classified.
    var clockLines: [String] {
        let estimates = clocks.common.map { [$0] } ?? clocks.estimates
        guard let first = estimates.first, let last = estimates.last else { return [] }
        var line = "clock offset  \(ProduceSummary.text(first))"
        if estimates.count > 1 { line += " to \(ProduceSummary.text(last)), by partition" }
        line += ": infer's clock less this one"
        if estimates.contains(where: { $0.changes > 0 }) { line += "; it was set meanwhile, or drifts" }
        var lines = [line]
        let stamps = "received_ns, decoded_ns and inferred_ns"
        if estimates.contains(where: \.isTooUncertain) {
            lines.append("warning       infer's clock moved by more than the stages take: do not trust \(stamps)")
        } else if estimates.contains(where: \.hidesStages) {
            lines.append(
                "warning       the offset is larger than the stages that it falsifies: take it off \(stamps), "
                    + "or synchronise the clocks")
        }
        return lines
    }

    private static func text(_ estimate: ClockOffset.Estimate) -> String {
        let offset = Format.decimal(Double(estimate.offset) / 1e6, 2)
        return (estimate.offset < 0 ? "" : "+") + "\(offset) ms ± "
            + "\(Format.decimal(Double(estimate.uncertainty) / 1e6, 2)) ms"
    }
}

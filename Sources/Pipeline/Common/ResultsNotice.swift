/// What a reader of results must know before anything else.
enum ResultsNotice {
    /// Whether a model version is that of a network without training.
    static func isUntrained(_ modelVersion: some StringProtocol) -> Bool { modelVersion.hasPrefix("UNTRAINED") }

    /// The notice, for a picture or a summary; empty where there is nothing to say.
    static func text(isUntrained: Bool, isEmbedded: Bool) -> String {
        [
            isUntrained ? "UNTRAINED model: the answers mean nothing" : nil,
            isEmbedded ? "embedded broker: for trying out, not for measuring Kafka" : nil,
        ].compactMap { $0 }.joined(separator: " · ")
    }
}

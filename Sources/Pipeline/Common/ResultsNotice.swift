/// What a reader of results must know before anything else.
enum ResultsNotice {
    /// The notice, for a picture or a summary; empty where there is nothing to say.
    static func text(isEmbedded: Bool) -> String {
        isEmbedded ? "embedded broker: for trying out, not for measuring Kafka" : ""
    }
}

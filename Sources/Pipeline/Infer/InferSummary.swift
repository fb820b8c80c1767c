/// What a classifier did.
public struct InferSummary: Sendable {
    /// Images read from Kafka.
    public var received = 0
    /// Results that the broker acknowledged.
    public var classified = 0
    /// Pictures that do not decode and went to the dead letters.
    public var deadLettered = 0
    /// Messages that are no image event: left to persist, which makes dead letters of them.
    public var skipped = 0
    /// Results that the broker acknowledged, of images with a label among the model's names.
    var answers = AnswerCount()

    /// The summary as the user reads it.
    public var text: String {
        "\(received) received, \(classified) classified, \(deadLettered) dead-lettered, \(skipped) skipped"
            + (answers.text.map { ", right answers \($0)" } ?? "")
    }
}

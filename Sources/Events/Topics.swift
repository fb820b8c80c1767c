/// The names of the topics, the same everywhere unless an option says otherwise.
public enum Topics {
    /// Captured images: `ImageCaptured`.
    public static let images = "iot.images"
    /// Results: `ImageClassified`.
    public static let inferences = "iot.inferences"
    /// What could not be processed: `DeadLetter`.
    public static let deadLetters = "iot.dead-letters"
}

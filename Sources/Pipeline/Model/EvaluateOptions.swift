/// What an evaluation is asked to do.
public struct EvaluateOptions: Sendable {
    /// The model.
    public var model = ModelSettings()
    /// Pictures with labels, as `Datasets.open` takes them; nil is the embedded sample.
    public var dataset: String?
    /// Pictures, evenly spread over the dataset; nil is all.
    public var count: Int?
    /// Where the confusion matrix is drawn: `PREFIX.png` and `PREFIX.svg`.
    public var output = "confusion"

    /// The shipped model on the embedded sample.
    public init() {}
}

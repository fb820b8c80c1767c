/// What the demo is asked to do.
public struct DemoOptions: Sendable {
    /// Numbers of producers, one curve each.
    public var producers = [1, 2, 3, 4]
    /// Images a second, each producer.
    public var rate = 20.0
    /// Images, each producer.
    public var count = 200
    /// Simulated devices, each producer.
    public var devices = 100
    /// Dataset, as `Datasets.open` takes it; nil is the embedded sample.
    public var dataset: String?
    /// What its processes are started with.
    public var pipeline: PipelineSetup
    /// Keeps everything running at the end, until Ctrl-C.
    public var keeps = false
    /// Folder for the pictures and CSV files.
    public var output = "iotpipe-demo"

    /// - Parameter pipeline: what its processes are started with.
    public init(pipeline: PipelineSetup) {
        self.pipeline = pipeline
    }
}

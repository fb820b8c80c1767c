import Events
import Inference
import Threads

/// The threads that run the model, each with an instance of its own that shares the weights.
final class ModelStreams: Sendable {
    private let model: Model
    private let batcher: Batcher<DecodedImage>
    private let topic: String
    private let delivery: any Delivery
    private let error = Monitor<(any Error)?>(nil)
    private let threads = Monitor<[OSThread]>([])

    /// - Parameter topic: of the results.
    init(model: Model, batcher: Batcher<DecodedImage>, topic: String, delivery: any Delivery) {
        self.model = model
        self.batcher = batcher
        self.topic = topic
        self.delivery = delivery
    }

    /// What ended a thread; nil while all is well.
    var failure: (any Error)? { error.read { $0 } }

    /// Starts the threads and waits until each has warmed up: what oneDNN remembers of a batch size, it remembers a thread.
    ///
    /// - Parameter isOver: whether what is left is to be left to others.
    func start(_ count: Int, isOver: @escaping @Sendable () -> Bool) throws {
        let warm = Monitor(0)
        let started = (0..<count).map { index in
            OSThread(name: "model-\(index)") { [self] in
                do {
                    defer { warm.update { $0 += 1 } }
                    try model.warmUp(batches: BatchBuckets.sizes(upTo: batcher.maximumBatch))
                } catch {
                    return self.error.update { $0 = error }
                }
                do {
                    try classify(isOver)
                } catch {
                    self.error.update { $0 = error }
                    // Nobody may go on waiting for room.
                    batcher.close()
                }
            }
        }
        threads.update { $0 = started }
        _ = warm.wait { $0 == count ? true : nil }
        if let failure { throw failure }
    }

    /// Waits until the batcher is closed and empty. To be called once.
    func join() {
        for thread in threads.read({ $0 }) { thread.join() }
    }

    private func classify(_ isOver: () -> Bool) throws {
        while let batch = batcher.next() {
            for piece in BatchBuckets.pieces(of: batch) where !isOver() { try classify(piece) }
        }
    }

    private func classify(_ batch: ArraySlice<DecodedImage>) throws {
        let probabilities = try model.classify(batch.map(\.image))
        let inferredAt = Timestamp.now
        let outcomes = try zip(batch, probabilities).map { item, row in
            let event = ImageClassified(
                imageID: item.envelope.id, deviceID: item.envelope.deviceID, capturedAt: item.envelope.capturedAt,
                model: ModelWeights.name, modelVersion: model.modelVersion, precision: model.precision.rawValue,
                top5: predictions(row), receivedAt: item.receivedAt, decodedAt: item.decodedAt,
                inferredAt: inferredAt, trace: item.envelope.trace.child())
            return Outcome(ticket: item.ticket, event: try event.encoded(), topic: topic)
        }
        delivery.send(outcomes)
    }

    private func predictions(_ probabilities: [Float]) -> [Prediction] {
        model.top(5, of: probabilities).map {
            Prediction(label: $0.label, index: $0.index, probability: Double($0.probability))
        }
    }
}

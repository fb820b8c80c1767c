import Events
import Inference
import Threads

/// The threads that run the model, each with an instance of its own that shares the weights.
final class ModelStreams: Sendable {
    /// The model in force. A thread takes it up between two batches.
    private let current: Monitor<Model>
    private let batcher: Batcher<ModelItem>
    private let topic: String
    private let delivery: any Delivery
    private let service: InferenceService?
    private let error = Monitor<(any Error)?>(nil)
    private let threads = Monitor<[OSThread]>([])

    /// - Parameters:
    ///   - topic: of the results.
    ///   - service: gets the answers to pictures of HTTP requests.
    init(
        model: Model, batcher: Batcher<ModelItem>, topic: String, delivery: any Delivery, service: InferenceService?
    ) {
        current = Monitor(model)
        self.batcher = batcher
        self.topic = topic
        self.delivery = delivery
        self.service = service
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
                let model: Model
                do {
                    defer { warm.update { $0 += 1 } }
                    model = try warmed(current.read { $0 })
                } catch {
                    return self.error.update { $0 = error }
                }
                do {
                    try classify(by: model, isOver)
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

    /// Has the threads go over to another model, each when it has finished its batch and warmed the new one up.
    func replace(with model: Model) {
        current.update { $0 = model }
        service?.replace(with: ServedModel(model))
    }

    private func warmed(_ model: Model) throws(InferenceError) -> Model {
        try model.warmUp(batches: BatchBuckets.sizes(upTo: batcher.maximumBatch))
        return model
    }

    private func classify(by first: Model, _ isOver: () -> Bool) throws {
        var model = first
        while let batch = batcher.next() {
            let wanted = current.read { $0 }
            if wanted !== model { model = try warmed(wanted) }
            for piece in BatchBuckets.pieces(of: batch.filter(isAwaited)) where !isOver() {
                try classify(piece, by: model)
            }
        }
    }

    /// False for a picture whose request has been given up.
    private func isAwaited(_ item: ModelItem) -> Bool {
        if case .request(let item) = item { service?.awaits(item) ?? false } else { true }
    }

    private func classify(_ batch: ArraySlice<ModelItem>, by model: Model) throws {
        let probabilities = try model.classify(batch.map(\.image))
        let inferredAt = Timestamp.now
        var outcomes: [Outcome] = []
        var answers: [(item: RequestedImage, probabilities: [Float])] = []
        for (item, row) in zip(batch, probabilities) {
            switch item {
            case .message(let item): outcomes.append(try outcome(of: item, by: model, row, inferredAt))
            case .request(let item): answers.append((item, row))
            }
        }
        service?.answer(answers, by: ServedModel(model))
        if !outcomes.isEmpty { delivery.send(outcomes) }
    }

    private func outcome(
        of item: DecodedImage, by model: Model, _ row: [Float], _ inferredAt: Timestamp
    ) throws -> Outcome {
        let top5 = predictions(row, of: model)
        let event = ImageClassified(
            imageID: item.envelope.id, deviceID: item.envelope.deviceID, capturedAt: item.envelope.capturedAt,
            model: ModelWeights.name, modelVersion: model.modelVersion, precision: model.precision.rawValue,
            top5: top5, receivedAt: item.receivedAt, decodedAt: item.decodedAt,
            inferredAt: inferredAt, trace: item.envelope.trace.child())
        let truth = item.envelope.label.flatMap { model.knows($0) ? $0 : nil }
        return Outcome(
            ticket: item.ticket, event: try event.encoded(), topic: topic,
            isRight: truth.map { $0 == top5.first?.label })
    }

    private func predictions(_ probabilities: [Float], of model: Model) -> [Prediction] {
        model.top(5, of: probabilities).map {
            Prediction(label: $0.label, index: $0.index, probability: Double($0.probability))
        }
    }
}

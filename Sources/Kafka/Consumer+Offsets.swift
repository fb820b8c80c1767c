import CRdKafka
import Threads

extension Consumer {
    // MARK: Pausing

    /// Stops reading these partitions until `resume`; messages of theirs that wait in the client are read again then.
    /// Partitions that were taken away meanwhile are passed over. A rebalance resumes what it assigns.
    public func pause(_ partitions: [TopicPartition]) throws(KafkaError) {
        handle.context.paused.formUnion(partitions)
        try change(partitions, "pause partitions", rd_kafka_pause_partitions)
    }

    /// Reads these partitions again, from the message after the last one handed out. Those that are not paused are passed
    /// over: librdkafka 2.0.2 would read them once more from where they were started.
    public func resume(_ partitions: [TopicPartition]) throws(KafkaError) {
        let paused = handle.context.paused
        let partitions = partitions.filter(paused.contains)
        if partitions.isEmpty { return }
        handle.context.paused.subtract(partitions)
        try change(partitions, "resume partitions", rd_kafka_resume_partitions)
        wakeFetching(partitions)
    }

    /// Has librdkafka fetch again after messages were taken from its queue, which may have been full.
    ///
    /// Left alone, 2.0.2's broker thread looks for room only when it wakes up anyhow, up to a second later. Later versions
    /// look every `fetch.queue.backoff.ms`.
    public func refill(_ partitions: [TopicPartition]) {
        if !Consumer.looksForRoom { wakeFetching(partitions) }
    }

    /// Wakes the broker threads by a small request to the partitions' leaders.
    private func wakeFetching(_ partitions: [TopicPartition]) {
        let list = PartitionList(partitions.map { TopicPartitionOffset($0, TopicPartitionOffset.end) })
        // The answer is of no interest, nor is a failure: then fetching starts with the next wake-up. It may come late,
        // behind that of a fetch which waits for messages. Later versions take the time given for the request's own, and
        // a connection whose request has timed out for dead.
        let timeout: Int32 = Consumer.looksForRoom ? 100 : 1
        handle.withPointer { client in list.withPointer { _ = rd_kafka_offsets_for_times(client, $0, timeout) } }
    }

    private func change(
        _ partitions: [TopicPartition], _ action: String,
        _ call: (OpaquePointer, UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) -> rd_kafka_resp_err_t
    ) throws(KafkaError) {
        if partitions.isEmpty { return }
        let list = PartitionList(partitions)
        try check(action) { client in list.withPointer { call(client, $0) } }
        let gone = [RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, RD_KAFKA_RESP_ERR__STATE]
        if let error = list.firstError(action, ignoring: gone) { throw error }
    }

    /// Begins to read partitions that a rebalance listener has put off with `TopicPartitionOffset.later`. On the polling
    /// thread.
    ///
    /// Starting them at `TopicPartitionOffset.end` and seeking later would skip messages: librdkafka 2.0.2 asks again for
    /// a logical offset whose answer a seek has overtaken, and begins there.
    ///
    /// - Parameters:
    ///   - starts: offsets of the partitions that begin; none of `TopicPartitionOffset`'s constants.
    ///   - running: where those that are read already go on: the eager protocol knows only all of them together, and they
    ///     are resumed where they were paused.
    public func place(
        _ starts: [TopicPartition: Int64], beside running: [TopicPartition: Int64]
    ) throws(KafkaError) {
        if starts.isEmpty { return }
        handle.withPointer { client in
            let all = Rebalance.isCooperative(client) ? starts : starts.merging(running) { $1 }
            Rebalance.add(all.map { TopicPartitionOffset($0.key, $0.value) }, client, handle.context)
        }
        if let error = handle.context.takePending() { throw error }
    }

    /// Goes on reading at these offsets. Not for partitions whose logical start is still being looked up: see `place`.
    ///
    /// - Parameter timeout: how long to wait until the client has done so.
    public func seek(_ offsets: [TopicPartitionOffset], timeout: Duration = .seconds(5)) throws(KafkaError) {
        if offsets.isEmpty { return }
        let list = PartitionList(offsets)
        let error = handle.withPointer { client in
            list.withPointer { rd_kafka_seek_partitions(client, $0, timeout.milliseconds) }
        }
        if let error { throw KafkaError(taking: error, "seek") }
        if let error = list.firstError("seek") { throw error }
    }

    // MARK: Committing

    /// Commits offsets of the group: each is that of the next message to read.
    ///
    /// - Parameters:
    ///   - async: true returns at once, and a refusal comes to `onError`; false waits for the broker.
    ///   - timeout: how long to wait for it.
    /// - Throws: `timedOut`, or why the broker refused (a rebalance, for one).
    public func commit(
        _ offsets: [TopicPartitionOffset], async: Bool, timeout: Duration = .seconds(10)
    ) throws(KafkaError) {
        if offsets.isEmpty { return }
        let list = PartitionList(offsets)
        if async {
            try check("commit offsets") { client in list.withPointer { rd_kafka_commit(client, $0, 1) } }
            return
        }
        // rd_kafka_commit waits without limit where the coordinator is gone; a queue of our own has one.
        let queue = handle.withPointer { rd_kafka_queue_new($0)! }
        defer { rd_kafka_queue_destroy(queue) }
        try check("commit offsets") { client in
            list.withPointer { rd_kafka_commit_queue(client, $0, queue, nil, nil) }
        }
        guard let event = rd_kafka_queue_poll(queue, timeout.milliseconds) else {
            throw KafkaError(
                RD_KAFKA_RESP_ERR__TIMED_OUT, "commit offsets",
                detail: "the group's coordinator gave no answer within \(timeout)")
        }
        defer { rd_kafka_event_destroy(event) }
        let code = rd_kafka_event_error(event)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR, code != RD_KAFKA_RESP_ERR__NO_OFFSET {
            throw KafkaError(code, "commit offsets")
        }
    }

    /// What the group has committed for these partitions; `TopicPartitionOffset.invalid` where nothing.
    public func committed(
        _ partitions: [TopicPartition], timeout: Duration
    ) throws(KafkaError) -> [TopicPartitionOffset] {
        let list = PartitionList(partitions)
        try check("read the group's committed offsets") { client in
            list.withPointer { rd_kafka_committed(client, $0, timeout.milliseconds) }
        }
        if let error = list.firstError("read the group's committed offsets") { throw error }
        return list.offsets
    }

    /// The oldest offset that the broker holds of a partition, and the one that its next message will get.
    public func watermarks(
        _ partition: TopicPartition, timeout: Duration
    ) throws(KafkaError) -> (low: Int64, high: Int64) {
        try handle.watermarks(of: partition, timeout: timeout)
    }

    /// The offsets that the next message of each partition will get, in the order of the partitions; one request a broker.
    public func ends(
        of partitions: [TopicPartition], timeout: Duration
    ) throws(KafkaError) -> [TopicPartitionOffset] {
        try handle.ends(of: partitions, timeout: timeout)
    }
}

extension ClientHandle {
    /// The oldest offset that the broker holds of a partition, and the one that its next message will get.
    func watermarks(of partition: TopicPartition, timeout: Duration) throws(KafkaError) -> (low: Int64, high: Int64) {
        let deadline = MonotonicClock.deadline(after: timeout)
        let low = try offsets(TopicPartitionOffset.beginning, of: [partition], until: deadline)
        let high = try offsets(TopicPartitionOffset.end, of: [partition], until: deadline)
        return (low[0].offset, high[0].offset)
    }

    /// The offsets that the next message of each partition will get, in the order of the partitions.
    func ends(of partitions: [TopicPartition], timeout: Duration) throws(KafkaError) -> [TopicPartitionOffset] {
        let deadline = MonotonicClock.deadline(after: timeout)
        return try offsets(TopicPartitionOffset.end, of: partitions, until: deadline)
    }

    /// The offsets that stand behind a logical one. rd_kafka_query_watermark_offsets would do, but librdkafka 2.0.2 waits
    /// there for a broker without an answer for `socket.timeout.ms`, whatever it is told.
    private func offsets(
        _ logical: Int64, of partitions: [TopicPartition], until deadline: UInt64
    ) throws(KafkaError) -> [TopicPartitionOffset] {
        if partitions.isEmpty { return [] }
        while true {
            let list = PartitionList(partitions.map { TopicPartitionOffset($0, logical) })
            let patience = ClientHandle.slice(of: remaining(until: deadline))
            let code = withPointer { client in
                list.withPointer { rd_kafka_offsets_for_times(client, $0, patience) }
            }
            let place = partitions.count == 1 ? "\(partitions[0])" : "\(partitions.count) partitions"
            let error =
                code == RD_KAFKA_RESP_ERR_NO_ERROR
                ? list.firstError("ask for first or last offsets")
                : KafkaError(code, "ask for the first or last offset of \(place)")
            guard let error else { return list.offsets }
            // The broker that leads a partition just made, or just moved, may not know of it yet.
            let isPassing = error.isRetriable || error.code == .unknownTopic
            guard isPassing, MonotonicClock.now < deadline else { throw error }
            if error.code != .unknownTopic { refreshLeaders(timeout: remaining(until: deadline)) }
            MonotonicClock.sleep(until: MonotonicClock.deadline(after: .milliseconds(50)))
        }
    }

    /// Asks anew who leads which partition. librdkafka 2.0.2 does that by itself only for topics it reads or writes just
    /// then, and would go on asking the old leader for as long as it remembers it.
    private func refreshLeaders(timeout: Duration) {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        // Where this fails, the next question is answered as the last one was, and this is tried again.
        _ = withPointer { rd_kafka_metadata($0, 1, nil, &metadata, ClientHandle.slice(of: timeout)) }
        if let metadata { rd_kafka_metadata_destroy(metadata) }
    }

    /// Milliseconds to wait for one answer: a broker whose machine is gone gives none, while another may lead by now.
    private static func slice(of timeout: Duration) -> Int32 {
        min(max(timeout, .milliseconds(1)), .seconds(3)).milliseconds
    }
}

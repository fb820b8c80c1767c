import CRdKafka

/// Carries out what a group's coordinator has decided, for eager and cooperative assignors alike.
enum Rebalance {
    /// Registers the callbacks of a consumer.
    static func register(in configuration: OpaquePointer) {
        rd_kafka_conf_set_rebalance_cb(configuration) { client, event, partitions, opaque in
            guard let client, let partitions else { return }
            Rebalance.carryOut(event, partitions, client, ClientContext.from(opaque))
        }
        rd_kafka_conf_set_offset_commit_cb(configuration) { _, code, _, opaque in
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR, code != RD_KAFKA_RESP_ERR__NO_OFFSET else { return }
            ClientContext.from(opaque).report(KafkaError(code, "commit offsets in the background"))
        }
    }

    /// Tells the listener and answers the coordinator.
    static func carryOut(
        _ event: rd_kafka_resp_err_t, _ partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>,
        _ client: OpaquePointer, _ context: ClientContext
    ) {
        if event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            assign(partitions, client, context)
        } else {
            revoke(partitions, client, context)
        }
    }

    private typealias List = UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    private static func assign(_ list: List, _ client: OpaquePointer, _ context: ClientContext) {
        var places = PartitionList.offsets(in: list)
        do {
            let starts = try context.listener?.assigned(places.map(\.topicPartition)) ?? [:]
            places = places.map { TopicPartitionOffset($0.topicPartition, starts[$0.topicPartition] ?? $0.offset) }
        } catch {
            context.listenerError = error
            // The member must answer all the same; it does so without partitions, and polling ends.
            places = []
            rd_kafka_yield(client)
        }
        places.removeAll { $0.offset == TopicPartitionOffset.later }
        add(places, client, context)
    }

    /// Hands partitions to librdkafka, in place of all others (eager) or beside them (cooperative).
    static func add(_ places: [TopicPartitionOffset], _ client: OpaquePointer, _ context: ClientContext) {
        let partitions = Set(places.map(\.topicPartition))
        resume(partitions.intersection(context.paused), client, context)
        PartitionList(places).withPointer { list in
            if isCooperative(client) {
                context.running.formUnion(partitions)
                check(rd_kafka_incremental_assign(client, list), "take the partitions assigned", context)
            } else {
                context.running = partitions
                check(rd_kafka_assign(client, list), "take the partitions assigned", context)
            }
        }
    }

    /// What comes is read, though it may have been paused when it went.
    private static func resume(_ partitions: Set<TopicPartition>, _ client: OpaquePointer, _ context: ClientContext) {
        if partitions.isEmpty { return }
        context.paused.subtract(partitions)
        PartitionList(Array(partitions)).withPointer { list in
            check(rd_kafka_resume_partitions(client, list), "resume the partitions assigned", context)
        }
    }

    private static func revoke(_ list: List, _ client: OpaquePointer, _ context: ClientContext) {
        let partitions = PartitionList.offsets(in: list).map(\.topicPartition)
        context.noteRevoked(partitions)
        if let listener = context.listener, !partitions.isEmpty {
            if rd_kafka_assignment_lost(client) != 0 { listener.lost(partitions) } else { listener.revoked(partitions) }
        }
        // After a listener that threw, the partitions were never taken.
        if isCooperative(client), context.listenerError == nil {
            // Nor were those that were put off.
            let taken = partitions.filter(context.running.contains)
            context.running.subtract(taken)
            PartitionList(taken).withPointer { list in
                check(rd_kafka_incremental_unassign(client, list), "give back partitions", context)
            }
        } else {
            context.running = []
            check(rd_kafka_assign(client, nil), "give back partitions", context)
        }
    }

    /// Whether the group's members keep their partitions through a rebalance.
    static func isCooperative(_ client: OpaquePointer) -> Bool {
        rd_kafka_rebalance_protocol(client).map { String(cString: $0) == "COOPERATIVE" } ?? false
    }

    private static func check(_ error: OpaquePointer?, _ action: String, _ context: ClientContext) {
        if let error { context.leave(KafkaError(taking: error, action)) }
    }

    private static func check(_ code: rd_kafka_resp_err_t, _ action: String, _ context: ClientContext) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { context.leave(KafkaError(code, action)) }
    }
}

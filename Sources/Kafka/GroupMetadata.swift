import CRdKafka

/// Who a consumer is to its group at one moment: member and generation. A transaction that commits offsets carries it, so that
/// the broker refuses those of a member that was replaced meanwhile.
public final class GroupMetadata: @unchecked Sendable {
    // `@unchecked`: the metadata never changes.
    private let metadata: OpaquePointer

    /// Takes over what librdkafka allocated for us.
    fileprivate init(taking metadata: OpaquePointer) {
        self.metadata = metadata
    }

    deinit {
        rd_kafka_consumer_group_metadata_destroy(metadata)
    }

    /// Lends the metadata to one C call.
    func withPointer<Result>(_ body: (OpaquePointer) -> Result) -> Result { body(metadata) }

    /// librdkafka's serial form, which holds everything.
    fileprivate var bytes: [UInt8]? {
        var buffer: UnsafeMutableRawPointer?
        var size = 0
        if let error = rd_kafka_consumer_group_metadata_write(metadata, &buffer, &size) {
            rd_kafka_error_destroy(error)
            return nil
        }
        guard let buffer else { return nil }
        // No client to name: this is the library's `free`.
        defer { rd_kafka_mem_free(nil, buffer) }
        return Array(UnsafeRawBufferPointer(start: buffer, count: size))
    }
}

extension Consumer {
    /// What this member is to its group now.
    ///
    /// Take it before choosing which offsets to commit: what was chosen later cannot belong to an older generation.
    ///
    /// - Throws: where it is no member at present, because it has been cast out or is joining: the broker would take its offsets
    ///   without a check.
    public func groupMetadata() throws(KafkaError) -> GroupMetadata {
        let before = memberID
        guard let pointer = handle.withPointer({ rd_kafka_consumer_group_metadata($0) }) else {
            throw KafkaError(RD_KAFKA_RESP_ERR__STATE, "ask for the group's metadata", detail: "there is no group")
        }
        let metadata = GroupMetadata(taking: pointer)
        // The generation has no accessor; it is -1 exactly where all is as in metadata made with -1.
        let bytes = metadata.bytes
        let isOutside = Set(["", before, memberID]).contains { member in
            guard
                let pointer = rd_kafka_consumer_group_metadata_new_with_genid(group ?? "", -1, member, instanceID)
            else { return false }
            return GroupMetadata(taking: pointer).bytes == bytes
        }
        if isOutside {
            throw KafkaError(
                RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, "commit as a member of the group \(group ?? "")",
                detail: "this consumer is not in it at present")
        }
        return metadata
    }

    private var memberID: String {
        handle.withPointer { client in
            guard let id = rd_kafka_memberid(client) else { return "" }
            defer { rd_kafka_mem_free(client, id) }
            return String(cString: id)
        }
    }
}

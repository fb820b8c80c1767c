import Events
import FoundationEssentials

/// Makes the message of a replay from a stored letter, its original on the topic, and what the operator changes.
struct ReplayOriginals {
    let options: DeadLetterReplayOptions
    let table: DeadLetterTable
    /// The cluster that messages are sent to.
    let clusterID: String
    /// The operator's value; nil leaves the original's.
    let replacement: [UInt8]?
    let reader: OriginalReader

    /// Reads the operator's value.
    ///
    /// - Throws: `RoleError` (66) where its file cannot be read.
    static func replacement(_ options: DeadLetterReplayOptions) throws(RoleError) -> [UInt8]? {
        guard let path = options.valueFile else { return nil }
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
            throw RoleError(.inputMissing, "cannot read \(path): name a file that holds the new value")
        }
        return Array(data)
    }

    /// Refuses a letter of another cluster.
    ///
    /// - Returns: whether the message may name the letter: its place means something on this cluster.
    func checkCluster(of entry: DeadLetterEntry) throws -> Bool {
        if entry.cluster == clusterID { return true }
        if options.isForced { return entry.cluster.isEmpty }
        throw DeadLetterRefusal(
            entry.cluster.isEmpty
                ? "its cluster is not known, an earlier version stored it: --force sends it to this one, \(clusterID)"
                : "it is of cluster \(entry.cluster), and this is \(clusterID): choose its broker, or send it here by --force"
        )
    }

    /// The message.
    ///
    /// - Parameter isNamed: see `checkCluster`.
    /// - Throws: `DeadLetterRefusal` where it cannot be made.
    func message(of entry: DeadLetterEntry, isNamed: Bool) throws -> EncodedEvent {
        guard var original = try table.original(of: entry) else { throw DeadLetterRefusal("it has gone meanwhile") }
        // A letter in its shortest form has lost key and headers too.
        if entry.isOmitted, replacement == nil || original.headers.isEmpty {
            guard isNamed else {
                throw DeadLetterRefusal("its value was too large for a dead letter and is on its own cluster only")
            }
            original = try wholeOriginal(of: entry, like: original)
        }
        if let replacement { original.value = replacement }
        var headers = HeaderChanges.apply(options.headers, to: original.headers)
        if isNamed { headers.append(MessageHeader(DeadLetter.replayHeader, entry.id.description)) }
        return EncodedEvent(key: original.key, value: original.value, headers: headers)
    }

    private func wholeOriginal(
        of entry: DeadLetterEntry, like stored: DeadLetterTable.Original
    ) throws -> DeadLetterTable.Original {
        let message = try reader.read(entry.id)
        let isSame = message.valueCount == entry.bytes && (stored.headers.isEmpty || message.headers == stored.headers)
        guard isSame else {
            throw DeadLetterRefusal(
                "its value was too large for a dead letter, and another message is in its place now: the topic was made anew"
            )
        }
        return DeadLetterTable.Original(key: message.key, value: message.value, headers: message.headers)
    }
}

import Events

/// What an operator changes in the headers of replayed messages.
enum HeaderChanges {
    /// Sets headers, or removes them where the new value is empty; the others stay as they are, in their order.
    static func apply(_ changes: [(name: String, value: String)], to headers: [MessageHeader]) -> [MessageHeader] {
        var headers = headers
        for (name, value) in changes {
            let first = headers.firstIndex { $0.name == name }
            headers.removeAll { $0.name == name }
            guard !value.isEmpty else { continue }
            headers.insert(MessageHeader(name, value), at: first ?? headers.endIndex)
        }
        return headers
    }
}

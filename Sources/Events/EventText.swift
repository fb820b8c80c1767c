/// The rule for every text of an event that ends up in a database column or an index.
enum EventText {
    /// In UTF-8 bytes. PostgreSQL refuses an index entry beyond 2,704 bytes, and one message must not stop a batch.
    static let maximumLength = 512

    /// Refuses text that is empty, longer than `maximumLength`, or holds U+0000, which PostgreSQL cannot store.
    ///
    /// - Parameter place: where the text stands, for the message: `header ce_label`, `field model`.
    static func check(_ text: String, _ place: String) throws(EventError) {
        let fault: String
        if text.isEmpty {
            fault = "is empty"
        } else if text.utf8.count > maximumLength {
            fault = "is longer than \(maximumLength) bytes"
        } else if text.utf8.withContiguousStorageIfAvailable({ $0.contains(0) }) ?? text.utf8.contains(0) {
            fault = "holds the character U+0000"
        } else {
            return
        }
        throw EventError(code: .invalidValue, message: "\(place): the text \(fault); send another")
    }
}

import CPQ

/// What the server says beside its answers: a notice or a warning.
public struct Notice: Sendable, Equatable {
    /// "NOTICE", "WARNING", "LOG", "INFO" or "DEBUG", never translated.
    public let severity: String
    /// PostgreSQL's five characters.
    public let sqlState: String
    /// The text, on one line.
    public let message: String
}

/// Where a connection's notices go: libpq holds a pointer to this, so the connection keeps it alive.
final class NoticeReceiver {
    private let handler: (Notice) -> Void

    init(_ handler: @escaping (Notice) -> Void) {
        self.handler = handler
    }

    /// Without a receiver libpq would print to stderr, in the middle of our log lines.
    func install(on connection: OpaquePointer) {
        _ = PQsetNoticeReceiver(
            connection,
            { context, result in
                guard let context else { return }
                func field(_ code: Character) -> String {
                    PQresultErrorField(result, Int32(code.asciiValue ?? 0)).map { String(cString: $0) } ?? ""
                }
                let receiver = Unmanaged<NoticeReceiver>.fromOpaque(context).takeUnretainedValue()
                receiver.handler(
                    Notice(severity: field("V"), sqlState: field("C"), message: PostgresError.oneLine(field("M"))))
            },
            // Unretained: the connection owns the receiver and finishes the handle first.
            Unmanaged.passUnretained(self).toOpaque())
    }
}

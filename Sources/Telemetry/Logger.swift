import Events

/// Writes log lines, each in one piece, to standard error.
///
/// Text: `2026-11-24T01:02:03.004Z info infer: model ready classes=100 file="a b"`. JSON: an object per line with
/// `time`, `level`, `role`, `message`, and the fields; numbers and booleans stay what they are.
public struct Logger: Sendable {
    /// How much a line matters.
    public enum Level: String, Sendable, CaseIterable, Comparable {
        /// For finding a fault.
        case debug
        /// What happens in normal work.
        case info
        /// Something is wrong, and work goes on.
        case warning
        /// Something failed.
        case error

        /// Lesser is lower.
        public static func < (left: Level, right: Level) -> Bool {
            left.order < right.order
        }

        private var order: Int {
            switch self {
            case .debug: 0
            case .info: 1
            case .warning: 2
            case .error: 3
            }
        }
    }

    /// What a line looks like.
    public enum Format: String, Sendable, CaseIterable {
        /// For people.
        case text
        /// For machines.
        case json
    }

    /// What a field may hold.
    public typealias Value = any CustomStringConvertible & Sendable

    /// Which part of the program speaks: `infer`, `persist`.
    public let role: String
    /// Lines below this level are not written.
    public let level: Level
    private let format: Format
    private let write: @Sendable (String) -> Void

    /// A logger.
    ///
    /// - Parameter write: takes a line without its newline.
    public init(
        role: String, level: Level = .info, format: Format = .text,
        write: @escaping @Sendable (String) -> Void = { ErrorOutput.standard.write(line: $0) }
    ) {
        self.role = role
        self.level = level
        self.format = format
        self.write = write
    }

    // MARK: - Writing

    /// Writes a line of level `debug`; the message is not put together where it would not be written.
    public func debug(_ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, Value> = [:]) {
        log(.debug, message(), fields)
    }

    /// Writes a line of level `info`.
    public func info(_ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, Value> = [:]) {
        log(.info, message(), fields)
    }

    /// Writes a line of level `warning`.
    public func warning(_ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, Value> = [:]) {
        log(.warning, message(), fields)
    }

    /// Writes a line of level `error`.
    public func error(_ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, Value> = [:]) {
        log(.error, message(), fields)
    }

    /// Writes a line of the given level.
    public func log(
        _ level: Level, _ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, Value> = [:]
    ) {
        guard level >= self.level else { return }
        // Milliseconds are enough to read; the events themselves carry nanoseconds.
        let time = Timestamp.now.rfc3339.prefix(23) + "Z"
        switch format {
        case .text: write(text(time, level, message(), fields))
        case .json: write(json(time, level, message(), fields))
        }
    }

    private func text(
        _ time: Substring, _ level: Level, _ message: String, _ fields: KeyValuePairs<String, Value>
    ) -> String {
        var line = "\(time) \(level.rawValue) \(role): \(SafeText.escaped(message))"
        for (name, value) in fields { line += " \(name)=\(SafeText.quotedIfNeeded(value.description))" }
        return line
    }

    private func json(
        _ time: Substring, _ level: Level, _ message: String, _ fields: KeyValuePairs<String, Value>
    ) -> String {
        var writer = JSONWriter(capacity: 256)
        var separator = "{"
        func name(_ name: String) {
            writer.raw(separator)
            writer.string(name)
            writer.raw(":")
            separator = ","
        }
        for (key, value) in [("time", String(time)), ("level", level.rawValue), ("role", role), ("message", message)] {
            name(key)
            writer.string(value)
        }
        for (key, value) in fields {
            name(key)
            let number = (value as? any BinaryFloatingPoint).map { Double($0) }
            if value is any BinaryInteger || value is Bool || number?.isFinite == true {
                writer.raw(value.description)
            } else {
                writer.string(value.description)
            }
        }
        writer.raw("}")
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

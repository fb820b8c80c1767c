/// Where an event belongs in a distributed trace: W3C Trace Context (https://www.w3.org/TR/trace-context/).
///
/// It stands here and not in Telemetry because events carry it: Telemetry may import Events, never the other way round.
public struct TraceContext: Sendable, Equatable {
    /// The 128 bits that the whole trace shares; not all zero.
    private let trace: (high: UInt64, low: UInt64)
    /// The 64 bits of the step that made the event; not zero.
    private let parent: UInt64
    /// Bit 0: sampled; bit 1: the trace id is random. The other bits have no meaning yet and are written as zero.
    private let flags: UInt8

    private init(trace: (high: UInt64, low: UInt64), parent: UInt64, flags: UInt8) {
        self.trace = trace
        self.parent = parent
        self.flags = flags & 0x03
    }

    /// A new, sampled trace.
    public static func make() -> TraceContext {
        TraceContext(trace: (randomWord(), randomWord()), parent: randomWord(), flags: 0x01)
    }

    /// The next step of the same trace.
    public func child() -> TraceContext {
        TraceContext(trace: trace, parent: TraceContext.randomWord(), flags: flags)
    }

    private static func randomWord() -> UInt64 { max(1, RandomWords.next()) }

    /// Whether both name the same step.
    public static func == (left: TraceContext, right: TraceContext) -> Bool {
        left.trace == right.trace && left.parent == right.parent && left.flags == right.flags
    }

    // MARK: - Text

    /// Reads `00-<32 hex>-<16 hex>-<2 hex>`; also what later versions put in front of their additions.
    ///
    /// Nil where it is malformed: the standard then asks to go on with a new trace.
    public init?(traceparent: String) {
        self.init(ascii: Array(traceparent.utf8))
    }

    init?(ascii text: [UInt8]) {
        guard text.count >= TraceContext.textLength,
            let version = TraceContext.number(text[0..<2]), version != 0xFF,
            text.count == TraceContext.textLength
                || (version != 0 && text[TraceContext.textLength] == UInt8(ascii: "-")),
            text[2] == UInt8(ascii: "-"), text[35] == UInt8(ascii: "-"), text[52] == UInt8(ascii: "-"),
            let high = TraceContext.number(text[3..<19]), let low = TraceContext.number(text[19..<35]),
            let parent = TraceContext.number(text[36..<52]), let flags = TraceContext.number(text[53..<55]),
            high | low != 0, parent != 0
        else { return nil }
        self.init(trace: (high, low), parent: parent, flags: UInt8(flags))
    }

    /// The value of the `traceparent` header, version 00.
    public var traceparent: String {
        String(unsafeUninitializedCapacity: TraceContext.textLength, initializingUTF8With: write)
    }

    /// The id of the trace: 32 lower-case hexadecimal digits.
    public var traceID: String { String(traceparent.utf8.dropFirst(3).prefix(32))! }

    /// Writes `traceparent`.
    ///
    /// - Returns: its length in bytes.
    func write(to text: UnsafeMutableBufferPointer<UInt8>) -> Int {
        func put(_ value: UInt64, at start: Int, digits: Int) {
            for index in 0..<digits {
                let shift = UInt64(4 * (digits - 1 - index))
                text[start + index] = Hexadecimal.digit(UInt8(truncatingIfNeeded: value >> shift) & 15)
            }
        }
        put(0, at: 0, digits: 2)
        put(trace.high, at: 3, digits: 16)
        put(trace.low, at: 19, digits: 16)
        put(parent, at: 36, digits: 16)
        put(UInt64(flags), at: 53, digits: 2)
        (text[2], text[35], text[52]) = (UInt8(ascii: "-"), UInt8(ascii: "-"), UInt8(ascii: "-"))
        return TraceContext.textLength
    }

    /// The length of `traceparent` in bytes.
    static let textLength = 55

    /// The value of up to 16 lower-case hexadecimal digits; the standard forbids upper case.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            guard !(UInt8(ascii: "A")...UInt8(ascii: "F")).contains(digit), let four = Hexadecimal.value(digit)
            else { return nil }
            value = value << 4 | UInt64(four)
        }
        return value
    }
}

// The inputs that come from outside, each as libFuzzer calls it. What a target does with its bytes must never crash, hang,
// leak or read beyond them; errors that are thrown are the right answer.

import Events
import Glibc
import Images

@testable import Inference
@testable import Latency
@testable import Pipeline

private enum Target: String {
    /// A weights file: safetensors or PyTorch's zip, whichever it claims to be.
    case weights
    /// The value of a result, as persist and produce read it.
    case result
    /// Names and values of headers, one after the other, as all roles read them.
    case headers
    /// A picture.
    case png
    /// The body of an inference request over HTTP, behind a line with its Inference-Header-Content-Length.
    case request
    /// A file of measurements; for some inputs, up to the table and the pictures' curves.
    case csv
    /// A log of histograms, up to the same.
    case hlog
    /// Arguments, a line each, then variables (NAME=VALUE) behind an empty line.
    case arguments
    /// A file of options.
    case options

    func run(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .weights:
            if bytes.starts(with: [0x50, 0x4b]) {
                _ = try? TorchCheckpoint(bytes)
            } else if let file = try? Safetensors(bytes) {
                _ = try? ModelMetadata(file.metadata)
            }
        case .result:
            _ = try? ImageClassified(headers: Target.resultHeaders, value: Array(bytes))
        case .headers:
            let headers = Target.headers(in: bytes)
            _ = try? ImageCaptured.envelope(headers: headers)
            _ = try? DeadLetter(headers: headers, key: nil, value: [])
        case .png:
            let limits = PNGCodec.Limits(maxWidth: 512, maxHeight: 512, maxPixels: 65_536, maxBytes: 65_536)
            _ = try? PNGCodec.decode(Array(bytes), limits: limits)
        case .csv:
            func reader(_ columns: [LatencyCSV.Column]) -> LatencyCSVReader? {
                let scanner = CSVScanner(bytes: Array(bytes), name: "fuzz", line: 1)
                return try? LatencyCSVReader(scanner, columns: columns)
            }
            try? reader(LatencyCSV.Column.allCases)?.forEach { _ in }
            // Summing up takes a hundred times as long: large numbers need megabytes of counts.
            guard bytes.count % 64 == 0 else { return }
            var groups = GroupedImages(grouping: .run)
            if let reader = reader(GroupedImages.columns + GroupedImages.stageColumns) {
                _ = try? groups.add(reader, file: "fuzz")
            }
            _ = LatencyTable(groups.curves().map(\.summary), stages: true).text
        case .hlog:
            var groups = GroupedImages(grouping: .producers)
            if let log = try? HistogramLogReader(bytes: Array(bytes), name: "fuzz") {
                for run in log.runs { groups.add(log: run, file: "fuzz") }
            }
            let table = LatencyTable(groups.curves().map(\.summary), stages: true)
            _ = (table.text, table.json)
            if let bytes = try? HistogramLog.bytes(of: groups.runs) {
                _ = try? HistogramLogReader(bytes: bytes, name: "again")
            }
        case .arguments: FuzzTool.parse(String(decoding: bytes, as: UTF8.self))
        case .options: FuzzTool.read(String(decoding: bytes, as: UTF8.self))
        case .request:
            let parts = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
            let length = parts[0].isEmpty ? nil : String(decoding: parts[0], as: UTF8.self)
            let body = parts.count > 1 ? Array(parts[1]) : []
            let limits = APILimits()
            if let request = try? InferenceRequest(body: body, headerLength: length, limits: limits) {
                _ = request.images()
            }
        }
    }

    private static let resultHeaders = [
        MessageHeader("ce_specversion", "1.0"), MessageHeader("ce_type", ImageClassified.type),
        MessageHeader("ce_source", "/devices/cam-1"),
        MessageHeader("ce_id", "01890a5d-ac96-774b-bcce-b302099a8057/0123456789ab-f32"),
    ]

    /// Lines of NAME=VALUE.
    private static func headers(in bytes: UnsafeRawBufferPointer) -> [MessageHeader] {
        bytes.split(separator: UInt8(ascii: "\n")).map { line in
            let parts = line.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            return MessageHeader(String(decoding: parts[0], as: UTF8.self), parts.count > 1 ? Array(parts[1]) : [])
        }
    }
}

private let target: Target = {
    let name = getenv("IOTPIPE_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = Target(rawValue: name) else { fatalError("IOTPIPE_FUZZ_TARGET names no target: \(name)") }
    return target
}()

/// One input, as libFuzzer calls it.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    // A copy of its own, so that reading beyond it is seen.
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 1)
    defer { copy.deallocate() }
    if let data { copy.copyMemory(from: UnsafeRawBufferPointer(start: data, count: size)) }
    target.run(UnsafeRawBufferPointer(copy))
    return 0
}

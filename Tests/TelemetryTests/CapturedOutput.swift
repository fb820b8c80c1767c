import Foundation
import Telemetry

/// What an `ErrorOutput` on a pipe writes while `body` runs. To 64 KiB, which is what the pipe holds.
func output(isTerminal: Bool, _ body: (ErrorOutput) -> Void) -> String {
    let pipe = Pipe()
    body(ErrorOutput(fileDescriptor: pipe.fileHandleForWriting.fileDescriptor, isTerminal: isTerminal))
    try? pipe.fileHandleForWriting.close()
    return String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
}

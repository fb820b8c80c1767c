import Foundation
import Testing

@testable import iotpipe

/// What a user sees after typical mistakes, as a whole text: what is wrong, where, and what to do.
@Suite struct MistakesTests {
    /// Command lines as typed in a folder with these files; variables before the program's name.
    private static let mistakes = [
        "iotpipe prodcue --rate 5",
        "iotpipe --rate 5 produce",
        "iotpipe --verison",
        "iotpipe help prodcue",
        "iotpipe produce --rte 5",
        "iotpipe produce --rate",
        "iotpipe produce --rate --count 5",
        "iotpipe produce --rate fast",
        "IOTPIPE_RATE=fast iotpipe produce",
        "iotpipe produce --database postgresql://db/iot",
        "iotpipe produce kafka:9092",
        "iotpipe produce -X linger=5",
        "iotpipe produce --kafka-config missing.properties",
        "iotpipe produce --dataset missing.bin",
        "iotpipe produce --dataset cut.bin",
        "iotpipe infer --precision int9",
        "iotpipe infer --batch 0",
        "iotpipe infer --http 9464",
        "iotpipe infer --quiet --verbose",
        "iotpipe evaluate --weights missing.pth",
        "iotpipe evaluate --weights notes.txt",
        "iotpipe cdf",
        "iotpipe cdf missing.csv",
        "iotpipe cdf notes.txt",
        "iotpipe classify notes.txt",
        "iotpipe classify empty/",
        "iotpipe demo --producers 1,2,2",
        "iotpipe archive --older-than 30",
        "iotpipe dead-letters replay",
        "iotpipe dead-letters shwo 1",
        "iotpipe config check wrong.conf",
        "IOTPIPE_CONFIG=missing.conf iotpipe persist",
    ]

    private func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("mistakes-\(UUID())")
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("empty"), withIntermediateDirectories: true)
        let files = [
            "notes.txt": "a note\n", "cut.bin": String(repeating: "x", count: 3_075),
            "wrong.conf": "[produce]\nrate = fast\nrte = 5\n",
        ]
        for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
        return folder
    }

    @Test func whatTheUserSees() throws {
        let folder = try folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        var transcript = ""
        for mistake in Self.mistakes {
            var words = mistake.split(separator: " ").map(String.init)
            var environment = ["TMPDIR": folder.path]
            while words[0].contains("=") {
                let parts = words.removeFirst().split(separator: "=").map(String.init)
                environment[parts[0]] = parts[1]
            }
            let process = Program.process(Array(words.dropFirst()), environment: environment)
            process.currentDirectoryURL = folder
            let output = Pipe()
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus != 0 && process.terminationReason == .exit, "\(mistake)")
            #expect(![70, 71].contains(process.terminationStatus), "\(mistake)")
            transcript += "$ \(mistake)\n\(text)[\(process.terminationStatus)]\n\n"
        }
        try Golden.expect(transcript, is: "mistakes.txt")
    }
}

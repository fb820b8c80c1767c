import Foundation
import Testing

@testable import Inference

@Suite struct ShimLibraryTests {
    @Test func versionsAreReported() throws {
        let shim = try ShimLibrary.open()
        #expect(shim.torchVersion.hasPrefix("2."))
        #expect(shim.oneDNNVersion.hasPrefix("3."))
        #expect(!shim.cpuCapability.isEmpty)
    }

    @Test func itLiesBesideTheProgramOrInTheFolderLib() throws {
        try TemporaryFolder.use { root in
            let bin = root.appendingPathComponent("bin")
            let lib = root.appendingPathComponent("lib")
            for folder in [bin, lib] {
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            }
            let beside = bin.appendingPathComponent(ShimLibrary.fileName)
            let installed = lib.appendingPathComponent(ShimLibrary.fileName)
            #expect(ShimLibrary.path(from: bin.path) == beside.path)
            try Data([1]).write(to: installed)
            #expect(ShimLibrary.path(from: bin.path) == installed.path)
            try Data([1]).write(to: beside)
            #expect(ShimLibrary.path(from: bin.path) == beside.path)
        }
    }

    @Test func missingLibraryIsNamed() {
        #expect { try ShimLibrary.open(path: "/nonexistent/libiotpipeshim.so") } throws: {
            let error = $0 as? InferenceError
            return error?.code == .shimMissing && error?.message.contains("/nonexistent/libiotpipeshim.so") == true
                && error?.message.contains("IOTPIPE_SHIM") == true
        }
    }

    @Test func anotherLibraryIsRefused() {
        #expect { try ShimLibrary.open(path: "libc.so.6") } throws: {
            ($0 as? InferenceError)?.code == .shimMissing
        }
    }
}

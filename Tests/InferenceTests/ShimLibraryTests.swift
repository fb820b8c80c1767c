import Testing

@testable import Inference

@Suite struct ShimLibraryTests {
    @Test func versionsAreReported() throws {
        let shim = try ShimLibrary.open()
        #expect(shim.torchVersion.hasPrefix("2."))
        #expect(shim.oneDNNVersion.hasPrefix("3."))
        #expect(!shim.cpuCapability.isEmpty)
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

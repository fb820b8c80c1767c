import Testing

@testable import Inference

@Suite struct InputSizeTests {
    @Test func sidesOutsideTheRangeAreRefused() throws {
        #expect(try InputSize(height: 32, width: 4096).description == "4096x32")
        for (height, width) in [(31, 32), (32, 4097), (0, 64), (-1, 64)] {
            #expect(throws: InferenceError.self) { try InputSize(height: height, width: width) }
        }
    }
}

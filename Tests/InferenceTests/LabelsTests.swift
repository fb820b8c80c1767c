import Testing

@testable import Inference

@Suite struct LabelsTests {
    @Test func usualLabelsFollowTheClassCount() {
        #expect(Labels.usual(forClasses: 1000).first == "tench")
        #expect(Labels.usual(forClasses: 1000).count == 1000)
        #expect(Labels.usual(forClasses: 100).first == "apple")
        #expect(Labels.usual(forClasses: 3) == ["class 0", "class 1", "class 2"])
    }
}

import Foundation
import Images
import Testing

@Suite struct DatasetsTests {
    @Test("A path or a word opens the right data set")
    func open() throws {
        #expect(try Datasets.open(nil) is SampleImages)
        #expect(try Datasets.open("synthetic") is SyntheticImages)
        #expect(try Datasets.open(Fixtures.sample.path) is PNGFolder)
        #expect(try Datasets.open(Fixtures.sample.appending(path: "cifar100_00_49.png").path) is PNGFolder)
        try Fixtures.withFolder { folder in
            let file = folder.appending(path: "any.bin")
            try Data(count: CIFAR100Dataset.recordSize).write(to: file)
            #expect(try Datasets.open(file.path) is CIFAR100Dataset)
        }
    }

    @Test("What is missing is named")
    func missing() {
        #expect { try Datasets.open("/no/such/thing") } throws: {
            ($0 as? ImageError)?.code == .unreadable && "\($0)".contains("/no/such/thing")
        }
    }
}

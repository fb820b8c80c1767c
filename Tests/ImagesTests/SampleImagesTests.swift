import Foundation
import Images
import Testing

@Suite struct SampleImagesTests {
    @Test("The embedded pictures are data/sample, byte for byte")
    func embedded() throws {
        let folder = try PNGFolder(path: Fixtures.sample.path)
        let sample = SampleImages()
        #expect(sample.count == 20 && folder.count == 20)
        for index in 0..<20 {
            let (embedded, file) = (try sample.image(at: index), try folder.image(at: index))
            #expect(embedded.png == file.png && embedded.image == file.image && embedded.label == file.label)
            #expect(embedded.name == "sample/" + file.name.split(separator: "/").last!)
        }
    }

    @Test("The generated file is what the script writes")
    func generated() throws {
        let script = Process()
        script.executableURL = Fixtures.root.appending(path: "scripts/embed-sample")
        script.arguments = ["--check"]
        try script.run()
        script.waitUntilExit()
        #expect(script.terminationStatus == 0)
    }

    @Test("Every picture has a class of CIFAR-100")
    func labels() throws {
        let sample = SampleImages()
        let labels = try (0..<sample.count).map { try sample.image(at: $0).label }
        #expect(
            labels == [
                "mountain", "forest", "seal", "mushroom", "sea", "tulip", "camel", "butterfly", "cloud", "apple", "sea",
                "skunk", "streetcar", "rocket", "lamp", "lion", "tulip", "wolf", "rose", "orange",
            ])
    }
}

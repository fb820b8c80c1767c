import Foundation
import Images
import Testing

@Suite struct PNGFolderTests {
    /// Puts the same small PNG at each of the paths.
    private func fill(_ folder: URL, _ paths: [String]) throws {
        for path in paths {
            let file = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(Fixtures.png("plain")).write(to: file)
        }
    }

    @Test("Labels come from inner folders and from foolbox's file names, and files in the order of their paths")
    func labels() throws {
        try Fixtures.withFolder { folder in
            try fill(
                folder,
                [
                    "IMG_49.png", "cifar100_00_49.png", "cifar100_00_100.png", "cifar100_x.PNG", "worm/1.png",
                    "my cat/cifar100_00_49.png", ".hidden.png", "deep/er/1.png", "notes.txt", ".git/1.png",
                ])
            try FileManager.default.createDirectory(
                at: folder.appending(path: "folder.png"), withIntermediateDirectories: true)
            let dataset = try PNGFolder(path: folder.path)
            let images = try (0..<dataset.count).map { try dataset.image(at: $0) }
            let found = images.map {
                "\($0.name.dropFirst(folder.path.count + 1)) \($0.label ?? "-") \($0.labelIndex ?? -1)"
            }
            #expect(
                found == [
                    "IMG_49.png - -1", "cifar100_00_100.png - -1", "cifar100_00_49.png mountain 49",
                    "cifar100_x.PNG - -1", "my cat/cifar100_00_49.png my cat -1", "worm/1.png worm 99",
                ])
            #expect(dataset.summary == "6 PNG files from \(folder.path), 3 with a label")
            #expect(images[0].png == (try Fixtures.png("plain")) && images[0].image.width == 9)
        }
    }

    @Test("One file is a data set too")
    func singleFile() throws {
        let path = Fixtures.sample.appending(path: "cifar100_13_69.png").path
        let dataset = try PNGFolder(path: path)
        #expect(dataset.count == 1)
        #expect(try dataset.image(at: 0).label == "rocket")
    }

    @Test("Faults name the file")
    func faults() throws {
        try Fixtures.withFolder { folder in
            #expect { try PNGFolder(path: folder.path) } throws: { ($0 as? ImageError)?.code == .empty }
            try fill(folder, ["a.png"])
            try Data(Fixtures.png("plain").dropLast(4)).write(to: folder.appending(path: "b.png"))
            try Data().write(to: folder.appending(path: "c.png"))
            let dataset = try PNGFolder(path: folder.path)
            for (index, code) in [(1, ImageError.Code.corrupt), (2, .empty)] {
                #expect { try dataset.image(at: index) } throws: {
                    ($0 as? ImageError)?.code == code
                        && "\($0)".hasPrefix("\(folder.path)/\(index == 1 ? "b" : "c").png: ")
                }
            }
            try FileManager.default.removeItem(at: folder.appending(path: "a.png"))
            #expect { try dataset.image(at: 0) } throws: { ($0 as? ImageError)?.code == .unreadable }
            let small = PNGCodec.Limits(maxWidth: 99, maxHeight: 99, maxPixels: 99, maxBytes: 99)
            #expect { try PNGFolder(path: folder.path, limits: small).image(at: 0) } throws: {
                ($0 as? ImageError)?.code == .tooLarge
            }
        }
    }
}

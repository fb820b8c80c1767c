import Glibc
import Images
import Inference
import Telemetry

/// Names pictures without any server: the shortest way to see the model work.
public struct ClassifyRole: Sendable {
    /// What is classified, and how.
    public struct Options: Sendable {
        /// PNG files, folders of them, and `-` for standard input.
        public var pictures: [String]
        /// How many classes are told of each.
        public var top = 5
        /// The model; one instance over all processors where it says nothing of that.
        public var model = ModelSettings()

        /// These pictures, the shipped model.
        public init(pictures: [String]) { self.pictures = pictures }
    }

    private let options: Options
    private let services: RoleServices

    /// - Parameter services: log and stop signal.
    public init(options: Options, services: RoleServices) {
        self.options = options
        self.services = services
    }

    /// Classifies all pictures, a batch at a time, and tells of each in the order in which they were named. One that
    /// cannot be read is told too, and the others go on.
    ///
    /// - Returns: the status of the first that could not be read, else success.
    /// - Throws: `InferenceError` where there is no model.
    public func run(_ tell: (ClassifiedPicture) -> Void) throws -> ExitStatus {
        var settings = options.model
        if settings.streams == nil { settings.streams = 1 }
        let model = try settings.makeModel(try settings.loadWeights(), logger: services.logger)
        var status = ExitStatus.success
        var waiting: [(file: String, image: Result<RGBImage, any Error>)] = []
        func flush() throws {
            let images = waiting.compactMap { try? $0.image.get() }
            var rows = images.isEmpty ? [] : try model.classify(images)[...]
            for (file, image) in waiting {
                let picture =
                    switch image {
                    case .success:
                        ClassifiedPicture(file: file, scores: model.top(options.top, of: rows.removeFirst()))
                    case .failure(let error): ClassifiedPicture(file: file, error: error)
                    }
                if status == .success { status = picture.status }
                tell(picture)
            }
            waiting.removeAll()
        }
        func add(_ file: String, _ image: () throws -> RGBImage) throws {
            if services.stop.isRequested { throw RoleError(.temporaryFailure, "stopped before the end") }
            waiting.append((file, Result { try image() }))
            if waiting.count == settings.batch { try flush() }
        }
        for path in options.pictures {
            if path == "-" {
                try add(path, ClassifyRole.standardInput)
                continue
            }
            do {
                let folder = try PNGFolder(path: path)
                for index in 0..<folder.count { try add(folder.path(at: index)) { try folder.image(at: index).image } }
            } catch let error as ImageError {
                let isEmpty = error.code == .empty
                try add(path) {
                    throw isEmpty ? ImageError(.empty, "there is no PNG file in the folder \(path)") : error
                }
            }
        }
        try flush()
        return status
    }

    /// The picture on standard input.
    private static func standardInput() throws -> RGBImage {
        let limits = PNGCodec.Limits.standard
        guard let bytes = FileBytes.read(from: 0, limit: limits.maxBytes + 1) else {
            throw RoleError(.inputMissing, "cannot read standard input: \(String(cString: strerror(errno)))")
        }
        do throws(ImageError) {
            return try PNGCodec.decode(bytes, limits: limits)
        } catch {
            throw error.at("standard input")
        }
    }
}

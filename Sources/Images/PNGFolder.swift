import Glibc

/// The PNG files of a folder and of the folders directly in it, in the order of their paths.
///
/// Labels:
/// - a file in a folder within the folder shows what that inner folder is named (`pets/cat/1.png`: cat), whatever
///   names are used;
/// - a file `cifar100_<anything>_<index>.png`, as the Python package foolbox names its samples, shows the CIFAR-100
///   class of that index (`cifar100_00_49.png`: mountain), unless its folder already said;
/// - any other file has no label.
///
/// Names that begin with a dot are passed over; deeper folders are not looked into.
public struct PNGFolder: ImageDataset {
    private struct Entry {
        let path: String
        let label: String?
    }

    private let entries: [Entry]
    private let path: String
    private let limits: PNGCodec.Limits

    /// Lists the folder's files; none is opened yet.
    ///
    /// - Parameters:
    ///   - path: a folder, or a single PNG file.
    ///   - limits: what each file may be at most.
    /// - Throws: `.unreadable`, or `.empty` where there is no PNG file.
    public init(path: String, limits: PNGCodec.Limits = .standard) throws(ImageError) {
        self.path = path
        self.limits = limits
        guard Kind(of: path) == .folder else {
            entries = [Entry(path: path, label: PNGFolder.label(ofFile: path))]
            return
        }
        var found: [Entry] = []
        for name in try PNGFolder.names(in: path) {
            let member = path.hasSuffix("/") ? path + name : path + "/" + name
            switch Kind(of: member) {
            case .folder:
                for file in try PNGFolder.names(in: member)
                where PNGFolder.isPNG(file) && Kind(of: member + "/" + file) == .file {
                    found.append(Entry(path: member + "/" + file, label: name))
                }
            case .file where PNGFolder.isPNG(name):
                found.append(Entry(path: member, label: PNGFolder.label(ofFile: member)))
            default: break
            }
        }
        guard !found.isEmpty else {
            throw ImageError(
                .empty,
                "there is no file *.png in the folder \(path) nor in the folders directly in it; name a folder of PNG "
                    + "files, or CIFAR-100's test.bin itself")
        }
        entries = found
    }

    /// How many PNG files.
    public var count: Int { entries.count }

    /// One line that says what and how many.
    public var summary: String {
        let labelled = entries.count { $0.label != nil }
        return "\(count) PNG file\(count == 1 ? "" : "s") from \(path), \(labelled) with a label"
    }

    /// The path of the file at an index.
    public func path(at index: Int) -> String { entries[index].path }

    /// Reads and decodes the file at an index, at any size within the limits.
    ///
    /// - Throws: `.unreadable`, or what `PNGCodec.decode` throws; the message begins with the file's path.
    public func image(at index: Int) throws(ImageError) -> LabelledImage {
        let entry = entries[index]
        let png = try PNGFolder.read(entry.path, limits)
        let image: RGBImage
        do throws(ImageError) {
            image = try PNGCodec.decode(png, limits: limits)
        } catch {
            throw error.at(entry.path)
        }
        return LabelledImage(
            image: image, png: png, label: entry.label, labelIndex: entry.label.flatMap(CIFAR100Labels.index(of:)),
            name: entry.path)
    }

    // MARK: - Labels

    /// The class that a file name of foolbox's form tells, or nil.
    static func label(ofFile path: String) -> String? {
        let name = path.split(separator: "/").last ?? ""
        let parts = name.dropLast(".png".count).split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0] == "cifar100", let last = parts.last,
            last.allSatisfy({ ("0"..."9").contains($0) }),
            let index = Int(last), CIFAR100Labels.fine.indices.contains(index)
        else { return nil }
        return CIFAR100Labels.fine[index]
    }

    // MARK: - Files

    /// What stands at a path, links followed.
    enum Kind {
        case file, folder, other, missing

        init(of path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else {
                self = .missing
                return
            }
            switch status.st_mode & S_IFMT {
            case S_IFREG: self = .file
            case S_IFDIR: self = .folder
            default: self = .other
            }
        }
    }

    private static func isPNG(_ name: String) -> Bool { name.lowercased().hasSuffix(".png") }

    /// The names in a folder, sorted byte by byte, without those that begin with a dot.
    private static func names(in folder: String) throws(ImageError) -> [String] {
        guard let stream = opendir(folder) else { throw failure(folder) }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let name else {
                throw ImageError(
                    .unreadable, "the folder \(folder) holds a name that is not UTF-8; rename that file or move it away"
                )
            }
            if !name.hasPrefix(".") { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw failure(folder) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The content of a file, its size checked first. Read, not mapped: others may rewrite it meanwhile.
    private static func read(_ path: String, _ limits: PNGCodec.Limits) throws(ImageError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure(path) }
        let size = Int(status.st_size)
        guard size <= limits.maxBytes else {
            throw ImageError(
                .tooLarge, "\(path) has \(size) bytes, more than the \(limits.maxBytes) allowed; use a smaller one")
        }
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size {
                let received = Glibc.read(file, buffer.baseAddress! + count, size - count)
                if received < 0 && errno == EINTR { continue }
                failed = received < 0
                if received <= 0 { return }
                count += received
            }
        }
        if failed { throw failure(path) }
        return bytes
    }

    private static func failure(_ path: String) -> ImageError {
        let reason = String(cString: strerror(errno))
        return ImageError(.unreadable, "cannot read \(path): \(reason); check the path and its permissions")
    }
}

/// Data sets by name, as the option `--dataset` takes them.
public enum Datasets {
    /// Opens a data set.
    ///
    /// - Parameters:
    ///   - path: nil for the embedded sample; `synthetic` for made-up pictures (write `./synthetic` for a folder of
    ///     that name); a folder or a `.png` file as `PNGFolder` reads it; any other file as CIFAR-100's binary form.
    ///   - limits: what a PNG file may be at most.
    /// - Throws: `.unreadable` where there is nothing at the path, and what the data sets throw.
    public static func open(_ path: String?, limits: PNGCodec.Limits = .standard) throws(ImageError)
        -> any ImageDataset
    {
        guard let path else { return SampleImages() }
        if path == "synthetic" { return SyntheticImages() }
        switch PNGFolder.Kind(of: path) {
        case .folder: return try PNGFolder(path: path, limits: limits)
        case .file where path.lowercased().hasSuffix(".png"): return try PNGFolder(path: path, limits: limits)
        case .file, .other: return try CIFAR100Dataset(path: path)
        case .missing:
            throw ImageError(
                .unreadable,
                "there is no data set \(path): name CIFAR-100's test.bin or train.bin, a folder of PNG files, "
                    + "or \"synthetic\"; leave it out for the sample pictures")
        }
    }
}

import Arguments

/// The option that names a dataset.
enum DatasetOptions {
    static let dataset = Option(
        "dataset", optional: .file(extensions: ["bin"]), value: "PATH",
        help: """
            The images: a CIFAR-100 binary file (test.bin, train.bin; `make data` fetches them), a folder of PNG files, or \
            `synthetic`.
            """
    ).describingDefault("20 embedded CIFAR-100 images")
}

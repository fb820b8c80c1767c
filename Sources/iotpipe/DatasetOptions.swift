import Arguments

/// The option that names a dataset.
enum DatasetOptions {
    static let dataset = Option(
        "dataset", optional: .file(extensions: ["bin"]), value: "PATH",
        help: """
            A CIFAR-100 binary file (test.bin, train.bin), a folder of PNG files, or `synthetic`. \
            `make data` fetches CIFAR-100.
            """
    ).describingDefault("20 embedded CIFAR-100 images")
}

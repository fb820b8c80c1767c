// swift-tools-version:6.0
// The whole of iotpipe: one executable, one dynamic library (the libtorch shim, opened at run time by `infer` alone),
// and one library target per module. The order of the layers is stated in DESIGN.md and checked by `make lint`.

import PackageDescription

/// Where `make setup` puts the chosen libtorch: `include/` and `lib/`. Nothing else of it is known here.
let libtorch = Context.packageDirectory + "/.deps/libtorch"

/// A C target that makes one system library importable: a header, and the few functions Swift cannot call directly.
func systemLibrary(_ name: String, links library: String) -> Target {
    .target(name: name, path: "Sources/\(name)", linkerSettings: [.linkedLibrary(library)])
}

/// A module of ours with its test target `<name>Tests`.
func module(_ name: String, uses dependencies: [Target.Dependency] = []) -> [Target] {
    [
        .target(name: name, dependencies: dependencies, path: "Sources/\(name)"),
        .testTarget(
            name: "\(name)Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies,
            path: "Tests/\(name)Tests"),
    ]
}

// Typed lists, added up below: one expression for all of them is more than Swift 6.0 can type-check.

let systemLibraries: [Target] = [
    systemLibrary("CRdKafka", links: "rdkafka"),
    systemLibrary("CPQ", links: "pq"),
    systemLibrary("CPNG", links: "png16"),
    systemLibrary("CMicrohttpd", links: "microhttpd"),
    .target(
        name: "CCairo", cSettings: [.unsafeFlags(["-isystem", "/usr/include/freetype2"])],
        linkerSettings: [.linkedLibrary("cairo"), .linkedLibrary("freetype")]),
    systemLibrary("CCrypto", links: "crypto"),
    systemLibrary("CZlib", links: "z"),
    systemLibrary("CJemalloc", links: "jemalloc"),
    .target(name: "CLinux", path: "Sources/CLinux"),
]

/// The C interface of the shim (header only), and the shim itself.
let shim: [Target] = [
    .target(name: "CShim", path: "shim/interface"),
    .target(
        name: "iotpipeshim", path: "shim/library", publicHeadersPath: "include",
        cxxSettings: [
            .headerSearchPath("../interface/include"),
            // Messages of libtorch's headers name their files: not with the path of this folder.
            .unsafeFlags([
                "-isystem", libtorch + "/include", "-fvisibility=hidden",
                "-fmacro-prefix-map=" + Context.packageDirectory + "/=",
            ]),
        ],
        linkerSettings: [
            .unsafeFlags([
                "-L" + libtorch + "/lib", "-Xlinker", "-soname=libiotpipeshim.so",
                "-Xlinker", "-rpath=" + libtorch + "/lib", "-Xlinker", "-rpath-link=" + libtorch + "/lib",
            ]),
            .linkedLibrary("torch_cpu"), .linkedLibrary("c10"),
        ]),
]

let modules: [[Target]] = [
    module("Threads", uses: ["CLinux"]),
    module("Arguments"),
    module("Events", uses: ["Threads"]),
    module("Telemetry", uses: ["Events", "Threads"]),
    module("Kafka", uses: ["CRdKafka", "Events", "Threads"]),
    module("Postgres", uses: ["CPQ", "Events", "Threads"]),
    module("Images", uses: ["CPNG", "Events", "Threads"]),
    module("Charts", uses: ["CCairo", "Threads"]),
    module("HTTP", uses: ["CMicrohttpd", "Events", "Threads"]),
    module("Inference", uses: ["CShim", "CCrypto", "Images", "Telemetry", "Events", "Threads"]),
    module("Latency", uses: ["Charts", "CZlib", "Telemetry", "Events", "Threads"]),
    module(
        "Pipeline",
        uses: [
            "CLinux", "CCrypto", "CZlib", "Inference", "Latency", "Kafka", "Postgres", "Images", "Charts", "HTTP",
            "Telemetry", "Events", "Threads",
        ]),
]

/// What several test targets use.
let testSupport: [Target] = [
    .target(
        name: "TestSupport", dependencies: ["CCairo", "Charts", "Events", "Kafka", "Threads"], path: "Tests/Support",
        exclude: ["hang-up.py"])
]

let executables: [Target] = [
    .executableTarget(
        name: "iotpipe",
        dependencies: [
            "CJemalloc", "Arguments", "Pipeline", "Latency", "Inference", "Kafka", "Postgres", "HTTP", "Telemetry",
            "Events", "Threads",
        ],
        path: "Sources/iotpipe"),
    .testTarget(
        name: "iotpipeTests", dependencies: ["iotpipe", "Arguments", "Pipeline", "Telemetry", "Events", "Threads"],
        path: "Tests/iotpipeTests", exclude: ["Golden", "Shells"]),
    .testTarget(
        name: "Integration",
        dependencies: [
            "Pipeline", "Inference", "Latency", "Kafka", "Postgres", "Images", "Telemetry", "Events", "Threads",
            "TestSupport",
        ],
        path: "Tests/Integration"),
]

/// What `Tests/Fuzz/run` builds, and nobody else: libFuzzer brings an entry point of its own.
let fuzzers: [Target] =
    Context.environment["IOTPIPE_FUZZ"] == nil
    ? []
    : [
        .executableTarget(
            name: "Fuzz", dependencies: ["Arguments", "Pipeline", "Inference", "Latency", "Images", "Events"],
            path: "Tests/Fuzz",
            exclude: ["corpus", "run"])
    ]

let package = Package(
    name: "iotpipe",
    products: [
        .executable(name: "iotpipe", targets: ["iotpipe"]),
        .library(name: "iotpipeshim", type: .dynamic, targets: ["iotpipeshim"]),
    ],
    targets: systemLibraries + shim + modules.flatMap { $0 } + testSupport + executables + fuzzers,
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx20
)

// swift-tools-version: 6.2
import PackageDescription

// Fuzz targets, a package of its own: libFuzzer has to be linked in, and the sanitizers built in. The proxy's modules are
// links to their folders, so that they belong to this package and what is of the package's access can be called.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioConcurrencyHelpers = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let swiftProtobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// A module of the proxy, or of this package, in the folder of its name.
func module(
    _ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil, settings extra: [SwiftSetting] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(path ?? name)", swiftSettings: settings + extra)
}

/// A fuzz target: what it does with its bytes is in `FuzzEntries` or another module, its corpus in `Corpus`.
func fuzzer(_ name: String, _ entries: Target.Dependency = "FuzzEntries") -> Target {
    .executableTarget(
        name: name, dependencies: ["FuzzDriver", entries], path: "Sources/\(name)", swiftSettings: settings,
        linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])])
}

let modules: [Target] = [
    .target(name: "CCRC32C", path: "Sources/CLibraries/CCRC32C"),
    .target(name: "CCrypto", path: "Sources/CLibraries/CCrypto", linkerSettings: [.linkedLibrary("crypto")]),
    .target(
        name: "COpenSSL", path: "Sources/CLibraries/COpenSSL",
        linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
    .systemLibrary(name: "CLZ4", path: "Sources/CLibraries/CLZ4", pkgConfig: "liblz4"),
    .systemLibrary(name: "CSnappy", path: "Sources/CLibraries/CSnappy"),
    .systemLibrary(name: "CZlib", path: "Sources/CLibraries/CZlib", pkgConfig: "zlib"),
    .systemLibrary(name: "CZstd", path: "Sources/CLibraries/CZstd", pkgConfig: "libzstd"),
    module("KafkaWire", [nioCore], settings: [.enableExperimentalFeature("Lifetimes")]),
    module(
        "KafkaRecords", ["CCRC32C", "CLZ4", "CSnappy", "CZlib", "CZstd", "KafkaWire", nioCore],
        settings: [.enableExperimentalFeature("Lifetimes")]),
    module("KafkaMessages", ["KafkaWire", nioCore]),
    module("KafkaCodec", ["KafkaMessages", "KafkaWire", nioCore]),
    module(
        "KafkaClient",
        ["KafkaCodec", "KafkaMessages", "KafkaRecords", "KafkaWire", collections, nioCore, nioPosix]),
    module("Telemetry", [logging]),
    module("Settings"),
    module("SASL", ["CCrypto", "KafkaWire", "Settings"]),
    module("TLS", ["COpenSSL", "Settings", nioCore]),
    module("WebClient", ["Settings", "TLS", nioCore, nioHTTP1, nioPosix]),
    module(
        "FilterAPI",
        ["KafkaCodec", "KafkaMessages", "KafkaRecords", "KafkaWire", "Settings", "Telemetry", logging, nioCore]),
    module("SluiceConfiguration", ["SASL", "Settings", "TLS", yams], path: "Configuration"),
    module(
        "ProxyRuntime",
        [
            "SluiceConfiguration", "FilterAPI", "KafkaClient", "KafkaCodec", "KafkaMessages", "KafkaRecords",
            "KafkaWire", "SASL", "Settings", "TLS", "Telemetry", "WebClient", collections, logging, nioCore, nioPosix,
        ]),
    .target(
        name: "CSimdjson", path: "Sources/CLibraries/CSimdjson",
        linkerSettings: [.linkedLibrary("simdjson")]),
    module("Schemas", ["CSimdjson", "Settings", nioConcurrencyHelpers, nioCore, swiftProtobuf]),
    module("FuzzDriver"),
    module("BinaryFuzzEntries", ["Schemas"]),
    module("JSONFuzzEntries", ["Schemas"]),
    module(
        "FuzzEntries",
        [
            "SluiceConfiguration", "FilterAPI", "KafkaClient", "KafkaCodec", "KafkaMessages", "KafkaRecords",
            "KafkaWire", "ProxyRuntime", "Settings", "Telemetry", logging, nioCore, nioEmbedded,
        ]),
]

let package = Package(
    name: "sluice-fuzz",
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: modules
        + ["batches", "codecs", "connection", "messages", "proxy_header", "records", "walk"].map { fuzzer($0) }
        + ["avro", "framing", "protobuf"].map { fuzzer($0, "BinaryFuzzEntries") }
        + ["json", "json_schema"].map { fuzzer($0, "JSONFuzzEntries") }
)

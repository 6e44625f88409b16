// swift-tools-version: 6.2
import PackageDescription

/// Swift settings shared by every target.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

/// For the modules that every frame goes through: what they export is specialized where it is used, and accesses that
/// overlap are looked for in debug builds only. Connections never leave their event loop, so there are none to find.
let hotPath: [SwiftSetting] = [
    .unsafeFlags(["-cross-module-optimization", "-enforce-exclusivity=unchecked"], .when(configuration: .release))
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let collections = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let nioConcurrencyHelpers = Target.Dependency.product(name: "NIOConcurrencyHelpers", package: "swift-nio")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioEmbedded = Target.Dependency.product(name: "NIOEmbedded", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let swiftProtobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

/// A module of the proxy, in the folder of its name.
func module(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    path: String? = nil,
    settings extra: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: settings + extra)
}

/// The tests of a module.
func tests(
    of name: String,
    _ dependencies: [Target.Dependency] = [],
    path: String? = nil,
    resources: [Resource] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.target(name: name)] + dependencies,
        path: path,
        resources: resources,
        swiftSettings: settings
    )
}

// Strictly downwards: a module depends on modules above it in this list only.
let modules: [Target] = [
    .target(name: "CAllocator", path: "Sources/CLibraries/CAllocator"),
    .target(name: "CCRC32C", path: "Sources/CLibraries/CCRC32C"),
    .target(
        name: "CCrypto", path: "Sources/CLibraries/CCrypto",
        linkerSettings: [.linkedLibrary("crypto")]),
    .systemLibrary(name: "CLZ4", path: "Sources/CLibraries/CLZ4", pkgConfig: "liblz4"),
    .systemLibrary(name: "CSnappy", path: "Sources/CLibraries/CSnappy"),
    .systemLibrary(name: "CZlib", path: "Sources/CLibraries/CZlib", pkgConfig: "zlib"),
    .systemLibrary(name: "CZstd", path: "Sources/CLibraries/CZstd", pkgConfig: "libzstd"),
    .target(
        name: "COpenSSL", path: "Sources/CLibraries/COpenSSL",
        linkerSettings: [.linkedLibrary("ssl"), .linkedLibrary("crypto")]),
    module("KafkaWire", [nioCore], settings: [.enableExperimentalFeature("Lifetimes")] + hotPath),
    module(
        "KafkaRecords", ["CCRC32C", "CLZ4", "CSnappy", "CZlib", "CZstd", "KafkaWire", nioCore],
        settings: [.enableExperimentalFeature("Lifetimes")] + hotPath),
    module("KafkaMessages", ["KafkaWire", nioCore]),
    module("KafkaCodec", ["KafkaMessages", "KafkaWire", nioCore], settings: hotPath),
    module(
        "KafkaClient",
        ["KafkaCodec", "KafkaMessages", "KafkaRecords", "KafkaWire", collections, nioCore, nioPosix],
        settings: hotPath
    ),
    module("Telemetry", [logging], settings: hotPath),
    module("Settings"),
    .target(
        name: "CSimdjson", path: "Sources/CLibraries/CSimdjson",
        linkerSettings: [.linkedLibrary("simdjson")]),
    module("SASL", ["CCrypto", "KafkaWire", "Settings"]),
    module("TLS", ["COpenSSL", "Settings", nioCore], settings: hotPath),
    module("WebClient", ["Settings", "TLS", nioCore, nioHTTP1, nioPosix]),
    module(
        "Schemas", ["CSimdjson", "Settings", nioConcurrencyHelpers, nioCore, swiftProtobuf], settings: hotPath),
    module(
        "FilterAPI",
        ["KafkaCodec", "KafkaMessages", "KafkaRecords", "KafkaWire", "Settings", "Telemetry", logging, nioCore],
        settings: hotPath
    ),
    module(
        "Sinks",
        [
            "FilterAPI", "KafkaClient", "KafkaRecords", "KafkaWire", "Settings", "Telemetry", logging, nioCore,
            nioPosix,
        ],
        settings: hotPath
    ),
    module(
        "AccessLogFilter",
        ["FilterAPI", "KafkaMessages", "KafkaWire", "Settings", "Sinks", "Telemetry", logging, nioCore],
        path: "Sources/Filters/AccessLog",
        settings: hotPath
    ),
    module(
        "AuditFilter",
        ["FilterAPI", "KafkaMessages", "KafkaWire", "Settings", "Sinks", "Telemetry", nioCore],
        path: "Sources/Filters/Audit"
    ),
    module(
        "TapFilter",
        [
            "CCrypto", "FilterAPI", "KafkaMessages", "KafkaRecords", "KafkaWire", "Schemas", "Settings", "Sinks",
            "Telemetry", collections, logging, nioCore,
        ],
        path: "Sources/Filters/Tap",
        settings: hotPath
    ),
    module(
        "TopicRewriteFilter",
        ["FilterAPI", "KafkaMessages", "KafkaWire", "Settings", "Telemetry", logging, nioCore],
        path: "Sources/Filters/TopicRewrite"
    ),
    module(
        "AuthorizationFilter",
        ["FilterAPI", "KafkaMessages", "KafkaWire", "Settings", "Telemetry", logging, nioCore],
        path: "Sources/Filters/Authorization",
        settings: hotPath
    ),
    module(
        "RateLimitFilter",
        ["FilterAPI", "KafkaMessages", "KafkaWire", "Settings", "Telemetry", logging, nioCore],
        path: "Sources/Filters/RateLimit",
        settings: hotPath
    ),
    module(
        "SchemaValidationFilter",
        [
            "FilterAPI", "KafkaMessages", "KafkaRecords", "KafkaWire", "Schemas", "Settings", "Sinks", "Telemetry",
            "WebClient", nioCore,
        ],
        path: "Sources/Filters/SchemaValidation",
        settings: hotPath
    ),
    module(
        "ShadowFilter",
        [
            "FilterAPI", "KafkaClient", "KafkaMessages", "KafkaRecords", "KafkaWire", "Settings", "Sinks", "Telemetry",
            logging, nioCore, nioPosix,
        ],
        path: "Sources/Filters/Shadow",
        settings: hotPath
    ),
    module("SluiceConfiguration", ["SASL", "Settings", "TLS", yams], path: "Sources/Configuration"),
    module(
        "ProxyRuntime",
        [
            "SluiceConfiguration", "FilterAPI", "KafkaClient", "KafkaCodec", "KafkaMessages", "KafkaRecords",
            "KafkaWire", "SASL", "Settings", "TLS", "Telemetry", "WebClient", collections, logging, nioCore, nioPosix,
        ],
        settings: hotPath
    ),
    module(
        "BenchmarkProbes",
        ["KafkaCodec", "KafkaMessages", "KafkaRecords", "KafkaWire", "ProxyRuntime", "Schemas", logging, nioCore],
        settings: hotPath
    ),
    module(
        "Admin",
        ["Settings", "Telemetry", httpTypes, hummingbird, hummingbirdCore, logging, nioCore, serviceLifecycle]
    ),
    module("EmbeddedCluster"),
    .target(
        name: "CTestCertificates", path: "Sources/CLibraries/CTestCertificates",
        linkerSettings: [.linkedLibrary("crypto")]),
]

let executables: [Target] = [
    .executableTarget(
        name: "sluice",
        dependencies: [
            "AccessLogFilter", "Admin", "AuditFilter", "AuthorizationFilter", "CAllocator", "SluiceConfiguration",
            "EmbeddedCluster",
            "FilterAPI",
            "KafkaMessages", "KafkaRecords",
            "KafkaWire", "ProxyRuntime", "RateLimitFilter", "SASL", "SchemaValidationFilter", "Schemas", "Settings",
            "ShadowFilter", "TLS", "TapFilter", "Telemetry", "TopicRewriteFilter",
            argumentParser, logging, nioCore, nioPosix, serviceLifecycle, unixSignals,
        ],
        swiftSettings: settings
    ),
    .executableTarget(name: "protocol-tool", swiftSettings: settings),
]

let testTargets: [Target] = [
    tests(
        of: "AccessLogFilter",
        [
            "FilterAPI", "KafkaMessages", "KafkaWire", "Settings", "Sinks", "Telemetry", logging, nioCore, nioEmbedded,
            nioPosix,
        ]
    ),
    tests(
        of: "AuditFilter",
        [
            "FilterAPI", "KafkaClient", "KafkaCodec", "KafkaMessages", "KafkaWire", "ProxyRuntime", "SASL", "Settings",
            "Sinks", "SluiceConfiguration", "Telemetry", logging, nioCore, nioEmbedded,
        ]
    ),
    tests(
        of: "AuthorizationFilter",
        [
            "FilterAPI", "KafkaClient", "KafkaCodec", "KafkaMessages", "KafkaWire", "ProxyRuntime", "Settings",
            "SluiceConfiguration",
            "Telemetry", logging, nioCore, nioEmbedded,
        ]
    ),
    tests(of: "Admin", ["Settings", "Telemetry", httpTypes, logging, nioCore, nioPosix, serviceLifecycle]),
    tests(of: "EmbeddedCluster"),
    tests(of: "FilterAPI", ["KafkaCodec", "KafkaMessages", "KafkaWire", nioCore]),
    tests(
        of: "KafkaClient",
        ["EmbeddedCluster", "KafkaMessages", "KafkaRecords", "KafkaWire", nioCore, nioEmbedded, nioPosix]),
    tests(of: "KafkaCodec", ["KafkaMessages", "KafkaWire", nioCore]),
    tests(of: "KafkaMessages", ["KafkaWire", nioCore]),
    tests(
        of: "KafkaRecords", ["KafkaMessages", "KafkaWire", nioCore], resources: [.copy("fixtures")]),
    tests(of: "KafkaWire", [nioCore]),
    tests(
        of: "ProxyRuntime",
        [
            "CTestCertificates", "EmbeddedCluster", "FilterAPI", "KafkaClient", "KafkaCodec", "KafkaMessages",
            "KafkaRecords", "KafkaWire", "SASL", "Settings", "SluiceConfiguration", "TLS", "Telemetry", "WebClient",
            logging, nioCore, nioEmbedded, nioPosix,
        ]
    ),
    tests(
        of: "RateLimitFilter",
        [
            "FilterAPI", "KafkaMessages", "KafkaWire", "SASL", "Settings", "SluiceConfiguration", "Telemetry", logging,
            nioCore, nioEmbedded,
        ]
    ),
    tests(
        of: "SchemaValidationFilter",
        [
            "FilterAPI", "KafkaClient", "KafkaCodec", "KafkaMessages", "KafkaRecords", "KafkaWire", "ProxyRuntime",
            "Schemas", "Settings", "Sinks", "SluiceConfiguration", "Telemetry", logging, nioCore, nioEmbedded,
        ]
    ),
    tests(of: "SASL", ["CCrypto", "KafkaWire", "Settings"]),
    tests(
        of: "Schemas", ["Settings", nioConcurrencyHelpers, nioCore, nioEmbedded, swiftProtobuf],
        resources: [.copy("fixtures")]
    ),
    tests(of: "Settings"),
    tests(
        of: "ShadowFilter",
        [
            "EmbeddedCluster", "FilterAPI", "KafkaClient", "KafkaCodec", "KafkaMessages", "KafkaRecords", "KafkaWire",
            "ProxyRuntime", "Settings", "SluiceConfiguration", "Telemetry", logging, nioCore, nioEmbedded, nioPosix,
        ]
    ),
    tests(
        of: "Sinks",
        [
            "EmbeddedCluster", "FilterAPI", "KafkaWire", "Settings", "SluiceConfiguration", "Telemetry", logging,
            nioCore, nioEmbedded,
            nioPosix,
        ]
    ),
    tests(of: "SluiceConfiguration", ["SASL", "Settings", "TLS"], path: "Tests/ConfigurationTests"),
    tests(of: "TLS", ["COpenSSL", "CTestCertificates", "Settings", nioCore, nioEmbedded, nioPosix]),
    tests(of: "Telemetry", [logging]),
    tests(
        of: "TapFilter",
        [
            "FilterAPI", "KafkaClient", "KafkaCodec", "KafkaMessages", "KafkaRecords", "KafkaWire", "ProxyRuntime",
            "Schemas", "Settings", "Sinks", "SluiceConfiguration", "Telemetry", "TopicRewriteFilter", logging, nioCore,
            nioEmbedded,
        ]
    ),
    tests(
        of: "TopicRewriteFilter",
        [
            "FilterAPI", "KafkaMessages", "KafkaWire", "ProxyRuntime", "Settings", "SluiceConfiguration", "Telemetry",
            logging, nioCore, nioEmbedded,
        ]
    ),
]

let package = Package(
    name: "sluice",
    products: [
        .executable(name: "sluice", targets: ["sluice"]),
        .library(name: "KafkaMessages", targets: ["KafkaWire", "KafkaMessages"]),
        .library(name: "BenchmarkProbes", targets: ["BenchmarkProbes"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: modules + executables + testTargets
)

import Settings
import SluiceConfiguration

/// What the fake filters' readers make.
struct FakeFilterConfiguration: Sendable, Equatable {
    var path: String?
    var size: ByteSize
}

/// What the fake tap's reader makes.
struct FakeTapConfiguration: Sendable {
    var cluster: String?
    var password: Secret
}

/// Filters of the tests' own.
let fakeFilters = [
    FilterType(name: "access_log", summary: "Writes a line a request.") { reader in
        FakeFilterConfiguration(
            path: reader.optional("path", .file(mustExist: false), "The file to write."),
            size: reader.value("size", .byteSize(.bytes(1)...(.mebibytes(1))), default: .kibibytes(64), "How much.")
        )
    },
    FilterType(name: "rate_limit", summary: "Slows down.") { reader in
        reader.required("requests", .rate(1...1000), "How many.")
    },
    FilterType(name: "tap", summary: "Copies.") { reader in
        let cluster = reader.optional("cluster", .clusterName, "Where to.")
        let password = reader.required("password", .secret, "A secret.")
        return password.map { FakeTapConfiguration(cluster: cluster, password: $0) }
    },
]

extension SettingsEnvironment {
    /// An environment of these variables, and files of these contents.
    static func of(variables: [String: String] = [:], files: [String: String] = [:]) -> SettingsEnvironment {
        SettingsEnvironment(
            variable: { variables[$0] },
            contents: { path, _ in
                files[path].map { .success(Array($0.utf8)) } ?? .failure(SettingProblem("cannot read '\(path)'"))
            },
            isReadable: { files[$0] != nil }
        )
    }
}

/// Reads `yaml` as the file `c.yaml`.
func load(
    _ yaml: String,
    variables: [String: String] = [:],
    files: [String: String] = [:]
) throws(ConfigurationError) -> LoadedConfiguration {
    let loader = ConfigurationLoader(
        filterTypes: fakeFilters,
        apis: ["Produce", "Fetch", "Metadata"],
        environment: .of(variables: variables, files: files)
    )
    return try loader.load(yaml, file: "c.yaml")
}

/// What is wrong with `yaml`, a line an issue.
func issues(_ yaml: String, variables: [String: String] = [:]) -> [String] {
    do throws(ConfigurationError) {
        _ = try load(yaml, variables: variables)
        return []
    } catch {
        return error.issues.map(\.description)
    }
}

/// The shortest configuration there is.
let minimal = """
    listeners:
      - name: apps
        address: 127.0.0.1:9092
        cluster: main
        brokers: { mode: ports, ports: 9093-9192 }
    clusters:
      - name: main
        bootstrap_servers: [127.0.0.1:19092]
    """

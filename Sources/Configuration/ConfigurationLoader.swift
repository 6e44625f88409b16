package import Settings

/// Reads configuration files.
package struct ConfigurationLoader: Sendable {
    /// The largest file that is read.
    package static let maxFileSize = ByteSize.mebibytes(10)

    private let environment: SettingsEnvironment
    private let type: SettingType<ProxyConfiguration>

    /// Makes a loader.
    ///
    /// - Parameters:
    ///   - filterTypes: The filters that exist, each name once.
    ///   - apis: The names of Kafka's APIs, to find slips in `when`; empty to take any.
    ///   - environment: Where files and variables are read.
    package init(
        filterTypes: [FilterType],
        apis: [String] = [],
        environment: SettingsEnvironment = .process
    ) {
        precondition(Set(filterTypes.map(\.name)).count == filterTypes.count, "two filter types have one name")
        self.environment = environment
        type = ProxyConfiguration.settingType(filterTypes, apis: apis)
    }

    /// Reads the file at `path`. This blocks.
    ///
    /// - Throws: An error with everything that is wrong, when anything is.
    package func load(path: String) throws(ConfigurationError) -> LoadedConfiguration {
        try load(try contents(of: path), file: path)
    }

    /// The bytes of the file at `path`, unread. This blocks.
    ///
    /// - Throws: An error that says why they cannot be had.
    package func contents(of path: String) throws(ConfigurationError) -> [UInt8] {
        switch environment.contents(path, Self.maxFileSize.bytes) {
        case .success(let contents): return contents
        case .failure(let problem):
            let mark = SettingsMark(file: path, line: 0, column: 0)
            throw ConfigurationError([SettingsIssue(at: mark, path: "", message: problem.message)])
        }
    }

    /// Reads `bytes` as the contents of the file at `file`. Files that it names are read, which blocks.
    ///
    /// - Throws: An error with everything that is wrong, when anything is.
    package func load(_ bytes: [UInt8], file: String) throws(ConfigurationError) -> LoadedConfiguration {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            let line = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
            let mark = SettingsMark(file: file, line: line + 1, column: 1)
            throw ConfigurationError([SettingsIssue(at: mark, path: "", message: "this line is not UTF-8")])
        }
        var loaded = try load(text, file: file)
        loaded.fingerprint = Self.fingerprint(of: bytes)
        return loaded
    }

    /// A number that is another for other contents of a file; in another process it is another one too.
    package static func fingerprint(of bytes: [UInt8]) -> Int {
        bytes.hashValue
    }

    /// Reads `text` as the contents of the file at `file`, whose folder paths start from.
    ///
    /// - Throws: An error with everything that is wrong, when anything is.
    package func load(_ text: String, file: String) throws(ConfigurationError) -> LoadedConfiguration {
        let document = YAMLDocument(text, file: file, environment: environment)
        guard let root = document.root else {
            if !document.issues.isEmpty { throw ConfigurationError(document.issues) }
            let mark = SettingsMark(file: file, line: 1, column: 1)
            throw ConfigurationError([SettingsIssue(at: mark, path: "", message: "is empty")])
        }
        let folder = file.lastIndex(of: "/").map { $0 == file.startIndex ? "/" : String(file[..<$0]) } ?? ""
        let result = type.decode(root, baseDirectory: folder, environment: environment, issues: document.issues)
        guard let configuration = result.value else { throw ConfigurationError(result.issues) }
        return LoadedConfiguration(
            configuration: configuration, effective: result.effective, hidden: result.hidden)
    }

    /// The JSON Schema (2020-12) of a configuration file.
    package var jsonSchema: JSONValue {
        type.jsonSchema(
            title: "Sluice configuration",
            description: "What may stand in a configuration file of Sluice."
        )
    }
}

/// A configuration that was read, and what it says.
package struct LoadedConfiguration: Sendable {
    /// The configuration.
    package var configuration: ProxyConfiguration
    /// The settings in effect, defaults included, secrets as `[redacted]`: what `/config_dump` shows.
    package var effective: JSONValue
    /// The same by its parts, to be compared with another.
    package var outline: ConfigurationOutline
    /// Of the bytes that it was read from, as ``ConfigurationLoader/fingerprint(of:)``; nil if there was no file.
    package var fingerprint: Int?

    init(configuration: ProxyConfiguration, effective: JSONValue, hidden: [HiddenValue]) {
        self.configuration = configuration
        self.effective = effective
        outline = ConfigurationOutline(effective: effective, hidden: hidden)
    }

    /// This configuration with the `admin:` block of another: that block cannot change while the process runs.
    package func keepingAdmin(of running: LoadedConfiguration) -> LoadedConfiguration {
        var kept = self
        kept.configuration.admin = running.configuration.admin
        kept.effective = effective.merging([.init("admin", running.effective["admin"] ?? [:])])
        kept.outline.sections["admin"] = running.outline.sections["admin"]
        return kept
    }
}

import Settings
import SluiceConfiguration
import Testing

@testable import TopicRewriteFilter

/// A configuration read from YAML.
func configuration(_ yaml: String) throws -> TopicRewriteConfiguration {
    let result = try read(yaml)
    #expect(result.issues == [])
    return try #require(result.value)
}

/// The issues of a configuration in YAML.
func issues(_ yaml: String) throws -> [String] {
    try read(yaml).issues.map(\.description)
}

private func read(_ yaml: String) throws -> SettingsResult<TopicRewriteConfiguration> {
    let document = YAMLDocument(yaml, file: "c.yaml", environment: .process)
    let root = try #require(document.root)
    return SettingType<TopicRewriteConfiguration>.structure { TopicRewriteConfiguration.read(&$0) }
        .decode(root, issues: document.issues)
}

/// The view of a client for whom all rules apply, each with the target of an index.
func view(_ yaml: String, targets: [Int?] = []) throws -> TopicView {
    let configuration = try configuration(yaml)
    let all = configuration.rules.indices.map { targets.indices.contains($0) ? targets[$0] : 0 }
    return TopicView(configuration, ViewSelection(all))
}

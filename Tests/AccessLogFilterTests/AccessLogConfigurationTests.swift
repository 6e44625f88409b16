import FilterAPI
import Settings
import Testing

@testable import AccessLogFilter

@Suite("Settings of an access log")
struct AccessLogConfigurationTests {
    private static let mark = SettingsMark(file: "test.yaml", line: 1, column: 1)

    private static func scalar(_ text: String, _ path: String) -> SettingsNode {
        SettingsNode(.scalar(.init(text: text)), mark: mark, path: path)
    }

    /// What comes of settings that are all single values, or lists of them.
    private func read(_ settings: KeyValuePairs<String, Any>) -> SettingsResult<AccessLogConfiguration> {
        let entries = settings.map { key, value in
            let content: SettingsNode =
                if let list = value as? [String] {
                    SettingsNode(.sequence(list.map { Self.scalar($0, key) }), mark: Self.mark, path: key)
                } else {
                    Self.scalar("\(value)", key)
                }
            return SettingsNode.Entry(key: key, mark: Self.mark, value: content)
        }
        let type = SettingType<AccessLogConfiguration>.structure { AccessLogFilterFactory.read(&$0) }
        return type.decode(SettingsNode(.mapping(entries), mark: Self.mark, path: ""), baseDirectory: "/etc/sluice")
    }

    private func problem(_ settings: KeyValuePairs<String, Any>) -> String? {
        read(settings).issues.first.map { issue in
            issue.message + (issue.suggestion.map { " (\($0))" } ?? "")
        }
    }

    @Test("are all optional")
    func defaults() {
        #expect(read([:]).value == AccessLogConfiguration())
    }

    @Test("are read")
    func everyKey() throws {
        let result = read([
            "path": "access.log", "format": "template", "template": "%{api} 100%%", "only_errors": "true",
            "slower_than": "250ms", "flush_interval": "1s", "max_buffered": "256KiB",
        ])
        #expect(result.issues == [])
        let expected = AccessLogConfiguration(
            path: "/etc/sluice/access.log", format: .template(try AccessLogTemplate("%{api} 100%%")), onlyErrors: true,
            slowerThan: .milliseconds(250), flushInterval: .seconds(1), maxBuffered: .kibibytes(256))
        #expect(result.value == expected)
    }

    @Test("choose fields")
    func fields() {
        #expect(read(["fields": ["api", "duration_ms"]]).value?.format == .json([.api, .duration]))
    }

    @Test("say what is wrong")
    func mistakes() {
        #expect(problem(["fields": ["api", "clientid"]])?.hasSuffix("(client_id)") == true)
        #expect(problem(["fields": ["api", "api"]]) == "'api' is listed twice")
        #expect(problem(["format": "template"]) == "missing: 'format: template' needs the text of a line")
        #expect(problem(["template": "%{api}"]) == "is used with 'format: template' only")
        #expect(
            problem(["format": "template", "template": "%{api}", "fields": ["api"]])
                == "is used with 'format: json' only: a template names its fields")
        #expect(problem(["flush_interval": "2s"]) == "must be between 1ms and 1s, not 2s")
        #expect(problem(["max_buffered": "1KiB"]) == "must be between 256KiB and 1GiB, not 1KiB")
        #expect(problem(["formt": "json"]) == "unknown key (format)")
    }

    @Test(
        "say what is wrong with a template",
        arguments: [
            ("%{client-id}", "there is no field 'client-id' (client_id)"),
            ("%{duration}", "there is no field 'duration' (duration_ms)"),
            ("%{}", "there is no field ''"), ("%{nonsense}", "there is no field 'nonsense'"),
            ("%{api", "a '%{' has no '}' after it"),
            ("100% %{api}", "a field is written '%{name}', and a percent sign '%%'"),
            ("%{api} %", "a field is written '%{name}', and a percent sign '%%'"),
            ("only text", "names no field: write one as '%{client_id}'"),
            ("%{api}\n%{version}", "a template is one line, without control characters"),
        ])
    func templateMistakes(_ template: String, _ message: String) {
        #expect(problem(["format": "template", "template": template]) == message)
    }

    @Test("describe themselves in a schema")
    func schema() {
        let type = SettingType<AccessLogConfiguration>.structure { AccessLogFilterFactory.read(&$0) }
        let schema = type.jsonSchema(title: "access_log", description: "-")
        #expect(schema["properties"]?["flush_interval"]?["default"] == "200ms")
    }
}

@Suite("A template")
struct AccessLogTemplateTests {
    @Test("is text with fields in it")
    func text() throws {
        #expect(
            try Sample().text("[%{time}] %{client_id}: %{api}v%{version} %{duration_ms}ms %{topics} 100%%")
                == "[2026-11-23T22:32:52.045Z] billing: Producev9 2.417ms orders 100%")
    }

    @Test("has '-' for what is not there, and commas between topics")
    func absentValues() throws {
        var sample = Sample()
        sample.clientID = nil
        sample.topics = []
        sample.result = .noResponse
        #expect(try sample.text("%{client_id} %{topics} %{answered_by} %{error}") == "- - - -")
        sample.topics = ["a", "b"]
        #expect(try sample.text("%{topics}") == "a,b")
        sample.topics = (0...RequestFacts.mostTopics).map { "t\($0)" }
        #expect(try sample.text("%{topics}").hasSuffix(",t99,…"))
    }
}

import Settings
import Testing

@Suite struct SettingsReaderTests {
    struct Retry: Sendable, Equatable {
        var attempts: Int
        var pause: Duration
        var note: String?
    }

    static let retry = SettingType<Retry>.structure { reader in
        let attempts = reader.value("attempts", .integer(1...10), default: 3, "How often.")
        let pause = reader.required("pause", .duration(.milliseconds(1)...(.seconds(60))), "How long.")
        let note = reader.optional("note", .string(), "What for.")
        guard let pause else { return nil }
        if attempts == 1, reader.contains("note") { reader.report("is of no use with one attempt", at: "note") }
        return Retry(attempts: attempts, pause: pause, note: note)
    }

    @Test func valuesAreReadByKey() {
        let result = Self.retry.decode(["attempts": "5", "pause": "250ms", "note": "flaky"])
        #expect(result.value == Retry(attempts: 5, pause: .milliseconds(250), note: "flaky"))
        #expect(result.issues.isEmpty)
    }

    @Test func absentKeysHaveTheirDefaults() {
        #expect(Self.retry.decode(["pause": "1s"]).value == Retry(attempts: 3, pause: .seconds(1), note: nil))
    }

    @Test func aKeyWithADefaultMayBeEmpty() {
        #expect(Self.retry.decode(["pause": "1s", "attempts": .empty]).value?.attempts == 3)
    }

    @Test func aKeyWithoutDefaultMayNotBeEmpty() {
        #expect(
            Self.retry.issues(["pause": .empty, "note": .empty]) == [
                "test.yaml:1:1: pause: has no value: expected a duration such as 250ms or 5s",
                "test.yaml:2:1: note: has no value: expected a string",
            ]
        )
    }

    @Test func everythingThatIsWrongIsFoundAtOnce() {
        #expect(
            Self.retry.issues(["atempts": "5", "note": ["a"], "attempts": "11", "colour": "red"]) == [
                "test.yaml:1:1: atempts: unknown key (did you mean 'attempts'?)",
                "test.yaml:1:9: pause: missing: expected a duration such as 250ms or 5s",
                "test.yaml:2:9: note: expected a string, found a list",
                "test.yaml:3:9: attempts: must be between 1 and 10",
                "test.yaml:4:1: colour: unknown key",
            ]
        )
    }

    @Test func whatIsNoMappingIsRefused() {
        #expect(Self.retry.issues(["a"]) == ["test.yaml:1:9: expected a mapping, found a list"])
    }

    @Test func valuesCanBeComparedAfterReading() {
        #expect(
            Self.retry.issues(["attempts": "1", "pause": "1s", "note": "x"]) == [
                "test.yaml:3:9: note: is of no use with one attempt"
            ]
        )
    }

    @Test func theSameDeclarationsYieldTheSchema() {
        #expect(
            Self.retry.jsonSchema(title: "Retry", description: "Test.").description == """
                {"$schema":"https://json-schema.org/draft/2020-12/schema","title":"Retry","description":"Test.",\
                "type":"object","properties":{\
                "attempts":{"anyOf":[{"type":"integer","minimum":1,"maximum":10},\
                {"$ref":"#/$defs/environment_variable"}],"description":"How often.","default":3},\
                "pause":{"anyOf":[{"type":"string","pattern":"^[0-9]+(us|ms|s|m|h|d)$","examples":["1ms","1m"]},\
                {"$ref":"#/$defs/environment_variable"}],"description":"How long."},\
                "note":{"type":"string","minLength":1,"description":"What for."}},\
                "additionalProperties":false,"required":["pause"],\
                "$defs":{"environment_variable":{"type":"string",\
                "description":"Text in which a variable of the environment is expanded.",\
                "pattern":"\\\\$\\\\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\\\\}"}}}
                """
        )
    }

    @Test func theDumpShowsWhatIsInEffect() {
        #expect(
            Self.retry.decode(["pause": "60000ms"]).effective.description == #"{"attempts":3,"pause":"1m"}"#
        )
    }

    @Test func aSectionThatIsAbsentHasItsDefaults() {
        let type = SettingType<Retry>.structure { reader in
            reader.section("retry", "Tries.") { reader in
                Retry(attempts: reader.value("attempts", .integer(1...10), default: 3, ""), pause: .zero)
            }
        }
        #expect(type.decode([:]).value?.attempts == 3)
        #expect(type.decode([:]).effective.description == #"{"retry":{"attempts":3}}"#)
        #expect(type.decode(["retry": .empty]).value?.attempts == 3)
        #expect(type.decode(["retry": ["attempts": "4"]]).value?.attempts == 4)
    }

    @Test func aReservedKeySaysWhy() {
        let type = SettingType<Int>.structure { reader in
            reader.reserve("tls", "not available yet")
            return 1
        }
        #expect(type.issues(["tls": "x"]) == ["test.yaml:1:1: tls: not available yet"])
        #expect(type.issues(["tlss": "x"]) == ["test.yaml:1:1: tlss: unknown key"])
        #expect(type.jsonSchema(title: "", description: "")["properties"] == [:])
    }

    @Test func keysWithAnIgnoredPrefixStand() {
        let type = SettingType<Int>.structure { reader in
            reader.ignoreKeys(withPrefix: "x-")
            return 1
        }
        #expect(type.issues(["x-anchors": "x", "y": "z"]) == ["test.yaml:2:1: y: unknown key"])
    }

    @Test func aValueThatAnIssueExistsForGetsNoSecondOne() {
        let mark = SettingsMark(file: "f", line: 1, column: 1)
        let pause = SettingsNode.Entry(
            key: "pause", mark: mark, value: SettingsNode(.invalid, mark: mark, path: "pause"))
        let issue = SettingsIssue(at: mark, path: "pause", message: "no such variable")
        let result = Self.retry.decode(SettingsNode(.mapping([pause]), mark: mark, path: ""), issues: [issue])
        #expect(result.value == nil)
        #expect(result.issues == [issue])
    }
}

import Settings
import SluiceConfiguration
import Testing

@Suite struct YAMLDocumentTests {
    private func parse(_ yaml: String, variables: [String: String] = [:]) -> YAMLDocument {
        YAMLDocument(yaml, file: "c.yaml", environment: .of(variables: variables))
    }

    private func issues(_ yaml: String, variables: [String: String] = [:]) -> [String] {
        parse(yaml, variables: variables).issues.map(\.description)
    }

    @Test func marksAndPathsAreThoseOfTheFile() {
        let root = parse("a:\n  - b: 1\n    c: x\n").root
        #expect(
            root?.outline == [
                "a 1:1 a", "[] 2:3 a", "b 2:5 a[0].b", "1 2:8 a[0].b", "c 3:5 a[0].c", "x 3:8 a[0].c",
            ]
        )
    }

    @Test(arguments: [
        ("a: [1", "c.yaml:2:1: not YAML: did not find expected ',' or ']' (while parsing a flow sequence, line 1)"),
        ("a: b\n c: d", "c.yaml:2:3: not YAML: mapping values are not allowed in this context"),
        ("a: *b", "c.yaml:1:4: not YAML: found undefined alias"),
        ("a: &a [*a]", "c.yaml:1:8: not YAML: found undefined alias"),
        ("a: \"b", "c.yaml:1:6: not YAML: found unexpected end of stream (while scanning a quoted scalar, line 1)"),
        (
            "a: 1\n---\nb: 2",
            "c.yaml:2:1: not YAML: but found another document (expected a single document in the stream, line 1)"
        ),
        (
            "\tb: 1",
            "c.yaml:1:1: not YAML: found character that cannot start any token (while scanning for the next token, line 1)"
        ),
        ("a: \u{7}", "c.yaml:1:4: not YAML: control characters are not allowed"),
        (
            "a:\n  - [${X}]",
            "c.yaml:2:7: not YAML: did not find expected ',' or ']' (while parsing a flow sequence, line 2); "
                + "inside [ ] and { }, ${…} must be written in quotes"
        ),
    ])
    func syntaxErrorsHaveTheirPlace(yaml: String, issue: String) {
        #expect(issues(yaml) == [issue])
    }

    @Test func nestingIsBounded() {
        #expect(
            issues(String(repeating: "[", count: 100_000)) == [
                "c.yaml:1:1: not YAML: Maximum nesting level reached, set with yaml_set_max_nest_level()) "
                    + "(while parsing, line 1)"
            ]
        )
        let deep = String(repeating: "[", count: 150) + String(repeating: "]", count: 150)
        #expect(issues(deep).first?.hasSuffix("is nested more than 100 levels deep") == true)
    }

    @Test func aKeyThatStandsTwiceIsAnError() {
        let yaml = "a: 1\nb: { x: 1, \"x\": 2, x: 3 }\na: 2\nc: 1\n"
        #expect(
            issues(yaml) == [
                "c.yaml:2:20: b.x: stands twice in one mapping, first on line 2",
                "c.yaml:3:1: a: stands twice in one mapping, first on line 1",
            ]
        )
        #expect(parse(yaml).root?.outline.contains("c 4:1 c") == true)
    }

    @Test func repeatedKeysAreToldAlongWithASyntaxError() {
        #expect(
            issues("a: { b: 1, b: 2 }\nc: [") == [
                "c.yaml:1:6: b: stands twice in one mapping",
                "c.yaml:3:1: not YAML: did not find expected node content (while parsing a flow node, line 3)",
            ]
        )
    }

    @Test func aliasesAndMergeKeysAreResolved() {
        let yaml = """
            base: &base { a: 1, b: 2 }
            more: &more { b: 3, c: 4 }
            one: { <<: *base, b: 5 }
            two: { <<: [*more, *base] }
            three: *base
            """
        let root = parse(yaml).root
        #expect(root?["one"]?.values == ["b": "5", "a": "1"])
        #expect(root?["two"]?.values == ["b": "3", "c": "4", "a": "1"])
        #expect(root?["three"]?.values == ["a": "1", "b": "2"])
        #expect(issues("a: { <<: 5 }") == ["c.yaml:1:10: a: '<<' merges a mapping or a list of mappings"])
    }

    @Test(.timeLimit(.minutes(1)), arguments: ["[%, %, %, %, %, %, %, %, %]", "{ <<: [%, %, %, %, %, %, %, %, %] }"])
    func aliasesDoNotGrowWithoutBound(line: String) {
        var yaml = "a0: &a0 \(line.hasPrefix("[") ? "[x]" : "{}")\n"
        for level in 1...30 {
            yaml +=
                "a\(level): &a\(level) "
                + line.split(separator: "%", omittingEmptySubsequences: false)
                .joined(separator: "*a\(level - 1)") + "\n"
        }
        #expect(issues(yaml) == ["c.yaml:1:1: has more than 200000 values once its aliases are expanded"])
    }

    @Test(arguments: [
        ("${A}", "1"), ("${A}/${B}", "1/two"), ("${C:-x}", "x"), ("${C:-}", ""), ("${E:-x}", "x"), ("${E}", ""),
        ("$A", "$A"), ("$${A}", "${A}"), ("a$", "a$"), ("$$", "$$"), ("${C:-a:b}", "a:b"),
        ("${INJECT}", "a: [b]\nc: d"),
        ("${C:-$}", "$"),
    ])
    func variablesAreExpandedAfterParsing(written: String, text: String) {
        let variables = ["A": "1", "B": "two", "E": "", "INJECT": "a: [b]\nc: d"]
        #expect(parse("k: \(written)", variables: variables).root?.values == ["k": text])
        #expect(parse("k: '\(written)'", variables: variables).root?.values == ["k": text])
    }

    @Test(arguments: [
        ("${A}", "the environment has no variable 'A', and ${A} has no default"), ("${A", "'${' without '}'"),
        ("${}", "expected ${NAME} or ${NAME:-default}, found '${}' (write $${ for ${ itself)"),
        ("${1A}", "expected ${NAME} or ${NAME:-default}, found '${1A}' (write $${ for ${ itself)"),
        ("${A-b}", "expected ${NAME} or ${NAME:-default}, found '${A-b}' (write $${ for ${ itself)"),
    ])
    func variablesThatCannotBeExpandedAreErrors(written: String, message: String) {
        #expect(issues("a: 1\nk: \(written)") == ["c.yaml:2:4: k: \(message)"])
    }

    @Test(arguments: ["", "~", "null"])
    func nothingIsNothing(written: String) {
        guard case .mapping(let entries)? = parse("k: \(written)").root?.content,
            case .null? = entries.first?.value.content
        else {
            Issue.record("not null")
            return
        }
    }

    @Test func whatHasNoMeaningHereIsAnError() {
        #expect(issues("k: !secret x") == ["c.yaml:1:4: k: the tag '!secret' has no meaning here"])
        #expect(issues("k: !secret [x]") == ["c.yaml:1:4: k: the tag '!secret' has no meaning here"])
        #expect(issues("k: !!set { x }") == ["c.yaml:1:4: k: the tag 'tag:yaml.org,2002:set' has no meaning here"])
        #expect(issues("k: !!seq [x]\nl: !!map { a: b }") == [])
        #expect(issues("[a]: x") == ["c.yaml:1:1: a key must be a single value"])
        #expect(issues("k: !!str 5") == [])
    }

    @Test func whatIsWrongBehindAnAnchorIsOneMistake() {
        #expect(
            issues("a: &a { x: '${NOPE}' }\nb: *a\nc: { <<: *a }") == [
                "c.yaml:1:12: a.x: the environment has no variable 'NOPE', and ${NOPE} has no default"
            ]
        )
    }

    @Test func linesAreCountedPastTextOfAllKinds() {
        let yaml = "# ü\r\na: |\r\n  x\r\n  y\r\nb: 'ü' # 🙂\r\nc: { d: 1, d: 2 }\r\n"
        #expect(issues(yaml) == ["c.yaml:6:12: c.d: stands twice in one mapping, first on line 6"])
    }
}

extension SettingsNode {
    /// The value under `key`.
    fileprivate subscript(key: String) -> SettingsNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// The texts of a mapping's scalars.
    fileprivate var values: [String: String] {
        guard case .mapping(let entries) = content else { return [:] }
        var values: [String: String] = [:]
        for entry in entries {
            if case .scalar(let scalar) = entry.value.content { values[entry.key] = scalar.text }
        }
        return values
    }

    /// Each key and value with its place and path, from first to last.
    fileprivate var outline: [String] {
        func line(_ what: String, _ mark: SettingsMark, _ path: String) -> String {
            "\(what) \(mark.line):\(mark.column) \(path)"
        }
        switch content {
        case .scalar(let scalar): return [line(scalar.text, mark, path)]
        case .null, .invalid: return [line("-", mark, path)]
        case .sequence(let nodes): return [line("[]", mark, path)] + nodes.flatMap(\.outline)
        case .mapping(let entries):
            return entries.flatMap { [line($0.key, $0.mark, $0.value.path)] + $0.value.outline }
        }
    }
}

import Settings
import Testing

@Suite struct SettingTypeTests {
    // MARK: - Scalars

    @Test(
        arguments: [
            ("abc", nil), ("", "must not be empty"),
            ("12", "expected a string, found the number 12: write it in quotes"),
            ("1.10", "expected a string, found the number 1.10: write it in quotes"), ("1.2.3", nil), ("1-2", nil),
            ("true", "expected a string, found true: write it in quotes"), ("no", nil), ("nan", nil), ("infinity", nil),
        ] as [(String, String?)])
    func aStringIsText(text: String, problem: String?) {
        #expect(SettingType<String>.string().problem(.plain(text)) == problem)
        #expect(SettingType<String>.string(0...10).decode(.quoted(text)).value == text)
    }

    @Test func aStringHasALength() {
        #expect(SettingType<String>.string(2...3).problem("a") == "must have at least 2 characters")
        #expect(SettingType<String>.string(2...3).problem("abcd") == "must have at most 3 characters")
        #expect(SettingType<String>.string(2...3).problem("añb") == nil)
    }

    @Test func anExpandedNumberIsAStringWhereOneIsWanted() {
        #expect(SettingType<String>.string().decode(.expanded("12", from: "${N}")).value == "12")
    }

    @Test(
        arguments: [
            ("true", true, nil), ("false", false, nil), ("yes", nil, "expected true or false, found 'yes'"),
            ("True", nil, "expected true or false, found True"),
            ("1", nil, "expected true or false, found the number 1"),
        ] as [(String, Bool?, String?)])
    func aBooleanIsTrueOrFalse(text: String, value: Bool?, problem: String?) {
        let result = SettingType<Bool>.boolean.decode(.plain(text))
        #expect(result.value == value)
        #expect(result.issues.first?.message == problem)
    }

    @Test func quotesMakeStrings() {
        #expect(SettingType<Bool>.boolean.problem(.quoted("true")) == "expected true or false, found the string 'true'")
        #expect(
            SettingType<Int>.integer(0...9).problem(.quoted("5")) == "expected a whole number, found the string '5'")
        #expect(SettingType<Int>.integer(0...9).decode(.expanded("5", from: "${N}")).value == 5)
    }

    @Test(
        arguments: [
            ("-5", nil), ("10", nil), ("-6", "must be between -5 and 10"), ("11", "must be between -5 and 10"),
            ("99999999999999999999", "must be between -5 and 10"),
            ("1.0", "expected a whole number, found the number 1.0"),
            ("0x1", "expected a whole number, found the number 0x1"), ("-", "expected a whole number, found '-'"),
            ("five", "expected a whole number, found 'five'"), ("", "expected a whole number, found ''"),
            ("٣", "expected a whole number, found '٣'"),
        ] as [(String, String?)])
    func anIntegerHasARange(text: String, problem: String?) {
        #expect(SettingType<Int>.integer(-5...10).problem(.plain(text)) == problem)
    }

    @Test(arguments: ["", "a b", "a/b", "ä", String(repeating: "x", count: 201), "5", "true"])
    func aNameIsOfFewCharacters(text: String) {
        #expect(
            SettingType<String>.name.problem(.plain(text))?
                .hasPrefix("expected a name of letters, digits, '_', '.' and '-', found ") == true
        )
        #expect(SettingType<String>.name.problem("a-B_c.9") == nil)
    }

    enum Mode: String, Sendable, CaseIterable { case forward, close }

    @Test func aChoiceSuggestsTheNearestWord() {
        #expect(SettingType<Mode>.choice().decode("close").value == .close)
        let issue = SettingType<Mode>.choice().decode("foward").issues.first
        #expect(issue?.message == "expected one of forward, close, found 'foward'")
        #expect(issue?.suggestion == "forward")
        #expect(SettingType<Mode>.choice().decode("zzz").issues.first?.suggestion == nil)
        let pairs = SettingType<Int>.choice(["one": 1, "two": 2])
        #expect(pairs.decode("two").value == 2)
        #expect(pairs.decode("tow").issues.first?.suggestion == "two")
        #expect(pairs.decode("two").effective == "two")
    }

    // MARK: - Lists, mappings, variants

    @Test func aListReadsEachElement() {
        let type = SettingType<[Int]>.list(of: .integer(0...9), count: 1...3)
        #expect(type.decode(["1", "2"]).value == [1, 2])
        #expect(
            type.issues(["1", "a", "10"]) == [
                "test.yaml:1:9: [1]: expected a whole number, found 'a'",
                "test.yaml:1:9: [2]: must be between 0 and 9",
            ]
        )
        #expect(type.problem([]) == "needs at least 1 of them, found 0")
        #expect(type.problem(["1", "1", "1", "1"]) == "may have at most 3 of them, found 4")
        #expect(type.problem("1") == "expected a list, found the number 1")
        #expect(type.problem([.empty]) == "has no value: expected a whole number")
    }

    @Test func oneOrMoreTakesOneWithoutAList() {
        let type = SettingType<[Int]>.oneOrMore(of: .integer(0...9))
        #expect(type.decode("1").value == [1])
        #expect(type.decode(["1", "2"]).value == [1, 2])
        #expect(type.problem([]) == "needs at least 1 of them, found 0")
    }

    @Test func aDictionaryReadsKeysAndValues() {
        let type = SettingType<[Int: Bool]>.dictionary(keys: .integer(0...9), of: .boolean, count: 1...2)
        #expect(type.decode(["1": "true", "2": "false"]).value == [1: true, 2: false])
        #expect(
            type.issues(["10": "true", "2": "x"]) == [
                "test.yaml:1:1: 10: must be between 0 and 9",
                "test.yaml:2:9: 2: expected true or false, found 'x'",
            ]
        )
        #expect(type.issues(["1": "true", "01": "true"]) == ["test.yaml:2:1: 01: the same key as another"])
        #expect(type.problem([:]) == "needs at least 1 keys, found 0")
        #expect(type.problem(["1": "true", "2": "true", "3": "true"]) == "may have at most 2 keys, found 3")
        #expect(SettingType<[String: Int]>.dictionary(of: .integer(0...9)).decode(["a": "1"]).value == ["a": 1])
    }

    enum Sink: Sendable, Equatable {
        case topic(String, cluster: String)
        case file(String)
        case admin
    }

    static let sink = SettingType<Sink>.oneOf([
        SettingVariant("cluster", "A topic.") { reader in
            let cluster = reader.required("cluster", .name, "Its cluster.")
            let topic = reader.required("topic", .string(), "Its name.")
            guard let cluster, let topic else { return nil }
            return .topic(topic, cluster: cluster)
        },
        SettingVariant("file", "A file.") {
            $0.required("file", .file(mustExist: false), "Its path.").map { .file($0) }
        },
        SettingVariant("admin", "The admin.") { $0.required("admin", .boolean, "On.").map { _ in .admin } },
    ])

    @Test func aVariantIsToldByItsKey() {
        #expect(Self.sink.decode(["cluster": "main", "topic": "t"]).value == .topic("t", cluster: "main"))
        #expect(Self.sink.decode(["file": "tap.jsonl"]).value == .file("/etc/sluice/tap.jsonl"))
        #expect(Self.sink.decode(["admin": "true"]).value == .admin)
    }

    @Test func aVariantHasOnlyItsOwnKeys() {
        #expect(Self.sink.issues(["file": "f", "topic": "t"]) == ["test.yaml:2:1: topic: unknown key"])
        #expect(
            Self.sink.issues(["cluster": "c", "topik": "t"]) == [
                "test.yaml:1:9: topic: missing: expected a string",
                "test.yaml:2:1: topik: unknown key (did you mean 'topic'?)",
            ]
        )
    }

    @Test func aVariantMustBeOne() {
        #expect(Self.sink.problem([:]) == "needs one of the keys cluster, file, admin")
        #expect(Self.sink.decode(["fil": "x"]).issues.first?.suggestion == "file")
        #expect(Self.sink.problem(["file": "x", "admin": "true"]) == "'file' and 'admin' exclude each other")
        #expect(Self.sink.problem("x") == "expected a mapping with one of the keys cluster, file, admin, found 'x'")
    }

    @Test func theSchemaOfVariantsRequiresTheKeyOfEach() throws {
        guard case .array(let forms)? = Self.sink.jsonSchema(title: "", description: "")["oneOf"] else {
            Issue.record("no forms")
            return
        }
        #expect(forms.map { $0["required"] } == [["cluster", "topic"], ["file"], ["admin"]])
    }

    static let shape = SettingType<Int>.selected(
        by: "kind",
        "Which.",
        [
            SettingVariant("square", "") { $0.required("side", .integer(1...9), "") },
            SettingVariant("circle", "") { $0.required("radius", .integer(1...9), "") },
        ],
        common: { _ = $0.optional("name", .name, "") }
    )

    @Test func aWordSelectsTheKeys() {
        #expect(Self.shape.decode(["kind": "circle", "radius": "3"]).value == 3)
        #expect(
            Self.shape.decode(["radius": "3", "kind": "circle"]).effective.description
                == #"{"kind":"circle","radius":3}"#
        )
        #expect(
            Self.shape.issues(["kind": "circle", "side": "3"]) == [
                "test.yaml:1:9: radius: missing: expected a whole number", "test.yaml:2:1: side: unknown key",
            ]
        )
    }

    @Test func anUnknownWordIsOneErrorAndCommonKeysAreStillRead() {
        #expect(
            Self.shape.issues(["kind": "sqare", "side": "x", "name": "a b"]) == [
                "test.yaml:1:9: kind: expected one of square, circle, found 'sqare' (did you mean 'square'?)",
                "test.yaml:3:9: name: expected a name of letters, digits, '_', '.' and '-', found 'a b'",
            ]
        )
        #expect(
            Self.shape.issues(["kin": "square"]) == [
                "test.yaml:1:9: kind: missing: expected one of square, circle; 'kin' stands there instead"
            ]
        )
        #expect(Self.shape.problem(["kind": ["a"]]) == "expected one of square, circle, found a list")
    }

    @Test func eitherGoesByTheShape() {
        let type = SettingType<Int>.either(.integer(1...9), or: Self.shape)
        #expect(type.decode("4").value == 4)
        #expect(type.decode(["kind": "square", "side": "5"]).value == 5)
        #expect(type.problem(["1"]) == "expected a whole number, or a mapping with the key kind, found a list")
    }

    @Test func aCheckRefusesAValue() {
        let even = SettingType<Int>.integer(0...9).checked {
            $0.isMultiple(of: 2) ? nil : SettingProblem("must be even")
        }
        #expect(even.decode("4").value == 4)
        #expect(even.issues("5") == ["test.yaml:1:9: must be even"])
    }

    @Test func aLocatedValueKnowsItsPlace() {
        let type = SettingType<Located<Int>>.structure { $0.required("a", .located(.integer(0...9)), "") }
        let located = type.decode(["a": "5"]).value
        #expect(located?.value == 5)
        #expect(located?.mark == SettingsMark(file: "test.yaml", line: 1, column: 9))
        #expect(located?.path == "a")
    }

    // MARK: - Files and secrets

    @Test func aFileIsRelativeToTheConfiguration() {
        #expect(SettingType<String>.file(mustExist: false).decode("a/b").value == "/etc/sluice/a/b")
        #expect(SettingType<String>.file(mustExist: false).decode("/a/b").value == "/a/b")
        #expect(
            SettingType<String>.file(mustExist: true).problem("a") == "there is no readable file '/etc/sluice/a'"
        )
        let files = ["/etc/sluice/a": ""]
        #expect(SettingType<String>.file(mustExist: true).decode("a", files: files).value == "/etc/sluice/a")
    }

    @Test func aSecretComesFromAFileOrAVariable() {
        let type = SettingType<Secret>.secret
        let fromFile = type.decode(["file": "pw"], files: ["/etc/sluice/pw": "hunter2 \n"])
        #expect(fromFile.value?.revealed == "hunter2")
        #expect(fromFile.value?.source == .file("/etc/sluice/pw"))
        #expect(type.decode(["env": "PW"], variables: ["PW": "hunter2"]).value?.revealed == "hunter2")
    }

    @Test func aSecretNeverShows() {
        let result = SettingType<Secret>.secret.decode(["env": "PW"], variables: ["PW": "hunter2"])
        var dumped = ""
        dump(result.value, to: &dumped)
        for shown in ["\(result)", dumped, String(reflecting: result.value), result.effective.description] {
            #expect(!shown.contains("hunter2"))
        }
        #expect(result.effective == "[redacted]")
        #expect(
            SettingType<Secret>.secret.issues("hunter2") == [
                "test.yaml:1:9: expected a secret, as { file: PATH } or { env: NAME }, and never the secret itself"
            ]
        )
    }

    @Test func aSecretThatIsNotThereIsAnError() {
        let type = SettingType<Secret>.secret
        #expect(type.problem(["env": "PW"]) == "the environment has no variable 'PW'")
        #expect(type.decode(["env": "PW"], variables: ["PW": ""]).issues.first?.message == "the variable 'PW' is empty")
        #expect(type.problem(["file": "pw"]) == "cannot read '/etc/sluice/pw'")
        let blank = type.decode(["file": "pw"], files: ["/etc/sluice/pw": " \n"])
        #expect(blank.issues.first?.message == "'/etc/sluice/pw' is empty")
        let long = String(repeating: "x", count: 65_537)
        #expect(type.decode(["file": "pw"], files: ["/etc/sluice/pw": long]).value == nil)
    }

    @Test func aSecretThatHasChangedIsAnother() {
        let type = SettingType<Secret>.secret
        func hidden(_ tree: SettingsTree, _ value: String) -> [HiddenValue] {
            type.decode(tree, variables: ["PW": value], files: ["/etc/sluice/pw": value, "/etc/sluice/p2": value])
                .hidden
        }
        let first = hidden(["file": "pw"], "hunter2")
        #expect(first.count == 1)
        #expect(first == hidden(["file": "pw"], "hunter2\n"))
        #expect(first != hidden(["file": "pw"], "hunter3"))
        #expect(first != hidden(["file": "p2"], "hunter2"))
        #expect(hidden(["env": "PW"], "a") != hidden(["env": "PW"], "b"))
        var dumped = ""
        dump(first, to: &dumped)
        #expect(dumped.contains("redacted") && !dumped.contains("fingerprint"))
    }

    @Test func theContentsOfAFileThatIsReadCountAndThoseOfOneThatIsWrittenDoNot() {
        func hidden(_ mustExist: Bool, _ contents: String) -> [HiddenValue] {
            SettingType<String>.file(mustExist: mustExist).decode("a", files: ["/etc/sluice/a": contents]).hidden
        }
        #expect(hidden(true, "one") == hidden(true, "one"))
        #expect(hidden(true, "one") != hidden(true, "two"))
        #expect(hidden(false, "one").isEmpty)
    }

    @Test func aHiddenValueKnowsItsPlace() {
        let type = SettingType<[Secret]>.structure { $0.required("all", .list(of: .secret), "") }
        let result = type.decode(["all": [["env": "A"], ["env": "B"]]], variables: ["A": "1", "B": "2"])
        #expect(result.hidden.map(\.path) == ["all[0]", "all[1]"])
    }

    @Test func theValueOfAVariableIsNotShownInErrors() {
        #expect(
            SettingType<Int>.integer(0...9).problem(.expanded("hunter2", from: "${PW}"))
                == "expected a whole number, found the value of '${PW}'"
        )
    }
}

import Testing

@testable import Schemas

@Suite("JSON Schema")
struct JSONSchemaTests {
    private let scratch = ValidationScratch()

    private func schema(
        _ text: String, _ references: [String: String] = [:], _ options: JSONSchemaOptions = JSONSchemaOptions()
    ) throws(JSONSchemaError) -> JSONSchema {
        try JSONSchema(
            Array(text.utf8).span.bytes, references: references.mapValues { Array($0.utf8) }, options: options)
    }

    private func violation(_ schema: JSONSchema, _ text: String) -> String? {
        schema.validate(Array(text.utf8).span.bytes, scratch: scratch)?.description
    }

    // MARK: Drafts

    @Test(
        "Draft 4 has bounds that are exclusive by booleans, and id",
        arguments: [
            (#""minimum":1,"exclusiveMinimum":true"#, "1", "must be > 1 (#/exclusiveMinimum)"),
            (#""minimum":1,"exclusiveMinimum":true"#, "1.5", nil),
            (#""minimum":1,"exclusiveMinimum":false"#, "1", nil),
            (#""minimum":1,"exclusiveMinimum":false"#, "0", "must be >= 1 (#/minimum)"),
            (#""maximum":1,"exclusiveMaximum":true"#, "1", "must be < 1 (#/exclusiveMaximum)"),
            (#""exclusiveMaximum":true"#, "1", nil),
            (
                #""$ref":"a.json","definitions":{"a":{"id":"a.json","type":"null"}}"#, "1",
                "must be null (#/definitions/a/type)"
            ),
            (#""$id":1,"properties":{"id":{"type":"null"}}"#, #"{"id":null}"#, nil),
        ] as [(String, String, String?)])
    func draft4(members: String, record: String, expected: String?) throws {
        let schema = try schema(#"{"$schema":"http://json-schema.org/draft-04/schema#",\#(members)}"#)
        #expect(violation(schema, record) == expected)
    }

    // MARK: Violations

    @Test(
        "A violation names the place in the record, the rule, and the place in the schema",
        arguments: [
            (#"{"type":"object"}"#, "1", "must be an object (#/type)"),
            (#"{"type":["string","null"]}"#, "1", "must be null or a string (#/type)"),
            (
                #"{"properties":{"a":{"type":"integer"}}}"#, #"{"a":1.5}"#,
                "/a: must be an integer (#/properties/a/type)"
            ),
            (
                #"{"properties":{"items":{"items":{"properties":{"price":{"minimum":0}}}}}}"#,
                #"{"items":[{},{"price":-1}]}"#,
                "/items/1/price: must be >= 0 (#/properties/items/items/properties/price/minimum)"
            ),
            (#"{"maximum":1.5}"#, "2", "must be <= 1.5 (#/maximum)"),
            (#"{"exclusiveMinimum":1}"#, "1", "must be > 1 (#/exclusiveMinimum)"),
            (#"{"exclusiveMaximum":1}"#, "1", "must be < 1 (#/exclusiveMaximum)"),
            (#"{"multipleOf":0.01}"#, "0.001", "must be a multiple of 0.01 (#/multipleOf)"),
            (#"{"required":["a","b"]}"#, #"{"a":1}"#, "must have the member 'b' (#/required)"),
            (
                #"{"additionalProperties":false}"#, #"{"a~/b":1}"#,
                "/a~0~1b: is not allowed here (#/additionalProperties)"
            ),
            (#"{"minLength":2}"#, #""ü""#, "must have at least 2 characters (#/minLength)"),
            (#"{"maxLength":1}"#, #""üü""#, "must have at most 1 characters (#/maxLength)"),
            (#"{"pattern":"^a"}"#, #""b""#, "must match the pattern ^a (#/pattern)"),
            (#"{"enum":[1,2]}"#, "3", "must be one of the values listed (#/enum)"),
            (#"{"const":[1]}"#, "[2]", "must be the value given (#/const)"),
            (#"{"minItems":1}"#, "[]", "must have at least 1 items (#/minItems)"),
            (#"{"uniqueItems":true}"#, "[1,2,1.0]", "/2: must not be equal to an item before it (#/uniqueItems)"),
            (#"{"contains":{"type":"null"}}"#, "[1]", "must contain at least 1 items that match (#/contains)"),
            (#"{"anyOf":[{"type":"null"},{"minimum":3}]}"#, "1", "must match at least one of the schemas (#/anyOf)"),
            (#"{"oneOf":[true,true]}"#, "1", "must match one of the schemas only, and matches several (#/oneOf)"),
            (#"{"not":{}}"#, "1", "must not match the schema (#/not)"),
            (
                #"{"propertyNames":{"maxLength":1}}"#, #"{"ab":1}"#,
                "/ab: must have at most 1 characters (#/propertyNames/maxLength)"
            ),
            (
                #"{"dependencies":{"a":["b"]}}"#, #"{"a":1}"#,
                "must have the member 'b' beside another (#/dependentRequired)"
            ),
            (#"{"allOf":[{"if":true,"then":{"type":"null"}}]}"#, "1", "must be null (#/allOf/0/then/type)"),
            (
                ##"{"$ref":"#/definitions/x","definitions":{"x":{"type":"null"}}}"##, "1",
                "must be null (#/definitions/x/type)"
            ),
            (#"{"$ref":"other"}"#, "1", "must be a string (other#/type)"),
            ("true", "{]", "byte 1: not JSON: expected a member's name"),
        ])
    func violations(schema text: String, record: String, expected: String) throws {
        let schema = try schema(text, ["other": #"{"type":"string"}"#])
        #expect(violation(schema, record) == expected)
    }

    @Test func `A violation repeats no values, and cuts long names`() throws {
        let schema = try schema(#"{"additionalProperties":{"type":"null"}}"#)
        let name = String(repeating: "n", count: 1000)
        let found = try #require(violation(schema, "{\"\(name)\\u0000\":\"secret\"}"))
        #expect(!found.contains("secret"))
        #expect(found.utf8.count < 200)
        #expect(try #require(violation(schema, #"{"a\u0007\n":1}"#)).hasPrefix("/a\u{FFFD}\u{FFFD}: "))
    }

    // MARK: Errors

    @Test(
        "A schema that cannot be used is refused with the place",
        arguments: [
            ("", "#: no JSON document: there are no bytes"),
            ("{", "#: byte 1: not JSON: expected a member's name"),
            ("1", "#: a schema must be an object or a boolean"),
            (##"{"a":1,"a":2}"##, "#: /a: the object has this member twice"),
            (
                #"{"$schema":"https://json-schema.org/draft/2019-09/schema"}"#,
                "#/$schema: the dialect is not known: only drafts 4, 6, 7 and 2020-12 are"
            ),
            (##"{"properties":{"a":{"type":"strng"}}}"##, "#/properties/a/type: not a type"),
            (##"{"properties":{"a":1}}"##, "#/properties/a: a schema must be an object or a boolean"),
            (##"{"properties":[]}"##, "#/properties: must be an object"),
            (##"{"required":"a"}"##, "#/required: must be an array"),
            (##"{"required":[1]}"##, "#/required/0: must be a string"),
            (##"{"minLength":-1}"##, "#/minLength: must be a whole number, 0 at least"),
            (##"{"minimum":"1"}"##, "#/minimum: must be a number"),
            (##"{"multipleOf":0}"##, "#/multipleOf: must be above 0"),
            (##"{"uniqueItems":1}"##, "#/uniqueItems: must be a boolean"),
            (##"{"enum":1}"##, "#/enum: must be an array"),
            (##"{"allOf":[]}"##, "#/allOf: must not be empty"),
            (##"{"allOf":{}}"##, "#/allOf: must be an array of schemas"),
            (##"{"items":{"$ref":"#/definitions/x"}}"##, "#/items/$ref: there is nothing at #/definitions/x"),
            (##"{"$ref":"http://example.com/x"}"##, "#/$ref: no schema has been supplied for http://example.com/x"),
            (##"{"$ref":"#x"}"##, "#/$ref: there is no anchor #x"),
            (##"{"$ref":"#"}"##, "#: refers to itself for the same value, without end"),
            (
                ##"{"definitions":{"a":{"allOf":[{"$ref":"#/definitions/b"}]},"b":{"$ref":"#/definitions/a"}},"items":{"$ref":"#/definitions/a"}}"##,
                "#/definitions/a: refers to itself for the same value, without end"
            ),
            (
                #"{"items":{"pattern":"a("}}"#,
                "#/items/pattern: not a pattern that can be used: '(' without ')', at character 3"
            ),
            (
                #"{"pattern":"^(?=a)"}"#,
                "#/pattern: not a pattern that can be used: looking ahead is not supported, as it cannot be matched in linear time"
            ),
            (
                #"{"patternProperties":{"*":true}}"#,
                "#/patternProperties/*: not a pattern that can be used: nothing to repeat, at character 1"
            ),
            (#"{"$ref":"bad"}"#, "bad#/type: not a type"),
            (
                #"{"$schema":"https://json-schema.org/draft/2020-12/schema","items":[]}"#,
                "#/items: must be a schema; prefixItems takes an array"
            ),
            (
                #"{"$schema":"https://json-schema.org/draft/2020-12/schema","$id":"x#a"}"#,
                "#/$id: must not have a fragment"
            ),
        ])
    func errors(text: String, expected: String) {
        let error = #expect(throws: JSONSchemaError.self) {
            try schema(text, ["bad": #"{"type":"x"}"#, "unused": "{"])
        }
        #expect(error?.description == expected)
    }

    @Test func `Both metaschemas describe themselves and each other's like`() throws {
        for dialect in JSONSchemaOptions.Dialect.allCases {
            let metaschema = try schema(#"{"$ref":"\#(dialect.rawValue)"}"#)
            let text = try #require(Metaschemas.text(of: dialect.rawValue))
            #expect(violation(metaschema, text) == nil)
            #expect(violation(metaschema, #"{"items":{"type":"x"}}"#) != nil)
            #expect(violation(metaschema, #"{"minLength":-1}"#) != nil)
        }
    }

    @Test func `What a schema refers to is found by its name, its URI, and its id`() throws {
        let references = ["com.acme.Name": #"{"type":"string"}"#, "x": #"{"$id":"http://acme.com/y","type":"null"}"#]
        for reference in ["com.acme.Name", "http://acme.com/y", "x"] {
            let schema = try schema(#"{"items":{"$ref":"\#(reference)"}}"#, references)
            #expect(violation(schema, "[1]") != nil)
        }
        let relative = try schema(#"{"$id":"http://acme.com/a","allOf":[{"$ref":"y"}]}"#, references)
        #expect(violation(relative, "1") != nil)
        let nested = try schema(#"{"$id":"http://acme.com/a","items":{"$ref":"y"}}"#, references)
        #expect(violation(nested, "[1]") == "/0: must be null (x#/type)")
    }

    // MARK: Bounds

    @Test func `A record that takes too many steps is refused, also within not`() throws {
        // Each level doubles what has to be tried.
        let text =
            ##"{"definitions":{"a":{"anyOf":[{"items":{"$ref":"#/definitions/a"},"type":"array"},"##
            + ##"{"items":{"$ref":"#/definitions/a"},"type":"array","maxItems":2}]}},"##
        let deep = String(repeating: "[", count: 60) + "1" + String(repeating: "]", count: 60)
        for rest in [##""items":{"$ref":"#/definitions/a"}}"##, ##""items":{"not":{"$ref":"#/definitions/a"}}}"##] {
            let schema = try schema(text + rest, [:], JSONSchemaOptions(maxSteps: 20_000))
            let found = try #require(violation(schema, deep))
            #expect(found.contains("takes too many steps to check"), "\(found)")
        }
    }

    @Test func `All records of a request share their steps, and their bytes give some more`() throws {
        let schema = try schema(
            #"{"items":{"allOf":[\#(Array(repeating: "true", count: 50).joined(separator: ","))]}}"#)
        let slow = Array("[\((0..<15).map(String.init).joined(separator: ","))]".utf8)
        let scratch = ValidationScratch()
        scratch.steps = StepBudget(perRecord: 1000)
        let results = (0..<20).map { _ in schema.validate(slow.span.bytes, scratch: scratch) }
        #expect(results.prefix(10).allSatisfy { $0 == nil })
        #expect(try #require(results[19]).description.contains("takes too many steps"))
        // Ordinary records still are checked.
        #expect(
            try self.schema(#"{"type":"string"}"#).validate(Array(#""a""#.utf8).span.bytes, scratch: scratch) == nil)
        scratch.steps = StepBudget(perRecord: 500)
        #expect(schema.validate(slow.span.bytes, scratch: scratch) != nil)
        scratch.steps = StepBudget(perRecord: 1000)
        #expect(schema.validate(slow.span.bytes, scratch: scratch) == nil)
    }

    @Test func `Steps are taken by comparisons, patterns and marks as well`() throws {
        let items = (0..<1000).map(String.init).joined(separator: ",")
        let members = (0..<1000).map { "\"a\($0)\":1" }.joined(separator: ",")
        let texts = [
            (#"{"uniqueItems":true}"#, "[\(items)]"), (#"{"const":[\#(items)]}"#, "[\(items)]"),
            (#"{"patternProperties":{"a.{40}b.{40}c.{40}d":true}}"#, "{\(members)}"),
            (#"{"not":{"items":{"enum":[[\#(items)]]}}}"#, "[[\(items)]]"),
            (#"{"pattern":"x.{600}y"}"#, "\"" + String(repeating: "x", count: 10_000) + "\""),
        ]
        for (text, record) in texts {
            let schema = try schema(text, [:], JSONSchemaOptions(maxSteps: 500))
            #expect(try #require(violation(schema, record)).contains("too many steps"), "\(text)")
        }
    }

    @Test func `Schemas that are nested too deeply within one another are refused`() throws {
        let text = ##"{"items":{"$ref":"#"}}"##
        let deep = String(repeating: "[", count: 60) + String(repeating: "]", count: 60)
        #expect(violation(try schema(text), deep) == nil)
        let shallow = try schema(text, [:], JSONSchemaOptions(maxEvaluationDepth: 50))
        #expect(try #require(violation(shallow, deep)).contains("its schemas are nested too deeply"))
    }

    @Test func `The deepest evaluation that is allowed fits onto a thread's stack`() async throws {
        let options = JSONSchemaOptions(limits: JSONLimits(maxDepth: 1024), maxEvaluationDepth: 1024)
        let schema = try schema(##"{"items":{"allOf":[{"$ref":"#"}]}}"##, [:], options)
        let deep = String(repeating: "[", count: 1024) + String(repeating: "]", count: 1024)
        let found = await Task.detached {
            schema.validate(Array(deep.utf8).span.bytes, scratch: ValidationScratch())?.description
        }.value
        #expect(try #require(found).contains("its schemas are nested too deeply"))
    }

    @Test func `A schema and what it refers to may be as large as the limit`() {
        let options = JSONSchemaOptions(maxSchemaBytes: 40)
        let large = #"{"description":"\#(String(repeating: "x", count: 30))"}"#
        #expect(throws: JSONSchemaError("the schemas have more than 40 bytes", at: "#")) {
            try schema(large, [:], options)
        }
        #expect(throws: JSONSchemaError("the schemas have more than 40 bytes", at: "x#")) {
            try schema(#"{"$ref":"x"}"#, ["x": large], options)
        }
    }

    // MARK: Meaning

    @Test(
        "Values count by what they mean, not by how they are written",
        arguments: [
            (#"{"const":1}"#, "1.0", true), (#"{"const":{"a":1,"b":[2]}}"#, #"{"b":[20e-1],"a":1}"#, true),
            (#"{"const":{"a":1,"b":2}}"#, #"{"a":1,"c":2}"#, false), (#"{"const":"a\/b"}"#, #""a\u002fb""#, true),
            (#"{"const":false}"#, "0", false), (#"{"const":9007199254740993}"#, "9007199254740992", false),
            (#"{"properties":{"\u0061":false}}"#, #"{"a":1}"#, false), (#"{"required":["ä"]}"#, #"{"\u00e4":1}"#, true),
            (#"{"maxLength":1}"#, #""\ud83d\ude00""#, true), (#"{"maxLength":1}"#, #""😀""#, true),
            (#"{"uniqueItems":true}"#, #"[{"a":1,"b":2},{"b":2,"a":1}]"#, false),
            (#"{"uniqueItems":true}"#, #"[1,"1",true,null,[],{},[1],[[1]]]"#, true),
            (#"{"uniqueItems":true}"#, #"["\u0061","a"]"#, false),
            (#"{"maximum":18446744073709551615}"#, "18446744073709551616", false),
            (#"{"type":"integer"}"#, "1e400", true), (#"{"minimum":-1e400}"#, "-1e399", true),
            (#"{"maxLength":1e400}"#, #""abc""#, true), (#"{"minLength":1e400}"#, #""abc""#, false),
            (#"{"minLength":4611686018427387905}"#, #""abc""#, false),
        ])
    func meaning(text: String, record: String, isValid: Bool) throws {
        #expect((violation(try schema(text), record) == nil) == isValid)
    }

    @Test func `Each of two members of a name is checked`() throws {
        let schema = try schema(#"{"properties":{"a":{"type":"string"}}}"#)
        #expect(violation(schema, #"{"a":1,"a":"x"}"#) != nil)
        #expect(violation(schema, #"{"a":"x","a":1}"#) != nil)
    }

    @Test func `Many names are found, in any order`() throws {
        let names = (0..<300).map { "name\($0)" }
        let properties = names.map { "\"\($0)\":{\"const\":\"\($0)\"}" }.joined(separator: ",")
        let required = names.map { "\"\($0)\"" }.joined(separator: ",")
        let schema = try schema(
            "{\"properties\":{\(properties)},\"required\":[\(required)],\"additionalProperties\":false}")
        for order in [names, names.reversed(), names.shuffled()] {
            #expect(violation(schema, "{" + order.map { "\"\($0)\":\"\($0)\"" }.joined(separator: ",") + "}") == nil)
        }
        let others = names.dropLast().map { "\"\($0)\":\"\($0)\"" }.joined(separator: ",")
        #expect(try #require(violation(schema, "{\(others)}")).contains("'name299'"))
        #expect(try #require(violation(schema, "{\(others),\"other\":1}")).contains("is not allowed here"))
    }

    @Test func `One schema serves several threads at once`() async throws {
        let schema = try schema(#"{"items":{"pattern":"^[a-z]+$","enum":["a","b"]},"uniqueItems":true}"#)
        let good = Array(#"["a","b"]"#.utf8)
        let bad = Array(#"["a","a"]"#.utf8)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let scratch = ValidationScratch()
                    return (0..<500).allSatisfy { _ in
                        schema.validate(good.span.bytes, scratch: scratch) == nil
                            && schema.validate(bad.span.bytes, scratch: scratch) != nil
                    }
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test func `Formats say only what is meant, unless they are to be asserted`() throws {
        let text = #"{"format":"ipv4"}"#
        #expect(violation(try schema(text), #""x""#) == nil)
        let asserting = try schema(text, [:], JSONSchemaOptions(assertsFormats: true))
        #expect(violation(asserting, #""x""#) == "must have the format ipv4 (#/format)")
        #expect(violation(asserting, #""127.0.0.1""#) == nil)
        #expect(violation(try schema(#"{"format":"other"}"#, [:], asserting.options), #""x""#) == nil)
    }
}

/// Documents that are checked, the same in each run.
enum SampleDocuments {
    /// 1,021 bytes: an array of decimals.
    static var numbers: [UInt8] {
        let numbers = (0..<102).map { "\(10_000 + $0 * 7919 % 90_000).\(100 + $0 * 31 % 900)" }
        return Array("[\(numbers.joined(separator: ","))]".utf8)
    }

    /// 1,059 bytes: an object of strings.
    static var strings: [UInt8] {
        let members = (10..<33).map { "\"field\($0)\":\"the quick brown fox jumps over it\"" }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    /// Five kinds of fields, four times.
    private static let fields: [(schema: String, value: String)] = (0..<4).flatMap { round in
        [
            (#"{"type":"string","minLength":1,"maxLength":100}"#, "\"a value of some length, as in orders, \(round)\""),
            (#"{"type":"integer","minimum":0,"maximum":1000000}"#, "\(round * 1234)"),
            (#"{"enum":["red","green","blue"]}"#, "\"blue\""),
            (
                #"{"type":"object","properties":{"a":{"type":"number","multipleOf":0.01},"b":{"type":"boolean"}},"#
                    + #""required":["a"],"additionalProperties":false}"#, "{\"a\": \(round).25, \"b\": true}"
            ),
            (
                #"{"type":"string","pattern":"^[A-Z]{2}-[0-9]+$"}"#,
                "\"AB-\(round)\(String(repeating: "0123456789", count: 10))\""
            ),
        ]
    }

    /// 20 fields, all of them required.
    static var orderSchema: String {
        let properties = fields.enumerated().map { "\"field\($0.offset)\":\($0.element.schema)" }
        let required = fields.indices.map { "\"field\($0)\"" }
        return #"{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","additionalProperties":false,"#
            + "\"properties\":{\(properties.joined(separator: ","))},\"required\":[\(required.joined(separator: ","))]}"
    }

    /// 963 bytes that match the schema.
    static var order: [UInt8] {
        let members = fields.enumerated().map { "\"field\($0.offset)\": \($0.element.value)" }
        return Array("{\(members.joined(separator: ", "))}".utf8)
    }
}

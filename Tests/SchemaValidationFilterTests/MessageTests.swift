import Testing

@testable import SchemaValidationFilter

@Suite("Messages of a Protobuf schema that is here")
struct MessageTests {
    /// A set with the messages `A { string s = 1; }` and `B { int32 s = 1; }`.
    private static let schema: [UInt8] = {
        func message(_ name: Character, type: UInt8) -> [UInt8] {
            [0x22, 14, 0x0A, 1, name.asciiValue ?? 0, 0x12, 9, 0x0A, 1, 0x73, 0x18, 1, 0x20, 1, 0x28, type]
        }
        return [0x0A, 43, 0x0A, 1, 0x6D] + message("A", type: 9) + message("B", type: 5) + [0x62, 6]
            + Array("proto3".utf8)
    }()

    private static let a: [UInt8] = [0x0A, 1, 0x61]
    private static let b: [UInt8] = [0x08, 1]

    @Test(
        "are those that the framing names",
        arguments: [
            (nil, [0] + a, true), (nil, [0] + b, false), (nil, [2, 2] + b, true), (nil, [2, 2] + a, false),
            (nil, [2, 4] + b, false), ("B", [2, 2] + b, true), ("B", [0] + b, false), ("B", [0] + a, false),
            ("A", [0] + a, true), ("A", [2, 2] + a, false),
        ] as [(String?, [UInt8], Bool)])
    func indexes(message: String?, value: [UInt8], isValid: Bool) throws {
        var configuration = DataConfiguration(.protobuf, schema: .inline(Self.schema))
        configuration.framing = .confluent
        configuration.message = message
        let problem = try DataChecker(configuration).problem(in: [0, 0, 0, 0, 1] + value)
        #expect((problem == nil) == isValid, "\(problem ?? "no problem")")
    }

    @Test("are the one that the rule names, or the first, without framing", arguments: [(nil, a), ("B", b)])
    func unframed(message: String?, value: [UInt8]) throws {
        for framing in [DataConfiguration.Framing.none, .confluent] {
            var configuration = DataConfiguration(.protobuf, schema: .inline(Self.schema))
            configuration.framing = framing
            configuration.message = message
            #expect(try DataChecker(configuration).problem(in: value) == nil)
        }
    }
}

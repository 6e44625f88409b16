import Testing

@testable import Schemas

private func schema(_ name: String) throws -> ProtobufSchema {
    try ProtobufSchema(descriptorSet: BinaryFixtures.bytes("\(name).binpb"))
}

private func reason(
    _ name: String, _ message: String, _ bytes: [UInt8], _ options: ProtobufOptions = ProtobufOptions()
) throws -> ProtobufFault.Reason? {
    let validator = try ProtobufValidator(schema(name), message: message, options: options)
    return validator.fault(in: bytes.span.bytes, scratch: ValidationScratch())?.reason
}

@Suite("Protobuf messages")
struct ProtobufValidatorTests {
    /// A message type, bytes, and what is wrong with them.
    struct Row: CustomTestStringConvertible {
        let message: String
        let bytes: String
        let reason: ProtobufFault.Reason?

        init(_ message: String, _ bytes: String, _ reason: ProtobufFault.Reason? = nil) {
            self.message = message
            self.bytes = bytes
            self.reason = reason
        }

        var file: String {
            switch message.prefix(1) {
            case "s": "shop"
            case "l": "legacy"
            default: "modern"
            }
        }

        var testDescription: String { "\(message) [\(bytes)]" }
    }

    static let proto3: [Row] = [
        Row("shop.v1.Order", ""),
        Row("shop.v1.Order", "0a0161"),
        Row("shop.v1.Order", "0a01ff", .notUTF8),
        Row("shop.v1.Order", "0a0261", .truncated),
        Row("shop.v1.Order", "0a", .truncated),
        Row("shop.v1.Order", "0aff ffffffffffffffff01 61", .truncated),
        Row("shop.v1.Order", "0801", .mismatch),
        Row("shop.v1.Order", "1200"),
        Row("shop.v1.Order", "12020801"),
        Row("shop.v1.Order", "12030801", .truncated),
        Row("shop.v1.Order", "1201 08", .truncated),
        Row("shop.v1.Order", "12020a00", .mismatch),
        // Open enums take any value, and negative ones have ten bytes.
        Row("shop.v1.Order", "1863"),
        Row("shop.v1.Order", "18ffffffffffffffffff01"),
        Row("shop.v1.Order", "18ffffffffffffffffff02", .varint),
        Row("shop.v1.Order", "18ffffffffffffffffffff01", .varint),
        Row("shop.v1.Order", "18ffff", .truncated),
        Row("shop.v1.Order", "2a060a01611201 62"),
        Row("shop.v1.Order", "2a060a0161120 1ff", .notUTF8),
        Row("shop.v1.Order", "4201ff"),
        Row("shop.v1.Order", "5203010203"),
        Row("shop.v1.Order", "5001"),
        Row("shop.v1.Order", "520101 5002 520102"),
        Row("shop.v1.Order", "52010180", .truncated),
        Row("shop.v1.Order", "520180", .packed),
        Row("shop.v1.Order", "5200"),
        Row("shop.v1.Order", "5a080000000000000000"),
        Row("shop.v1.Order", "5a070000000000 0000", .packed),
        Row("shop.v1.Order", "59 0000000000000000"),
        Row("shop.v1.Order", "62020163"),
        Row("shop.v1.Order", "c00c09"),
        Row("shop.v1.Order", "c23e00"),
        Row("shop.v1.Order", "c23e03 0a01ff", .notUTF8),
        Row("shop.v1.Order", "00", .fieldNumber),
        Row("shop.v1.Order", "0200", .fieldNumber),
        Row("shop.v1.Order", "ffffffffff01", .fieldNumber),
        Row("shop.v1.Order", "8a8080808000 0161", .fieldNumber),
        Row("shop.v1.Order", "0e", .wireType),
        Row("shop.v1.Order", "0f", .wireType),
        // Fields that are not known.
        Row("shop.v1.Order", "e80701"),
        Row("shop.v1.Order", "ea070161"),
        Row("shop.v1.Order", "e907 0000000000000000"),
        Row("shop.v1.Order", "ed07 00000000"),
        Row("shop.v1.Order", "ed07 000000", .truncated),
        Row("shop.v1.Order", "ee07", .wireType),
        Row("shop.v1.Order", "eb07 0801 ec07"),
        Row("shop.v1.Order", "eb07 0b 0c ec07"),
        Row("shop.v1.Order", "eb07 0801 f407", .group),
        Row("shop.v1.Order", "eb07 0801", .group),
        Row("shop.v1.Order", "ec07", .group),
    ]

    static let others: [Row] = [
        Row("legacy.Event", "", .required),
        Row("legacy.Event", "0a0161", .required),
        Row("legacy.Event", "0a0161 1001"),
        // Strings of proto2 are not checked.
        Row("legacy.Event", "0a01ff 1001"),
        Row("legacy.Event", "0a0161 1001 1803"),
        Row("legacy.Event", "0a0161 1001 1804", .enumeration),
        Row("legacy.Event", "0a0161 1001 1800", .enumeration),
        Row("legacy.Event", "0a0161 1001 3203010203"),
        Row("legacy.Event", "0a0161 1001 3203010204", .enumeration),
        Row("legacy.Event", "0a0161 1001 38e807"),
        Row("legacy.Event", "0a0161 1001 38fbffffffffffffffff01"),
        Row("legacy.Event", "0a0161 1001 3801", .enumeration),
        Row("legacy.Event", "0a0161 1001 23 0805 24"),
        Row("legacy.Event", "0a0161 1001 23 24", .required),
        Row("legacy.Event", "0a0161 1001 23 0805", .group),
        Row("legacy.Event", "0a0161 1001 23 0805 2c", .mismatch),
        Row("legacy.Event", "0a0161 1001 23 0805 34", .group),
        Row("legacy.Event", "0a0161 1001 23 0805 2a00 24", .required),
        Row("legacy.Event", "0a0161 1001 2200", .mismatch),
        Row("legacy.Event", "0a0161 1001 a2060 20801"),
        Row("legacy.Event", "0a0161 1001 a20600", .required),
        Row("modern.Thing", "2001"),
        Row("modern.Thing", "", .required),
        Row("modern.Thing", "2001 0a01ff", .notUTF8),
        Row("modern.Thing", "2001 1201ff"),
        Row("modern.Thing", "2001 1b 2001 1c"),
        Row("modern.Thing", "2001 1a022001", .mismatch),
        Row("modern.Thing", "2001 2803", .enumeration),
        Row("modern.Thing", "2001 3009"),
        Row("modern.Thing", "2001 3a020102"),
    ]

    @Test(arguments: proto3 + others)
    func `bytes are a message or are not`(row: Row) throws {
        #expect(try reason(row.file, row.message, BinaryFixtures.hex(row.bytes)) == row.reason)
    }

    @Test(arguments: try BinaryFixtures.protobuf())
    func `what Google's library writes is a message, whole and without what is unknown`(
        message: BinaryFixtures.ProtobufCase
    ) throws {
        let options = ProtobufOptions(unknownFields: .deny)
        #expect(try reason(message.schema, message.message, BinaryFixtures.hex(message.data), options) == nil)
    }

    @Test(arguments: try BinaryFixtures.protobuf())
    func `bytes that are cut off or changed are never read past the end`(message: BinaryFixtures.ProtobufCase) throws {
        let validator = try ProtobufValidator(schema(message.schema), message: message.message)
        let scratch = ValidationScratch()
        let bytes = BinaryFixtures.hex(message.data)
        for count in 0..<bytes.count {
            _ = validator.fault(in: Array(bytes[..<count]).span.bytes, scratch: scratch)
        }
        var numbers = SequenceOfNumbers(2)
        for _ in 0..<3000 where !bytes.isEmpty {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...3, using: &numbers) {
                changed[Int.random(in: 0..<bytes.count, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
            }
            if let fault = validator.fault(in: changed.span.bytes, scratch: scratch) {
                #expect(fault.offset <= changed.count)
            }
        }
    }

    @Test(arguments: [
        ("e80701", ProtobufFault.Reason.unknownField(125)), ("1202 7801", .unknownField(15)),
        ("eb07 ec07", .unknownField(125)), ("0a0161", nil),
    ])
    func `unknown fields can be denied`(bytes: String, expected: ProtobufFault.Reason?) throws {
        let options = ProtobufOptions(unknownFields: .deny)
        #expect(try reason("shop", "shop.v1.Order", BinaryFixtures.hex(bytes), options) == expected)
    }

    @Test func `unknown values of closed enums can be allowed`() throws {
        let options = ProtobufOptions(unknownEnumValues: .allow)
        #expect(try reason("legacy", "legacy.Event", BinaryFixtures.hex("0a0161 1001 1804"), options) == nil)
    }

    /// A message that is inside itself so many times.
    private func nested(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<count {
            var length: [UInt8] = []
            var rest = bytes.count
            repeat {
                length.append(UInt8(rest & 0x7F) | (rest > 0x7F ? 0x80 : 0))
                rest >>= 7
            } while rest > 0
            bytes = [0xC2, 0x3E] + length + bytes
        }
        return bytes
    }

    @Test func `nesting is bounded`() throws {
        #expect(try reason("shop", "shop.v1.Order", nested(99)) == nil)
        #expect(try reason("shop", "shop.v1.Order", nested(100)) == .depth)
        #expect(try reason("shop", "shop.v1.Order", nested(9), ProtobufOptions(maxDepth: 10)) == nil)
        #expect(try reason("shop", "shop.v1.Order", nested(10), ProtobufOptions(maxDepth: 10)) == .depth)
        #expect(try reason("shop", "shop.v1.Order", [UInt8](repeating: 0x0B, count: 100_000)) == .mismatch)
        #expect(try reason("shop", "shop.v1.Order", [UInt8](repeating: 0x7B, count: 100_000)) == .depth)
    }

    @Test func `a violation names the fields and the byte`() throws {
        let validator = try ProtobufValidator(schema("shop"), message: "shop.v1.Order")
        let bytes = BinaryFixtures.hex("2205 12 03 61ff62")
        let violation = validator.validate(bytes.span.bytes, scratch: ValidationScratch())
        #expect(violation?.description == "/items/title: has a string that is not UTF-8 (byte 7)")
    }
}

import Testing

@testable import Schemas

private func reason(_ schema: String, _ hex: String, _ options: AvroOptions = AvroOptions()) throws -> AvroFault.Reason?
{
    let validator = try AvroValidator(AvroSchema(schema), options: options)
    return validator.fault(in: BinaryFixtures.hex(hex).span.bytes)?.reason
}

@Suite("Avro data")
struct AvroValidatorTests {
    /// A schema, bytes, and what is wrong with them.
    struct Row: CustomTestStringConvertible {
        let schema: String
        let bytes: String
        let reason: AvroFault.Reason?

        init(_ schema: String, _ bytes: String, _ reason: AvroFault.Reason? = nil) {
            self.schema = schema
            self.bytes = bytes
            self.reason = reason
        }

        var testDescription: String { "\(schema) [\(bytes)]" }
    }

    static let primitives: [Row] = [
        Row(#""null""#, ""),
        Row(#""null""#, "00", .trailing),
        Row(#""boolean""#, "00"),
        Row(#""boolean""#, "01"),
        Row(#""boolean""#, "02", .notBoolean),
        Row(#""boolean""#, "", .truncated),
        Row(#""boolean""#, "0100", .trailing),
        Row(#""int""#, "00"),
        Row(#""int""#, "feffffff0f"),
        Row(#""int""#, "ffffffff0f"),
        Row(#""int""#, "8080808010", .notInt),
        Row(#""int""#, "808080808000", .notInt),
        Row(#""int""#, "8080808080", .truncated),
        Row(#""long""#, "feffffffffffffffff01"),
        Row(#""long""#, "ffffffffffffffffff01"),
        Row(#""long""#, "ffffffffffffffffff02", .varint),
        Row(#""long""#, "ffffffffffffffffffff01", .varint),
        Row(#""long""#, "8000"),
        Row(#""long""#, "80", .truncated),
        Row(#""float""#, "00000000"),
        Row(#""float""#, "000000", .truncated),
        Row(#""double""#, "0000000000000000"),
        Row(#""double""#, "00000000000000", .truncated),
        Row(#""bytes""#, "00"),
        Row(#""bytes""#, "04ffff"),
        Row(#""bytes""#, "04ff", .truncated),
        Row(#""bytes""#, "01", .length),
        Row(#""bytes""#, "feffffffffffffffff01", .truncated),
        Row(#""string""#, "0661c3a9"),
        Row(#""string""#, "02ff", .notUTF8),
        Row(#""string""#, "06eda080", .notUTF8),
        Row(#""string""#, "04c080", .notUTF8),
        Row(#""string""#, "08f4908080", .notUTF8),
        Row(#""string""#, "02c3", .notUTF8),
    ]

    static let complex: [Row] = [
        Row(#"{"type":"enum","name":"E","symbols":["A","B"]}"#, "02"),
        Row(#"{"type":"enum","name":"E","symbols":["A","B"]}"#, "04", .symbol),
        Row(#"{"type":"enum","name":"E","symbols":["A","B"]}"#, "01", .symbol),
        Row(#"{"type":"enum","name":"E","symbols":[]}"#, "00", .symbol),
        Row(#"{"type":"fixed","name":"F","size":3}"#, "010203"),
        Row(#"{"type":"fixed","name":"F","size":3}"#, "0102", .truncated),
        Row(#"{"type":"fixed","name":"F","size":0}"#, ""),
        Row(#"{"type":"array","items":"int"}"#, "00"),
        Row(#"{"type":"array","items":"int"}"#, "0402040206 00"),
        Row(#"{"type":"array","items":"int"}"#, "04020400"),
        Row(#"{"type":"array","items":"int"}"#, "03080204 00", .truncated),
        Row(#"{"type":"array","items":"int"}"#, "03040204 00"),
        Row(#"{"type":"array","items":"int"}"#, "03060204 00 00", .blockSize),
        Row(#"{"type":"array","items":"int"}"#, "03020204 00", .count),
        Row(#"{"type":"array","items":"int"}"#, "0305", .length),
        Row(#"{"type":"array","items":"int"}"#, "03fe010204", .truncated),
        Row(#"{"type":"array","items":"int"}"#, "ffffffffffffffffff01 00", .count),
        Row(#"{"type":"array","items":"int"}"#, "feffffffffffffffff01", .count),
        Row(#"{"type":"array","items":"double"}"#, "04 0000000000000000 00000000000000", .count),
        Row(#"{"type":"array","items":"null"}"#, "0a00"),
        Row(#"{"type":"array","items":"null"}"#, "090000"),
        Row(#"{"type":"array","items":"null"}"#, "090200", .blockSize),
        Row(#"{"type":"array","items":"null"}"#, "feffffffffffffffff01 00", .emptyItems),
        Row(#"{"type":"array","items":"null"}"#, "ffffffffffffffffff01 00 00", .emptyItems),
        Row(#"{"type":"array","items":{"type":"record","name":"R","fields":[]}}"#, "0a00"),
        Row(#"{"type":"map","values":"null"}"#, "0202 61 00"),
        Row(#"{"type":"map","values":"int"}"#, "02 02 61 08 00"),
        Row(#"{"type":"map","values":"int"}"#, "02 02 ff 08 00", .notUTF8),
        Row(#"["null","int"]"#, "00"),
        Row(#"["null","int"]"#, "0204"),
        Row(#"["null","int"]"#, "04", .branch),
        Row(#"["null","int"]"#, "01", .branch),
        Row(#"["null","int"]"#, "", .truncated),
        Row(#"["int","null"]"#, "02"),
        Row(#"["int","null"]"#, "0004"),
        Row(#"["null","string"]"#, "020261"),
        Row(#"["null","string"]"#, "0202ff", .notUTF8),
        Row(#"["long","null"]"#, "0004"),
        Row(#"["long","null"]"#, "00", .truncated),
        Row(#"["null","int","string"]"#, "040261"),
        Row(#"["null","int","string"]"#, "06", .branch),
        Row("[]", "00", .branch),
    ]

    static let logical: [Row] = [
        Row(#"{"type":"bytes","logicalType":"decimal","precision":3,"scale":1}"#, "0403e7"),
        Row(#"{"type":"bytes","logicalType":"decimal","precision":3,"scale":1}"#, "0403e8", .decimal),
        Row(#"{"type":"bytes","logicalType":"decimal","precision":3,"scale":1}"#, "04fc19"),
        Row(#"{"type":"bytes","logicalType":"decimal","precision":3,"scale":1}"#, "04fc18", .decimal),
        Row(#"{"type":"bytes","logicalType":"decimal","precision":3,"scale":1}"#, "080000 03e7"),
        Row(#"{"type":"bytes","logicalType":"decimal","precision":3,"scale":1}"#, "00", .decimal),
        Row(#"{"type":"bytes","logicalType":"decimal","precision":3,"scale":4}"#, "00"),
        Row(#"{"type":"fixed","name":"F","size":2,"logicalType":"decimal","precision":4}"#, "270f"),
        Row(#"{"type":"fixed","name":"F","size":2,"logicalType":"decimal","precision":4}"#, "2710", .decimal),
        Row(#"{"type":"fixed","name":"F","size":2,"logicalType":"decimal","precision":5}"#, "7fff"),
        Row(#"{"type":"string","logicalType":"uuid"}"#, "0261", .notUUID),
        Row(#"{"type":"int","logicalType":"date"}"#, "02"),
        Row(#"{"type":"int","logicalType":"uuid"}"#, "02"),
    ]

    @Test(arguments: primitives + complex + logical)
    func `bytes are a datum or are not`(row: Row) throws {
        #expect(try reason(row.schema, row.bytes) == row.reason)
    }

    @Test(arguments: try BinaryFixtures.avro())
    func `what fastavro writes is a datum`(avro: BinaryFixtures.AvroCase) throws {
        let validator = try AvroValidator(AvroSchema(avro.schema))
        for datum in avro.data {
            #expect(validator.fault(in: BinaryFixtures.hex(datum).span.bytes) == nil)
        }
    }

    @Test(arguments: try BinaryFixtures.avro())
    func `a datum cut off anywhere is none`(avro: BinaryFixtures.AvroCase) throws {
        let validator = try AvroValidator(AvroSchema(avro.schema))
        for datum in avro.data {
            let bytes = BinaryFixtures.hex(datum)
            for count in 0..<bytes.count {
                #expect(validator.fault(in: Array(bytes[..<count]).span.bytes) != nil)
            }
        }
    }

    @Test(arguments: try BinaryFixtures.avro())
    func `changed bits are never read past the end`(avro: BinaryFixtures.AvroCase) throws {
        let validator = try AvroValidator(AvroSchema(avro.schema))
        var numbers = SequenceOfNumbers(1)
        for datum in avro.data {
            let bytes = BinaryFixtures.hex(datum)
            for _ in 0..<2000 {
                var changed = bytes
                for _ in 0..<Int.random(in: 1...3, using: &numbers) {
                    changed[Int.random(in: 0..<bytes.count, using: &numbers)] = UInt8.random(
                        in: 0...255, using: &numbers)
                }
                if let fault = validator.fault(in: changed.span.bytes) { #expect(fault.offset <= changed.count) }
            }
        }
    }

    private static let list = #"{"type":"record","name":"L","fields":[{"name":"next","type":["null","L"]}]}"#

    @Test func `recursion is bounded`() throws {
        let options = AvroOptions(maxDepth: 10)
        #expect(try reason(Self.list, String(repeating: "02", count: 10) + "00", options) == nil)
        #expect(try reason(Self.list, String(repeating: "02", count: 11) + "00", options) == .depth)
        #expect(try reason(Self.list, String(repeating: "02", count: 100_000)) == .depth)
    }

    @Test func `arrays in arrays are bounded`() throws {
        var schema = #""int""#
        for _ in 0..<20 { schema = #"{"type":"array","items":\#(schema)}"# }
        let datum = String(repeating: "02", count: 20) + "02" + String(repeating: "00", count: 20)
        #expect(try reason(schema, datum) == nil)
        #expect(try reason(schema, datum, AvroOptions(maxDepth: 19)) == .depth)
    }

    @Test func `items without bytes are bounded in all`() throws {
        let schema = #"{"type":"array","items":{"type":"array","items":"null"}}"#
        let options = AvroOptions(maxEmptyItems: 10)
        #expect(try reason(schema, "04 0a00 0a00 00", options) == nil)
        #expect(try reason(schema, "04 0a00 0c00 00", options) == .emptyItems)
    }

    @Test func `logical types need not be checked`() throws {
        let options = AvroOptions(checksLogicalTypes: false)
        #expect(try reason(#"{"type":"string","logicalType":"uuid"}"#, "0261", options) == nil)
        #expect(try reason(#"{"type":"bytes","logicalType":"decimal","precision":1}"#, "027f", options) == nil)
    }

    @Test func `records that are used often are called`() throws {
        // Laid out in full, this were 2^14 steps.
        var schema = #"{"type":"record","name":"R0","fields":[{"name":"x","type":"int"}]}"#
        for level in 1...14 {
            schema = """
                {"type":"record","name":"R\(level)","fields":[{"name":"a","type":\(schema)},
                {"name":"b","type":"R\(level - 1)"}]}
                """
        }
        let bytes = [UInt8](repeating: 2, count: 1 << 14)
        let validator = try AvroValidator(AvroSchema(schema))
        #expect(validator.fault(in: bytes.span.bytes) == nil)
        #expect(validator.fault(in: (bytes + [2]).span.bytes)?.reason == .trailing)
        #expect(validator.fault(in: Array(bytes.dropLast()).span.bytes)?.reason == .truncated)
    }

    @Test(arguments: [#"[]"#, #"[{"name":"x","type":"float"}]"#])
    func `schemas that would be long if they were laid out are compiled soon`(fields: String) throws {
        var schema = #"{"type":"record","name":"R0","fields":\#(fields)}"#
        for level in 1...40 {
            schema = """
                {"type":"record","name":"R\(level)","fields":[{"name":"a","type":\(schema)},
                {"name":"b","type":"R\(level - 1)"}]}
                """
        }
        let validator = try AvroValidator(AvroSchema(schema))
        let bytes: [UInt8] = [0]
        #expect(validator.fault(in: bytes.span.bytes) != nil)
    }

    @Test func `a violation names the field and the byte`() throws {
        let schema = """
            {"type":"record","name":"R","fields":[{"name":"items","type":{"type":"array","items":
            {"type":"record","name":"I","fields":[{"name":"title","type":"string"}]}}}]}
            """
        let validator = try AvroValidator(AvroSchema(schema))
        let violation = validator.validate(BinaryFixtures.hex("02 02ff 00").span.bytes, scratch: ValidationScratch())
        #expect(violation?.description == "/items/*/title: has a string that is not UTF-8 (byte 3)")
    }
}

import SwiftProtobuf
import Testing

@testable import Schemas

@Suite("Protobuf schemas")
struct ProtobufSchemaTests {
    private func field(
        _ name: String, _ number: Int32, _ type: Google_Protobuf_FieldDescriptorProto.TypeEnum?,
        _ typeName: String = "",
        _ label: Google_Protobuf_FieldDescriptorProto.Label = .optional
    ) -> Google_Protobuf_FieldDescriptorProto {
        var field = Google_Protobuf_FieldDescriptorProto()
        field.name = name
        field.number = number
        if let type { field.type = type }
        field.typeName = typeName
        field.label = label
        return field
    }

    private func schema(_ fields: [Google_Protobuf_FieldDescriptorProto]) throws -> ProtobufSchema {
        var message = Google_Protobuf_DescriptorProto()
        message.name = "M"
        message.field = fields
        var file = Google_Protobuf_FileDescriptorProto()
        file.name = "m.proto"
        file.package = "a.b"
        file.messageType = [message]
        return try ProtobufSchema(file: file.serializedBytes())
    }

    private func fault(_ schema: ProtobufSchema, _ bytes: [UInt8]) throws -> ProtobufFault.Reason? {
        try ProtobufValidator(schema, message: "a.b.M").fault(in: bytes.span.bytes, scratch: ValidationScratch())?
            .reason
    }

    @Test func `a file has its imports beside it`() throws {
        let file = try BinaryFixtures.bytes("shop.file.binpb")
        let common = try BinaryFixtures.bytes("common.file.binpb")
        let schema = try ProtobufSchema(file: file, references: [common])
        #expect(schema.hasMessage("shop.common.Money"))
        for message in try BinaryFixtures.protobuf() where message.schema == "shop" {
            let validator = try ProtobufValidator(schema, message: message.message)
            let bytes = BinaryFixtures.hex(message.data)
            #expect(validator.fault(in: bytes.span.bytes, scratch: ValidationScratch()) == nil)
        }
        #expect(throws: SchemaError.self) { _ = try ProtobufSchema(file: file) }
    }

    @Test(arguments: [
        ([0], ["shop.v1.Order"]), ([1], ["shop.v1.Customer"]), ([2], []), ([-1], []), ([], []), ([Int.max], []),
        // A map before it has an entry among the messages of Order, which not all clients count.
        ([0, 0], ["shop.v1.Order.Item"]), ([0, 1], ["shop.v1.Order.Item"]), ([0, 2], []),
        ([0, 0, 0], ["shop.v1.Order.Item.Detail"]), ([0, 1, 0], ["shop.v1.Order.Item.Detail"]), ([0, 0, 0, 0], []),
    ])
    func `message indexes lead to a message`(indexes: [Int], names: [String]) throws {
        let schema = try ProtobufSchema(descriptorSet: BinaryFixtures.bytes("shop.binpb"))
        #expect(schema.messageNames(at: indexes) == names)
    }

    @Test(arguments: [
        (nil, MessageChoice.first, ["shop.v1.Order"]), (nil, .indexes([1]), ["shop.v1.Customer"]),
        (nil, .indexes([2]), []), (nil, .name("shop.v1.Customer"), ["shop.v1.Customer"]), (nil, .name("Nobody"), []),
        ("shop.v1.Customer", .indexes([1]), ["shop.v1.Customer"]), ("shop.v1.Customer", .first, []),
        ("shop.v1.Customer", .name("shop.v1.Customer"), ["shop.v1.Customer"]),
        ("shop.v1.Customer", .name("Order"), []),
        // A file that is imported counts its own messages.
        ("shop.common.Money", .first, ["shop.common.Money"]), ("shop.common.Money", .indexes([9]), []),
    ])
    func `records choose their message, or must be of one`(message: String?, choice: MessageChoice, names: [String])
        throws
    {
        let schema = try ProtobufSchema(descriptorSet: BinaryFixtures.bytes("shop.binpb"))
        let messages = try ProtobufMessages(schema, message: message)
        let scratch = ValidationScratch()
        for _ in 0..<2 {
            #expect(messages.validators(choice, scratch: scratch).map(\.messageName) == names)
        }
    }

    @Test func `type names are looked for from the inside out, with or without a type`() throws {
        for name in ["M", "b.M", "a.b.M", ".a.b.M"] {
            for type in [nil, .message] as [Google_Protobuf_FieldDescriptorProto.TypeEnum?] {
                let schema = try schema([field("m", 1, type, name), field("n", 2, .string)])
                #expect(try fault(schema, [0x0A, 0x02, 0x12, 0x00]) == nil)
                #expect(try fault(schema, [0x0A, 0x02, 0x18, 0x00]) == nil)
                #expect(try fault(schema, [0x0A, 0x02, 0x10, 0x00]) == .mismatch)
            }
        }
    }

    @Test func `the well-known types need not be there`() throws {
        let schema = try schema([field("v", 1, .message, ".google.protobuf.Value")])
        #expect(try fault(schema, [0x0A, 0x03, 0x1A, 0x01, 0x61]) == nil)
        #expect(try fault(schema, [0x0A, 0x03, 0x1A, 0x01, 0xFF]) == .notUTF8)
        #expect(try fault(schema, [0x0A, 0x09, 0x2A, 0x07, 0x0A, 0x05, 0x0A, 0x01, 0x61, 0x12, 0x00]) == nil)
    }

    @Test func `more required fields than bits are looked for too`() throws {
        let fields = (1...70).map { field("f\($0)", $0, .bool, "", .required) }
        let schema = try schema(fields)
        func message(without missing: Int?) -> [UInt8] {
            (1...70).filter { $0 != missing }.flatMap { number -> [UInt8] in
                let tag = number << 3
                return tag < 128 ? [UInt8(tag), 1] : [UInt8(tag & 0x7F | 0x80), UInt8(tag >> 7), 1]
            }
        }
        #expect(try fault(schema, message(without: nil)) == nil)
        for missing in [1, 64, 65, 70] { #expect(try fault(schema, message(without: missing)) == .required) }
        #expect(try fault(schema, []) == .required)
    }

    @Test func `what is no schema is refused`() throws {
        #expect(throws: SchemaError.self) { _ = try ProtobufSchema(descriptorSet: []) }
        #expect(throws: SchemaError.self) { _ = try ProtobufSchema(descriptorSet: [0xFF]) }
        #expect(throws: SchemaError.self) { _ = try ProtobufSchema(file: [0xFF]) }
        #expect(throws: SchemaError.self) { _ = try schema([field("m", 1, .message, "Nowhere")]) }
        #expect(throws: SchemaError.self) { _ = try schema([field("m", 0, .bool)]) }
        #expect(throws: SchemaError.self) { _ = try schema([field("m", 536_870_912, .bool)]) }
        let twice = try schema([field("a", 1, .bool), field("b", 1, .bool)])
        #expect(throws: SchemaError.self) { _ = try ProtobufValidator(twice, message: "a.b.M") }
        #expect(throws: SchemaError.self) { _ = try ProtobufValidator(twice, message: "a.b.N") }
    }
}

@testable import Schemas

/// What the fuzz targets of binary formats do with their bytes. A promise that is broken traps, which is what a fuzzer
/// finds.
package enum BinaryFuzzEntries {
    /// All entries, by the name of their target and its corpus.
    package static let all: [String: @Sendable (UnsafeRawBufferPointer) -> Void] = [
        "avro": avro, "framing": framing, "protobuf": protobuf,
    ]

    private static let avroValidators: [AvroValidator] = [
        #"{"type":"record","name":"R","fields":[{"name":"b","type":"boolean"},{"name":"i","type":"int"},{"name":"s","type":"string"},{"name":"o","type":["null","long"]},{"name":"d","type":"double"}]}"#,
        #"{"type":"array","items":["null","string",{"type":"map","values":"bytes"},{"type":"enum","name":"E","symbols":["A","B"]}]}"#,
        #"{"type":"record","name":"N","fields":[{"name":"v","type":"int"},{"name":"next","type":["N","null"]},{"name":"all","type":{"type":"array","items":"N"}}]}"#,
        #"{"type":"array","items":{"type":"array","items":"null"}}"#,
        #"[{"type":"bytes","logicalType":"decimal","precision":9,"scale":2},{"type":"string","logicalType":"uuid"},{"type":"fixed","name":"F","size":8,"logicalType":"decimal","precision":18}]"#,
    ].compactMap { try? AvroValidator(AvroSchema($0)) }

    /// A datum of the schema that the first byte chooses; from 128 on, a schema.
    @Sendable
    package static func avro(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first else { return }
        let rest = Array(bytes.dropFirst())
        guard first < 0x80 else {
            guard let validator = try? AvroValidator(AvroSchema(rest)) else { return }
            _ = validator.fault(in: rest.span.bytes)
            return
        }
        let validator = avroValidators[Int(first) % avroValidators.count]
        if let fault = validator.fault(in: rest.span.bytes) {
            precondition(fault.offset <= rest.count)
            _ = validator.validate(rest.span.bytes, scratch: ValidationScratch())
            return
        }
        // What is a datum to its last byte is none without that byte, nor with another.
        let shorter = Array(rest.dropLast())
        let longer = rest + [0]
        precondition(rest.isEmpty || validator.fault(in: shorter.span.bytes) != nil)
        precondition(validator.fault(in: longer.span.bytes)?.reason == .trailing)
    }

    // The descriptors of legacy.proto and modern.proto, which stand among the fixtures.
    private static let legacy =
        "CuMDCgxsZWdhY3kucHJvdG8SBmxlZ2FjeSL9AgoFRXZlbnQSEgoEbmFtZRgBIAIoCVIEbmFtZRIOCgJhdBgCIAIoA1ICYXQSJgoEa2luZBgDIAEoDjISLmxlZ2FjeS5FdmVudC5LaW5kUgRraW5kEikKBWVudHJ5GAQgAygKMhMubGVnYWN5LkV2ZW50LkVudHJ5UgVlbnRyeRIsCgVraW5kcxgGIAMoDjISLmxlZ2FjeS5FdmVudC5LaW5kQgIQAVIFa2luZHMSLAoGc3BhcnNlGAcgASgOMhQubGVnYWN5LkV2ZW50LlNwYXJzZVIGc3BhcnNlGlQKBUVudHJ5EhAKA2tleRgBIAIoBVIDa2V5EhQKBXZhbHVlGAIgASgJUgV2YWx1ZRIjCgVpbm5lchgFIAEoCzINLmxlZ2FjeS5FdmVudFIFaW5uZXIiGwoES2luZBIFCgFBEAESBQoBQhACEgUKAUMQAyInCgZTcGFyc2USDgoBWBD7//////////8BEgUKAVkQABIGCgFaEOgHKgUIZBDIASIXCgVFeHRyYRIOCgJvbhgBIAIoCFICb246MgoFZXh0cmESDS5sZWdhY3kuRXZlbnQYZCABKAsyDS5sZWdhY3kuRXh0cmFSBWV4dHJh"
    private static let modern =
        "Cr0CCgxtb2Rlcm4ucHJvdG8SBm1vZGVybiLjAQoFVGhpbmcSEgoEdGV4dBgBIAEoCVIEdGV4dBIXCgNyYXcYAiABKAlCBaoBAiADUgNyYXcSKgoFaW5uZXIYAyABKAsyDS5tb2Rlcm4uVGhpbmdCBaoBAigCUgVpbm5lchIdCgZuZWVkZWQYBCABKAVCBaoBAggDUgZuZWVkZWQSJgoGY2xvc2VkGAUgASgOMg4ubW9kZXJuLkNsb3NlZFIGY2xvc2VkEiAKBG9wZW4YBiABKA4yDC5tb2Rlcm4uT3BlblIEb3BlbhIYCgdudW1iZXJzGAcgAygFUgdudW1iZXJzKiAKBkNsb3NlZBIHCgNPTkUQARIHCgNUV08QAhoEOgIQAioQCgRPcGVuEggKBFpFUk8QAGIIZWRpdGlvbnNw6Ac="

    private static func validators(_ policy: ProtobufOptions.Policy) -> [ProtobufValidator] {
        [(legacy, "legacy.Event"), (modern, "modern.Thing")].compactMap { text, message in
            guard let bytes = Base64Text.decode(text.utf8), let schema = try? ProtobufSchema(descriptorSet: bytes)
            else {
                return nil
            }
            let options = ProtobufOptions(unknownFields: policy)
            return try? ProtobufValidator(schema, message: message, options: options)
        }
    }

    private static let lenient = validators(.allow)
    private static let strict = validators(.deny)

    /// A message of the type that the first byte chooses; from 128 on, descriptors.
    @Sendable
    package static func protobuf(_ bytes: UnsafeRawBufferPointer) {
        guard let first = bytes.first else { return }
        let rest = Array(bytes.dropFirst())
        let scratch = ValidationScratch()
        guard first < 0x80 else {
            guard let schema = try? ProtobufSchema(descriptorSet: rest) else { return }
            for name in schema.messageNames(at: [0]) {
                let validator = try? ProtobufValidator(schema, message: name)
                _ = validator?.fault(in: rest.span.bytes, scratch: scratch)
            }
            return
        }
        let index = Int(first) % lenient.count
        let isStrictlyValid = strict[index].fault(in: rest.span.bytes, scratch: scratch) == nil
        if let fault = lenient[index].fault(in: rest.span.bytes, scratch: scratch) {
            precondition(fault.offset <= rest.count && !isStrictlyValid)
            _ = lenient[index].validate(rest.span.bytes, scratch: scratch)
            return
        }
        // Two messages behind one another are one.
        let twice = rest + rest
        precondition(lenient[index].fault(in: twice.span.bytes, scratch: scratch) == nil)
        precondition(!isStrictlyValid || strict[index].fault(in: twice.span.bytes, scratch: scratch) == nil)
    }

    private static let headers = [
        "__value_schema_id", "apicurio.value.globalId", "apicurio.value.contentId", "apicurio.value.encoding",
        "apicurio.value.protobuf.type",
    ]

    /// The first byte chooses a format and a header, of which the second is the length; what is left is a value.
    @Sendable
    package static func framing(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 2 else { return }
        let formats: [FramingFormat] = [
            .confluent, .apicurio(.init()), .apicurio(.init(isContentID: false, isLong: true)), .none,
        ]
        var reader = FramingReader(formats[Int(bytes[0] & 3)], of: .value)
        let length = min(Int(bytes[1]), bytes.count - 2)
        let header = Array(bytes[2..<(2 + length)])
        let value = Array(bytes[(2 + length)...])
        let choice = Int(bytes[0] >> 2)
        if choice < headers.count {
            let name = Array(headers[choice].utf8)
            reader.take(header: name.span.bytes, value: header.span.bytes)
        }
        guard case .framed(let frame) = reader.read(value.span.bytes) else { return }
        precondition(frame.prefixBytes <= value.count && (!frame.isInHeader || frame.prefixBytes == 0))
        _ = "\(frame.reference)"
        for read in [MessageChoice.confluent, MessageChoice.apicurio] {
            var offset = frame.prefixBytes
            let choice = read(value.span.bytes, &offset)
            precondition(offset <= value.count && (choice != nil || offset == frame.prefixBytes))
        }
    }
}

/// Checks that records are data of an Avro schema, in Avro's binary encoding and read to their last byte.
package struct AvroValidator: RecordValidator {
    /// The full name of the schema's record, enum or fixed; nil if it is of another type.
    package let schemaName: String?
    private let program: AvroProgram

    /// A validator for a schema.
    ///
    /// - Throws: ``SchemaError`` if a type of the schema contains itself without end, or the schema is too long.
    package init(_ schema: AvroSchema, options: AvroOptions = AvroOptions()) throws(SchemaError) {
        schemaName = schema.name
        program = try AvroCompiler.compile(schema, options: options)
    }

    package func validate(_ bytes: RawSpan, scratch: ValidationScratch) -> SchemaViolation? {
        guard let fault = fault(in: bytes) else { return nil }
        return SchemaViolation("\(fault.reason.words) (byte \(fault.offset))", at: place(of: fault))
    }

    /// The first fault of some bytes; nil if they are a datum.
    func fault(in bytes: RawSpan) -> AvroFault? {
        // Safety: the pointer is used inside the closure, for as many bytes as it has.
        bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else {
                return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) { none in
                    none.initialize(repeating: 0)
                    guard let start = none.baseAddress else { return nil }
                    return program.run(ByteCursor(start, count: 0))
                }
            }
            return program.run(ByteCursor(start.assumingMemoryBound(to: UInt8.self), count: bytes.count))
        }
    }

    private func place(of fault: AvroFault) -> SchemaViolation.Place {
        let path = program.path(of: fault.instruction)
        return path.isEmpty ? .record : .path(path)
    }
}

extension AvroFault.Reason {
    /// What is wrong, for the producer.
    var words: String {
        switch self {
        case .truncated: "ends too early"
        case .varint: "has a number that is too long"
        case .notBoolean: "has a boolean that is neither 0 nor 1"
        case .notInt: "has an int of more than 32 bits"
        case .length: "has a negative length"
        case .notUTF8: "has a string that is not UTF-8"
        case .symbol: "has an enum symbol that the schema does not have"
        case .branch: "has a union branch that the schema does not have"
        case .decimal: "has a decimal that does not fit into its precision"
        case .notUUID: "has a UUID that is not well formed"
        case .count: "has more items than bytes for them"
        case .blockSize: "has a block of another size than it says"
        case .emptyItems: "has too many items without bytes"
        case .depth: "is nested too deeply"
        case .trailing: "goes on behind its end"
        }
    }
}

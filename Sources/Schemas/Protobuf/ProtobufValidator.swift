/// Checks that records are Protobuf messages of some type, on the wire.
///
/// Of a field that must be there each occurrence of its message has to have it, though readers merge occurrences.
package struct ProtobufValidator: RecordValidator {
    /// The full name of the message.
    package let messageName: String
    private let program: ProtobufProgram

    /// A validator for a message.
    ///
    /// - Parameters:
    ///   - schema: Where the message and what it uses is declared.
    ///   - message: The message's full name.
    ///   - options: How strict to be.
    /// - Throws: ``SchemaError`` if there is no such message, or two fields of one message have one number.
    package init(
        _ schema: ProtobufSchema, message: String, options: ProtobufOptions = ProtobufOptions()
    ) throws(SchemaError) {
        messageName = message
        program = try ProtobufCompiler.compile(schema, message: message, options: options)
    }

    package func validate(_ bytes: RawSpan, scratch: ValidationScratch) -> SchemaViolation? {
        guard let fault = fault(in: bytes, scratch: scratch) else { return nil }
        let path = fault.path.map { "/\(program.names[Int($0)])" }.joined()
        let reason = "\(fault.reason.words) (byte \(fault.offset))"
        return SchemaViolation(reason, at: path.isEmpty ? .record : .path(path))
    }

    /// The first fault of some bytes; nil if they are a message.
    func fault(in bytes: RawSpan, scratch: ValidationScratch) -> ProtobufFault? {
        let stack = scratch.state(ProtobufStack.self)
        // Safety: the pointer is used inside the closure, for as many bytes as it has.
        return bytes.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else {
                // No bytes are a message in which nothing is set.
                return program.missingRequired(in: ProtobufProgram.root)
            }
            return program.run(ByteCursor(start.assumingMemoryBound(to: UInt8.self), count: bytes.count), stack)
        }
    }
}

extension ProtobufFault.Reason {
    /// What is wrong, for the producer.
    var words: String {
        switch self {
        case .truncated: "ends too early"
        case .varint: "has a number that is too long"
        case .fieldNumber: "has a field number that is not valid"
        case .wireType: "has a wire type that does not exist"
        case .mismatch: "has another wire type than its field"
        case .unknownField(let number): "has field \(number), which the schema does not have"
        case .notUTF8: "has a string that is not UTF-8"
        case .enumeration: "has an enum value that the schema does not have"
        case .required: "lacks a field that is required"
        case .group: "has a group that does not end as it began"
        case .packed: "has packed values that do not fill their length"
        case .depth: "is nested too deeply"
        }
    }
}

/// The messages around the one that is read.
final class ProtobufStack: ScratchState {
    /// What of a message is kept while one inside it is read.
    struct Frame {
        var message: Int32 = 0
        /// The field of the message that is read next.
        var field: Int32 = -1
        /// The field number of the group that it is; 0 if it is none.
        var group: UInt32 = 0
        /// The required fields that have been there.
        var seen: UInt64 = 0
        var start = 0
        var end = 0
    }

    // Safety: belongs to this object, which belongs to an event loop; good for `capacity` frames, which are trivial.
    private(set) var frames: UnsafeMutablePointer<Frame>
    private var capacity: Int

    init() {
        capacity = 16
        frames = .allocate(capacity: capacity)
        frames.initialize(repeating: Frame(), count: capacity)
    }

    deinit { frames.deallocate() }

    /// Makes room for so many frames, at most 1,024; what was there is lost.
    func reserve(_ count: Int) {
        guard count > capacity else { return }
        frames.deallocate()
        capacity = count
        frames = .allocate(capacity: count)
        frames.initialize(repeating: Frame(), count: count)
    }
}

/// Why records could not be read, opened or written.
///
/// Small and without references, so that throwing one allocates nothing: hostile input may cause many.
package struct RecordsError: Error, Sendable, Equatable {
    /// What kind of mistake it is.
    package enum Reason: UInt8, Sendable, CaseIterable {
        /// Fewer bytes are left than a field needs.
        case truncated
        /// A length or count below what the format allows.
        case negativeLength
        /// A length that is larger than what is left.
        case lengthTooLarge
        /// A count of records or headers that cannot fit in what is left.
        case countTooLarge
        /// Bytes are left where records, a record or its headers should have ended.
        case bytesLeft
        /// A variable-length integer with more bits than its type.
        case varintTooLong
        /// A format that is not known: a magic byte other than 0, 1 and 2.
        case unknownMagic
        /// A number that names no codec.
        case unknownCodec
        /// The checksum is not that of the bytes.
        case wrongChecksum
        /// A compressed message within a compressed message.
        case nestedTooDeep
        /// Compressed bytes that are not what their codec writes.
        case corrupt
        /// More decompressed bytes than the limit allows.
        case tooLarge
        /// More decompressed bytes than the ratio to the compressed ones allows.
        case ratioExceeded
        /// The overall budget of memory has no room for the decompressed bytes.
        case budgetExhausted
        /// Bytes after the end of the compressed ones.
        case trailingGarbage
        /// A feature that is not supported: a compression dictionary, headers in an old message.
        case unsupported
        /// Something that must stay was to be changed: a control batch, the count of records that have sequence numbers.
        case notEditable
        /// The library of a codec had no memory.
        case outOfMemory
    }

    /// What is wrong.
    package var reason: Reason
    /// Where: the offset in bytes of the offending field, from the start of what was being read.
    package var offset: Int
    /// What was asked for: the bytes needed, the most that is allowed.
    package var expected: Int
    /// What was there.
    package var actual: Int
    /// What was being read, as `key length`; nil where the reason says it all.
    package var field: StaticString?

    /// Creates an error.
    @inlinable
    package init(_ reason: Reason, at offset: Int = 0, expected: Int = 0, actual: Int = 0, field: StaticString? = nil) {
        self.reason = reason
        self.offset = offset
        self.expected = expected
        self.actual = actual
        self.field = field
    }

    /// Whether the two say the same; `field` is compared by its text.
    package static func == (left: RecordsError, right: RecordsError) -> Bool {
        left.reason == right.reason && left.offset == right.offset && left.expected == right.expected
            && left.actual == right.actual && left.field?.description == right.field?.description
    }
}

extension RecordsError: CustomStringConvertible {
    /// One line for logs: what was read, what was expected, and where.
    package var description: String {
        let name = field.map { "\($0)" } ?? "value"
        switch reason {
        case .truncated: return "offset \(offset): \(name) needs \(expected) bytes, \(actual) left"
        case .negativeLength: return "offset \(offset): \(name) is \(actual), at least \(expected) needed"
        case .lengthTooLarge: return "offset \(offset): \(name) is \(actual), at most \(expected) possible"
        case .countTooLarge: return "offset \(offset): \(name) is \(actual), at most \(expected) fit in what is left"
        case .bytesLeft: return "offset \(offset): \(actual) bytes left after \(name)"
        case .varintTooLong: return "offset \(offset): \(name) has more than \(expected) bits"
        case .unknownMagic: return "offset \(offset): magic \(actual) is not known, the last one is 2"
        case .unknownCodec: return "codec \(actual) is not known, the last one is 4"
        case .wrongChecksum: return "checksum is \(actual), its bytes have \(expected)"
        case .nestedTooDeep: return "offset \(offset): compressed message in a compressed message"
        case .corrupt: return "offset \(offset): \(name) is corrupt"
        case .tooLarge: return "decompressed records have more than \(expected) bytes"
        case .ratioExceeded: return "decompressed records have more than \(expected) bytes, from \(actual)"
        case .budgetExhausted: return "no memory left in the budget for \(expected) bytes of records"
        case .trailingGarbage: return "offset \(offset): \(actual) bytes after the compressed ones"
        case .unsupported: return "\(name) is not supported"
        case .notEditable: return "\(name) must stay as it is"
        case .outOfMemory: return "no memory for \(name)"
        }
    }
}

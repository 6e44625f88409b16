/// Why a value could not be read from, or written to, the wire.
///
/// Small and without references, so that throwing one allocates nothing: hostile input may cause many.
public struct WireError: Error, Sendable, Equatable {
    /// What kind of mistake the bytes, or the value to write, hold.
    public enum Reason: UInt8, Sendable, CaseIterable {
        /// Fewer bytes are left than the field needs.
        case truncated
        /// A length below −1, or below 0 where null is not allowed.
        case negativeLength
        /// A length that is larger than what is left, or larger than its prefix can say.
        case lengthTooLarge
        /// An element count that cannot fit in what is left.
        case countTooLarge
        /// A string that is not UTF-8.
        case invalidUTF8
        /// A variable-length integer with more bits than its type.
        case varintTooLong
        /// Null where the version does not allow null.
        case unexpectedNull
        /// A marker byte of a nullable structure that is neither −1 nor 1.
        case invalidMarker
        /// Tags of one section that do not ascend (KIP-482).
        case tagOrder
        /// A tagged field whose content is shorter or longer than its length says.
        case taggedFieldLength
        /// A version that the message does not have.
        case unsupportedVersion
        /// An API key that is not known.
        case unknownAPI
    }

    /// What is wrong.
    public var reason: Reason
    /// Where: the offset, in bytes from the start of what was given to the reader or writer, of the offending field.
    public var offset: Int
    /// What was asked for: bytes needed, the largest length or count allowed, the first tag allowed.
    public var expected: Int
    /// What was there: bytes left, the length or count that was read, the tag.
    public var actual: Int
    /// What was being read or written, as `string length` or `int32`; nil where the reason says it all.
    public var field: StaticString?

    /// Creates an error.
    @inlinable
    public init(_ reason: Reason, at offset: Int, expected: Int = 0, actual: Int = 0, field: StaticString? = nil) {
        self.reason = reason
        self.offset = offset
        self.expected = expected
        self.actual = actual
        self.field = field
    }

    /// Whether the two say the same; `field` is compared by its text.
    public static func == (left: WireError, right: WireError) -> Bool {
        left.reason == right.reason && left.offset == right.offset && left.expected == right.expected
            && left.actual == right.actual && left.field?.description == right.field?.description
    }
}

extension WireError: CustomStringConvertible {
    /// One line for logs: what was read, what was expected, and where.
    public var description: String {
        let name = field.map { "\($0)" } ?? "value"
        switch reason {
        case .truncated: return "offset \(offset): \(name) needs \(expected) bytes, \(actual) left"
        case .negativeLength: return "offset \(offset): \(name) is negative: \(actual)"
        case .lengthTooLarge: return "offset \(offset): \(name) is \(actual), at most \(expected) possible"
        case .countTooLarge: return "offset \(offset): \(name) is \(actual), at most \(expected) fit in what is left"
        case .invalidUTF8: return "offset \(offset): \(name) of \(actual) bytes is not UTF-8"
        case .varintTooLong: return "offset \(offset): \(name) has more than \(expected) bits"
        case .unexpectedNull: return "offset \(offset): \(name) is null, which this version does not allow"
        case .invalidMarker: return "offset \(offset): \(name) is \(actual), expected -1 or 1"
        case .tagOrder: return "offset \(offset): tag \(actual) after tag \(expected - 1), tags must ascend"
        case .taggedFieldLength: return "offset \(offset): tagged field of \(expected) bytes holds \(actual)"
        case .unsupportedVersion: return "version \(actual) is not known, the last one is \(expected)"
        case .unknownAPI: return "API key \(actual) is not known"
        }
    }
}

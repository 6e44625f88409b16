/// Finds out which schema a record's key or value has: is shown the record's headers, then the bytes.
///
/// What is in headers goes before what stands in front of the payload, as readers have it. A header that is there twice
/// with different values is refused, since one reader takes the first and another the last.
package struct FramingReader: Sendable {
    private let format: FramingFormat
    private let names: Names
    private var first: SchemaReference?
    private var second: SchemaReference?
    private var choice: MessageChoice?
    private var isBinary = true
    private var violation: SchemaViolation?

    /// The names of headers that count.
    private struct Names: Sendable {
        let schemaID: [UInt8]
        let globalID: [UInt8]
        let contentID: [UInt8]
        let encoding: [UInt8]
        let message: [UInt8]

        static let key = Names(.key)
        static let value = Names(.value)

        private init(_ part: RecordPart) {
            schemaID = Array("__\(part.rawValue)_schema_id".utf8)
            globalID = Array("apicurio.\(part.rawValue).globalId".utf8)
            contentID = Array("apicurio.\(part.rawValue).contentId".utf8)
            encoding = Array("apicurio.\(part.rawValue).encoding".utf8)
            message = Array("apicurio.\(part.rawValue).protobuf.type".utf8)
        }
    }

    /// A reader of one part of records.
    package init(_ format: FramingFormat, of part: RecordPart) {
        self.format = format
        names = part == .key ? .key : .value
    }

    /// True if headers have to be shown; false if none of them counts.
    package var usesHeaders: Bool { format != .none }

    /// Forgets the headers of the record before.
    package mutating func beginRecord() {
        first = nil
        second = nil
        choice = nil
        isBinary = true
        violation = nil
    }

    /// Takes a header of the record.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - value: Its value; nil for null.
    package mutating func take(header name: RawSpan, value: RawSpan?) {
        // All names that count begin with one of these letters, and few others do.
        guard name.byteCount >= 13 else { return }
        switch format {
        case .none: break
        case .confluent:
            if Self.equal(name, names.schemaID) { takeSchemaID(value) }
        case .apicurio:
            if Self.equal(name, names.contentID) {
                take(\.first, Self.long(value).map { .contentID($0) })
            } else if Self.equal(name, names.globalID) {
                take(\.second, Self.long(value).map { .globalID($0) })
            } else if Self.equal(name, names.encoding) {
                if !Self.isBinary(value) { isBinary = false }
            } else if Self.equal(name, names.message) {
                if let text = Self.text(value), choice == nil || choice == .name(text) {
                    choice = .name(text)
                } else {
                    violation = SchemaViolation("has a record header for its message type that is not valid")
                }
            }
        }
    }

    /// Says what the framing is, once all headers have been shown.
    ///
    /// - Parameter bytes: The key or the value.
    /// - Returns: The reference to the schema, if there is one.
    package func read(_ bytes: RawSpan) -> FramedValue {
        if let violation { return .malformed(violation) }
        if !isBinary { return .malformed(SchemaViolation("has another encoding than Avro's binary one")) }
        if let reference = first ?? second {
            return .framed(.init(reference: reference, prefixBytes: 0, choice: choice, isInHeader: true))
        }
        guard let magic = Self.byte(bytes, 0) else { return .unframed }
        switch format {
        case .none: return .unframed
        case .confluent:
            if magic == 0, let id = Self.integer(bytes, at: 1, count: 4) {
                guard let id = Int32(exactly: id) else { return .malformed(Self.invalidID) }
                return .framed(.init(reference: .id(id), prefixBytes: 5, choice: nil, isInHeader: false))
            }
            if magic == 1, let guid = Self.guid(bytes) {
                return .framed(.init(reference: .guid(guid), prefixBytes: 17, choice: nil, isInHeader: false))
            }
            return .unframed
        case .apicurio(let prefix):
            let count = prefix.isLong ? 8 : 4
            guard magic == 0, let id = Self.integer(bytes, at: 1, count: count) else { return .unframed }
            guard id <= UInt64(prefix.isLong ? Int64.max : Int64(Int32.max)) else { return .malformed(Self.invalidID) }
            let reference: SchemaReference = prefix.isContentID ? .contentID(Int64(id)) : .globalID(Int64(id))
            return .framed(
                .init(reference: reference, prefixBytes: 1 + count, choice: choice, isInHeader: false))
        }
    }

    private static var invalidID: SchemaViolation { SchemaViolation("has a schema ID that is not valid") }

    /// Confluent's header: an ID or a GUID, and for Protobuf the message indexes behind it.
    private mutating func takeSchemaID(_ value: RawSpan?) {
        guard let value, let magic = Self.byte(value, 0) else {
            violation = Self.invalidID
            return
        }
        var offset = 0
        var reference: SchemaReference?
        if magic == 0, let id = Self.integer(value, at: 1, count: 4), let id = Int32(exactly: id) {
            reference = .id(id)
            offset = 5
        } else if magic == 1, let guid = Self.guid(value) {
            reference = .guid(guid)
            offset = 17
        }
        guard reference != nil else {
            violation = Self.invalidID
            return
        }
        var found: MessageChoice?
        if offset < value.byteCount {
            found = MessageChoice.confluent(value, at: &offset)
            guard found != nil, offset == value.byteCount else {
                violation = SchemaViolation("has message indexes that are not valid")
                return
            }
        }
        if first != nil, choice != found { violation = Self.invalidID }
        choice = found
        take(\.first, reference)
    }

    private mutating func take(_ place: WritableKeyPath<Self, SchemaReference?>, _ reference: SchemaReference?) {
        guard let reference, self[keyPath: place] == nil || self[keyPath: place] == reference else {
            violation = Self.invalidID
            return
        }
        self[keyPath: place] = reference
    }

    // MARK: - Bytes

    private static func byte(_ bytes: RawSpan, _ offset: Int) -> UInt8? {
        guard offset < bytes.byteCount else { return nil }
        return bytes.withUnsafeBytes { $0[offset] }
    }

    /// A big-endian number; nil if there are not so many bytes.
    private static func integer(_ bytes: RawSpan, at offset: Int, count: Int) -> UInt64? {
        guard bytes.byteCount - offset >= count else { return nil }
        return bytes.withUnsafeBytes { $0[offset..<(offset + count)].reduce(0) { $0 << 8 | UInt64($1) } }
    }

    private static func guid(_ bytes: RawSpan) -> SchemaGUID? {
        guard let high = integer(bytes, at: 1, count: 8), let low = integer(bytes, at: 9, count: 8) else { return nil }
        return SchemaGUID(high: high, low: low)
    }

    /// A header's eight bytes as a number that is not negative.
    private static func long(_ value: RawSpan?) -> Int64? {
        guard let value, value.byteCount == 8, let bits = integer(value, at: 0, count: 8) else { return nil }
        return Int64(exactly: bits)
    }

    private static func text(_ value: RawSpan?) -> String? {
        guard let value, value.byteCount <= 1024 else { return nil }
        return value.withUnsafeBytes { String(validating: $0, as: UTF8.self) }
    }

    private static let binary = Array("BINARY".utf8)

    private static func isBinary(_ value: RawSpan?) -> Bool {
        guard let value else { return false }
        return equal(value, binary)
    }

    private static func equal(_ bytes: RawSpan, _ other: [UInt8]) -> Bool {
        guard bytes.byteCount == other.count else { return false }
        return bytes.withUnsafeBytes { $0.elementsEqual(other) }
    }
}

public import KafkaWire

/// Something that is read from and written to the wire at a version: a body, a header, or what is inside a bytes field.
public protocol KafkaMessage: Sendable, Equatable {
    /// Kafka's name, as `ProduceRequest`.
    static var name: String { get }
    /// The versions that can be read and written.
    static var validVersions: ClosedRange<Int16> { get }
    /// The first version with compact lengths and tagged fields (KIP-482); `Int16.max` where there is none.
    static var firstFlexibleVersion: Int16 { get }

    /// All fields with their defaults.
    init()

    /// Reads a value; bytes that follow it are left in the reader.
    ///
    /// - Throws: `unsupportedVersion` for a version outside `validVersions`; otherwise what is wrong with the bytes.
    static func decode(from reader: inout WireReader, version: Int16) throws(WireError) -> Self

    /// Writes the value. Fields that the version does not have are left out.
    ///
    /// - Throws: `unsupportedVersion` for a version outside `validVersions`; `unexpectedNull` for a nil that the version
    ///   does not allow; `lengthTooLarge`.
    func encode(into writer: inout WireWriter, version: Int16) throws(WireError)
}

/// The body of a request or of a response.
public protocol APIMessage: KafkaMessage {
    /// The API that it belongs to.
    static var apiKey: APIKey { get }
    /// Whether it is a request or a response.
    static var direction: Direction { get }
}

/// The body of a request.
public protocol RequestMessage: APIMessage {
    /// The body of what answers it, at the same version.
    associatedtype Response: ResponseMessage
}

/// The body of a response.
public protocol ResponseMessage: APIMessage {}

extension KafkaMessage {
    /// Whether a version has compact lengths and tagged fields.
    @inlinable
    public static func isFlexible(_ version: Int16) -> Bool {
        version >= firstFlexibleVersion
    }

    @inline(__always)
    static func checkVersion(_ version: Int16) throws(WireError) {
        guard validVersions.contains(version) else {
            throw WireError(
                .unsupportedVersion, at: 0, expected: Int(validVersions.upperBound), actual: Int(version),
                field: "version")
        }
    }
}

extension RequestMessage {
    /// `request`.
    public static var direction: Direction { .request }
}

extension ResponseMessage {
    /// `response`.
    public static var direction: Direction { .response }
}

import KafkaMessages
package import KafkaWire

/// The header of a request, as it stands in its frame; nothing is copied.
package struct RequestHead: Sendable, Equatable {
    /// Which API the request is for.
    package var apiKey: APIKey
    /// The version of its body.
    package var apiVersion: Int16
    /// The client's number for the request.
    package var correlationID: Int32
    /// Where the client ID stands in the frame; nil if it is null or the header has none.
    package var clientID: Range<Int>?
    /// The size of the header in bytes: where the body begins.
    package var length: Int

    /// The offset of the correlation ID in a frame of a request, in bytes.
    package static let correlationIDOffset = 4
    /// The fewest bytes that a header has.
    package static let smallest = 8

    package init(apiKey: APIKey, apiVersion: Int16, correlationID: Int32, clientID: Range<Int>?, length: Int) {
        self.apiKey = apiKey
        self.apiVersion = apiVersion
        self.correlationID = correlationID
        self.clientID = clientID
        self.length = length
    }

    /// What came of reading a header.
    package enum Outcome: Sendable, Equatable {
        /// More bytes have to come.
        case needsMore
        case header(RequestHead)
    }

    /// Reads a header.
    ///
    /// The header of an API that is not known is read like that of the newest: if its client ID makes no sense there,
    /// it is left out.
    ///
    /// - Parameters:
    ///   - bytes: what has come of the frame, without its size.
    ///   - frameSize: the size of the whole frame in bytes.
    /// - Returns: the header, or ``Outcome/needsMore`` while it has not all come.
    /// - Throws: ``WireError`` if the frame cannot hold such a header.
    package static func read(_ bytes: UnsafeRawBufferPointer, frameSize: Int) throws(WireError) -> Outcome {
        guard frameSize >= smallest else { throw WireError.truncated(smallest, left: frameSize, at: 0) }
        guard bytes.count >= smallest else { return .needsMore }
        let key = APIKey(rawValue: Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
        let version = Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: Int16.self))
        let correlationID = Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: Int32.self))
        var head = RequestHead(apiKey: key, apiVersion: version, correlationID: correlationID, clientID: nil, length: 8)
        let form = HeaderForm.request(key, version)
        guard form != .withoutClientID else { return .header(head) }
        var cursor: WalkCursor
        guard let base = bytes.baseAddress else { return .needsMore }
        cursor = WalkCursor(
            base: base + smallest, available: bytes.count - smallest, position: smallest, end: frameSize)
        if form == .unknown {
            guard let length = try? cursor.length(.string), length.value >= 0,
                (try? cursor.take(length.value)) ?? nil != nil
            else { return .header(head) }
            head.clientID = cursor.position - length.value..<cursor.position
            return .header(head)
        }
        guard let length = try cursor.length(.string) else { return .needsMore }
        if length.value >= 0 {
            guard try cursor.take(length.value) != nil else { return .needsMore }
            head.clientID = cursor.position - length.value..<cursor.position
        }
        if form == .flexible {
            guard let tags = try cursor.unsignedVarint() else { return .needsMore }
            for _ in 0..<tags {
                guard try cursor.unsignedVarint() != nil, let size = try cursor.unsignedVarint() else {
                    return .needsMore
                }
                guard try cursor.take(Int(size)) != nil else { return .needsMore }
            }
        }
        head.length = cursor.position
        return .header(head)
    }
}

/// The form of a header, which follows from the API and its version.
package enum HeaderForm: Sendable {
    /// ControlledShutdown v0.
    case withoutClientID
    case plain
    /// With tagged fields.
    case flexible
    /// The API is not one that is known.
    case unknown

    /// First flexible version by API key; −1 where the API is not known.
    private static let firstFlexible: [Int16] = (0..<128).map { key in
        MessageLayout.layout(APIKey(rawValue: Int16(key)), .request)?.firstFlexibleVersion ?? -1
    }

    /// The form of a request's header.
    package static func request(_ key: APIKey, _ version: Int16) -> HeaderForm {
        guard key.rawValue >= 0, Int(key.rawValue) < firstFlexible.count else { return .unknown }
        let first = firstFlexible[Int(key.rawValue)]
        guard first >= 0 else { return .unknown }
        if key.rawValue == 7, version == 0 { return .withoutClientID }
        return version >= first ? .flexible : .plain
    }

    /// True if the header of the response has tagged fields. That of ApiVersions never has.
    package static func responseHasTags(_ key: APIKey, _ version: Int16) -> Bool {
        key.rawValue != 18 && request(key, version) == .flexible
    }
}

public import KafkaWire
public import NIOCore

/// A whole frame, without its size: header, body, and what may follow the body.
///
/// Encoding a frame that was decoded gives the bytes that it was decoded from.
public struct KafkaFrame: Sendable {
    /// The header of a request or of a response.
    public enum Header: Sendable, Equatable {
        /// A request's header.
        case request(RequestHeader)
        /// A response's header.
        case response(ResponseHeader)
    }

    /// Which API it belongs to.
    public var apiKey: APIKey
    /// At which version the body is, and so the header.
    public var apiVersion: Int16
    /// The header.
    public var header: Header
    /// The body.
    public var body: any APIMessage
    /// What follows the body: some clients send bytes there, and brokers accept them.
    public var trailing: ByteBuffer

    /// Reads a request, which says itself what it is.
    ///
    /// - Throws: `unknownAPI` or `unsupportedVersion`; otherwise what is wrong with the bytes.
    public static func decodeRequest(_ bytes: ByteBuffer) throws(WireError) -> KafkaFrame {
        var reader = WireReader(bytes)
        let key = APIKey(rawValue: try reader.readInt16())
        let version = try reader.readInt16()
        try reader.seek(to: 0)
        return try decode(&reader, key, version, .request)
    }

    /// Reads a response, which is known by its request only.
    ///
    /// - Throws: `unknownAPI` or `unsupportedVersion`; otherwise what is wrong with the bytes.
    public static func decodeResponse(
        _ bytes: ByteBuffer, apiKey: APIKey, apiVersion: Int16
    ) throws(WireError) -> KafkaFrame {
        var reader = WireReader(bytes)
        return try decode(&reader, apiKey, apiVersion, .response)
    }

    private static func decode(
        _ reader: inout WireReader, _ key: APIKey, _ version: Int16, _ direction: Direction
    ) throws(WireError) -> KafkaFrame {
        guard let type = key.messageType(direction), let headerVersion = key.headerVersion(version, direction) else {
            throw WireError(.unknownAPI, at: 0, actual: Int(key.rawValue), field: "API key")
        }
        let header: Header =
            switch direction {
            case .request: .request(try RequestHeader.decode(from: &reader, version: headerVersion))
            case .response: .response(try ResponseHeader.decode(from: &reader, version: headerVersion))
            }
        let body = try type.decode(from: &reader, version: version)
        return KafkaFrame(apiKey: key, apiVersion: version, header: header, body: body, trailing: reader.rest)
    }

    /// Writes the frame, without its size.
    ///
    /// - Throws: what `KafkaMessage.encode` throws.
    public func encode(into writer: inout WireWriter) throws(WireError) {
        let direction = type(of: body).direction
        guard let headerVersion = apiKey.headerVersion(apiVersion, direction) else {
            throw WireError(.unknownAPI, at: 0, actual: Int(apiKey.rawValue), field: "API key")
        }
        switch header {
        case .request(let header): try header.encode(into: &writer, version: headerVersion)
        case .response(let header): try header.encode(into: &writer, version: headerVersion)
        }
        try body.encode(into: &writer, version: apiVersion)
        writer.writeRaw(trailing)
    }
}

import Foundation
import KafkaMessages
import KafkaWire
import NIOCore

/// Why a frame stays as it came.
struct Undecoded: Error {
    let reason: String
}

/// A frame as `sluice decode` is given it: hex, and what is known about it.
struct CapturedFrame {
    /// The frame in hex, without its size.
    var frame: String
    private var isResponse: Bool
    private var isRaw = false
    private var apiKey: Int16?
    private var apiVersion: Int16?
    /// The line of JSON that it came in.
    private var source: String?

    private struct Line: Decodable {
        enum CodingKeys: String, CodingKey {
            case direction
            case apiKey = "api_key"
            case apiVersion = "api_version"
            case frame
            case raw
        }

        var direction: String?
        var apiKey: Int16?
        var apiVersion: Int16?
        var frame: String?
        var raw: Bool?
    }

    init(frame: String, response: Bool, apiKey: Int16?, apiVersion: Int16?) {
        self.frame = frame
        self.isResponse = response
        self.apiKey = apiKey
        self.apiVersion = apiVersion
    }

    /// Reads a line of JSON; a line without a frame has an empty one.
    init(line: String) throws {
        let decoded = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
        self.init(
            frame: decoded.frame ?? "", response: decoded.direction == "response", apiKey: decoded.apiKey,
            apiVersion: decoded.apiVersion)
        isRaw = decoded.raw ?? false
        source = line
    }

    /// Decodes the frame in full.
    func decode() throws(Undecoded) -> KafkaFrame {
        if isRaw { throw Undecoded(reason: "a bare SASL token, without a Kafka header") }
        guard let bytes = ByteBuffer(hex: frame) else { throw Undecoded(reason: "not hex") }
        do {
            guard isResponse else { return try KafkaFrame.decodeRequest(bytes) }
            guard let apiKey, let apiVersion else {
                throw Undecoded(reason: "a response without API key and API version")
            }
            return try KafkaFrame.decodeResponse(bytes, apiKey: APIKey(rawValue: apiKey), apiVersion: apiVersion)
        } catch let error as WireError {
            throw Undecoded(reason: "\(error)")
        } catch {
            throw error as? Undecoded ?? Undecoded(reason: "\(error)")
        }
    }

    /// The bytes of a decoded frame, written anew from its values.
    func bytes(of decoded: KafkaFrame) throws(Undecoded) -> ByteBuffer {
        var writer = WireWriter(minimumCapacity: frame.utf8.count / 2 + 16)
        do {
            try decoded.encode(into: &writer)
        } catch {
            throw Undecoded(reason: "cannot be written back: \(error)")
        }
        return writer.finish()
    }

    /// A line of JSON with the bytes written back under the key `frame`.
    func reencoded(_ decoded: KafkaFrame) throws(Undecoded) -> String {
        var json = JSONText()
        json.open()
        json.add("direction", string: isResponse ? "response" : "request")
        json.add("api_key", number: decoded.apiKey.rawValue)
        json.add("api_version", number: decoded.apiVersion)
        json.add("frame", string: try bytes(of: decoded).hex)
        json.close()
        return json.text
    }

    /// What it came as, with the reason that it stays so.
    func line(undecoded reason: String) -> String {
        if let source, let end = source.lastIndex(of: "}") {
            var json = JSONText()
            json.add("undecoded", string: reason)
            return source[..<end] + "," + json.text + "}"
        }
        var json = JSONText()
        json.open()
        json.add("direction", string: isResponse ? "response" : "request")
        if let apiKey { json.add("api_key", number: apiKey) }
        if let apiVersion { json.add("api_version", number: apiVersion) }
        json.add("frame", string: frame)
        json.add("undecoded", string: reason)
        json.close()
        return json.text
    }
}

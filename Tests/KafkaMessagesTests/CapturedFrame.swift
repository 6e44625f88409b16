import Foundation
import KafkaMessages
import KafkaWire
import NIOCore

/// A frame recorded between a real client and a real broker.
struct CapturedFrame: Decodable, Sendable, CustomStringConvertible {
    let direction: String
    let apiKey: Int16
    let apiVersion: Int16
    private let frame: String

    enum CodingKeys: String, CodingKey {
        case direction
        case apiKey = "api_key"
        case apiVersion = "api_version"
        case frame
    }

    /// The frame without its size.
    var bytes: ByteBuffer {
        var bytes = ByteBuffer()
        var digits = frame.utf8.makeIterator()
        while let high = digits.next(), let low = digits.next() {
            bytes.writeInteger(Self.digit(high) << 4 | Self.digit(low))
        }
        return bytes
    }

    var description: String {
        "\(APIKey(rawValue: apiKey)) v\(apiVersion) \(direction)"
    }

    /// Decodes bytes as this frame's API and version.
    func decode(_ bytes: ByteBuffer) throws(WireError) -> KafkaFrame {
        if direction == "request" { return try KafkaFrame.decodeRequest(bytes) }
        return try KafkaFrame.decodeResponse(bytes, apiKey: APIKey(rawValue: apiKey), apiVersion: apiVersion)
    }

    private static func digit(_ character: UInt8) -> UInt8 {
        character >= UInt8(ascii: "a") ? character - UInt8(ascii: "a") + 10 : character - UInt8(ascii: "0")
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "fixtures/captures")

    /// The names of the files that frames were recorded in.
    static let files: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).filter { $0.hasSuffix(".jsonl") }.sorted()
    }()

    /// The frames of a file.
    static func frames(_ file: String) throws -> [CapturedFrame] {
        let data = try Data(contentsOf: folder.appending(path: file))
        return try data.split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(CapturedFrame.self, from: Data($0))
        }
    }

    /// One frame for every API, version and direction: the smallest.
    static func smallest() throws -> [CapturedFrame] {
        var smallest: [String: CapturedFrame] = [:]
        for file in files {
            for frame in try frames(file) {
                let known = smallest[frame.description]
                if frame.frame.utf8.count < known?.frame.utf8.count ?? .max { smallest[frame.description] = frame }
            }
        }
        return smallest.sorted { $0.key < $1.key }.map(\.value)
    }
}

extension KafkaFrame {
    /// The frame's bytes, written anew.
    func encoded() throws(WireError) -> ByteBuffer {
        var writer = WireWriter()
        try encode(into: &writer)
        return writer.finish()
    }
}

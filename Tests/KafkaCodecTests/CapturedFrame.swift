import Foundation
import KafkaCodec
import KafkaMessages
import KafkaWire
import NIOCore

/// A frame recorded between a real client and a real broker.
struct CapturedFrame: Decodable, Sendable, CustomStringConvertible {
    private let directionName: String
    private let key: Int16
    let apiVersion: Int16
    private let hexadecimal: String

    enum CodingKeys: String, CodingKey {
        case directionName = "direction"
        case key = "api_key"
        case apiVersion = "api_version"
        case hexadecimal = "frame"
    }

    var apiKey: APIKey { APIKey(rawValue: key) }
    var direction: Direction { directionName == "request" ? .request : .response }
    var description: String { "\(apiKey) v\(apiVersion) \(directionName)" }

    /// The frame without its size.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        var digits = hexadecimal.utf8.makeIterator()
        while let high = digits.next(), let low = digits.next() {
            bytes.append(Self.digit(high) << 4 | Self.digit(low))
        }
        return bytes
    }

    /// Where the body begins: clients and brokers of today send no tagged fields in a response's header.
    func bodyOffset(_ bytes: [UInt8]) throws -> Int {
        guard direction == .request else { return HeaderForm.responseHasTags(apiKey, apiVersion) ? 5 : 4 }
        guard case .header(let head) = try bytes.withUnsafeBytes({ try RequestHead.read($0, frameSize: $0.count) })
        else { return 0 }
        return head.length
    }

    /// The typed body, and where it ends.
    func decoded(_ bytes: [UInt8]) throws -> (body: any APIMessage, end: Int) {
        let buffer = ByteBuffer(bytes: bytes)
        let frame =
            direction == .request
            ? try KafkaFrame.decodeRequest(buffer)
            : try KafkaFrame.decodeResponse(buffer, apiKey: apiKey, apiVersion: apiVersion)
        return (frame.body, bytes.count - frame.trailing.readableBytes)
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
    static let smallest: [CapturedFrame] = {
        var smallest: [String: CapturedFrame] = [:]
        for file in files {
            for frame in (try? frames(file)) ?? [] {
                let known = smallest[frame.description]
                if frame.hexadecimal.utf8.count < known?.hexadecimal.utf8.count ?? .max {
                    smallest[frame.description] = frame
                }
            }
        }
        return smallest.sorted { $0.key < $1.key }.map(\.value)
    }()
}

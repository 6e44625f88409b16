import FilterAPI
import Foundation
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@testable import TopicRewriteFilter

/// Frames between real clients and brokers.
private struct CapturedFrame: Decodable {
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

    var key: APIKey { APIKey(rawValue: apiKey) }

    var bytes: ByteBuffer {
        var bytes = ByteBuffer()
        var digits = frame.utf8.makeIterator()
        while let high = digits.next(), let low = digits.next() {
            bytes.writeInteger(Self.digit(high) << 4 | Self.digit(low))
        }
        return bytes
    }

    /// True for a frame without names that have no other: Kafka's own topics, and what is no name.
    var isOfClients: Bool {
        !TranslatedAPIs.betweenBrokers.contains(key)
            && !["__consumer_offsets", "__transaction_state", "__share_group_state", "__cluster_metadata", "bad/name"]
                .contains { bytes.readableBytesView.contains($0.utf8) }
    }

    private static func digit(_ character: UInt8) -> UInt8 {
        character >= UInt8(ascii: "a") ? character - UInt8(ascii: "a") + 10 : character - UInt8(ascii: "0")
    }

    /// Where the body begins.
    func bodyOffset() throws -> Int {
        var reader = WireReader(bytes)
        guard let version = key.headerVersion(apiVersion, direction == "request" ? .request : .response) else {
            return 0
        }
        if direction == "request" {
            _ = try RequestHeader.decode(from: &reader, version: version)
        } else {
            _ = try ResponseHeader.decode(from: &reader, version: version)
        }
        return bytes.readableBytes - reader.remaining
    }

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "fixtures/captures")

    static let files: [String] = {
        let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
        return (names ?? []).filter { $0.hasSuffix(".jsonl") }.sorted()
    }()

    static func frames(_ file: String) throws -> [CapturedFrame] {
        try Data(contentsOf: folder.appending(path: file)).split(separator: UInt8(ascii: "\n")).map {
            try JSONDecoder().decode(CapturedFrame.self, from: Data($0))
        }
    }
}

@Suite("Frames of real clients and brokers")
struct RealFramesTests {
    private static func tenant(_ from: String, _ to: String) -> String {
        """
        rules: [{ prefix: "\(from)", to_prefix: "\(to)" }]
        groups: { prefix: "g." }
        """
    }

    private static let groupless = "rules: [{ prefix: \"\", to_prefix: \"p.\" }]"
    private static let back = "rules: [{ prefix: \"p.\", to_prefix: \"\" }]"

    @Test("Requests that were translated are translated back to the same bytes", arguments: CapturedFrame.files)
    private func requests(file: String) throws {
        let there = try Rig(Self.groupless, cluster: KnownCluster { _ in "p.some" })
        let back = try Rig(Self.back, cluster: KnownCluster { _ in "some" })
        var changed = 0
        for frame in try CapturedFrame.frames(file) where frame.direction == "request" {
            guard frame.isOfClients else { continue }
            let offset = try frame.bodyOffset()
            let (action, request) = try there.request(frame.bytes, bodyOffset: offset, frame.key, frame.apiVersion)
            guard case .forward = action else {
                // ACLs of all topics, and deleting those of any.
                #expect([.createAcls, .deleteAcls, .describeAcls].contains(frame.key), "\(frame.key)")
                continue
            }
            // Names that are none are answered here.
            guard request.record.partialAnswers.isEmpty else {
                continue
            }
            let translated = try request.frame.leaving()
            if translated != frame.bytes { changed += 1 }
            let (returning, original) = try back.request(translated, bodyOffset: offset, frame.key, frame.apiVersion)
            guard case .forward = returning else {
                Issue.record(
                    "\(frame.key) v\(frame.apiVersion) \(returning) \(String(decoding: frame.bytes.readableBytesView, as: UTF8.self))"
                )
                continue
            }
            #expect(
                try original.frame.leaving() == frame.bytes,
                "\(frame.key) v\(frame.apiVersion) \(String(decoding: frame.bytes.readableBytesView, as: UTF8.self))")
        }
        #expect(changed > 0, "\(file)")
    }

    @Test("Responses that were translated are translated back to the same bytes")
    private func responses() throws {
        var changed: Set<APIKey> = []
        for frame in try CapturedFrame.files.flatMap(CapturedFrame.frames) {
            guard frame.direction == "response", frame.isOfClients, frame.bytes.readableBytes > 0 else { continue }
            if frame.key == .joinGroup { continue }
            let offset = try frame.bodyOffset()
            var bytes = frame.bytes
            for yaml in [Self.back, Self.groupless] {
                let rig = try Rig(yaml, cluster: KnownCluster { _ in "p.some" })
                let record = RequestRecord(
                    apiKey: frame.key, apiVersion: frame.apiVersion, correlationID: 1, clientID: "client",
                    requestBytes: 1, connection: rig.connection)
                let response = FilteredResponse(
                    record: record,
                    frame: FilteredFrame(
                        frame: Rig.held(bytes), apiKey: frame.key, apiVersion: frame.apiVersion, direction: .response,
                        bodyOffset: offset))
                response.note = RewriteNote(try view(yaml))
                guard case .forward = rig.part.response(response) else { throw Rig.Unexpected() }
                bytes = try response.frame.leaving()
                if bytes != frame.bytes { changed.insert(frame.key) }
            }
            #expect(bytes == frame.bytes, "\(frame.key) v\(frame.apiVersion)")
        }
        #expect(changed.count > 20, "\(changed)")
    }
}

extension ByteBufferView {
    fileprivate func contains(_ text: String.UTF8View) -> Bool {
        let bytes = Array(text)
        guard count >= bytes.count, let first = bytes.first else { return false }
        return indices.contains { self[$0] == first && self[$0...].starts(with: bytes) }
    }
}

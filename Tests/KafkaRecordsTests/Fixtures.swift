import Foundation
import KafkaMessages
import KafkaWire
import NIOCore

@testable import KafkaRecords

/// Records that other clients wrote.
enum Fixtures {
    /// A frame recorded between a client and a broker.
    struct Frame: Decodable, Sendable, CustomStringConvertible {
        let client: String
        let broker: String
        let direction: String
        let apiKey: Int16
        let apiVersion: Int16
        private let frame: String

        enum CodingKeys: String, CodingKey {
            case client, broker, direction, frame
            case apiKey = "api_key"
            case apiVersion = "api_version"
        }

        var description: String {
            "\(client) with \(broker): \(APIKey(rawValue: apiKey)) v\(apiVersion), \(frame.utf8.count / 2) bytes"
        }

        /// Whether records come from a producer or from a log.
        var source: RecordsEditor.Source { direction == "request" ? .producer : .log }

        /// All fields of records in the frame that are not empty.
        func recordFields() throws -> [ByteBuffer] {
            let bytes = Fixtures.bytes(ofHex: frame)
            let key = APIKey(rawValue: apiKey)
            let decoded =
                direction == "request"
                ? try KafkaFrame.decodeRequest(bytes)
                : try KafkaFrame.decodeResponse(bytes, apiKey: key, apiVersion: apiVersion)
            let fields: [ByteBuffer?] =
                switch decoded.body {
                case let body as ProduceRequest: body.topicData.flatMap { $0.partitionData.map(\.records) }
                case let body as FetchResponse: body.responses.flatMap { $0.partitions.map(\.records) }
                case let body as ShareFetchResponse: body.responses.flatMap { $0.partitions.map(\.records) }
                default: []
                }
            return fields.compactMap { $0 }.filter { $0.readableBytes > 0 }
        }
    }

    /// A batch that a Python client wrote.
    struct PythonBatch: Decodable, Sendable, CustomStringConvertible {
        let client: String
        let magic: Int8
        let codec: String
        private let records: String

        var description: String { "\(client), magic \(magic), \(codec)" }
        var bytes: ByteBuffer { Fixtures.bytes(ofHex: records) }
    }

    static let frames: [Frame] = lines("java-and-librdkafka.jsonl")
    static let pythonBatches: [PythonBatch] = lines("python-clients.jsonl")

    private static func lines<Line: Decodable>(_ name: String) -> [Line] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "fixtures")
        guard let data = try? Data(contentsOf: folder.appending(path: name)) else { return [] }
        return data.split(separator: UInt8(ascii: "\n")).compactMap {
            try? JSONDecoder().decode(Line.self, from: Data($0))
        }
    }

    /// Bytes written as hexadecimal digits.
    static func bytes(ofHex text: String) -> ByteBuffer {
        var bytes = ByteBuffer()
        var digits = text.utf8.makeIterator()
        while let high = digits.next(), let low = digits.next() {
            bytes.writeInteger(digit(high) << 4 | digit(low))
        }
        return bytes
    }

    private static func digit(_ character: UInt8) -> UInt8 {
        character >= UInt8(ascii: "a") ? character - UInt8(ascii: "a") + 10 : character - UInt8(ascii: "0")
    }
}

/// A record with its bytes, for comparisons.
struct WholeRecord: Equatable {
    var offset: Int64
    var timestamp: Int64
    var key: ByteBuffer?
    var value: ByteBuffer?
    var headers: [RecordHeader] = []

    /// Reads all records of a field; control batches as well.
    static func all(
        in field: ByteBuffer, contexts: CompressionContexts, limits: DecompressionLimits = DecompressionLimits()
    ) throws(RecordsError) -> [WholeRecord] {
        var all: [WholeRecord] = []
        var batches = RecordBatches(field)
        while let batch = try batches.next() {
            let contents = try batch.open(with: contexts, limits: limits)
            var records = contents.records
            while let record = try records.next() {
                var whole = WholeRecord(
                    offset: record.offset, timestamp: record.timestamp, key: contents.key(of: record),
                    value: contents.value(of: record))
                var headers = contents.headers(of: record)
                while let header = try headers.next() {
                    whole.headers.append(
                        RecordHeader(
                            key: contents.bytes(header.key) ?? ByteBuffer(), value: contents.bytes(header.value)))
                }
                all.append(whole)
            }
        }
        return all
    }
}

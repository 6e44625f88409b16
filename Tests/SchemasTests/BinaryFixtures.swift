import Foundation
import Testing

@testable import Schemas

/// What stands in the folder of fixtures: schemas, and data that fastavro and Google's Python library have written.
enum BinaryFixtures {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "fixtures/binary")

    /// Data of an Avro schema.
    struct AvroCase: Decodable, CustomTestStringConvertible {
        let name: String
        let schema: String
        let data: [String]

        var testDescription: String { name }
    }

    /// A Protobuf message: its descriptors' file, its name, its bytes.
    struct ProtobufCase: Decodable, CustomTestStringConvertible {
        let schema: String
        let message: String
        let data: String

        var testDescription: String { "\(message) of \(data.count / 2) bytes" }
    }

    static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: name)))
    }

    static func avro() throws -> [AvroCase] {
        try JSONDecoder().decode([AvroCase].self, from: Data(try bytes("avro.json")))
    }

    static func protobuf() throws -> [ProtobufCase] {
        try JSONDecoder().decode([ProtobufCase].self, from: Data(try bytes("protobuf.json")))
    }

    /// The bytes behind hexadecimal digits; spaces are passed over.
    static func hex(_ text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }
}

/// Numbers that look random and are the same in each run.
struct SequenceOfNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ state >> 33
    }
}

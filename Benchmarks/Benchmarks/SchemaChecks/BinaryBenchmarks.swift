import Benchmark
import BenchmarkProbes
import Foundation

/// Orders of about 1 KiB, in Avro and in Protobuf.
func binaryBenchmarks() {
    Benchmark("Avro, an order with nine items", configuration: .binary) { benchmark, sample in
        guard let checker = BenchmarkProbes.RecordChecker(avroSchema: sample.schema), checker.isGood(sample.bytes)
        else { return benchmark.error("the record must match") }
        for _ in benchmark.scaledIterations { blackHole(checker.isGood(sample.bytes)) }
    } setup: {
        try SampleRecords.avro
    }

    Benchmark("Protobuf, an order with nine items", configuration: .binary) { benchmark, sample in
        let checker = BenchmarkProbes.RecordChecker(descriptorSet: sample.descriptors, message: sample.message)
        guard let checker, checker.isGood(sample.bytes) else { return benchmark.error("the record must match") }
        for _ in benchmark.scaledIterations { blackHole(checker.isGood(sample.bytes)) }
    } setup: {
        try SampleRecords.protobuf
    }
}

extension Benchmark.Configuration {
    /// For calls of hundreds of nanoseconds.
    fileprivate static var binary: Self {
        Self(metrics: [.cpuTotal, .wallClock], scalingFactor: .mega, maxDuration: .seconds(5), maxIterations: 30)
    }
}

/// Records that the tests have too.
enum SampleRecords {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Tests/SchemasTests/fixtures/binary")

    private struct AvroCase: Decodable {
        let name: String
        let schema: String
        let data: [String]
    }

    private struct ProtobufCase: Decodable {
        let message: String
        let data: String
    }

    /// 886 bytes.
    static var avro: (schema: String, bytes: [UInt8]) {
        get throws {
            let data = try Data(contentsOf: folder.appending(path: "avro.json"))
            let order = try JSONDecoder().decode([AvroCase].self, from: data).first { $0.name == "order" }
            return (order?.schema ?? "", hex(order?.data.first ?? ""))
        }
    }

    /// 1,002 bytes.
    static var protobuf: (descriptors: [UInt8], message: String, bytes: [UInt8]) {
        get throws {
            let data = try Data(contentsOf: folder.appending(path: "protobuf.json"))
            let order = try JSONDecoder().decode([ProtobufCase].self, from: data).first
            let descriptors = try Data(contentsOf: folder.appending(path: "shop.binpb"))
            return (Array(descriptors), order?.message ?? "", hex(order?.data ?? ""))
        }
    }

    private static func hex(_ text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }
}

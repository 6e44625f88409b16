import NIOCore
import Testing

@testable import KafkaRecords

@Suite("CRC-32C")
struct CRC32CTests {
    /// RFC 3720, appendix B.4, and the check value of the polynomial's catalogue entry.
    static let vectors: [(bytes: [UInt8], checksum: UInt32)] = [
        ([], 0),
        ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
        ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
        ([UInt8](0..<32), 0x46DD_794E),
        ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
        (
            [
                0x01, 0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x14, 0, 0, 0, 0, 0, 0x04, 0, 0, 0, 0, 0x14, 0, 0,
                0, 0x18, 0x28, 0, 0, 0, 0, 0, 0, 0, 0x02, 0, 0, 0, 0, 0, 0, 0,
            ], 0xD996_3A56
        ),
        ([UInt8]("123456789".utf8), 0xE306_9283),
    ]

    @Test(arguments: vectors.indices)
    func `Known checksums come out`(index: Int) {
        let vector = Self.vectors[index]
        let bytes = ByteBuffer(bytes: vector.bytes)
        #expect(CRC32C.checksum(bytes) == vector.checksum)
        #expect(CRC32C.checksumByTables(bytes.readableBytesSpan) == vector.checksum)
    }

    @Test
    func `The instruction and the tables agree on every length around their steps`() {
        var bytes = ByteBuffer()
        var state: UInt64 = 1
        for _ in 0..<30_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            bytes.writeInteger(UInt8(truncatingIfNeeded: state >> 56))
        }
        let span = bytes.readableBytesSpan
        let edges = [768, 1_536, 12_288, 13_056, 24_576].flatMap { ($0 - 9)...($0 + 9) }
        for (start, count) in zip(0..., Array(0...300) + edges) {
            let piece = span.extracting(start % 8..<start % 8 + count)
            #expect(CRC32C.checksum(piece, after: 5) == CRC32C.checksumByTables(piece, after: 5), "\(count) bytes")
        }
    }

    @Test
    func `A checksum goes on from that of the bytes before`() {
        let bytes = ByteBuffer(repeating: 0x5A, count: 20_000)
        let span = bytes.readableBytesSpan
        for cut in [0, 1, 800, 12_288, 19_999, 20_000] {
            let first = CRC32C.checksum(span.extracting(0..<cut))
            #expect(CRC32C.checksum(span.extracting(cut..<20_000), after: first) == CRC32C.checksum(bytes))
        }
    }
}

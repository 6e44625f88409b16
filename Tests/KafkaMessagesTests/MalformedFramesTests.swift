import Foundation
import KafkaMessages
import KafkaWire
import NIOCore
import Testing

@Suite("Malformed frames")
struct MalformedFramesTests {
    @Test("A frame that ends early is an error with an offset", arguments: 0..<8)
    func truncated(part: Int) throws {
        for (index, captured) in try CapturedFrame.smallest().enumerated() where index % 8 == part {
            let bytes = captured.bytes
            let end = bytes.readableBytes - (try captured.decode(bytes).trailing.readableBytes)
            for length in 0..<min(end, 600) {
                let cut = try #require(bytes.getSlice(at: 0, length: length))
                let error = try #require(throws: WireError.self, "\(captured) cut to \(length)") {
                    try captured.decode(cut)
                }
                #expect(error.offset <= length)
                #expect(!error.description.isEmpty)
            }
        }
    }

    @Test(
        "Lengths and counts that lie never trap, and what they say is never allocated",
        arguments: [
            [0xFF, 0xFF, 0xFF, 0xFF], [0x7F, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0], [0xFF, 0xFE],
            [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F], [0], [1],
        ] as [[UInt8]])
    func lies(lie: [UInt8]) throws {
        for captured in try CapturedFrame.smallest() {
            let bytes = captured.bytes
            for position in 0..<min(bytes.readableBytes, 300) {
                var broken = bytes
                broken.setBytes(Array(lie.prefix(bytes.readableBytes - position)), at: position)
                do {
                    // What still decodes can be written, whatever it means.
                    _ = try captured.decode(broken).encoded()
                } catch {
                    #expect(error.offset <= broken.readableBytes)
                }
            }
        }
    }

    @Test("A count is not believed before its elements are there")
    func boundedAllocation() throws {
        // No brokers, and as many topics as the rest has room for, of which the first is malformed already.
        var body = WireWriter()
        body.writeInt32(0)
        body.writeInt32(Int32(16 << 20) / 8)
        body.writeRaw(ByteBuffer(repeating: 0xFF, count: 16 << 20))
        let bytes = body.finish()
        let before = try Self.peakMemory()
        for _ in 0..<10 {
            #expect(throws: WireError.self) {
                var reader = WireReader(bytes)
                _ = try MetadataResponse.decode(from: &reader, version: 0)
            }
        }
        #expect(try Self.peakMemory() - before < 64 << 20)
    }

    @Test("A version that is not known is refused")
    func unknownVersion() {
        let request = ByteBuffer(bytes: [0, 0, 0, 99, 0, 0, 0, 1, 0xFF, 0xFF, 0])
        #expect(throws: WireError(.unsupportedVersion, at: 0, expected: 13, actual: 99, field: "version")) {
            try KafkaFrame.decodeRequest(request)
        }
    }

    @Test("An API that is not known is refused")
    func unknownAPI() {
        let request = ByteBuffer(bytes: [0x03, 0xE7, 0, 0, 0, 0, 0, 1, 0xFF, 0xFF])
        #expect(throws: WireError(.unknownAPI, at: 0, actual: 999, field: "API key")) {
            try KafkaFrame.decodeRequest(request)
        }
    }

    /// The most memory that the process has asked for so far, in bytes, touched or not.
    private static func peakMemory() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmPeak:") })
        let kibibytes = try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
        return kibibytes << 10
    }
}

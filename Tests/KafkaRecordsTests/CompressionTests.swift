import NIOCore
import Testing

@testable import KafkaRecords

@Suite("Compression")
struct CompressionTests {
    private let contexts = CompressionContexts()
    static let codecs = CompressionCodec.allCases.filter { $0 != .none }

    private func compressed(_ codec: CompressionCodec, _ bytes: ByteBuffer, level: Int? = nil) throws -> ByteBuffer {
        var output = ByteBuffer()
        try contexts.compress(codec, bytes, level: level, into: &output)
        return output
    }

    private func decompressed(_ codec: CompressionCodec, _ bytes: ByteBuffer) throws(RecordsError) -> ByteBuffer {
        try contexts.decompress(codec, bytes, limits: DecompressionLimits())
    }

    @Test(arguments: codecs)
    func `What was compressed comes back, at every level and size`(codec: CompressionCodec) throws {
        for count in [0, 1, 100, 32_768, 65_537, 200_003] {
            for bytes in [Samples.text(count), Samples.noise(count), ByteBuffer(repeating: 0, count: count)] {
                for level in [codec.levels.lowerBound, codec.defaultLevel, min(9, codec.levels.upperBound)] {
                    let output = try compressed(codec, bytes, level: level)
                    #expect(try decompressed(codec, output) == bytes, "\(count) bytes at level \(level)")
                }
            }
        }
    }

    @Test(arguments: [CompressionCodec.gzip, .zstd, .snappy])
    func `Several members, frames or streams are one`(codec: CompressionCodec) throws {
        var both = try compressed(codec, Samples.text(5_000))
        both.writeImmutableBuffer(try compressed(codec, Samples.noise(500)))
        #expect(try decompressed(codec, both) == Samples.joined(Samples.text(5_000), Samples.noise(500)))
    }

    @Test
    func `A second LZ4 frame is refused, since Java would not read it`() throws {
        var both = try compressed(.lz4, Samples.text(5_000))
        both.writeImmutableBuffer(try compressed(.lz4, Samples.text(10)))
        #expect(throws: RecordsError.self) { try decompressed(.lz4, both) }
    }

    @Test
    func `Raw Snappy is read`() throws {
        // 5 bytes: a literal of 5.
        let raw = ByteBuffer(bytes: [5, 4 << 2] + "hello".utf8)
        #expect(try decompressed(.snappy, raw) == ByteBuffer(string: "hello"))
    }

    @Test
    func `A Zstandard frame that is to be skipped is skipped`() throws {
        var bytes = ByteBuffer(bytes: [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3])
        bytes.writeImmutableBuffer(try compressed(.zstd, Samples.text(100)))
        #expect(try decompressed(.zstd, bytes) == Samples.text(100))
    }

    @Test(arguments: codecs)
    func `Bytes after the end are refused`(codec: CompressionCodec) throws {
        for garbage: [UInt8] in [[0], [1, 2, 3], [0, 0, 0, 0, 0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF]] {
            var bytes = try compressed(codec, Samples.text(300))
            bytes.writeBytes(garbage)
            let error = #expect(throws: RecordsError.self) { try decompressed(codec, bytes) }
            #expect(error?.reason == .trailingGarbage || (codec == .snappy && error?.reason == .corrupt))
        }
    }

    @Test(arguments: codecs)
    func `What is cut off is refused at every byte`(codec: CompressionCodec) throws {
        let bytes = try compressed(codec, Samples.text(700))
        for count in 0..<bytes.readableBytes {
            let piece = try #require(bytes.getSlice(at: 0, length: count))
            // The Java framing of Snappy says nothing of its end.
            if codec == .snappy, count == 16 { continue }
            #expect(throws: RecordsError.self, "\(count) bytes") { try decompressed(codec, piece) }
        }
    }

    @Test(arguments: Fixtures.pythonBatches.filter { $0.magic == 2 && $0.codec != "none" })
    func `What is broken leaves nothing behind for what follows`(batch: Fixtures.PythonBatch) throws {
        // These frames say how many bytes they become, where the codec can.
        let codec = try #require(CompressionCodec.allCases.first { $0.name == batch.codec })
        let stored = batch.bytes.readableBytes - RecordBatchLayout.headerSize
        let good = try compressed(codec, Samples.text(300))
        for count in 0..<stored {
            let piece = try #require(batch.bytes.getSlice(at: RecordBatchLayout.headerSize, length: count))
            _ = try? decompressed(codec, piece)
            #expect(try decompressed(codec, good) == Samples.text(300))
        }
    }

    @Test(arguments: codecs)
    func `No flipped bit does more than be refused, or change some bytes`(codec: CompressionCodec) throws {
        let bytes = try compressed(codec, Samples.text(400))
        let limits = DecompressionLimits(maxOutputBytes: 100_000)
        let budget = CountingBudget()
        for bit in 0..<bytes.readableBytes * 8 {
            var flipped = bytes
            let byte: UInt8 = try #require(bytes.getInteger(at: bit / 8))
            flipped.setInteger(byte ^ 1 << UInt8(bit % 8), at: bit / 8)
            let output = try? contexts.decompress(codec, flipped, limits: limits, budget: budget)
            #expect(budget.taken == output?.readableBytes ?? 0)
            budget.release(output?.readableBytes ?? 0)
        }
        #expect(budget.mostTaken <= 100_000)
        // The contexts are as good as before.
        #expect(try decompressed(codec, bytes) == Samples.text(400))
    }

    @Test(arguments: codecs)
    func `A bomb is stopped at the limit, and nothing stays taken from the budget`(codec: CompressionCodec) throws {
        let bomb = try compressed(codec, ByteBuffer(repeating: 0, count: 32 << 20))
        let budget = CountingBudget()
        let limits = DecompressionLimits(maxOutputBytes: 2 << 20, maxRatio: .max)
        let error = #expect(throws: RecordsError.self) {
            try contexts.decompress(codec, bomb, limits: limits, budget: budget)
        }
        #expect(error?.reason == .tooLarge)
        #expect(budget.taken == 0)
        #expect(budget.mostTaken <= 2 << 20)
    }

    @Test(arguments: codecs)
    func `A bomb is stopped at the ratio`(codec: CompressionCodec) throws {
        let bomb = try compressed(codec, ByteBuffer(repeating: 0, count: 4 << 20))
        let limits = DecompressionLimits(maxRatio: 10)
        let error = #expect(throws: RecordsError.self) { try contexts.decompress(codec, bomb, limits: limits) }
        #expect(error?.reason == .ratioExceeded)
        // As many bytes are always allowed, and are less than the batch claims.
        let small = try compressed(codec, ByteBuffer(repeating: 0, count: 1 << 20))
        #expect(try contexts.decompress(codec, small, limits: limits).readableBytes == 1 << 20)
    }

    @Test(arguments: codecs)
    func `As many bytes as the limit come through, one more does not`(codec: CompressionCodec) throws {
        for count in [1_023, 1_024, 5_000, 65_536, 100_000] {
            let bytes = try compressed(codec, Samples.text(count))
            let enough = DecompressionLimits(maxOutputBytes: count)
            #expect(try contexts.decompress(codec, bytes, limits: enough) == Samples.text(count))
            let error = #expect(throws: RecordsError.self) {
                try contexts.decompress(codec, bytes, limits: DecompressionLimits(maxOutputBytes: count - 1))
            }
            #expect(error?.reason == .tooLarge)
        }
    }

    @Test(arguments: codecs)
    func `A budget without room refuses, and gets back what was taken`(codec: CompressionCodec) throws {
        let bytes = try compressed(codec, Samples.text(100_000))
        let budget = CountingBudget(limit: 50_000)
        let error = #expect(throws: RecordsError.self) {
            try contexts.decompress(codec, bytes, limits: DecompressionLimits(), budget: budget)
        }
        #expect(error?.reason == .budgetExhausted)
        #expect(budget.taken == 0)
    }

    static let lies: [(CompressionCodec, [UInt8], RecordsError.Reason)] = [
        // A raw block of Snappy that says 4 GiB less one.
        (.snappy, [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0, 0], .ratioExceeded),
        (.snappy, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], .corrupt),
        (.snappy, [], .corrupt),
        (.snappy, [0, 0], .corrupt),
        // A block of the Java framing with a negative length, and one that is longer than what is left.
        (.snappy, [0x82, 0x53, 0x4E, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0xFF, 0, 0, 0, 1], .corrupt),
        (.snappy, [0x82, 0x53, 0x4E, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 1], .corrupt),
        // A frame of Zstandard that says 2^56 bytes and has one.
        (.zstd, [0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0, 0, 0, 1, 9, 0, 0, 7], .ratioExceeded),
        // One that asks for dictionary 7, with no bytes in it.
        (.zstd, [0x28, 0xB5, 0x2F, 0xFD, 0x21, 7, 1, 9, 0, 0, 7], .unsupported),
        (.lz4, [0x04, 0x22, 0x4D, 0x18, 0x61, 0x40, 1, 2, 3, 4, 0], .unsupported),
        (.gzip, [0x1F, 0x8B, 9, 0, 0, 0, 0, 0, 0, 3], .corrupt),
        (.gzip, [0x78, 0x9C, 0x03, 0, 0, 0, 0, 1], .corrupt),
    ]

    @Test(arguments: lies.indices)
    func `Lies are refused by what they are`(index: Int) throws {
        let (codec, bytes, reason) = Self.lies[index]
        let budget = CountingBudget()
        let error = #expect(throws: RecordsError.self) {
            try contexts.decompress(codec, ByteBuffer(bytes: bytes), limits: DecompressionLimits(), budget: budget)
        }
        #expect(error?.reason == reason, "\(codec)")
        #expect(budget.mostTaken <= 4_096)
    }

    @Test
    func `The wrong checksum of old LZ4 headers is read and written where it belongs`() throws {
        var old = ByteBuffer()
        try contexts.compress(.lz4, Samples.text(3_000), into: &old, hasOldLZ4Header: true)
        #expect(throws: RecordsError.self) { try decompressed(.lz4, old) }
        let read = try contexts.decompress(.lz4, old, limits: DecompressionLimits(), hasOldLZ4Header: true)
        #expect(read == Samples.text(3_000))
        let new = try compressed(.lz4, Samples.text(3_000))
        #expect(new.getInteger(at: 6, as: UInt8.self) != old.getInteger(at: 6, as: UInt8.self))
        // kafka-python writes the same one.
        let python = try #require(Fixtures.pythonBatches.first { $0.magic == 0 && $0.codec == "lz4" }).bytes
        let header = try LZ4FrameHeader(python.readableBytesSpan.extracting(droppingFirst: 26))
        #expect(python.getInteger(at: 26 + header.size - 1) == header.oldChecksum)
        #expect(header.oldChecksum != header.checksum)
    }

    @Test
    func `No compression copies nothing and takes nothing`() throws {
        let budget = CountingBudget()
        let limits = DecompressionLimits(maxOutputBytes: 0)
        let bytes = try contexts.decompress(.none, Samples.text(100), limits: limits, budget: budget)
        #expect(bytes == Samples.text(100))
        #expect(budget.mostTaken == 0)
    }
}

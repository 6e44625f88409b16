import NIOCore
import Testing

@testable import KafkaRecords

@Suite("Hostile records")
struct HostileRecordsTests {
    private let contexts = CompressionContexts()

    /// Reads all there is in a field, headers included.
    private func read(_ field: ByteBuffer, verifyingChecksum: Bool = true) throws(RecordsError) -> Int {
        var count = 0
        var batches = RecordBatches(field)
        let limits = DecompressionLimits(maxOutputBytes: 100_000)
        while let batch = try batches.next() {
            let contents = try batch.open(with: contexts, limits: limits, verifyingChecksum: verifyingChecksum)
            var records = contents.records
            while let record = try records.next() {
                _ = contents.key(of: record)
                _ = contents.value(of: record)
                var headers = contents.headers(of: record)
                while let header = try headers.next() { _ = contents.bytes(header.value) }
                count += 1
            }
        }
        return count
    }

    /// A batch of bytes that are to be its records, with the right checksum.
    private static func batch(
        _ records: [UInt8], count: Int32, codec: CompressionCodec = .none, attributes: Int16 = 0
    ) -> ByteBuffer {
        var header = RecordBatchHeader()
        header.recordCount = count
        header.attributes.rawValue = attributes
        var bytes = ByteBuffer(repeating: 0, count: RecordBatchLayout.headerSize)
        bytes.writeBytes(records)
        RecordBatchWriter.write(
            header, length: Int32(bytes.readableBytes - RecordBatchLayout.prefixSize), to: &bytes)
        return bytes
    }

    /// Bytes of records, how many they say they are, and what is wrong. The fields of the first are: length,
    /// attributes, timestamp delta, offset delta, key length, value length, count of headers; 1 stands for −1.
    static let lies: [(bytes: [UInt8], count: Int32, reason: RecordsError.Reason)] = [
        ([12, 0, 0, 0, 1, 1, 0], -1, .countTooLarge),
        ([12, 0, 0, 0, 1, 1, 0], 2, .countTooLarge),
        ([12, 0, 0, 0, 1, 1, 0], .max, .countTooLarge),
        ([12, 0, 0, 0, 1, 1, 0], 0, .bytesLeft),
        ([12, 0, 0, 0, 1, 1, 0, 0], 1, .bytesLeft),
        ([12, 0, 0, 0, 1, 1, 0, 12, 0, 0, 0, 1, 1], 1, .bytesLeft),
        // Records that are too short, negative, too long.
        ([10, 0, 0, 0, 1, 1, 0], 1, .negativeLength),
        ([1, 0, 0, 0, 1, 1, 0], 1, .negativeLength),
        ([0, 0, 0, 0, 1, 1, 0], 1, .negativeLength),
        ([14, 0, 0, 0, 1, 1, 0], 1, .lengthTooLarge),
        ([0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0, 0], 1, .lengthTooLarge),
        ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0], 1, .varintTooLong),
        ([14, 0, 0, 0, 1, 1, 0, 9], 1, .bytesLeft),
        // Keys and values.
        ([12, 0, 0, 0, 3, 1, 0], 1, .negativeLength),
        ([12, 0, 0, 0, 6, 1, 0], 1, .lengthTooLarge),
        ([12, 0, 0, 0, 4, 1, 0], 1, .truncated),
        ([12, 0, 0, 0, 1, 5, 0], 1, .negativeLength),
        ([12, 0, 0, 0, 1, 2, 0], 1, .truncated),
        ([12, 0, 0, 0, 1, 0xFE, 0xFF], 1, .truncated),
        ([20, 0, 0, 0, 1, 0xFE, 0xFF, 0xFF, 0xFF, 0x0F, 0], 1, .lengthTooLarge),
        ([20, 0, 0, 0, 1, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0], 1, .varintTooLong),
        // Headers.
        ([12, 0, 0, 0, 1, 1, 1], 1, .negativeLength),
        ([12, 0, 0, 0, 1, 1, 2], 1, .countTooLarge),
        ([16, 0, 0, 0, 1, 1, 2, 1, 1], 1, .negativeLength),
        ([16, 0, 0, 0, 1, 1, 2, 4, 1], 1, .lengthTooLarge),
        ([16, 0, 0, 0, 1, 1, 2, 2, 1], 1, .truncated),
        ([18, 0, 0, 0, 1, 1, 2, 0, 0, 0], 1, .bytesLeft),
        ([18, 0, 0, 0, 1, 1, 2, 0, 3, 0], 1, .negativeLength),
    ]

    @Test(arguments: lies.indices)
    func `Lies of counts and lengths are refused by what they are`(index: Int) {
        let (bytes, count, reason) = Self.lies[index]
        let error = #expect(throws: RecordsError.self) { try read(Self.batch(bytes, count: count)) }
        #expect(error?.reason == reason, "\(error.map { "\($0)" } ?? "")")
    }

    @Test
    func `The smallest record and the largest numbers are no lies`() throws {
        #expect(try read(Self.batch([12, 0, 0, 0, 1, 1, 0], count: 1)) == 1)
        #expect(try read(Self.batch([], count: 0)) == 0)
        let most: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]
        let record: [UInt8] = [38, 0] + most + [0xFE, 0xFF, 0xFF, 0xFF, 0x0F] + [1, 1, 0]
        let field = Self.batch(record, count: 1)
        var batches = RecordBatches(field)
        let batch = try #require(try batches.next())
        let contents = try batch.open(with: contexts, limits: DecompressionLimits())
        var records = contents.records
        let read = try #require(try records.next())
        #expect(read.offset == Int64(Int32.max))
        #expect(read.timestamp == Int64.max)
    }

    @Test(arguments: [5, 6, 7] as [Int16])
    func `A codec that is not known is refused`(number: Int16) {
        let error = #expect(throws: RecordsError.self) { try read(Self.batch([], count: 0, attributes: number)) }
        #expect(error?.reason == .unknownCodec)
    }

    @Test(arguments: [3, 127, -1, -128] as [Int8])
    func `A format that is not known is refused`(magic: Int8) throws {
        var field = try Samples.batch()
        field.setInteger(magic, at: RecordBatchLayout.magicOffset)
        let error = #expect(throws: RecordsError.self) { try read(field) }
        #expect(error?.reason == .unknownMagic)
    }

    @Test(arguments: [Int32.min, -1, 0, 48] as [Int32])
    func `A length that no batch can have is refused`(length: Int32) throws {
        var field = try Samples.batch()
        field.setInteger(length, at: RecordBatchLayout.lengthOffset)
        let error = #expect(throws: RecordsError.self) { try read(field) }
        #expect(error?.reason == .negativeLength)
    }

    @Test
    func `A batch that is cut off at any byte is left as the rest`() throws {
        let whole = try Samples.batch()
        let field = Samples.joined(whole, whole)
        for count in 0...field.readableBytes {
            var batches = RecordBatches(try #require(field.getSlice(at: 0, length: count)))
            var sizes: [Int] = []
            while let batch = try batches.next() { sizes.append(batch.bytes.readableBytes) }
            #expect(sizes.count == count / whole.readableBytes)
            #expect(batches.rest.readableBytes == count % whole.readableBytes)
        }
    }

    static let fields: [(name: String, bytes: ByteBuffer)] = {
        var fields: [(String, ByteBuffer)] = []
        for codec in CompressionCodec.allCases {
            if let batch = try? Samples.batch(3, codec: codec) { fields.append(("2 \(codec)", batch)) }
            for magic: Int8 in [0, 1] where codec != .zstd {
                guard let set = try? Samples.messages(3, magic: magic) else { continue }
                let field = codec == .none ? set : try? Samples.wrapper(set, codec: codec, magic: magic, offset: 2)
                if let field { fields.append(("\(magic) \(codec)", field)) }
            }
        }
        return fields
    }()

    @Test(arguments: fields.indices)
    func `No flipped bit gets past the checksum, or traps without it`(index: Int) throws {
        let (name, field) = Self.fields[index]
        let count = try read(field)
        #expect(count == 3, "\(name)")
        for bit in 0..<field.readableBytes * 8 {
            var flipped = field
            let byte: UInt8 = try #require(field.getInteger(at: bit / 8))
            flipped.setInteger(byte ^ 1 << UInt8(bit % 8), at: bit / 8)
            _ = try? read(flipped, verifyingChecksum: false)
            for source in [RecordsEditor.Source.producer, .log] {
                let editor = try? RecordsEditor(
                    flipped, from: source, contexts: contexts, limits: DecompressionLimits())
                try? editor?.visit { record throws(RecordsError) in
                    record.value = nil
                    if record.record.index == 1 { try record.drop() }
                }
                _ = try? editor?.finish()
            }
            // What a checksum covers: in a batch all from the attributes on, in a message all from the magic on.
            let covered = name.hasPrefix("2") ? RecordBatchLayout.attributesOffset : RecordBatchLayout.magicOffset
            if bit / 8 >= covered + 1, name.hasPrefix("2") || name.hasSuffix("none") == false {
                #expect(throws: RecordsError.self, "\(name), bit \(bit)") { try read(flipped) }
            }
        }
    }

    @Test
    func `A compressed message within a compressed message is refused`() throws {
        let inner = try Samples.wrapper(Samples.messages(2, magic: 1), codec: .gzip, magic: 1, offset: 1)
        let outer = try Samples.wrapper(inner, codec: .gzip, magic: 1, offset: 1)
        let error = #expect(throws: RecordsError.self) { try read(outer) }
        #expect(error?.reason == .nestedTooDeep)
    }

    @Test
    func `A compressed message is refused if those in it are not whole`() throws {
        let set = try Samples.messages(2, magic: 1)
        for count in 0..<set.readableBytes where count != set.readableBytes / 2 {
            let piece = try #require(set.getSlice(at: 0, length: count))
            let field = try Samples.wrapper(piece, codec: .gzip, magic: 1, offset: 1)
            #expect(throws: RecordsError.self, "\(count) bytes") { try read(field) }
        }
    }

    @Test
    func `A compressed message without a value is refused`() throws {
        let field = try Samples.message(offset: 0, magic: 1, attributes: 1, timestamp: 0, key: nil, value: nil)
        let error = #expect(throws: RecordsError.self) { try read(field) }
        #expect(error?.reason == .corrupt)
    }
}

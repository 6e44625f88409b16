import KafkaRecords
import KafkaWire
import NIOCore

/// Records of one partition that are sent together.
struct ProducerBatch: Sendable {
    /// The header's room, then the records: as they were given, or compressed once `isSealed`.
    var bytes: ByteBuffer
    /// How many records.
    private(set) var count = 0
    /// What they count in the buffer.
    private(set) var cost = 0
    private(set) var baseTimestamp: Int64 = 0
    private(set) var maxTimestamp: Int64 = 0
    /// When its first record came.
    let openedAt: NIODeadline
    /// After which it fails.
    let deadline: NIODeadline
    /// By which requests know it.
    let id: UInt64
    /// Given back with the outcome; 0 for records.
    private(set) var tag: UInt64 = 0
    /// Whether another producer has made it: of its header, only what is said of the producer is written.
    private(set) var isForeign = false
    /// Whether the records are compressed as they should be, and none is added any more.
    var isSealed = false
    /// Whether a request with it waits for its answer.
    var isInFlight = false
    /// How often it failed.
    var failures = 0
    /// The last error of a broker.
    var lastError: ErrorCode?
    /// The number of its first record; nil if none was given yet.
    var sequence: Int32?

    /// - Parameters:
    ///   - id: by which requests know it.
    ///   - openedAt: when its first record came.
    ///   - deadline: after which it fails.
    ///   - capacity: the bytes that it will probably have.
    init(id: UInt64, openedAt: NIODeadline, deadline: NIODeadline, capacity: Int) {
        self.id = id
        self.openedAt = openedAt
        self.deadline = deadline
        bytes = ByteBufferAllocator().buffer(capacity: max(capacity, 2 * RecordBatchLayout.headerSize))
        bytes.writeRepeatingByte(0, count: RecordBatchLayout.headerSize)
    }

    /// Takes a batch that another producer has made.
    ///
    /// - Parameters:
    ///   - id: by which requests know it.
    ///   - staged: the batch.
    ///   - deadline: after which it fails.
    init(id: UInt64, _ staged: StagedBatch, deadline: NIODeadline) {
        self.id = id
        openedAt = staged.stagedAt
        self.deadline = deadline
        bytes = staged.bytes
        count = staged.count
        cost = staged.cost
        tag = staged.tag
        isForeign = true
        isSealed = true
    }

    /// The bytes of the batch on the wire, as far as it is written.
    var size: Int { bytes.readableBytes }

    /// Ends filling: the records are compressed, if they are to be.
    ///
    /// - Throws: `RecordsError` if that fails.
    mutating func seal(
        _ codec: CompressionCodec, level: Int?, _ contexts: CompressionContexts
    ) throws(RecordsError) {
        guard !isSealed else { return }
        isSealed = true
        guard codec != .none else { return }
        var records = bytes
        records.moveReaderIndex(forwardBy: RecordBatchLayout.headerSize)
        var compressed = ByteBufferAllocator().buffer(capacity: size / 2)
        compressed.writeRepeatingByte(0, count: RecordBatchLayout.headerSize)
        try contexts.compress(codec, records, level: level, into: &compressed)
        bytes = compressed
    }

    /// Fills the header for sending.
    mutating func storeHeader(_ codec: CompressionCodec, _ identity: ProducerIdentity) {
        guard !isForeign else {
            let stamp = ProducerStamp(
                producerID: identity.id, producerEpoch: identity.epoch, baseSequence: sequence ?? -1)
            return stamp.store(in: &bytes)
        }
        let header = BatchHeader(
            compression: codec, count: count, baseTimestamp: baseTimestamp, maxTimestamp: maxTimestamp,
            identity: identity, sequence: sequence ?? -1)
        header.store(in: &bytes)
    }

    /// Adds a record.
    ///
    /// - Parameters:
    ///   - record: the head.
    ///   - body: key, value and headers, as many bytes as the head says.
    mutating func append(_ record: StagedRecord, _ body: UnsafeRawBufferPointer) {
        if count == 0 {
            baseTimestamp = record.timestamp
            maxTimestamp = record.timestamp
        }
        maxTimestamp = max(maxTimestamp, record.timestamp)
        let timestampDelta = record.timestamp &- baseTimestamp
        let offsetDelta = Int64(count)
        let headersSize = max(1, Int(record.headersLength))
        let length =
            1 + Varint.size(timestampDelta) + Varint.size(offsetDelta) + Varint.size(Int64(record.keyLength))
            + Varint.size(Int64(record.valueLength)) + Int(max(record.keyLength, 0)) + Int(max(record.valueLength, 0))
            + headersSize
        bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: length + Varint.size(Int64(length))) { memory in
            guard let base = memory.baseAddress else { return 0 }
            // Safety: the room was asked for: every part was counted above.
            var target = base
            Varint.store(Int64(length), at: &target)
            target.storeBytes(of: 0, as: UInt8.self)
            target += 1
            Varint.store(timestampDelta, at: &target)
            Varint.store(offsetDelta, at: &target)
            Varint.store(Int64(record.keyLength), at: &target)
            var source = body[...]
            Self.move(Int(max(record.keyLength, 0)), from: &source, to: &target)
            Varint.store(Int64(record.valueLength), at: &target)
            Self.move(Int(max(record.valueLength, 0)), from: &source, to: &target)
            if record.headersLength > 0 {
                Self.move(Int(record.headersLength), from: &source, to: &target)
            } else {
                Varint.store(0, at: &target)
            }
            return target - base
        }
        count += 1
        cost += record.cost
    }

    @inline(__always)
    private static func move(
        _ count: Int, from source: inout Slice<UnsafeRawBufferPointer>, to target: inout UnsafeMutableRawPointer
    ) {
        guard count > 0 else { return }
        let part = source.prefix(count)
        if let start = UnsafeRawBufferPointer(rebasing: part).baseAddress {
            target.copyMemory(from: start, byteCount: part.count)
        }
        target += part.count
        source = source.dropFirst(count)
    }
}

/// Zig-zag varints of records, written to memory that is known to be large enough.
enum Varint {
    /// How many bytes a value takes.
    @inline(__always)
    static func size(_ value: Int64) -> Int {
        let zigZag = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        return zigZag < 0x80 ? 1 : (70 - zigZag.leadingZeroBitCount) / 7
    }

    /// Writes a value and moves behind it.
    ///
    /// Safety: `target` has room for `size(value)` bytes.
    @inline(__always)
    static func store(_ value: Int64, at target: inout UnsafeMutableRawPointer) {
        var rest = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        while rest >= 0x80 {
            target.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
            target += 1
            rest >>= 7
        }
        target.storeBytes(of: UInt8(truncatingIfNeeded: rest), as: UInt8.self)
        target += 1
    }
}

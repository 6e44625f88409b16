import NIOCore

/// Records on their way from the loop that gave them to the producer's: plain memory, one after the other.
struct StagedRecords: Sendable {
    /// Records, each a ``StagedRecord`` head with its bytes.
    var bytes = ByteBuffer()
    /// How many.
    var count = 0
    /// When the first was given.
    var stagedAt = NIODeadline.uptimeNanoseconds(0)
}

/// The layout of a staged record: a head of fixed width, then key, value, and the headers as the wire has them.
struct StagedRecord {
    /// What a record costs beyond its bytes.
    static let headSize = 28

    var topic: Int32
    var partition: Int32
    var timestamp: Int64
    /// −1 for null.
    var keyLength: Int32
    /// −1 for null.
    var valueLength: Int32
    /// With their count; 0 for none at all.
    var headersLength: Int32

    /// The bytes after the head.
    var bodySize: Int { Int(max(keyLength, 0)) + Int(max(valueLength, 0)) + Int(headersLength) }
    /// What it counts in the buffer.
    var cost: Int { Self.headSize + bodySize }

    /// Writes the head.
    ///
    /// Safety: `memory` has room for `headSize` bytes.
    @inline(__always)
    func store(to memory: UnsafeMutableRawPointer) {
        memory.storeBytes(of: topic, as: Int32.self)
        memory.storeBytes(of: partition, toByteOffset: 4, as: Int32.self)
        memory.storeBytes(of: timestamp, toByteOffset: 8, as: Int64.self)
        memory.storeBytes(of: keyLength, toByteOffset: 16, as: Int32.self)
        memory.storeBytes(of: valueLength, toByteOffset: 20, as: Int32.self)
        memory.storeBytes(of: headersLength, toByteOffset: 24, as: Int32.self)
    }
}

extension StagedRecord {
    /// Reads a head that `store` wrote.
    ///
    /// Safety: `memory` has `headSize` bytes.
    @inline(__always)
    init(loadedFrom memory: UnsafeRawPointer) {
        topic = memory.loadUnaligned(as: Int32.self)
        partition = memory.loadUnaligned(fromByteOffset: 4, as: Int32.self)
        timestamp = memory.loadUnaligned(fromByteOffset: 8, as: Int64.self)
        keyLength = memory.loadUnaligned(fromByteOffset: 16, as: Int32.self)
        valueLength = memory.loadUnaligned(fromByteOffset: 20, as: Int32.self)
        headersLength = memory.loadUnaligned(fromByteOffset: 24, as: Int32.self)
    }
}

import KafkaRecords
import NIOCore

/// Reads record batches as their bytes pass: headers, and of the rest only what is asked for. A state machine without I/O.
struct BatchStream {
    /// What was found; ``proceed(_:)`` must say how to go on.
    enum Event {
        /// A batch has begun. Of an old message (magic 0 or 1) only the magic is known.
        case batch(RecordBatchHeader)
        /// The batch that was asked for, all of it.
        case gathered(ByteBuffer)
        /// The record that was asked for, its length before it.
        case record(ByteBuffer)
        /// The batch is not what its header says.
        case unreadable
    }

    /// How to go on in a batch.
    enum Course {
        /// With the next batch.
        case skip
        /// All of the batch is asked for.
        case gather
        /// The record of an index is asked for, of a batch that is not compressed; not one before the last.
        case walk(to: Int)
    }

    private enum Phase {
        case head
        case asking
        case skipping
        case gathering
        case walking(target: Int)
        /// Nothing more is read: what follows is no whole batch.
        case over
    }

    private typealias Layout = RecordBatchLayout
    /// The least that the length of a record says, which does not count itself.
    private static let smallestSize = 6

    private var phase = Phase.over
    /// Bytes of the field that are to come.
    private var left = 0
    /// Bytes of the batch that are to come.
    private(set) var batchLeft = 0
    private var head = InlineArray<61, UInt8>(repeating: 0)
    private var headCount = 0
    private var kept = ByteBuffer()
    /// The record that comes next, and how much of it is to come.
    private var recordIndex = 0
    private var recordLeft = 0
    private var length: UInt64 = 0
    private var lengthShift: UInt64 = 0

    /// Bytes of the whole batch that has begun.
    var batchBytes: Int { headCount + batchLeft }

    /// A field of batches begins.
    mutating func begin(bytes: Int) {
        left = bytes
        batchLeft = 0
        beginBatch()
    }

    /// Reads on.
    ///
    /// - Parameter bytes: what has come; what was read is taken off.
    /// - Returns: what was found; nil if more bytes have to come.
    mutating func next(_ bytes: inout UnsafeRawBufferPointer) -> Event? {
        while true {
            switch phase {
            case .head:
                if let event = readHead(&bytes) { return event }
                guard case .over = phase else { return nil }
            case .asking, .over:
                take(bytes.count, &bytes)
                return nil
            case .skipping:
                let count = min(batchLeft, bytes.count)
                batchLeft -= count
                take(count, &bytes)
                guard batchLeft == 0 else { return nil }
                beginBatch()
                if bytes.isEmpty { return nil }
            case .gathering:
                let count = min(batchLeft, bytes.count)
                kept.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                batchLeft -= count
                take(count, &bytes)
                guard batchLeft == 0 else { return nil }
                phase = .asking
                defer { kept = ByteBuffer() }
                return .gathered(kept)
            case .walking(let target):
                guard let event = walk(to: target, &bytes) else { return nil }
                phase = .asking
                return event
            }
        }
    }

    /// Says how to go on after an event.
    mutating func proceed(_ course: Course) {
        switch course {
        case .skip:
            phase = .skipping
            if batchLeft == 0 { beginBatch() }
        case .gather:
            kept = ByteBuffer()
            kept.reserveCapacity(batchBytes)
            head.span.extracting(first: headCount).withUnsafeBytes { _ = kept.writeBytes($0) }
            phase = .gathering
        case .walk(let target):
            phase = .walking(target: target)
        }
    }

    private mutating func take(_ count: Int, _ bytes: inout UnsafeRawBufferPointer) {
        left -= count
        bytes = UnsafeRawBufferPointer(rebasing: bytes[count...])
    }

    private mutating func beginBatch() {
        headCount = 0
        recordIndex = 0
        recordLeft = 0
        length = 0
        lengthShift = 0
        // A Fetch may end with a batch that is cut off.
        phase = left > Layout.magicOffset ? .head : .over
    }

    // MARK: - Headers

    private mutating func readHead(_ bytes: inout UnsafeRawBufferPointer) -> Event? {
        guard collect(Layout.magicOffset + 1, &bytes) else { return nil }
        let magic = head[Layout.magicOffset]
        guard magic <= 2 else {
            phase = .over
            return nil
        }
        guard magic == 2 else { return begin(oldMagic: Int8(magic)) }
        guard headCount + left >= Layout.headerSize else {
            phase = .over
            return nil
        }
        guard collect(Layout.headerSize, &bytes) else { return nil }
        return begin(RecordBatchHeader(current: head.span.bytes))
    }

    private mutating func begin(_ header: RecordBatchHeader) -> Event? {
        batchLeft = Layout.prefixSize + Int(header.length) - headCount
        guard batchLeft >= 0, batchLeft <= left else {
            phase = .over
            return nil
        }
        phase = .asking
        return .batch(header)
    }

    private mutating func begin(oldMagic: Int8) -> Event? {
        var header = RecordBatchHeader()
        header.magic = oldMagic
        for offset in 0..<4 { header.length = header.length << 8 | Int32(head[Layout.lengthOffset + offset]) }
        return begin(header)
    }

    /// Adds to the header until it has as many bytes; false if more have to come.
    private mutating func collect(_ count: Int, _ bytes: inout UnsafeRawBufferPointer) -> Bool {
        let missing = count - headCount
        guard missing > 0 else { return true }
        let taken = min(missing, bytes.count)
        let start = headCount
        var span = head.mutableSpan
        span.withUnsafeMutableBytes { target in
            UnsafeMutableRawBufferPointer(rebasing: target[start..<count])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<taken]))
        }
        headCount += taken
        take(taken, &bytes)
        return taken == missing
    }

    // MARK: - Records

    /// Goes over records before the target that are there whole, which most are.
    private mutating func passWhole(before target: Int, _ bytes: inout UnsafeRawBufferPointer) {
        let end = min(bytes.count, batchLeft)
        var index = recordIndex
        var passed = 0
        records: while index < target {
            var place = passed
            var length = 0
            var shift = 0
            while true {
                guard place < end, shift < 28 else { break records }
                let byte = Int(bytes[place])
                place += 1
                length |= (byte & 0x7f) << shift
                guard byte >= 0x80 else { break }
                shift += 7
            }
            let size = length >> 1
            // What is not right, or not there, is seen to byte by byte.
            guard length & 1 == 0, size >= Self.smallestSize, size <= end - place else { break }
            passed = place + size
            index += 1
        }
        recordIndex = index
        batchLeft -= passed
        take(passed, &bytes)
    }

    private mutating func walk(to target: Int, _ bytes: inout UnsafeRawBufferPointer) -> Event? {
        while true {
            if recordLeft == 0, lengthShift == 0, recordIndex < target { passWhole(before: target, &bytes) }
            if recordLeft > 0 {
                let count = min(recordLeft, bytes.count)
                if recordIndex == target { kept.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[..<count])) }
                recordLeft -= count
                batchLeft -= count
                take(count, &bytes)
                guard recordLeft == 0 else { return nil }
                recordIndex += 1
                guard recordIndex > target else { continue }
                defer { kept = ByteBuffer() }
                return .record(kept)
            }
            guard batchLeft > 0, recordIndex <= target else { return .unreadable }
            guard let byte = bytes.first else { return nil }
            take(1, &bytes)
            batchLeft -= 1
            length |= UInt64(byte & 0x7f) << lengthShift
            lengthShift += 7
            if byte >= 0x80 {
                guard lengthShift < 35 else { return .unreadable }
                continue
            }
            // Zig-zag; a record has at least six bytes behind its length.
            let size = Int(length >> 1)
            guard length & 1 == 0, size >= Self.smallestSize, size <= batchLeft else { return .unreadable }
            recordLeft = size
            if recordIndex == target {
                kept = ByteBuffer()
                kept.reserveCapacity(size + 5)
                var rest = length
                while rest >= 0x80 {
                    kept.writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
                    rest >>= 7
                }
                kept.writeInteger(UInt8(truncatingIfNeeded: rest))
            }
            length = 0
            lengthShift = 0
        }
    }
}

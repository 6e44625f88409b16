package import NIOCore

/// Changes to a frame, to be made all at once: bytes that stay are copied once, in runs.
package struct FrameEdits {
    /// Bytes of the frame that make way for others.
    private struct Edit {
        var start: Int
        var end: Int
        /// Where the new bytes stand in `fresh`.
        var freshStart: Int
        var freshEnd: Int

        var growth: Int { (freshEnd - freshStart) - (end - start) }
    }

    private var edits: [Edit] = []
    private var fresh = ByteBuffer()
    /// How many bytes longer the frame becomes; negative if it becomes shorter.
    package private(set) var growth = 0

    package init() {}

    /// True if nothing is to be changed.
    package var isEmpty: Bool { edits.isEmpty }

    /// How many changes there are: a place to come back to.
    package var count: Int { edits.count }

    /// Takes all changes back; the memory stays.
    package mutating func removeAll() {
        edits.removeAll(keepingCapacity: true)
        fresh.clear()
        growth = 0
    }

    /// Takes back the changes made since there were `count` of them.
    package mutating func removeChanges(since count: Int) {
        while edits.count > count, let last = edits.popLast() { growth -= last.growth }
    }

    /// How many bytes the changes made since there were `count` of them add.
    package func growth(since count: Int) -> Int {
        edits[min(count, edits.count)...].reduce(0) { $0 + $1.growth }
    }

    /// Replaces bytes.
    ///
    /// - Parameters:
    ///   - range: offsets in the frame after its size prefix; not before the end of an earlier change unless `index`
    ///     says so.
    ///   - index: where in the order of changes this one belongs; nil for the end.
    ///   - write: writes the new bytes.
    package mutating func replace(_ range: Range<Int>, at index: Int? = nil, with write: (inout ByteBuffer) -> Void) {
        let start = fresh.writerIndex
        write(&fresh)
        let edit = Edit(start: range.lowerBound, end: range.upperBound, freshStart: start, freshEnd: fresh.writerIndex)
        growth += edit.growth
        edits.insert(edit, at: min(index ?? edits.count, edits.count))
    }

    /// The frame with all changes made, behind a size prefix of 4 bytes.
    ///
    /// - Parameters:
    ///   - frame: the frame without its size prefix.
    ///   - allocator: where the new frame is taken from.
    /// - Returns: a copy; the frame itself stays as it is.
    package func apply(to frame: ByteBuffer, allocator: ByteBufferAllocator) -> ByteBuffer {
        let size = frame.readableBytes + growth
        var result = allocator.buffer(capacity: size + 4)
        result.writeInteger(UInt32(clamping: size))
        frame.withUnsafeReadableBytes { old in
            fresh.withUnsafeReadableBytes { new in
                var position = 0
                for edit in edits where edit.start >= position && edit.end <= old.count {
                    result.writeBytes(UnsafeRawBufferPointer(rebasing: old[position..<edit.start]))
                    result.writeBytes(UnsafeRawBufferPointer(rebasing: new[edit.freshStart..<edit.freshEnd]))
                    position = edit.end
                }
                result.writeBytes(UnsafeRawBufferPointer(rebasing: old[position...]))
            }
        }
        result.setInteger(UInt32(clamping: result.readableBytes - 4), at: result.readerIndex)
        return result
    }
}

extension FrameEdits {
    /// Brings the sizes of tagged fields in line with what was changed inside them.
    ///
    /// - Parameter tags: where their sizes stand, each location ending where its field ends. A tag within another
    ///   comes before it.
    package mutating func resize(tags: [FieldLocation]) {
        for tag in tags {
            let change = growth(within: tag.valueStart..<tag.end)
            guard change != 0 else { continue }
            let size = UInt32(clamping: tag.end - tag.valueStart + change)
            replace(tag.start..<tag.valueStart, at: firstChange(from: tag.start)) { $0.writeUnsignedVarint(size) }
        }
    }

    /// Replaces bytes that stand before changes made already.
    package mutating func insert(_ range: Range<Int>, with write: (inout ByteBuffer) -> Void) {
        replace(range, at: firstChange(from: range.lowerBound), with: write)
    }

    private func growth(within range: Range<Int>) -> Int {
        edits.reduce(0) { $1.start >= range.lowerBound && $1.end <= range.upperBound ? $0 + $1.growth : $0 }
    }

    private func firstChange(from position: Int) -> Int {
        edits.firstIndex { $0.start >= position } ?? edits.count
    }
}

extension ByteBuffer {
    /// Writes a varint without sign.
    package mutating func writeUnsignedVarint(_ value: UInt32) {
        var rest = value
        while rest >= 0x80 {
            writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        writeInteger(UInt8(truncatingIfNeeded: rest))
    }

    /// Writes a string as Kafka does.
    ///
    /// - Parameters:
    ///   - text: the bytes of the string, at most 32,767.
    ///   - compact: true for a varint length, false for one of 2 bytes.
    package mutating func writeKafkaString(_ text: some Collection<UInt8>, compact: Bool) {
        if compact {
            writeUnsignedVarint(UInt32(clamping: text.count + 1))
        } else {
            writeInteger(Int16(clamping: text.count))
        }
        writeBytes(text)
    }
}

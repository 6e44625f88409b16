/// A stack of memory that grows by blocks, so that what was allocated does not move.
///
/// Safety: what is allocated is used until its mark is released and no longer; the owner frees the blocks.
struct ScratchArena {
    /// A place in the stack, to go back to.
    struct Mark {
        fileprivate let block: Int
        fileprivate let used: Int
    }

    private var blocks: [UnsafeMutableBufferPointer<UInt8>] = []
    private var block = 0
    private var used = 0

    private static let blockBytes = 65_536

    /// Allocates bytes, whatever is in them.
    mutating func allocate(_ count: Int) -> UnsafeMutableBufferPointer<UInt8> {
        while block < blocks.count {
            let available = blocks[block]
            if available.count - used >= count {
                defer { used += count }
                return UnsafeMutableBufferPointer(rebasing: available[used..<used + count])
            }
            block += 1
            used = 0
        }
        blocks.append(.allocate(capacity: max(count, Self.blockBytes)))
        used = count
        return UnsafeMutableBufferPointer(rebasing: blocks[block][..<count])
    }

    /// Allocates bytes that are 0.
    mutating func allocateZeros(_ count: Int) -> UnsafeMutableBufferPointer<UInt8> {
        let bytes = allocate(count)
        bytes.initialize(repeating: 0)
        return bytes
    }

    /// The place at which the stack is.
    var mark: Mark { Mark(block: block, used: used) }

    /// Gives back all that was allocated since.
    mutating func release(_ mark: Mark) {
        block = mark.block
        used = mark.used
    }

    /// Gives back everything, and frees all memory but one block of the usual size.
    mutating func reset() {
        block = 0
        used = 0
        if blocks.count > 1 || (blocks.first?.count ?? 0) > Self.blockBytes { free() }
    }

    /// Frees all memory.
    mutating func free() {
        for block in blocks { block.deallocate() }
        blocks = []
        block = 0
        used = 0
    }
}

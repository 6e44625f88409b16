/// The memory that the handles of one shard count in.
///
/// Handles are pointers into it, so that counting moves no reference counts: what is given out stays until the shard
/// itself goes.
final class CellMemory {
    private var blocks: [UnsafeMutablePointer<UInt64>] = []
    private var free = 0

    /// As many cells are taken from the system at once.
    private static let blockCells = 512

    deinit {
        for block in blocks { block.deallocate() }
    }

    /// Cells that are zero.
    ///
    /// - Parameter count: how many, side by side.
    /// - Returns: where the first of them is.
    func cells(_ count: Int) -> UnsafeMutablePointer<UInt64> {
        guard count <= Self.blockCells else {
            // In front, so that the block that is being used up stays the last.
            let block = Self.block(count)
            blocks.insert(block, at: 0)
            return block
        }
        guard let last = blocks.last, count <= free else {
            let block = Self.block(Self.blockCells)
            blocks.append(block)
            free = Self.blockCells - count
            return block
        }
        defer { free -= count }
        return last + (Self.blockCells - free)
    }

    private static func block(_ count: Int) -> UnsafeMutablePointer<UInt64> {
        let block = UnsafeMutablePointer<UInt64>.allocate(capacity: count)
        block.initialize(repeating: 0, count: count)
        return block
    }
}

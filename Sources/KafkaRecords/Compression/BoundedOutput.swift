import NIOCore

/// Where decompressed bytes go: a buffer that grows as they come, up to a bound, and takes them from a budget.
struct BoundedOutput: ~Copyable {
    private(set) var buffer: ByteBuffer
    private let limits: DecompressionLimits
    private let inputBytes: Int
    private let bound: Int
    private let budget: (any DecompressionBudget)?
    /// What was taken from the budget.
    private var reserved = 0

    /// The least that the buffer grows by, in bytes.
    private static let step = 1_024

    init(
        for inputBytes: Int, limits: DecompressionLimits, budget: (any DecompressionBudget)?,
        allocator: ByteBufferAllocator
    ) {
        buffer = allocator.buffer(capacity: 0)
        self.limits = limits
        self.inputBytes = inputBytes
        self.budget = budget
        bound = limits.bound(for: inputBytes)
    }

    /// Bytes written so far.
    var count: Int { buffer.readableBytes }

    /// Lets a decoder write as many bytes as the input claims to become.
    ///
    /// - Parameters:
    ///   - size: bytes that are free, no more.
    ///   - write: returns how many bytes it wrote.
    /// - Throws: `tooLarge`, `ratioExceeded` or `budgetExhausted`, before anything is allocated.
    mutating func write(
        exactly size: Int, _ write: (UnsafeMutableRawBufferPointer) -> Int
    ) throws(RecordsError) {
        guard size >= 0, size <= bound - count else { throw boundPassed }
        try take(upTo: count + size)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { free in
            write(UnsafeMutableRawBufferPointer(rebasing: free[..<size]))
        }
    }

    /// Lets a decoder write into free memory.
    ///
    /// There is always room for a byte more than the bound: a decoder that uses it has more than may come.
    ///
    /// - Parameter write: returns how many bytes it wrote.
    /// - Throws: `tooLarge`, `ratioExceeded` or `budgetExhausted`.
    mutating func write(_ write: (UnsafeMutableRawBufferPointer) -> Int) throws(RecordsError) {
        var room = reserved - count
        if room <= 0 {
            // Twice as much each time; the first time what compressed records usually become.
            let wanted = max(count, count == 0 ? min(inputBytes, bound) &* 4 : 0, Self.step)
            room = min(wanted, bound - count)
            try take(upTo: count + room)
        }
        let space = room + 1
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: space) { free in
            write(UnsafeMutableRawBufferPointer(rebasing: free[..<min(space, free.count)]))
        }
        guard count <= bound else { throw boundPassed }
    }

    /// Ends writing: what was taken from the budget and not used goes back.
    ///
    /// - Returns: the bytes; who lets go of them gives the budget as many back.
    consuming func finish() -> ByteBuffer {
        budget?.release(max(0, reserved - count))
        return buffer
    }

    /// Ends without a result: all that was taken goes back.
    mutating func discard() {
        budget?.release(reserved)
        reserved = 0
        buffer = ByteBuffer()
    }

    private mutating func take(upTo target: Int) throws(RecordsError) {
        let more = target - reserved
        guard more > 0 else { return }
        guard budget?.reserve(more) ?? true else { throw RecordsError(.budgetExhausted, expected: more) }
        reserved = target
    }

    private var boundPassed: RecordsError {
        bound < limits.maxOutputBytes
            ? RecordsError(.ratioExceeded, expected: bound, actual: inputBytes)
            : RecordsError(.tooLarge, expected: bound, actual: inputBytes)
    }
}

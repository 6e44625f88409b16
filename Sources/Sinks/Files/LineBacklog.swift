package import NIOCore
import Synchronization

/// What one writer has waiting for a file of lines, and how much that may be.
package final class LineBacklog: Sendable {
    /// What the lines are, for messages: `access log`.
    let purpose: String
    /// How much may wait, in bytes.
    package let maxBytes: Int
    /// Who counts.
    let observer: any LineObserver
    /// The most bytes of memory of a batch that are kept to be used again.
    private let batchBytes: Int
    /// Bytes that wait.
    let bytes = Atomic<Int>(0)
    /// Memory of batches that were written, to be used again.
    private let spares = Mutex<[ByteBuffer]>([])

    private static let mostSpares = 4

    /// A backlog.
    ///
    /// - Parameters:
    ///   - purpose: what the lines are, for messages: `access log`.
    ///   - maxBytes: how much may wait.
    ///   - batchBytes: how large batches are, as a rule.
    ///   - observer: who counts.
    package init(purpose: String, maxBytes: Int, batchBytes: Int, observer: any LineObserver) {
        self.purpose = purpose
        self.maxBytes = maxBytes
        self.batchBytes = batchBytes
        self.observer = observer
    }

    /// False if there is no room for so many bytes now; true for what there is never room for.
    func hasRoom(for count: Int) -> Bool {
        count > maxBytes || bytes.load(ordering: .relaxed) + count <= maxBytes
    }

    /// Takes room.
    ///
    /// - Returns: false if there is not enough.
    package func reserve(_ count: Int) -> Bool {
        let after = bytes.add(count, ordering: .relaxed).newValue
        if after <= maxBytes { return true }
        bytes.subtract(count, ordering: .relaxed)
        return false
    }

    /// Gives room back.
    package func release(_ count: Int) {
        bytes.subtract(count, ordering: .relaxed)
    }

    /// Empty memory for a batch.
    package func takeBuffer() -> ByteBuffer {
        var buffer = spares.withLock { $0.isEmpty ? ByteBuffer() : $0.removeFirst() }
        // The same memory, unless the file's thread is not quite done with it.
        buffer.clear()
        return buffer
    }

    /// Takes the memory of a batch back.
    func giveBack(_ buffer: ByteBuffer) {
        guard buffer.capacity <= batchBytes * 2 else { return }
        spares.withLock { spares in
            if spares.count < Self.mostSpares { spares.append(buffer) }
        }
    }
}

/// Is told what became of lines; on the file's thread.
package protocol LineObserver: Sendable {
    /// Lines were handed to the system.
    ///
    /// - Parameters:
    ///   - lines: how many.
    ///   - bytes: their bytes, line feeds included.
    ///   - since: when the oldest of them came; nil if nobody noted that.
    func written(_ lines: Int, bytes: Int, since: NIODeadline?)
    /// Lines were given up.
    func dropped(_ lines: Int, bytes: Int, _ reason: SinkDropReason)
    /// The file could not be written, opened anew or rotated.
    func failed()
}

package import NIOCore

/// Whole lines on their way to the file.
package struct LineBatch: Sendable {
    /// For lines that somebody waits for until they are durable.
    struct Durability: Sendable {
        /// When nobody waits any more.
        let deadline: NIODeadline
        /// Succeeds when the lines are on the disk.
        let promise: EventLoopPromise<Void>
    }

    /// The lines, each with its line feed; read from the front as they are written.
    var bytes: ByteBuffer
    /// How many lines there were at first.
    package let lines: Int
    /// Whose they are.
    let backlog: LineBacklog
    /// How many bytes there were at first.
    let size: Int
    /// When the oldest line came.
    let since: NIODeadline?
    /// True if room was taken in the backlog line by line.
    let isReserved: Bool
    /// Nil if nobody waits.
    let durability: Durability?
    /// Why what is left is given up, if it is.
    var dropReason = SinkDropReason.shutDown

    /// A batch that takes its room in the backlog when it is handed over.
    package init(bytes: ByteBuffer, lines: Int, backlog: LineBacklog) {
        self.init(bytes: bytes, lines: lines, backlog: backlog, since: nil, isReserved: false, durability: nil)
    }

    init(
        bytes: ByteBuffer, lines: Int, backlog: LineBacklog, since: NIODeadline?, isReserved: Bool,
        durability: Durability?
    ) {
        self.bytes = bytes
        self.lines = lines
        self.backlog = backlog
        self.since = since
        self.isReserved = isReserved
        self.durability = durability
        size = bytes.readableBytes
    }

    /// How many bytes of a line were written of which more is to come.
    var partialLineBytes: Int {
        var written = bytes
        written.moveReaderIndex(to: 0)
        return written.readableBytesView.prefix(bytes.readerIndex).reversed().prefix { $0 != UInt8(ascii: "\n") }.count
    }

    /// Goes back to the start of a line that was written in part, so that it is written again whole.
    mutating func rewindToStartOfLine() {
        bytes.moveReaderIndex(to: bytes.readerIndex - partialLineBytes)
    }

    /// Counts what was written, and what was not as dropped, and gives the memory back.
    func settle() {
        let left = bytes.readableBytesView.count { $0 == UInt8(ascii: "\n") }
        let leftBytes = bytes.readableBytes
        backlog.release(size)
        if lines > left { backlog.observer.written(lines - left, bytes: size - leftBytes, since: since) }
        if left > 0 { backlog.observer.dropped(left, bytes: leftBytes, dropReason) }
        backlog.giveBack(bytes)
    }
}

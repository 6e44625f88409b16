import NIOCore
import Synchronization

/// Whole lines on their way to the file.
struct LineBatch: Sendable {
    /// The lines, each with its line feed; read from the front as they are written.
    var bytes: ByteBuffer
    /// How many lines there were at first.
    let lines: Int
    /// Whose they are.
    let account: LineAccount
    /// How many bytes there were at first.
    let size: Int

    init(bytes: ByteBuffer, lines: Int, account: LineAccount) {
        self.bytes = bytes
        self.lines = lines
        self.account = account
        size = bytes.readableBytes
    }

    /// Goes back to the start of a line that was written in part, so that it stands in the next file whole.
    mutating func rewindToStartOfLine() {
        while bytes.readerIndex > 0 {
            bytes.moveReaderIndex(to: bytes.readerIndex - 1)
            if bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) == UInt8(ascii: "\n") {
                bytes.moveReaderIndex(forwardBy: 1)
                return
            }
        }
    }

    /// Counts what was written, and what was not as dropped, and gives the memory back.
    func settle() {
        let left = bytes.readableBytesView.count { $0 == UInt8(ascii: "\n") }
        account.bufferedBytes.subtract(size, ordering: .relaxed)
        if lines > left { account.countWritten(lines - left) }
        if left > 0 { account.countDropped(left) }
        account.giveBack(bytes)
    }
}

package import NIOCore

/// A header of a record (KIP-82).
package struct RecordHeader: Sendable, Equatable {
    /// The name: UTF-8, not null. Names may come several times.
    package var key: ByteBuffer
    /// nil for null.
    package var value: ByteBuffer?

    /// Creates a header of bytes.
    package init(key: ByteBuffer, value: ByteBuffer?) {
        self.key = key
        self.value = value
    }

    /// Creates a header of texts.
    package init(_ name: String, _ value: String?) {
        key = ByteBuffer(string: name)
        self.value = value.map { ByteBuffer(string: $0) }
    }

    /// The name as text; bytes that are not UTF-8 are replaced.
    package var name: String { String(buffer: key) }
}

package import KafkaWire

/// Finds `acks` near the beginning of a Produce request: whether there will be a response has to be known before the
/// request is forwarded.
package struct AcksReader {
    /// What came of it.
    package enum Outcome: Sendable, Equatable {
        case needsMore
        case malformed(WireError)
        case acks(Int16)
    }

    private var cursor: WalkCursor?

    /// A reader of a frame.
    ///
    /// - Parameters:
    ///   - frame: what has come of the frame, without its size.
    ///   - position: where the body begins.
    ///   - end: the size of the frame in bytes.
    package init(_ frame: UnsafeRawBufferPointer, position: Int, end: Int) {
        guard let base = frame.baseAddress, position <= frame.count else { return }
        cursor = WalkCursor(base: base + position, available: frame.count - position, position: position, end: end)
    }

    /// Reads `acks` from the beginning of the body.
    ///
    /// - Parameters:
    ///   - isFlexible: true from version 9 on.
    ///   - hasTransactionalID: true from version 3 on.
    /// - Returns: `acks` as sent, whatever its value; ``Outcome/needsMore`` while the bytes up to it have not all come,
    ///   ``Outcome/malformed(_:)`` if the frame cannot hold it.
    package mutating func read(isFlexible: Bool, hasTransactionalID: Bool) -> Outcome {
        guard var cursor else { return .needsMore }
        do throws(WireError) {
            if hasTransactionalID {
                guard let length = try cursor.length(isFlexible ? .compactString : .string) else { return .needsMore }
                guard try cursor.take(max(0, length.value)) != nil else { return .needsMore }
            }
            guard let bytes = try cursor.take(2) else { return .needsMore }
            return .acks(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self)))
        } catch {
            return .malformed(error)
        }
    }
}

/// A number that goes up and down, kept by one shard; the values of all shards are added up when they are read.
///
/// Not `Sendable`: it is touched only where its shard lives. A handle as ``Counter`` is.
public struct Gauge {
    @usableFromInline let cell: UnsafeMutablePointer<UInt64>

    init(in memory: CellMemory) {
        cell = memory.cells(1)
    }

    /// This shard's part of the value.
    @inlinable
    public var value: Int64 {
        get { Int64(bitPattern: cell.pointee) }
        nonmutating set { cell.pointee = UInt64(bitPattern: newValue) }
    }

    /// Adds to the gauge; wraps around at the ends of `Int64`.
    ///
    /// - Parameter amount: what to add, 1 unless told otherwise.
    @inlinable
    public func increment(by amount: Int64 = 1) {
        cell.pointee &+= UInt64(bitPattern: amount)
    }

    /// Takes from the gauge; wraps around at the ends of `Int64`.
    ///
    /// - Parameter amount: what to take away, 1 unless told otherwise.
    @inlinable
    public func decrement(by amount: Int64 = 1) {
        cell.pointee &-= UInt64(bitPattern: amount)
    }

    /// Puts this shard's part of the gauge to a value.
    ///
    /// - Parameter newValue: the new value.
    @inlinable
    public func set(_ newValue: Int64) {
        value = newValue
    }
}

import Telemetry

/// What memory is used for, in bytes unless a name says otherwise.
package struct MemoryInformation: Sendable, Encodable {
    /// In RAM.
    package var residentBytes: Int
    /// The address space.
    package var virtualBytes: Int
    /// Reserved for frames that are held.
    package var bufferedBytes: Int
    /// The most that may be: `limits.buffered_bytes`.
    package var bufferedBytesLimit: Int
    /// How many frames are held.
    package var heldFrames: Int
    /// How many frames wait for room in the budget.
    package var waitingFrames: Int
    /// How many connections of clients are open.
    package var connections: Int

    /// Makes a description.
    ///
    /// - Parameters:
    ///   - residentBytes: in RAM; as the kernel says unless given.
    ///   - virtualBytes: the address space; as the kernel says unless given.
    ///   - bufferedBytes: reserved for frames that are held.
    ///   - bufferedBytesLimit: the most that may be.
    ///   - heldFrames: how many frames are held.
    ///   - waitingFrames: how many frames wait for room in the budget.
    ///   - connections: how many connections of clients are open.
    package init(
        residentBytes: Int = ProcessMetrics.residentBytes, virtualBytes: Int = ProcessMetrics.virtualBytes,
        bufferedBytes: Int, bufferedBytesLimit: Int, heldFrames: Int, waitingFrames: Int = 0, connections: Int
    ) {
        self.residentBytes = residentBytes
        self.virtualBytes = virtualBytes
        self.bufferedBytes = bufferedBytes
        self.bufferedBytesLimit = bufferedBytesLimit
        self.heldFrames = heldFrames
        self.waitingFrames = waitingFrames
        self.connections = connections
    }
}

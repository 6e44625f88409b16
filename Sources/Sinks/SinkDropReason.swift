/// Why a sink did not take a record, or gave it up.
package enum SinkDropReason: String, Sendable, CaseIterable {
    /// As much waits as may.
    case bufferFull = "buffer_full"
    /// It is larger than a record may be.
    case tooLarge = "too_large"
    /// The file or the broker did not take it.
    case writeFailed = "write_failed"
    /// It was not written in the time it had.
    case timedOut = "timed_out"
    /// Nobody watches.
    case noWatcher = "no_watcher"
    /// The sink was shut down first.
    case shutDown = "shut_down"
}

package import NIOCore

/// What became of the wish to watch a filter.
package enum WatchResult: Sendable {
    /// Its lines, as they come; the stream ends with the watch.
    case lines(AsyncStream<ByteBuffer>)
    /// There is no such filter, or there are several; what there is instead.
    case unknown(String)
    /// It shows nothing; why.
    case unavailable(String)
}

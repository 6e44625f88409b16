public import NIOCore

/// What a filter shows live to whoever watches it at the admin server: lines of JSON.
public protocol FilterStream: Sendable {
    /// Begins to watch.
    ///
    /// - Parameter limit: after how many lines the stream ends; nil for never.
    /// - Returns: the lines, as many at once as there are. A watcher that does not keep up is cut off, which the last
    ///   line says. When nobody asks any more, the watch is over.
    func watch(limit: Int?) -> AsyncStream<ByteBuffer>

    /// Ends all watches, and every new one at once: the proxy is about to end.
    func end()
}

package import NIOCore

/// What a registry has answered.
package struct RegistryAnswer: Sendable, Hashable {
    /// The status of HTTP.
    package let status: Int
    /// The body.
    package let body: ByteBuffer

    /// An answer of its parts.
    package init(status: Int, body: ByteBuffer) {
        self.status = status
        self.body = body
    }
}

/// Asks a registry over HTTP.
package protocol RegistryTransport: Sendable {
    /// Sends a GET.
    ///
    /// - Parameters:
    ///   - path: The path with its query, behind the registry's base URL; it begins with a slash and is escaped.
    ///   - headers: Headers to send.
    ///   - eventLoop: On which loop the answer is to come.
    /// - Returns: The answer, whatever its status; a failure if there is none in time, or if its body is longer than the
    ///   transport allows.
    func get(
        _ path: String, headers: [(name: String, value: String)], on eventLoop: any EventLoop
    ) -> EventLoopFuture<RegistryAnswer>
}

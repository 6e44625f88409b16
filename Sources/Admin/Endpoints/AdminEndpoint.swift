import HTTPTypes

/// One page or button of the admin server.
struct AdminEndpoint: Sendable {
    /// Answers a request.
    typealias Handler = @Sendable (AdminRequest) async -> AdminResponse

    var method: HTTPRequest.Method
    var path: String
    /// A few words for the list of paths.
    var summary: String
    /// Whether it is served on the public address too, and by any host name.
    var isOpen = false
    var handler: Handler
}

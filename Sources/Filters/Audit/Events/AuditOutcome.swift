import FilterAPI

/// How a request ended.
struct AuditOutcome {
    /// `answered`, `refused`, `no_response` or `closed`.
    var result: String
    /// `broker`, `proxy` or a filter's name.
    var answeredBy: String?
    var closeReason: String?
    var duration: Duration
    var upstream: String?

    init(result: String, answeredBy: String?, closeReason: String?, duration: Duration, upstream: String?) {
        self.result = result
        self.answeredBy = answeredBy
        self.closeReason = closeReason
        self.duration = duration
        self.upstream = upstream
    }

    /// - Parameters:
    ///   - request: the request at its end.
    ///   - refusedBy: the audit's name, if it has refused the request.
    init(_ request: CompletedRequest, refusedBy: String?) {
        duration = request.duration
        upstream = request.upstream
        result = refusedBy == nil ? "answered" : "refused"
        switch request.result {
        case .answered: answeredBy = "broker"
        case .answeredByProxy: answeredBy = "proxy"
        case .answeredByFilter(let name): answeredBy = name
        case .noResponse: result = "no_response"
        case .closed(let reason):
            result = refusedBy == nil ? "closed" : "refused"
            closeReason = reason
        }
    }
}

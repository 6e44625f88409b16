/// How a request ended.
public struct CompletedRequest {
    /// Who gave the client its answer.
    public enum Result: Sendable, Equatable {
        /// The broker.
        case answered
        /// A filter of this name.
        case answeredByFilter(String)
        /// The proxy itself.
        case answeredByProxy
        /// No answer was asked for (`acks=0`); the request was handed to the broker.
        case noResponse
        /// The connection closed first, for this reason.
        case closed(String)
    }

    /// The request.
    public let record: RequestRecord
    /// How it ended.
    public let result: Result
    /// The size of the response as it left for the client, in bytes, without the size prefix; 0 if there was none.
    public let responseBytes: Int
    /// From the arrival of the request's first bytes to the departure of the response's last.
    public let duration: Duration
    /// The broker that the request went to; nil if none.
    public let upstream: String?
    /// What the filter kept for the request.
    public let note: (any Sendable)?

    package init(
        record: RequestRecord, result: Result, responseBytes: Int, duration: Duration, upstream: String?,
        note: (any Sendable)?
    ) {
        self.record = record
        self.result = result
        self.responseBytes = responseBytes
        self.duration = duration
        self.upstream = upstream
        self.note = note
    }
}

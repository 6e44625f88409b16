/// What a line may hold; the raw value is the name in settings, in templates and in JSON.
package enum AccessLogField: String, Sendable, CaseIterable {
    /// When the request ended: RFC 3339 in UTC, to the millisecond.
    case time
    /// The listener's name.
    case listener
    /// The number of the connection; no other connection of the process has it.
    case connection
    /// The client's address, without the port.
    case clientAddress = "client_address"
    /// The client's port.
    case clientPort = "client_port"
    /// Who the client is, as `User:alice`.
    case principal
    /// The client ID of the request; none if the client sent none.
    case clientID = "client_id"
    /// The name of the client's library; none if it said none.
    case softwareName = "software_name"
    /// The version of the client's library; none if it said none.
    case softwareVersion = "software_version"
    /// Kafka's name of the API, as `Produce`.
    case api
    /// Kafka's number of the API.
    case apiKey = "api_key"
    /// The version of the request.
    case version
    /// The client's number for the request.
    case correlationID = "correlation_id"
    /// The topics that the request, or the response to a Fetch, names.
    case topics
    /// Records in either direction, as the batches' headers count them.
    case records
    /// Bytes of record batches in either direction, compressed as they are on the wire.
    case recordBytes = "record_bytes"
    /// Bytes of the request as the client sent it, without the size prefix.
    case requestBytes = "request_bytes"
    /// Bytes of the response as it left for the client, without the size prefix; 0 if there was none.
    case responseBytes = "response_bytes"
    /// From the request's first byte to the response's last, in milliseconds with three decimals.
    case duration = "duration_ms"
    /// The name of the first error code in the response that is not 0, or `NONE`; none if there was no response, or one
    /// that cannot be read.
    case error
    /// The number of that error code, or 0.
    case errorCode = "error_code"
    /// `answered`, `no_response` (none was asked for) or `closed` (the connection closed first).
    case result
    /// `broker`, `proxy`, or the name of the filter that answered; none if nobody did.
    case answeredBy = "answered_by"
    /// Why the connection closed before the answer; none if it did not.
    case closeReason = "close_reason"
    /// The broker that the request went to; none if it went to none.
    case upstream
}

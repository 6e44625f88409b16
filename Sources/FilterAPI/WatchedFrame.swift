public import KafkaWire

/// A frame that passes, as those who watch it are told of it.
public struct WatchedFrame {
    /// Requests or responses.
    public let direction: Direction
    /// Which API.
    public let apiKey: APIKey
    /// The number of the request that the frame is, or that it answers, in its connection. Numbers grow, and responses pass
    /// in the order of their requests. Without a meaning for a request that expects no response.
    public let request: UInt64
    /// False for a Produce with `acks=0`.
    public let expectsResponse: Bool
    /// The request as filters see it; nil if no filter has more than a look at it in passing.
    public let record: RequestRecord?

    @inlinable
    package init(
        direction: Direction, apiKey: APIKey, request: UInt64, expectsResponse: Bool = true, record: RequestRecord?
    ) {
        self.direction = direction
        self.apiKey = apiKey
        self.request = request
        self.expectsResponse = expectsResponse
        self.record = record
    }
}

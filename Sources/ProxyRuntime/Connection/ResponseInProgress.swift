import FilterAPI

/// What is known of the response that is being read.
final class ResponseInProgress {
    let exchange: Exchange
    let plan: ResponsePlan
    /// The size of the frame without its prefix, in bytes.
    let size: Int
    /// Where the body begins.
    let bodyOffset: Int
    /// The client's number for the request.
    let correlationID: Int32
    let record: RequestRecord?
    let chain: ConnectionChain?

    init(
        exchange: Exchange, plan: ResponsePlan, size: Int, bodyOffset: Int, correlationID: Int32,
        record: RequestRecord?, chain: ConnectionChain?
    ) {
        self.exchange = exchange
        self.plan = plan
        self.size = size
        self.bodyOffset = bodyOffset
        self.correlationID = correlationID
        self.record = record
        self.chain = chain
    }
}

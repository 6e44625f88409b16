import FilterAPI
import KafkaWire
import NIOCore

/// One request of a client that waits for its answer, in its turn.
struct Slot {
    /// Where the answer stands.
    enum State {
        /// A broker has been asked, or will be.
        case waiting
        /// The answer is there, with its size prefix, and leaves when the slots before it have left.
        case answered(ByteBuffer, by: CompletedRequest.Result)
    }

    let apiKey: APIKey
    let apiVersion: Int16
    /// The client's number for the request.
    let correlationID: Int32
    /// When the request's first bytes came.
    let startedAt: NIODeadline
    /// The filters' view; nil if none wants the request.
    var record: RequestRecord?
    /// The chain that the request met, which its response meets too.
    var chain: ConnectionChain?
    var state = State.waiting
    /// The first error code in the answer.
    var errorCode: Int16 = 0
    /// For a SaslHandshake: what follows it depends on its answer.
    var isRawToken = false
}

/// A request on its way to one broker and back.
struct Exchange {
    /// Who gets the response.
    enum Owner {
        /// The slot of this number.
        case slot(UInt64)
        /// Sluice itself.
        case own(EventLoopPromise<ByteBuffer>)
        /// The slot of this number, for a SASL token: the response has no header.
        case token(UInt64)
    }

    /// Sluice's own number for it.
    let correlationID: Int32
    let apiKey: APIKey
    let apiVersion: Int16
    let owner: Owner
}

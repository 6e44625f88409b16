import FilterAPI
import KafkaWire
import NIOCore

/// An answer that waits for the slots before its own to leave.
final class WaitingAnswer {
    /// The frame with its size prefix.
    let bytes: ByteBuffer
    /// Who gave it.
    let result: CompletedRequest.Result
    /// The first error code in it that is not 0.
    let errorCode: Int16

    init(bytes: ByteBuffer, result: CompletedRequest.Result, errorCode: Int16) {
        self.bytes = bytes
        self.result = result
        self.errorCode = errorCode
    }
}

/// One request of a client that waits for its answer, in its turn.
struct Slot {
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
    /// The answer, if it is there before its turn; nil while a broker is asked.
    var answer: WaitingAnswer?
    /// True for a SASL token without a header.
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

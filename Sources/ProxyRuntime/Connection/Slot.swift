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
    /// True for a SASL token without a header.
    var isRawToken = false
    /// What only some requests have; nil for most, so that a slot is cheap to move.
    private var detail: Detail?

    /// What filters and answers of Sluice's own add to a slot.
    private final class Detail {
        let record: RequestRecord?
        let chain: ConnectionChain?
        var answer: WaitingAnswer?

        init(record: RequestRecord?, chain: ConnectionChain?) {
            self.record = record
            self.chain = chain
        }
    }

    init(
        apiKey: APIKey, apiVersion: Int16, correlationID: Int32, startedAt: NIODeadline, record: RequestRecord? = nil,
        chain: ConnectionChain? = nil
    ) {
        self.apiKey = apiKey
        self.apiVersion = apiVersion
        self.correlationID = correlationID
        self.startedAt = startedAt
        if record != nil { detail = Detail(record: record, chain: chain) }
    }

    /// The filters' view; nil if none wants the request.
    var record: RequestRecord? { detail?.record }

    /// The chain that the request met, which its response meets too.
    var chain: ConnectionChain? { detail?.chain }

    /// The answer, if it is there before its turn; nil while a broker is asked.
    var answer: WaitingAnswer? {
        get { detail?.answer }
        set {
            if detail == nil { detail = Detail(record: nil, chain: nil) }
            detail?.answer = newValue
        }
    }

    /// True if no filter has a part in it.
    var isPlain: Bool { detail == nil }
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

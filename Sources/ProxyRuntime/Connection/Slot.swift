import FilterAPI
import KafkaCodec
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
    /// What only some requests have, those that filters have a part in, or that Sluice answers; nil for most, so that
    /// a slot is cheap to move.
    let progress: RequestInProgress?
    /// Whose filters watch the response, where none has more of a part in it; nil if nobody watches.
    // Safety: the connection keeps it for as long as it has slots. Slots are moved for each response, which is not to cost
    // more for being watched.
    unowned(unsafe) let watched: PlannedChain?

    /// The slot of a request that filters watch at most.
    init(
        apiKey: APIKey, apiVersion: Int16, correlationID: Int32, startedAt: NIODeadline, watched: PlannedChain? = nil
    ) {
        self.apiKey = apiKey
        self.apiVersion = apiVersion
        self.correlationID = correlationID
        self.startedAt = startedAt
        self.watched = watched
        progress = nil
    }

    /// The slot of a request that filters have a part in, or that has its answer.
    init(_ progress: RequestInProgress) {
        apiKey = progress.head.apiKey
        apiVersion = progress.head.apiVersion
        correlationID = progress.head.correlationID
        startedAt = progress.startedAt
        watched = nil
        self.progress = progress
    }

    /// The filters' view; nil if none wants the request.
    var record: RequestRecord? { progress?.record }

    /// The chain that the request met, which its response meets too; nil if no filter wants it.
    var chain: ConnectionChain? {
        if let watched { return watched.chain }
        return progress?.record == nil ? nil : progress?.chain
    }

    /// How responses are taken in for the client as it was when it sent the request; nil if no filter wants it.
    var plans: PlanTable? { watched?.plans ?? progress?.plans }

    /// The answer, if it is there before its turn; nil while a broker is asked.
    var answer: WaitingAnswer? { progress?.answer }

    /// True if nothing is to be done with a response that no filter is shown.
    var passesResponses: Bool {
        guard let record = progress?.record else { return true }
        return record.throttle == .zero && !record.inspectsResponse && record.partialAnswers.isEmpty
    }

    /// True if no filter has a part in it but to watch.
    var isPlain: Bool { progress == nil }
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

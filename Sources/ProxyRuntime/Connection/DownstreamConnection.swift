import DequeModule
import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import Logging
import NIOCore
import SASL
import TLS
import Telemetry

/// A client's connection: takes requests in, gives answers out in the order of the requests.
///
/// The upstream connection, the slots and the filters' state belong to it; everything happens on its event loop. How
/// requests are taken in is in `+Requests` and `+WholeFrames`, how they meet the filters in `+Filters`, how the
/// broker's side comes about in `+Upstream`, how answers leave in `+Answers`, how it begins and ends in `+Closing`.
final class DownstreamConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Which broker a client came for: told by the port that it came to.
    enum Target: Sendable, Equatable {
        /// Not known before the client's server name is.
        case unnamed
        /// The listener's own address: any broker will do.
        case bootstrap
        case broker(Int32)
    }

    /// Why nothing more is read from the client for now.
    struct Pauses: OptionSet {
        let rawValue: UInt16
        /// The upstream connection is coming about.
        static let connecting = Pauses(rawValue: 1)
        /// A filter has not decided yet, or memory for a held frame is not to be had yet.
        static let holding = Pauses(rawValue: 2)
        /// As many requests are in flight as may be.
        static let inFlight = Pauses(rawValue: 4)
        /// The client is slowed.
        static let muted = Pauses(rawValue: 8)
        /// The broker does not take more for now.
        static let upstreamFull = Pauses(rawValue: 16)
        /// Sluice is about to stop: no further request is taken.
        static let draining = Pauses(rawValue: 32)
        /// The client does not take its answers for now.
        static let answersFull = Pauses(rawValue: 64)
        /// A filter has not decided yet about the answer that another one gave.
        static let answering = Pauses(rawValue: 128)
        /// Sluice signs in to the broker anew: nothing else may be sent meanwhile.
        static let signingIn = Pauses(rawValue: 256)
        /// A step of the client's sign-in is with the broker: what is behind it is to be judged by who the client is then.
        static let identifying = Pauses(rawValue: 512)
    }

    /// Where the reader of requests stands.
    enum Reading {
        /// Between two frames, or in a header that is not whole.
        case header
        /// A body that nobody reads: this many bytes are to come.
        case passing(Int)
        /// A body that is read while it passes.
        case walking
        /// A frame that is held until it is whole.
        case gathering(GatheredFrame)
        /// A body whose request is answered already: this many bytes are to come.
        case discarding(Int)
    }

    /// Stands for the chain before the first request.
    static let noGeneration = UInt64.max

    let shared: ListenerLoop
    /// Told by the port, or in a TLS handshake by the server name.
    var target: Target
    let context: ConnectionContext
    let openedAt: NIODeadline
    var channelContext: ChannelHandlerContext?

    /// What has come and is not used yet.
    var unread: ByteBuffer?
    var reading = Reading.header
    var walker = FieldWalker()
    var sink: ObservingSink
    /// When the first bytes of the frame being read came.
    var frameStartedAt = NIODeadline.now()
    /// What is known of the frame being read.
    var current: RequestInProgress?
    var pauses: Pauses = []
    var wantsRead = false
    var isPumping = false

    var upstream: UpstreamConnection?
    /// True if the upstream is another broker than the one that the client came for.
    var isStandIn = false
    var slots = Deque<Slot>()
    /// The number of the first slot.
    var firstSlot: UInt64 = 0
    var chain: ConnectionChain?
    /// How frames are taken in for this client.
    var plans: PlanTable
    /// Both, for requests that are only watched; nil without filters.
    var planned: PlannedChain?
    /// Those before it, for as long as slots may refer to them.
    var formerlyPlanned: [PlannedChain] = []
    /// The state of the client's identity that ``plans`` are for.
    var plannedIdentity: UInt64 = 0
    /// The generation of the chain that the connection has taken up.
    var chainGeneration = DownstreamConnection.noGeneration
    /// A request that filters have answered while they held it at its header: its body is still to be taken in.
    var heldAnswer: HeldAnswer?
    /// A request that a filter has answered, and on whose answer the filters before it have not decided yet.
    var answering: RequestInProgress?
    var sasl = SASLObserver()
    /// Who the client is by its exchange with the broker, where that passes.
    var passage = SASLPassage()
    /// What the client may send, where Sluice signs clients in or lets none sign in; nil where their SASL passes.
    var gate: SignInGate?
    /// True once the client has failed to sign in, and only waits for the answer.
    var isFailing = false
    /// Until when the client is muted, and what ends it.
    var mutedUntil = NIODeadline.uptimeNanoseconds(0)
    var unmuting: Scheduled<Void>?
    /// The filters that let the connection in, to be told of its end, each with the address that it knows. The entries
    /// keep them in use until then.
    var admissions: [(entry: FilterChain.Entry, gate: any ConnectionGate, address: String)] = []
    /// True while a PROXY header is to come, which says where the client is.
    var awaitsProxyHeader = false
    /// True until the TLS handshake is over, where there is one.
    var awaitsHandshake: Bool
    /// True once the connection has been counted.
    var isOpened = false
    /// The next incremental fetch has to start anew, since the chain was exchanged under its session.
    var resetsFetchSession = false

    var clientCounters: ClientCounters?
    var clientIDBytes: [UInt8] = []
    var lastActivity: NIODeadline
    /// Bytes reserved in the budget for frames of this connection.
    var heldBytes = 0 {
        didSet { shared.metrics.bufferedBytes.increment(by: Int64(heldBytes - oldValue)) }
    }
    var inputClosed = false
    var isClosed = false
    /// True once nothing is left to be done but that the client takes its answers.
    var isLeaving = false
    var needsFlush = false
    var bytesIn: UInt64 = 0
    var bytesOut: UInt64 = 0

    init(shared: ListenerLoop, target: Target, context: ConnectionContext) {
        self.shared = shared
        self.target = target
        self.context = context
        self.openedAt = shared.loop.now
        self.lastActivity = shared.loop.now
        self.sink = ObservingSink(shared: shared, direction: .request)
        self.plans = shared.plans
        self.awaitsHandshake = shared.tls != nil
        switch shared.signIn {
        case .passes(let claim): passage = SASLPassage(principalClaim: claim)
        case .terminates(let service): gate = SignInGate(service)
        case .refuses: gate = SignInGate(nil)
        }
    }

    // MARK: What the channel tells

    func handlerAdded(context: ChannelHandlerContext) {
        channelContext = context
    }

    func channelActive(context: ChannelHandlerContext) {
        opened()
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        leftInHandshake()
        close(reason: "client")
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        close(reason: "client")
        channelContext = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var chunk = unwrapInboundIn(data)
        let now = shared.loop.tick()
        lastActivity = now
        let count = UInt64(chunk.readableBytes)
        bytesIn &+= count
        shared.metrics.bytesIn.increment(by: count)
        if unread != nil {
            unread?.writeBuffer(&chunk)
        } else {
            unread = chunk
            // The time of a frame counts from its first byte, not from its latest.
            if case .header = reading, current == nil { frameStartedAt = now }
        }
        pump()
        shared.metrics.requestTime.observe(elapsed(since: now))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError {
            tlsFailed(error)
            return
        }
        leftInHandshake()
        close(reason: "socket_error")
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            inputClosed = true
            closeIfDone()
            return
        }
        if let completed = event as? TLSHandshakeCompleted { secured(completed) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        let isWritable = context.channel.isWritable
        upstream?.setPause(.downstreamFull, !isWritable)
        setPause(.answersFull, !isWritable)
        context.fireChannelWritabilityChanged()
    }

    func read(context: ChannelHandlerContext) {
        guard mayRead else {
            wantsRead = true
            return
        }
        wantsRead = false
        context.read()
    }

    // MARK: Reading and not reading

    /// True if bytes may be taken from the socket. A frame that has begun comes to its end, also while no further one
    /// is taken: its own slot may be the last that there is.
    private var mayRead: Bool {
        if pauses.isEmpty { return true }
        guard pauses.isSubset(of: [.draining, .inFlight, .muted, .signingIn, .identifying]) else { return false }
        if case .header = reading { return false }
        return true
    }

    /// Sets or clears one reason not to read, and goes on where none is left.
    func setPause(_ pause: Pauses, _ isSet: Bool) {
        guard pauses.contains(pause) != isSet, !isClosed else { return }
        if isSet {
            pauses.insert(pause)
            return
        }
        pauses.remove(pause)
        pump()
        upstream?.renewSignInIfDue()
        if wantsRead, mayRead, !isClosed {
            wantsRead = false
            channelContext?.read()
        }
    }

    /// Nanoseconds since then.
    func elapsed(since start: NIODeadline) -> UInt64 {
        UInt64(max(0, (NIODeadline.now() - start).nanoseconds))
    }

    /// Sends the client what was given to it.
    func flush() {
        guard needsFlush else { return }
        needsFlush = false
        channelContext?.flush()
    }

    /// Gives bytes to the client; ``flush()`` sends them.
    func send(_ bytes: ByteBuffer) {
        let count = UInt64(bytes.readableBytes)
        bytesOut &+= count
        shared.metrics.bytesOut.increment(by: count)
        channelContext?.write(wrapOutboundOut(bytes), promise: nil)
        needsFlush = true
    }
}

/// A frame that is being gathered, with its size prefix.
struct GatheredFrame {
    /// The size of the frame without its prefix, in bytes.
    let size: Int
    var bytes: ByteBuffer

    /// How many bytes are to come.
    var missing: Int { size + 4 - bytes.readableBytes }
}

/// The answer to a request that filters have given while they held it at its header.
final class HeldAnswer {
    let progress: RequestInProgress
    let answer: FilterAnswer

    init(progress: RequestInProgress, answer: FilterAnswer) {
        self.progress = progress
        self.answer = answer
    }
}

/// What is known of the request that is being read.
final class RequestInProgress {
    let head: RequestHead
    /// The size of the frame without its prefix, in bytes.
    let size: Int
    // Safety: the table keeps its plans for as long as it lives, and `plans` keeps the table.
    unowned(unsafe) let plan: RequestPlan
    /// The table that the plan is from: that of the response is there too.
    let plans: PlanTable
    /// The chain that it meets; nil if there are no filters.
    let chain: ConnectionChain?
    let startedAt: NIODeadline
    /// False for `acks=0`.
    let expectsResponse: Bool
    var record: RequestRecord?
    /// True once filters have seen the header.
    var headerSeen = false
    /// The filter that has asked for the whole frame at its header, by its place in the chain: those behind it have not
    /// seen the header yet.
    var inspector: Int?
    /// True for a SaslHandshake or SaslAuthenticate that Sluice answers itself.
    var isForSluice = false
    /// The answer that a filter or Sluice itself gave, while it waits for its turn.
    var answer: WaitingAnswer?
    /// How long the client is muted for it already.
    var mutedFor: Duration = .zero

    init(
        head: RequestHead, size: Int, plan: RequestPlan, plans: PlanTable, chain: ConnectionChain?,
        startedAt: NIODeadline, expectsResponse: Bool, record: RequestRecord?
    ) {
        self.head = head
        self.size = size
        self.plan = plan
        self.plans = plans
        self.chain = chain
        self.startedAt = startedAt
        self.expectsResponse = expectsResponse
        self.record = record
    }
}

import DequeModule
import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaWire
import Logging
import NIOCore
import TLS
import Telemetry

/// The connection to a broker that belongs to one client's connection, on the same event loop.
///
/// How responses are taken in is in `+Responses`, what is read of them in `+Reading`, how they meet the filters in
/// `+Filters`, what Sluice asks on its own in `+Questions`.
final class UpstreamConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Why nothing more is read from the broker for now.
    struct Pauses: OptionSet {
        let rawValue: UInt8
        /// The client does not take more for now.
        static let downstreamFull = Pauses(rawValue: 1)
        /// A filter has not decided about a response yet.
        static let holding = Pauses(rawValue: 2)
        /// Memory for a held frame is not to be had yet.
        static let budget = Pauses(rawValue: 4)
    }

    /// Where the reader of responses stands.
    enum Reading {
        case header
        case passing(Int)
        case walking
        case gathering(GatheredFrame)
        /// An answer that nobody asked for: this many bytes are to come.
        case discarding(Int)
    }

    let shared: ListenerLoop
    /// Whose requests these are.
    // Safety: the client's connection owns this one and closes it before it goes itself; nothing is done with it once
    // closed. Weak and checked references would move the counts of both objects out of line, which every request would
    // pay for.
    unowned(unsafe) let downstream: DownstreamConnection
    /// The broker's ID where it is known, else `bootstrap`.
    let label: String
    private(set) var channelContext: ChannelHandlerContext?

    var exchanges = Deque<Exchange>()
    /// Questions that wait for the end of the request that is being forwarded.
    var questions = Deque<Question>()
    private(set) var lastCorrelationID: Int32 = 0
    /// The latest correlation ID that was answered.
    var lastAnsweredID: Int32 = 0
    var unread: ByteBuffer?
    var reading = Reading.header
    var walker = FieldWalker()
    var sink: ObservingSink
    /// True if the frame at hand was counted before it turned out that it has to be changed.
    var isObserved = false
    /// The exchange whose response is being read.
    var current: ResponseInProgress?
    /// Responses that came whole behind one that a filter holds, in order.
    var deferred = Deque<(exchange: Exchange, frame: ByteBuffer)>()
    var pauses: Pauses = []
    private var isPumping = false
    private var isReading = true
    private var needsFlush = false
    private(set) var isClosed = false
    /// True once the broker has sent anything.
    private var hasSpoken = false
    /// True once nothing may be done with it.
    var isGone: Bool { isClosed || downstream.isClosed }
    /// Topic IDs whose names were asked for on this connection.
    var askedNames: Set<KafkaUUID> = []
    /// Sluice's own sign-in; nil where it does not sign in.
    var session: UpstreamSession?
    private let gauge: ConnectionGauge

    init(shared: ListenerLoop, downstream: DownstreamConnection, label: String) {
        self.shared = shared
        self.downstream = downstream
        self.label = label
        self.sink = ObservingSink(shared: shared, direction: .response)
        self.gauge = shared.metrics.upstreamGauge(broker: label)
    }

    /// How long ``close()`` waits for a broker that does not read: 10 seconds.
    static let closeTimeout: TimeAmount = .seconds(10)

    /// True once requests can be sent.
    var isReady: Bool { channelContext != nil && !isClosed }

    // MARK: What the channel tells

    func handlerAdded(context: ChannelHandlerContext) {
        channelContext = context
        gauge.increment()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        gauge.decrement()
        channelContext = nil
        ended(reason: "broker")
    }

    func channelInactive(context: ChannelHandlerContext) {
        if !hasSpoken, !exchanges.isEmpty, !isClosed {
            shared.logger.warning(
                "broker has closed a connection before its first answer",
                metadata: [
                    "cluster": "\(shared.cluster.name)", "broker": "\(label)", "listener": "\(shared.name)",
                    "hint": "\(TLSHint.silentBroker)",
                ])
            ended(reason: "broker_without_answer")
        } else {
            ended(reason: "broker")
        }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError {
            // The end comes by itself; that it came without `close_notify` says nothing, since frames have lengths.
            if error.code == .truncated { return }
            shared.logger.warning(
                "TLS connection to a broker has ended",
                metadata: [
                    "cluster": "\(shared.cluster.name)", "broker": "\(label)", "error": "\(error)",
                    "hint": "\(TLSHint.forBroker(error) ?? "-")",
                ])
        }
        ended(reason: "broker_error")
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosed else { return }
        var chunk = unwrapInboundIn(data)
        hasSpoken = true
        let now = shared.loop.tick()
        downstream.lastActivity = now
        if unread != nil {
            unread?.writeBuffer(&chunk)
        } else {
            unread = chunk
        }
        pump()
        shared.metrics.responseTime.observe(UInt64(max(0, (NIODeadline.now() - now).nanoseconds)))
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if !isClosed { downstream.setPause(.upstreamFull, !context.channel.isWritable) }
        context.fireChannelWritabilityChanged()
    }

    private func ended(reason: String) {
        guard !isClosed else { return }
        isClosed = true
        session?.renewal?.cancel()
        failQuestions()
        downstream.upstreamClosed(reason: reason)
    }

    /// Closes the connection from the client's side, once the broker has taken what was given to the channel: of `acks=0`
    /// there is no answer that a client could wait for before it leaves. A broker that does not take it is waited for no
    /// longer than ``closeTimeout``.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        session?.renewal?.cancel()
        failQuestions()
        guard let channelContext else { return }
        let channel = channelContext.channel
        let taken = channelContext.eventLoop.makePromise(of: Void.self)
        let patience = channelContext.eventLoop.assumeIsolated().scheduleTask(in: Self.closeTimeout) {
            channel.close(promise: nil)
        }
        taken.futureResult.assumeIsolated().whenComplete { _ in
            patience.cancel()
            channel.close(promise: nil)
        }
        channelContext.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: taken)
        // What comes is thrown away: a socket that is closed with bytes unread resets the connection, and the broker might
        // not read to the end.
        if !isReading { try? channel.syncOptions?.setOption(.autoRead, value: true) }
    }

    // MARK: Reading and not reading

    /// Sets or clears one reason not to read.
    func setPause(_ pause: Pauses, _ isSet: Bool) {
        guard pauses.contains(pause) != isSet, !isClosed else { return }
        if isSet {
            pauses.insert(pause)
        } else {
            pauses.remove(pause)
            pump()
        }
        updateReading()
    }

    /// Reads on behind a held response, since the answer to a question comes behind it.
    func readAgain() {
        guard pauses.contains(.holding) else { return }
        updateReading()
        pump()
    }

    private func updateReading() {
        let reads = pauses.isEmpty || (pauses == .holding && hasQuestions)
        guard reads != isReading, let channelContext else { return }
        isReading = reads
        try? channelContext.channel.syncOptions?.setOption(.autoRead, value: reads)
    }

    /// Uses what has come, as far as it may be.
    func pump() {
        guard !isPumping, !isClosed, let chunk = unread else { return }
        isPumping = true
        unread = nil
        var intake = DownstreamConnection.Intake(chunk: chunk, run: chunk.readerIndex)
        while !isClosed, step(&intake) {}
        forwardRun(&intake, upTo: intake.chunk.readerIndex)
        isPumping = false
        guard !isClosed else { return }
        if intake.chunk.readableBytes > 0 { unread = intake.chunk }
        downstream.flush()
        flush()
        downstream.closeIfDone()
    }

    // MARK: Sending

    /// Sluice's own number for the next request.
    func nextCorrelationID() -> Int32 {
        if lastCorrelationID == .max {
            lastCorrelationID = 0
            lastAnsweredID = 0
        }
        lastCorrelationID += 1
        return lastCorrelationID
    }

    /// Opens an exchange; its request is to be sent next.
    func open(_ owner: Exchange.Owner, _ apiKey: APIKey, _ apiVersion: Int16) -> Int32 {
        let id = nextCorrelationID()
        exchanges.append(Exchange(correlationID: id, apiKey: apiKey, apiVersion: apiVersion, owner: owner))
        return id
    }

    /// Opens the exchange of a SASL token, which has no correlation ID.
    func expectToken(slot: UInt64) {
        exchanges.append(
            Exchange(correlationID: 0, apiKey: .saslAuthenticate, apiVersion: -1, owner: .token(slot)))
    }

    /// Gives bytes to the broker; ``flush()`` sends them.
    func send(_ bytes: ByteBuffer) {
        channelContext?.write(wrapOutboundOut(bytes), promise: nil)
        needsFlush = true
    }

    /// Sends what was given.
    func flush() {
        guard needsFlush else { return }
        needsFlush = false
        channelContext?.flush()
    }
}

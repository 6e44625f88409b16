import FilterAPI
import KafkaClient
import KafkaMessages
import KafkaWire
import Logging
import NIOCore
import NIOEmbedded
import Settings
import SluiceConfiguration
import Telemetry

@testable import ProxyRuntime

/// One client's connection and the broker's side of it, without a socket: what goes in and what comes out.
final class Connections {
    let loop = EmbeddedEventLoop()
    let client: EmbeddedChannel
    let broker: EmbeddedChannel
    let downstream: DownstreamConnection
    let shared: ListenerLoop
    let cluster: ClusterState
    let registry = MetricsRegistry()
    private let context: LoopContext
    private let reads: ReadObserver
    private var toBroker = ByteBuffer()
    private var toClient = ByteBuffer()

    /// Settings of the listener and its limits.
    struct Settings {
        var virtual = true
        var onUnknown = ListenerConfiguration.OnUnknown.forward
        var limits = LimitsConfiguration()
        var target = DownstreamConnection.Target.bootstrap
        var signIn = ClientSignIn.passes(principalClaim: "sub")
        var clusterSignIn: ClusterSignIn?
    }

    init(_ filters: [FilterChain.Entry] = [], settings: Settings = Settings()) throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        cluster = ClusterState(
            name: "main", bootstrapServers: [("broker.example", 9092)], connectTimeout: .seconds(5),
            signIn: settings.clusterSignIn, logger: logger)
        let brokers: BrokersConfiguration =
            settings.virtual
            ? .ports(
                BrokerPortsConfiguration(
                    advertisedHost: "sluice.example", plan: .explicit([1: 9101, 2: 9102, 3: 9103]),
                    bindHost: "127.0.0.1"))
            : .passThrough
        let listener = Listener(
            configuration: ListenerConfiguration(
                name: "apps", address: NetworkAddress(host: "127.0.0.1", port: 9092), cluster: "main",
                onUnknown: settings.onUnknown, brokers: brokers),
            cluster: cluster, limits: ConnectionLimits(settings.limits),
            budget: HoldBudget(limit: Int(clamping: settings.limits.bufferedBytes.bytes)),
            chain: filters.isEmpty ? .empty : FilterChain(generation: 1, entries: filters), signIn: settings.signIn,
            logger: logger)
        let metrics = CoreMetrics(registry: registry)
        context = LoopContext(eventLoop: loop, metrics: metrics)
        shared = ListenerLoop(listener: listener, loop: context, metrics: metrics)
        let connection = ConnectionContext(
            id: 1, listener: "apps", clientAddress: "10.0.0.1", clientPort: 5000, eventLoop: loop, cluster: cluster)
        downstream = DownstreamConnection(shared: shared, target: settings.target, context: connection)
        client = EmbeddedChannel(loop: loop)
        let reads = ReadObserver()
        self.reads = reads
        broker = EmbeddedChannel(loop: loop)
        try client.pipeline.syncOperations.addHandlers(reads, downstream)
        try client.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        let upstream = UpstreamConnection(shared: shared, downstream: downstream, label: "1")
        try broker.pipeline.syncOperations.addHandler(upstream)
        try broker.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 2)).wait()
        downstream.upstream = upstream
        connection.asker = upstream
    }

    deinit {
        downstream.close(reason: "test_over")
        _ = try? client.finish(acceptAlreadyClosed: true)
        _ = try? broker.finish(acceptAlreadyClosed: true)
    }

    /// True if the client's connection was closed.
    var isClosed: Bool { downstream.isClosed }

    /// Called when the socket of the client is to be read.
    var onClientRead: () -> Void {
        get { reads.onRead }
        set { reads.onRead = newValue }
    }

    // MARK: The client

    /// The client sends bytes.
    func clientSends(_ bytes: ByteBuffer) throws {
        try client.writeInbound(bytes)
        loop.run()
    }

    /// The client sends a request.
    func clientSends(
        _ message: any RequestMessage, version: Int16, id: Int32, clientID: String = "client"
    ) throws {
        try clientSends(Self.request(message, version: version, id: id, clientID: clientID))
    }

    /// Frames that the client got, without their sizes.
    func clientGot() throws -> [ByteBuffer] {
        while let bytes = try client.readOutbound(as: ByteBuffer.self) { toClient.writeImmutableBuffer(bytes) }
        return Self.frames(&toClient)
    }

    /// The correlation IDs of the responses that the client got.
    func clientGotIDs() throws -> [Int32] {
        try clientGot().map { $0.getInteger(at: $0.readerIndex, as: Int32.self) ?? -1 }
    }

    // MARK: The broker

    /// The broker sends bytes.
    func brokerSends(_ bytes: ByteBuffer) throws {
        try broker.writeInbound(bytes)
        loop.run()
    }

    /// The broker answers a request that it got.
    func brokerAnswers(_ request: ByteBuffer, _ message: any ResponseMessage) throws {
        try brokerSends(Self.response(message, to: request))
    }

    /// Frames that the broker got, without their sizes.
    func brokerGot() throws -> [ByteBuffer] {
        while let bytes = try broker.readOutbound(as: ByteBuffer.self) { toBroker.writeImmutableBuffer(bytes) }
        return Self.frames(&toBroker)
    }

    /// The typed requests that the broker got.
    func brokerGotMessages() throws -> [any APIMessage] {
        try brokerGot().map { try KafkaFrame.decodeRequest($0).body }
    }

    // MARK: Frames

    /// A request with its size.
    static func request(
        _ message: any RequestMessage, version: Int16, id: Int32, clientID: String = "client"
    ) throws -> ByteBuffer {
        try RequestFrame.encode(
            message, version: version, correlationID: id, clientID: clientID, allocator: ByteBufferAllocator())
    }

    /// A response with its size, to a request without its size.
    static func response(_ message: any ResponseMessage, to request: ByteBuffer) throws -> ByteBuffer {
        let start = request.readerIndex
        guard let key = request.getInteger(at: start, as: Int16.self),
            let version = request.getInteger(at: start + 2, as: Int16.self),
            let id = request.getInteger(at: start + 4, as: Int32.self)
        else { throw WireError(.truncated, at: 0, expected: 8, actual: request.readableBytes) }
        return try Answer(message).encoded(
            apiKey: APIKey(rawValue: key), apiVersion: version, correlationID: id, allocator: ByteBufferAllocator())
    }

    private static func frames(_ bytes: inout ByteBuffer) -> [ByteBuffer] {
        var frames: [ByteBuffer] = []
        while let size = bytes.getInteger(at: bytes.readerIndex, as: UInt32.self),
            bytes.readableBytes >= Int(size) + 4
        {
            bytes.moveReaderIndex(forwardBy: 4)
            if let frame = bytes.readSlice(length: Int(size)) { frames.append(frame) }
        }
        return frames
    }

    /// What leaves for the broker that is not a whole frame yet.
    var brokerGotPart: ByteBuffer { toBroker }
}

/// Sees that a channel is to be read: it stands where the socket would be.
private final class ReadObserver: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    var onRead: () -> Void = {}

    func read(context: ChannelHandlerContext) {
        onRead()
        context.read()
    }
}

import NIOCore
import NIOEmbedded

@testable import TLS

/// What a handler above sees.
final class Recorder: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    var completed: [TLSHandshakeCompleted] = []
    var errors: [TLSError] = []
    var otherErrors: [any Error] = []
    var received: [UInt8] = []
    var reads: [Int] = []
    var readCompletes = 0
    var inputClosed = 0
    var isInactive = false
    /// What happened, in order.
    var log: [String] = []

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        reads.append(bytes.readableBytes)
        received += bytes.readableBytesView
        log.append("read")
    }

    func channelReadComplete(context: ChannelHandlerContext) { readCompletes += 1 }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? TLSHandshakeCompleted {
            completed.append(event)
            log.append("completed")
        }
        if case ChannelEvent.inputClosed? = event as? ChannelEvent {
            inputClosed += 1
            log.append("inputClosed")
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? TLSError { errors.append(error) } else { otherErrors.append(error) }
        log.append("error")
    }

    func channelInactive(context: ChannelHandlerContext) {
        isInactive = true
        log.append("inactive")
    }
}

/// What stands below a handler: it counts what comes down.
final class Below: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    var reads = 0
    var writes = 0
    var flushes = 0
    /// A socket that takes nothing.
    var holdsFlushes = false
    private var held: ChannelHandlerContext?

    func read(context: ChannelHandlerContext) {
        reads += 1
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        writes += 1
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        flushes += 1
        if holdsFlushes { held = context } else { context.flush() }
    }

    /// Flushes what was held.
    func release() {
        holdsFlushes = false
        held?.flush()
        held = nil
    }
}

/// One side of a connection in memory.
final class End {
    let channel: EmbeddedChannel
    let handler: TLSHandler
    let above = Recorder()
    let below = Below()

    init(_ handler: TLSHandler, on loop: EmbeddedEventLoop, allowsHalfClosure: Bool = true) throws {
        self.handler = handler
        channel = EmbeddedChannel(loop: loop)
        channel.allowRemoteHalfClosure = allowsHalfClosure
        try channel.pipeline.syncOperations.addHandlers([below, handler, above])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    }

    /// What the handler has sent.
    func takeSent() throws -> ByteBuffer {
        var sent = ByteBuffer()
        while var part = try channel.readOutbound(as: ByteBuffer.self) { sent.writeBuffer(&part) }
        return sent
    }

    func send(_ bytes: [UInt8]) -> EventLoopFuture<Void> {
        channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func receive(_ bytes: ByteBuffer) throws {
        if bytes.readableBytes > 0, channel.isActive { try channel.writeInbound(bytes) }
    }

    /// The other side has closed its socket.
    func receiveEnd() { channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
}

/// Two sides of a connection in memory.
final class Pair {
    let loop = EmbeddedEventLoop()
    let server: End
    let client: End

    init(
        _ server: TLSServerContext, _ client: TLSClientContext, host: String = "broker.example",
        limit: HandshakeLimit? = nil, address: String = "10.0.0.1", allowsHalfClosure: Bool = true
    ) throws {
        self.server = try End(
            TLSHandler(server: server, limit: limit, address: { address }), on: loop,
            allowsHalfClosure: allowsHalfClosure)
        self.client = try End(
            TLSHandler(client: client, host: host, port: 9093), on: loop, allowsHalfClosure: allowsHalfClosure)
    }

    deinit {
        _ = try? server.channel.finish(acceptAlreadyClosed: true)
        _ = try? client.channel.finish(acceptAlreadyClosed: true)
    }

    /// Carries bytes to and fro until there are none, `size` of them at once.
    func carry(size: Int = .max) throws {
        while true {
            var toServer = try client.takeSent()
            var toClient = try server.takeSent()
            if toServer.readableBytes == 0, toClient.readableBytes == 0 { break }
            while let part = toServer.readSlice(length: min(size, toServer.readableBytes)), part.readableBytes > 0 {
                try server.receive(part)
            }
            while let part = toClient.readSlice(length: min(size, toClient.readableBytes)), part.readableBytes > 0 {
                try client.receive(part)
            }
            loop.run()
        }
    }

    var serverError: TLSError? { server.above.errors.first }
    var clientError: TLSError? { client.above.errors.first }
}

/// Certificates and settings that most tests share.
struct Scene {
    let folder: Folder
    let authority: Authority
    var server: TLSServerSettings
    var client: TLSClientSettings

    init(names: String? = "DNS:broker.example", authority: Authority? = nil) throws {
        let folder = try Folder()
        let authority = try authority ?? Authority()
        self.folder = folder
        self.authority = authority
        let files = try Self.write(try authority.issue("/CN=broker", names: names), "server", to: folder)
        let ca = try folder.write(authority.made.certificate, to: "ca.pem")
        server = TLSServerSettings(certificates: [files])
        client = TLSClientSettings(caFiles: [ca])
    }

    /// Writes a certificate and its key.
    static func write(_ made: MadeCertificate, _ name: String, to folder: Folder) throws -> TLSCertificateFiles {
        TLSCertificateFiles(
            certificateFile: try folder.write(made.certificate, to: "\(name).pem"),
            privateKeyFile: try folder.write(made.key, to: "\(name).key"))
    }

    func write(_ made: MadeCertificate, _ name: String) throws -> TLSCertificateFiles {
        try Self.write(made, name, to: folder)
    }

    /// Asks clients for a certificate, which they have.
    mutating func askClients(
        _ mode: TLSServerSettings.ClientCertificate, client made: MadeCertificate? = nil
    ) throws {
        server.clientCertificate = mode
        server.clientCAFiles = client.caFiles
        client.certificate = try made.map { try write($0, "client") }
    }

    mutating func speak(_ version: TLSVersion) {
        server.protocols.minimumVersion = version
        server.protocols.maximumVersion = version
    }

    func serverContext() throws -> TLSServerContext {
        try TLSServerContext(loading: server, from: TLSFiles(), replacing: nil)
    }

    func clientContext() throws -> TLSClientContext {
        try TLSClientContext(loading: client, from: TLSFiles(), replacing: nil)
    }

    /// Two sides, before the first byte is carried.
    func pair(
        host: String = "broker.example", limit: HandshakeLimit? = nil, address: String = "10.0.0.1"
    ) throws -> Pair {
        try Pair(serverContext(), clientContext(), host: host, limit: limit, address: address)
    }

    /// Two sides that have shaken hands, or tried.
    func met(host: String = "broker.example") throws -> Pair {
        let pair = try pair(host: host)
        try pair.carry()
        return pair
    }
}

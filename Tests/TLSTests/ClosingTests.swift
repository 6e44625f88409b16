import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@testable import TLS

@Suite struct ClosingTests {
    @Test(arguments: TLSVersion.allCases) func `a close is announced, and is no truncation`(version: TLSVersion) throws
    {
        var scene = try Scene()
        scene.speak(version)
        let pair = try scene.met()
        let closed = pair.client.channel.close()
        try pair.carry()
        try closed.wait()
        #expect(!pair.client.channel.isActive)
        #expect(pair.server.above.inputClosed == 1)
        pair.server.receiveEnd()
        #expect(pair.server.above.inputClosed == 1)
        #expect(pair.server.channel.isActive)
        pair.server.channel.pipeline.fireChannelInactive()
        #expect(pair.server.above.isInactive)
        #expect(pair.server.above.errors.isEmpty)
        #expect(pair.client.above.errors.isEmpty)
    }

    @Test func `what was flushed before a close arrives`() throws {
        let pair = try Scene().met()
        let sent = pair.client.send(Array("last words".utf8))
        pair.client.channel.close(promise: nil)
        try pair.carry()
        try sent.wait()
        #expect(pair.server.above.received == Array("last words".utf8))
        #expect(pair.server.above.log.suffix(2) == ["read", "inputClosed"])
    }

    @Test(arguments: [CloseMode.all, .output]) func `what is flushed in the middle of a flush arrives before a close`(
        mode: CloseMode
    ) throws {
        let pair = try Scene().met()
        let channel = pair.client.channel
        // The channel in memory completes writes within the flush.
        pair.client.send(Array("first ".utf8)).whenSuccess {
            channel.writeAndFlush(ByteBuffer(string: "second"), promise: nil)
            channel.close(mode: mode, promise: nil)
        }
        try pair.carry()
        #expect(pair.server.above.received == Array("first second".utf8))
        #expect(pair.server.above.log.suffix(1) == ["inputClosed"])
    }

    @Test func `what was not flushed before a close fails`() throws {
        let pair = try Scene().met()
        let write = pair.client.channel.write(ByteBuffer(string: "never"))
        pair.client.channel.close(promise: nil)
        #expect(throws: ChannelError.ioOnClosedChannel) { try write.wait() }
        let late = pair.client.channel.writeAndFlush(ByteBuffer(string: "too late"))
        #expect(throws: ChannelError.ioOnClosedChannel) { try late.wait() }
        try pair.carry()
        #expect(pair.server.above.received.isEmpty)
    }

    @Test func `without half-closure the other side closes too`() throws {
        let scene = try Scene()
        let pair = try Pair(scene.serverContext(), scene.clientContext(), allowsHalfClosure: false)
        try pair.carry()
        pair.client.channel.close(promise: nil)
        try pair.carry()
        #expect(!pair.server.channel.isActive)
        #expect(pair.server.above.inputClosed == 0)
        #expect(pair.server.above.isInactive)
        #expect(pair.server.above.errors.isEmpty)
    }

    @Test func `an end without announcement is a truncation`() throws {
        let pair = try Scene().met()
        _ = pair.client.send(Array("half of".utf8))
        try pair.carry()
        pair.server.receiveEnd()
        #expect(pair.serverError?.code == .truncated)
        #expect(pair.server.above.log == ["completed", "read", "error", "inputClosed"])
    }

    @Test func `a connection that breaks is a truncation`() throws {
        let pair = try Scene().met()
        pair.server.channel.pipeline.fireChannelInactive()
        #expect(pair.serverError?.code == .truncated)
        #expect(pair.server.above.log.suffix(2) == ["error", "inactive"])
    }

    @Test func `the socket's own error is said once`() throws {
        let pair = try Scene().met()
        pair.server.channel.pipeline.fireErrorCaught(IOError(errnoCode: 104, reason: "reset"))
        pair.server.channel.pipeline.fireChannelInactive()
        #expect(pair.server.above.otherErrors.count == 1)
        #expect(pair.server.above.errors.isEmpty)
    }

    @Test func `writes that wait for a handshake fail with it`() throws {
        let pair = try Scene(names: "DNS:other.example").pair()
        let write = pair.client.send(Array("early".utf8))
        try pair.carry()
        #expect(throws: TLSError.self) { try write.wait() }
        #expect(pair.clientError?.code == .nameMismatch)
        #expect(!pair.client.channel.isActive)
    }

    @Test func `a close in the middle of a handshake is a close`() throws {
        let pair = try Scene().pair()
        let write = pair.client.send(Array("early".utf8))
        try pair.client.channel.close().wait()
        #expect(throws: ChannelError.ioOnClosedChannel) { try write.wait() }
        #expect(pair.client.above.errors.isEmpty)
    }

    @Test func `a peer that does not read is not waited for`() throws {
        let scene = try Scene()
        let pair = try scene.met()
        pair.client.channel.isWritable = false
        try pair.client.channel.close().wait()
        #expect(!pair.client.channel.isActive)
    }

    @Test func `a close waits until its announcement is out`() throws {
        let pair = try Scene().met()
        pair.client.below.holdsFlushes = true
        let first = pair.client.channel.close()
        let second = pair.client.channel.close()
        #expect(pair.client.channel.isActive)
        pair.client.below.release()
        #expect(!pair.client.channel.isActive)
        try first.wait()
        try second.wait()
        try pair.carry()
        #expect(pair.server.above.inputClosed == 1)
    }

    @Test func `a close does not wait for ever`() throws {
        let pair = try Scene().met()
        pair.client.below.holdsFlushes = true
        let closed = pair.client.channel.close()
        pair.loop.advanceTime(by: .seconds(1))
        #expect(pair.client.channel.isActive)
        pair.loop.advanceTime(by: .seconds(1))
        #expect(!pair.client.channel.isActive)
        try closed.wait()
    }
}

/// Over sockets: what depends on how they close.
@Suite struct SocketTests {
    /// Bytes are asked for.
    private struct Asked: Sendable {}

    /// What a side has seen, by promises of its own.
    private final class Side: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        let ended: EventLoopPromise<[String]>
        let received: NIOLoopBoundBox<[UInt8]>
        let log: NIOLoopBoundBox<[String]>
        let onEvent: @Sendable (any Channel, String) -> Void

        init(_ loop: any EventLoop, onEvent: @escaping @Sendable (any Channel, String) -> Void = { _, _ in }) {
            ended = loop.makePromise()
            received = .makeBoxSendingValue([], eventLoop: loop)
            log = .makeBoxSendingValue([], eventLoop: loop)
            self.onEvent = onEvent
        }

        private func note(_ text: String, _ context: ChannelHandlerContext) {
            log.value.append(text)
            onEvent(context.channel, text)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received.value += unwrapInboundIn(data).readableBytesView
            note("read", context)
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if event is TLSHandshakeCompleted { note("completed", context) }
            if case ChannelEvent.inputClosed? = event as? ChannelEvent { note("inputClosed", context) }
            if event is Asked { note("asked", context) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            note((error as? TLSError)?.code.rawValue ?? "\(error)", context)
        }

        func channelInactive(context: ChannelHandlerContext) {
            ended.succeed(log.value + [String(decoding: received.value, as: UTF8.self)])
        }
    }

    /// Runs a connection to its end, and says what both sides have seen.
    private func run(
        _ scene: Scene, reads: Bool = true,
        server onServer: @escaping @Sendable (any Channel, String) -> Void,
        client onClient: @escaping @Sendable (any Channel, String) -> Void
    ) async throws -> (server: [String], client: [String]) {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let (serverContext, clientContext) = (try scene.serverContext(), try scene.clientContext())
        let serverSide = Side(loop, onEvent: onServer)
        let clientSide = Side(loop, onEvent: onClient)
        let listener = try await ServerBootstrap(group: loop)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([TLSHandler(server: serverContext), serverSide])
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        _ = try await ClientBootstrap(group: loop)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: reads)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = TLSHandler(client: clientContext, host: "broker.example", port: 1)
                    try channel.pipeline.syncOperations.addHandlers([handler, clientSide])
                }
            }.connect(to: try #require(listener.localAddress)).get()
        let result = (try await serverSide.ended.futureResult.get(), try await clientSide.ended.futureResult.get())
        try await listener.close()
        return result
    }

    @Test(arguments: TLSVersion.allCases) func `an output that is shut leaves the other way open`(
        version: TLSVersion
    ) async throws {
        var scene = try Scene()
        scene.speak(version)
        let seen = try await run(scene) { channel, event in
            guard event == "inputClosed" else { return }
            channel.writeAndFlush(ByteBuffer(string: "answer"), promise: nil)
            channel.close(promise: nil)
        } client: { channel, event in
            switch event {
            case "completed":
                channel.writeAndFlush(ByteBuffer(string: "question"), promise: nil)
                channel.close(mode: .output, promise: nil)
            case "inputClosed": channel.close(promise: nil)
            default: break
            }
        }
        #expect(seen.server == ["completed", "read", "inputClosed", "question"])
        #expect(seen.client == ["completed", "read", "inputClosed", "answer"])
    }

    @Test func `who is refused learns why although it has sent more`() async throws {
        var scene = try Scene()
        try scene.askClients(.required)
        let seen = try await run(scene) { _, _ in
        } client: { channel, event in
            if event == "completed" {
                channel.writeAndFlush(ByteBuffer(repeating: 1, count: 100_000), promise: nil)
            } else {
                channel.close(promise: nil)
            }
        }
        #expect(seen.server == ["certificate_required", ""])
        #expect(seen.client.starts(with: ["completed", "alert_certificate_required"]))
    }

    @Test func `a side that does not read by itself gets nothing before it asks`() async throws {
        let seen = try await run(try Scene(), reads: false) { channel, event in
            switch event {
            case "completed": channel.writeAndFlush(ByteBuffer(string: "greeting"), promise: nil)
            case "inputClosed": channel.close(promise: nil)
            default: break
            }
        } client: { channel, event in
            switch event {
            case "completed":
                channel.eventLoop.scheduleTask(in: .milliseconds(20)) {
                    channel.pipeline.fireUserInboundEventTriggered(Asked())
                    channel.read()
                }
            case "read": channel.close(promise: nil)
            default: break
            }
        }
        #expect(seen.client == ["completed", "asked", "read", "greeting"])
        #expect(seen.server == ["completed", "inputClosed", ""])
    }

    @Test func `nothing is told to be sent before what is in front of it`() throws {
        let pair = try Scene().met()
        pair.client.below.holdsFlushes = true
        _ = pair.client.send(Array("request".utf8))
        let behind = pair.client.channel.writeAndFlush(ByteBuffer())
        #expect(!behind.isFulfilled(on: pair.loop))
        pair.client.below.release()
        #expect(behind.isFulfilled(on: pair.loop))
        try pair.carry()
        #expect(pair.server.above.received == Array("request".utf8))
    }
}

import KafkaMessages
import KafkaWire
import NIOCore
import NIOEmbedded
import Testing

@testable import ProxyRuntime

/// A socket that takes nothing until it is told to.
private final class SlowSocket: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private var held: ChannelHandlerContext?

    func flush(context: ChannelHandlerContext) { held = context }

    /// Takes all that has come.
    func take() { held?.flush() }
}

@Suite("A client that leaves without an answer to wait for")
struct UpstreamClosingTests {
    private let connections: Connections
    private let socket = SlowSocket()

    init() throws {
        connections = try Connections()
        try connections.broker.pipeline.syncOperations.addHandler(socket, position: .first)
    }

    /// Produces with `acks=0`, and leaves.
    private func produceAndLeave() throws {
        var request = ProduceRequest()
        request.acks = 0
        try connections.clientSends(request, version: 9, id: 1)
        connections.client.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        connections.loop.run()
    }

    @Test("a slow broker gets what the client has sent")
    func slowBroker() throws {
        try produceAndLeave()
        #expect(connections.isClosed)
        #expect(connections.broker.isActive)
        #expect(try connections.brokerGot().isEmpty)
        socket.take()
        connections.loop.run()
        #expect(try connections.brokerGot().count == 1)
        #expect(!connections.broker.isActive)
    }

    @Test("a broker that takes nothing is not waited for without end")
    func deadBroker() throws {
        try produceAndLeave()
        connections.loop.advanceTime(by: UpstreamConnection.closeTimeout - .milliseconds(1))
        #expect(connections.broker.isActive)
        connections.loop.advanceTime(by: .milliseconds(1))
        #expect(!connections.broker.isActive)
    }

    @Test("a broker that takes everything at once is left at once")
    func quickBroker() throws {
        let connections = try Connections()
        connections.client.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        connections.loop.run()
        #expect(!connections.broker.isActive)
        connections.loop.advanceTime(by: .seconds(60))
    }

    @Test("what the broker sends meanwhile is nobody's")
    func lateAnswer() throws {
        try produceAndLeave()
        try connections.brokerSends(ByteBuffer(bytes: [0, 0, 0, 4, 0, 0, 0, 1]))
        #expect(connections.broker.isActive)
        socket.take()
        connections.loop.run()
        #expect(!connections.broker.isActive)
    }
}

import KafkaClient
import KafkaMessages
import KafkaWire
import NIOCore
import NIOEmbedded
import NIOPosix
import Testing

@Suite("A connection to a broker")
struct BrokerConnectionTests {
    private let channel = EmbeddedChannel()
    private let connection: BrokerConnection

    init() throws {
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        connection = try BrokerConnection(adoptedBy: channel)
    }

    private func ask() -> EventLoopFuture<ApiVersionsResponse> {
        let future = connection.ask(ApiVersionsRequest(), version: 0, clientID: "tests", timeout: .seconds(5))
        channel.embeddedEventLoop.run()
        return future
    }

    /// An answer with one API, whose key tells it from others.
    private func answer(_ correlationID: Int32, key: Int16) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.writeInteger(20 as Int32 - 4)
        frame.writeInteger(correlationID)
        frame.writeInteger(0 as Int16)
        frame.writeInteger(1 as Int32)
        frame.writeInteger(key)
        frame.writeInteger(0 as Int16)
        frame.writeInteger(9 as Int16)
        return frame
    }

    private func result(_ future: EventLoopFuture<ApiVersionsResponse>) -> Result<Int16?, any Error>? {
        nonisolated(unsafe) var result: Result<Int16?, any Error>?
        // Safety: the channel's loop runs in this thread only.
        channel.embeddedEventLoop.run()
        future.whenComplete { result = $0.map { $0.apiKeys.first?.apiKey } }
        return result
    }

    @Test func `several questions wait at once, and each gets its answer`() throws {
        let first = ask()
        let second = ask()
        var both = answer(1, key: 11)
        both.writeImmutableBuffer(answer(2, key: 12))
        try channel.writeInbound(both)
        #expect(try result(first)?.get() == 11)
        #expect(try result(second)?.get() == 12)
    }

    @Test func `an answer is put together of its pieces`() throws {
        let future = ask()
        for byte in answer(1, key: 11).readableBytesView { try channel.writeInbound(ByteBuffer(bytes: [byte])) }
        #expect(try result(future)?.get() == 11)
    }

    @Test func `after an answer that came too late, the next question gets its own`() throws {
        let late = ask()
        channel.embeddedEventLoop.advanceTime(by: .seconds(6))
        #expect(throws: BrokerConnection.Failure.timedOut) { try result(late)?.get() }
        let next = ask()
        try channel.writeInbound(answer(1, key: 11))
        try channel.writeInbound(answer(2, key: 12))
        #expect(try result(next)?.get() == 12)
    }

    @Test func `an answer out of turn ends the connection`() throws {
        let future = ask()
        try channel.writeInbound(answer(2, key: 11))
        #expect(throws: BrokerConnection.Failure.correlationMismatch) { try result(future)?.get() }
        #expect(!channel.isActive)
    }

    @Test(arguments: [-1, 3, Int32.max])
    func `a size that makes no sense ends the connection`(size: Int32) throws {
        let future = ask()
        try channel.writeInbound(ByteBuffer(integer: size))
        #expect(throws: BrokerConnection.Failure.invalidSize(Int(size))) { try result(future)?.get() }
        #expect(!channel.isActive)
    }

    @Test func `a broker that says something unasked is not listened to`() throws {
        try channel.writeInbound(answer(1, key: 11))
        #expect(!channel.isActive)
    }

    @Test func `questions that wait fail when the connection ends, and so do later ones`() throws {
        let future = ask()
        try channel.close().wait()
        #expect(throws: BrokerConnection.Failure.closed) { try result(future)?.get() }
        #expect(throws: (any Error).self) { try result(ask())?.get() }
    }
}

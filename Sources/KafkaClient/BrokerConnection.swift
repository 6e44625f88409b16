import KafkaCodec
package import KafkaMessages
import KafkaWire
package import NIOCore
import NIOPosix

/// A connection of Sluice's own to a broker: one request at a time, one answer.
package struct BrokerConnection: Sendable {
    /// Why a broker gave no answer.
    package enum Failure: Error, Sendable, Equatable {
        /// The broker closed the connection.
        case closed
        /// The answer did not come in time.
        case timedOut
        /// The answer is larger than it may be, or has a length that makes no sense.
        case invalidSize(Int)
        /// The answer belongs to another request.
        case correlationMismatch
    }

    /// The largest answer that is taken, in bytes.
    package static let largestAnswer = 64 << 20

    private let channel: any Channel
    /// The loop that it lives on.
    package var eventLoop: any EventLoop { channel.eventLoop }
    private let handler: NIOLoopBound<AnswerHandler>

    /// Connects by TCP, and nothing above it.
    ///
    /// - Parameters:
    ///   - host: name or address.
    ///   - port: TCP port.
    ///   - loop: the event loop that the connection lives on.
    ///   - timeout: for the connection to come about.
    /// - Returns: the connection; fails with `NIOConnectionError`, or `ChannelError.connectTimeout`.
    package static func connect(
        host: String, port: Int, on loop: any EventLoop, timeout: TimeAmount
    ) -> EventLoopFuture<BrokerConnection> {
        ClientBootstrap(group: loop)
            .connectTimeout(timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .connect(host: host, port: port)
            .flatMapThrowing { try BrokerConnection(adoptedBy: $0) }
    }

    /// Takes over an open channel, behind the handlers that it has: TLS, for one.
    ///
    /// To be called on the channel's loop, before the broker can have said anything.
    ///
    /// - Parameter channel: whose inbound and outbound data at the end of its pipeline are `ByteBuffer`s.
    /// - Throws: `ChannelError` if the channel is closed.
    package init(adoptedBy channel: any Channel) throws {
        let handler = AnswerHandler()
        try channel.pipeline.syncOperations.addHandler(handler)
        self.channel = channel
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    /// Asks, and gives the body of the answer. Not to be called again before the answer has come.
    ///
    /// - Parameters:
    ///   - request: the question.
    ///   - version: the version it is asked in.
    ///   - clientID: under which the broker counts it.
    ///   - timeout: for the answer.
    /// - Returns: the answer; fails with a ``Failure``, the socket's error, or ``WireError`` if the question cannot be
    ///   written, or its answer read, at the version.
    package func ask<Request: RequestMessage>(
        _ request: Request, version: Int16, clientID: String, timeout: TimeAmount
    ) -> EventLoopFuture<Request.Response> {
        channel.eventLoop.flatSubmit { [channel, handler] in
            let promise = channel.eventLoop.makePromise(of: ByteBuffer.self)
            do {
                let frame = try RequestFrame.encode(
                    request, version: version, correlationID: handler.value.expect(promise), clientID: clientID,
                    allocator: channel.allocator)
                channel.writeAndFlush(frame).whenFailure { promise.fail($0) }
            } catch {
                promise.fail(error)
            }
            let alarm = channel.eventLoop.scheduleTask(in: timeout) { promise.fail(Failure.timedOut) }
            return promise.futureResult.flatMapThrowing { body in
                alarm.cancel()
                var answer = body
                if HeaderForm.responseHasTags(Request.apiKey, version) {
                    answer.moveReaderIndex(forwardBy: min(1, answer.readableBytes))
                }
                var reader = WireReader(answer)
                return try Request.Response.decode(from: &reader, version: version)
            }
        }
    }

    /// Closes the connection.
    package func close() {
        channel.close(promise: nil)
    }
}

/// Puts an answer together and gives it to whoever asked.
private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private var received = ByteBuffer()
    private var correlationID: Int32 = 0
    private var promise: EventLoopPromise<ByteBuffer>?

    /// Notes who waits for the next answer, and gives the correlation ID for the question.
    func expect(_ promise: EventLoopPromise<ByteBuffer>) -> Int32 {
        self.promise?.fail(BrokerConnection.Failure.closed)
        self.promise = promise
        correlationID &+= 1
        return correlationID
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        guard let size = received.getInteger(at: received.readerIndex, as: Int32.self) else { return }
        guard size >= 4, Int(size) <= BrokerConnection.largestAnswer else {
            fail(BrokerConnection.Failure.invalidSize(Int(size)), context)
            return
        }
        guard received.readableBytes >= Int(size) + 4 else { return }
        received.moveReaderIndex(forwardBy: 4)
        guard var frame = received.readSlice(length: Int(size)), frame.readInteger(as: Int32.self) == correlationID
        else {
            fail(BrokerConnection.Failure.correlationMismatch, context)
            return
        }
        received = ByteBuffer()
        promise?.succeed(frame)
        promise = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise?.fail(BrokerConnection.Failure.closed)
        promise = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error, context)
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        promise?.fail(error)
        promise = nil
        context.close(promise: nil)
    }
}

import KafkaCodec
package import KafkaMessages
import KafkaWire
package import NIOCore
import NIOPosix

/// A connection of Sluice's own to a broker. Questions may be asked while others wait: answers come in their order.
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
    /// Succeeds when the connection is closed, by whomever.
    package var closeFuture: EventLoopFuture<Void> { channel.closeFuture }
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

    /// Asks, and gives the body of the answer.
    ///
    /// - Parameters:
    ///   - request: the question.
    ///   - version: the version it is asked in.
    ///   - clientID: under which the broker counts it.
    ///   - timeout: for the answer; nil for the caller to keep watch, who closes the connection then.
    /// - Returns: the answer; fails with a ``Failure``, the socket's error, or ``WireError`` if the question cannot be
    ///   written, or its answer read, at the version. After `timedOut` the connection can be used on: the late answer
    ///   is dropped.
    package func ask<Request: RequestMessage>(
        _ request: Request, version: Int16, clientID: String, timeout: TimeAmount?
    ) -> EventLoopFuture<Request.Response> {
        channel.eventLoop.flatSubmit { [channel, handler] in
            let promise = channel.eventLoop.makePromise(of: ByteBuffer.self)
            do {
                let frame = try RequestFrame.encode(
                    request, version: version, correlationID: handler.value.nextCorrelationID, clientID: clientID,
                    allocator: channel.allocator)
                handler.value.expect(promise)
                channel.writeAndFlush(frame).whenFailure { promise.fail($0) }
            } catch {
                promise.fail(error)
            }
            let alarm = timeout.map { channel.eventLoop.scheduleTask(in: $0) { promise.fail(Failure.timedOut) } }
            return promise.futureResult.flatMapThrowing { answer in
                alarm?.cancel()
                var reader = WireReader(answer)
                if HeaderForm.responseHasTags(Request.apiKey, version) { _ = try reader.readUnknownTaggedFields() }
                return try Request.Response.decode(from: &reader, version: version)
            }
        }
    }

    /// Sends a request that has no answer: Produce with `acks` 0.
    ///
    /// - Parameters:
    ///   - request: what is sent.
    ///   - version: the version it is written in.
    ///   - clientID: under which the broker counts it.
    /// - Returns: when the system has taken it; fails with the socket's error, or ``WireError``.
    package func tell(_ request: some RequestMessage, version: Int16, clientID: String) -> EventLoopFuture<Void> {
        channel.eventLoop.flatSubmit { [channel, handler] in
            do {
                let frame = try RequestFrame.encode(
                    request, version: version, correlationID: handler.value.nextCorrelationID, clientID: clientID,
                    allocator: channel.allocator)
                handler.value.skip()
                return channel.writeAndFlush(frame)
            } catch {
                return channel.eventLoop.makeFailedFuture(error)
            }
        }
    }

    /// Gives the channel to somebody else, who reads what comes from now on. No answer may be missing.
    ///
    /// - Returns: the channel, with the handlers that it had before.
    package func release() -> EventLoopFuture<any Channel> {
        channel.eventLoop.flatSubmit { [channel, handler] in
            channel.pipeline.syncOperations.removeHandler(handler.value).map { channel }
        }
    }

    /// Closes the connection; questions that wait fail with ``Failure/closed``.
    package func close() {
        channel.close(promise: nil)
    }
}

import NIOCore

/// Puts answers together and gives each to whoever asked. Lives on its channel's loop.
final class AnswerHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private var received = ByteBuffer()
    private var waiting = CircularBuffer<(correlationID: Int32, promise: EventLoopPromise<ByteBuffer>)>()
    private var isClosed = false

    /// The number of the next question.
    private(set) var nextCorrelationID: Int32 = 1

    /// Notes who waits for the answer to the question of ``nextCorrelationID``.
    func expect(_ promise: EventLoopPromise<ByteBuffer>) {
        guard !isClosed else {
            promise.fail(BrokerConnection.Failure.closed)
            return
        }
        waiting.append((nextCorrelationID, promise))
        skip()
    }

    /// Counts a question without an answer.
    func skip() {
        nextCorrelationID &+= 1
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if received.readableBytes == 0 { received = bytes } else { received.writeBuffer(&bytes) }
        while let size = received.getInteger(at: received.readerIndex, as: Int32.self) {
            guard size >= 4, Int(size) <= BrokerConnection.largestAnswer else {
                fail(BrokerConnection.Failure.invalidSize(Int(size)), context)
                return
            }
            guard received.readableBytes >= Int(size) + 4 else { return }
            received.moveReaderIndex(forwardBy: 4)
            guard var frame = received.readSlice(length: Int(size)), let next = waiting.first,
                frame.readInteger(as: Int32.self) == next.correlationID
            else {
                fail(BrokerConnection.Failure.correlationMismatch, context)
                return
            }
            waiting.removeFirst()
            next.promise.succeed(frame)
        }
        if received.readableBytes == 0 { received = ByteBuffer() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(BrokerConnection.Failure.closed)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error, context)
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        end(error)
        context.close(promise: nil)
    }

    private func end(_ error: any Error) {
        isClosed = true
        received = ByteBuffer()
        while let next = waiting.popFirst() { next.promise.fail(error) }
    }
}

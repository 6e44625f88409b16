import KafkaClient
import KafkaMessages
import NIOCore
import NIOPosix
import Synchronization

/// A client with a socket: sends frames, takes frames.
final class TestClient: Sendable {
    private let channel: any Channel
    private let frames: AsyncStream<ByteBuffer>

    init(port: Int) async throws {
        let (frames, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        self.frames = frames
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        FrameCollector {
                            continuation.yield($0)
                        } ended: {
                            continuation.finish()
                        })
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    /// Sends a Heartbeat.
    func send(id: Int32, memberID: String = "m") async throws {
        var request = HeartbeatRequest()
        request.memberID = memberID
        let bytes = try RequestFrame.encode(
            request, version: 0, correlationID: id, clientID: "client", allocator: ByteBufferAllocator())
        try await channel.writeAndFlush(bytes)
    }

    /// The correlation ID of the next answer; nil when the connection has ended.
    func answer() async -> Int32? {
        var iterator = frames.makeAsyncIterator()
        return await iterator.next().flatMap { $0.getInteger(at: $0.readerIndex, as: Int32.self) }
    }

    /// Sends a Heartbeat and takes its answer.
    func exchange(id: Int32) async throws -> Int32? {
        try await send(id: id)
        return await answer()
    }

    func close() async {
        try? await channel.close()
    }
}

/// A broker that answers Heartbeats, unless their member is called `never`.
final class FakeBroker: Sendable {
    private let channel: any Channel
    private let answers: Answers
    let port: Int

    init() async throws {
        let answers = Answers()
        self.answers = answers
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        FrameCollector { frame in
                            guard frame.readableBytesView.firstRange(of: Array("never".utf8)) == nil,
                                let id = frame.getInteger(at: frame.readerIndex + 4, as: Int32.self)
                            else { return }
                            var answer = ByteBuffer()
                            answer.writeMultipleIntegers(Int32(6), id, Int16(0))
                            answers.send(answer, on: channel)
                        } ended: {
                        })
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    /// Keeps answers back until ``releaseAnswers()``.
    func holdAnswers() { answers.hold() }

    func releaseAnswers() { answers.release() }

    func end() async {
        try? await channel.close()
    }

    /// What leaves, and what is kept back.
    private final class Answers: Sendable {
        private struct State {
            var isHolding = false
            var held: [(channel: any Channel, answer: ByteBuffer)] = []
        }

        private let state = Mutex(State())

        func hold() { state.withLock { $0.isHolding = true } }

        func send(_ answer: ByteBuffer, on channel: any Channel) {
            state.withLock { state in
                if state.isHolding {
                    state.held.append((channel, answer))
                } else {
                    write(answer, on: channel)
                }
            }
        }

        func release() {
            state.withLock { state in
                for (channel, answer) in state.held { write(answer, on: channel) }
                state = State()
            }
        }

        /// By way of the loop's queue in any case, so that answers that come later do not overtake.
        private func write(_ answer: ByteBuffer, on channel: any Channel) {
            channel.eventLoop.execute { channel.writeAndFlush(answer, promise: nil) }
        }
    }
}

/// Cuts what comes into frames, without their sizes.
private final class FrameCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let onFrame: (ByteBuffer) -> Void
    private let onEnd: () -> Void
    private var received = ByteBuffer()

    init(_ onFrame: @escaping (ByteBuffer) -> Void, ended: @escaping () -> Void) {
        self.onFrame = onFrame
        onEnd = ended
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        while let size = received.getInteger(at: received.readerIndex, as: Int32.self),
            received.readableBytes >= Int(size) + 4
        {
            received.moveReaderIndex(forwardBy: 4)
            if let frame = received.readSlice(length: Int(size)) { onFrame(frame) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        onEnd()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

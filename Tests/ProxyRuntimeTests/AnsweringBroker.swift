import KafkaMessages
import KafkaWire
import NIOCore
import NIOPosix

/// A broker on a socket of this machine that answers as a test says, and writes down what it was asked.
struct AnsweringBroker: Sendable {
    /// The answer to a request; nil closes the connection.
    typealias Script = @Sendable (KafkaFrame) -> (any ResponseMessage)?

    /// What it was asked, as `Metadata v12`.
    let journal = Journal()
    let port: Int
    private let channel: any Channel

    init(_ script: @escaping Script) async throws {
        let journal = journal
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Conversation(script: script, journal: journal))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        port = channel.localAddress?.port ?? 0
    }

    /// Its address refuses connections from now on.
    func close() async throws {
        try await channel.close()
    }
}

/// One connection to it.
private final class Conversation: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let script: AnsweringBroker.Script
    private let journal: Journal
    private var received = ByteBuffer()

    init(script: @escaping AnsweringBroker.Script, journal: Journal) {
        self.script = script
        self.journal = journal
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        while let size = received.getInteger(at: received.readerIndex, as: Int32.self),
            received.readableBytes >= Int(size) + 4
        {
            received.moveReaderIndex(forwardBy: 4)
            guard let frame = received.readSlice(length: Int(size)), let answer = answer(to: frame) else {
                context.close(promise: nil)
                return
            }
            context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
        }
    }

    private func answer(to frame: ByteBuffer) -> ByteBuffer? {
        guard let request = try? KafkaFrame.decodeRequest(frame) else { return nil }
        journal.note("\(request.apiKey) v\(request.apiVersion)")
        guard let body = script(request) else { return nil }
        return try? Connections.response(body, to: frame)
    }
}

import FilterAPI
import KafkaCodec
import KafkaMessages
import KafkaRecords
import KafkaWire
import NIOCore
import NIOEmbedded
import Settings

@testable import KafkaClient

/// The cluster that copies go to, without sockets: one broker that keeps what it is sent, and answers as it is told.
final class ScriptedCluster: ClusterAccess, @unchecked Sendable {
    // Safety: a test uses it on its one thread.
    let name = "green"
    let servers = [NetworkAddress(host: "green.example", port: 9092)]
    private let loop: EmbeddedEventLoop
    private var channels: [EmbeddedChannel] = []
    /// What was written, in order.
    private(set) var written: [Written] = []
    /// How many partitions its topics have; none of others.
    var topics: [String: Int] = [:]
    /// What Produce is answered with.
    var error = ErrorCode.none
    /// Whether connections come about.
    var isDead = false
    /// Whether Produce is answered.
    var answers = true

    struct Written: Equatable {
        var topic: String
        var partition: Int32
        var bytes: ByteBuffer
    }

    init(_ loop: EmbeddedEventLoop) {
        self.loop = loop
    }

    deinit {
        for channel in channels { _ = try? channel.finish(acceptAlreadyClosed: true) }
    }

    func connect(host: String, port: Int, on other: any EventLoop) -> EventLoopFuture<any Channel> {
        guard !isDead else { return loop.makeFailedFuture(ChannelError.connectTimeout(.seconds(1))) }
        let channel = EmbeddedChannel(loop: loop)
        if let address = try? SocketAddress(ipAddress: "127.0.0.1", port: 9) {
            channel.connect(to: address, promise: nil)
        }
        channels.append(channel)
        return loop.makeSucceededFuture(channel)
    }

    /// Answers all that was asked, and what is asked in turn.
    func run() throws {
        var isQuiet = false
        while !isQuiet {
            isQuiet = true
            loop.run()
            for channel in channels {
                while var bytes = try channel.readOutbound(as: ByteBuffer.self) {
                    isQuiet = false
                    while let size = bytes.readInteger(as: UInt32.self), let frame = bytes.readSlice(length: Int(size))
                    {
                        guard let answer = try answer(frame) else { continue }
                        try channel.writeInbound(Connections.response(answer, to: frame))
                    }
                }
            }
        }
    }

    private func answer(_ frame: ByteBuffer) throws -> (any ResponseMessage)? {
        switch try KafkaFrame.decodeRequest(frame).body {
        case is ApiVersionsRequest:
            return with(ApiVersionsResponse()) {
                $0.apiKeys =
                    ([
                        (.produce, 3, 9), (.metadata, 0, 9), (.initProducerID, 0, 4), (.apiVersions, 0, 3),
                    ] as [(APIKey, Int16, Int16)])
                    .map { key, first, last in
                        with(ApiVersionsResponse.ApiVersion()) {
                            $0.apiKey = key.rawValue
                            $0.minVersion = first
                            $0.maxVersion = last
                        }
                    }
            }
        case let request as MetadataRequest: return metadata(request)
        case is InitProducerIdRequest:
            return with(InitProducerIdResponse()) {
                $0.producerID = 5_000
                $0.producerEpoch = 0
            }
        case let request as ProduceRequest: return produce(request)
        default: return nil
        }
    }

    private func metadata(_ request: MetadataRequest) -> MetadataResponse {
        with(MetadataResponse()) { response in
            response.brokers = [
                with(MetadataResponse.MetadataResponseBroker()) {
                    $0.nodeID = 1
                    $0.host = "green.example"
                    $0.port = 9092
                }
            ]
            response.topics = (request.topics ?? []).compactMap(\.name).map { name in
                with(MetadataResponse.MetadataResponseTopic()) { topic in
                    topic.name = name
                    guard let count = topics[name] else {
                        topic.errorCode = .unknownTopicOrPartition
                        return
                    }
                    topic.partitions = (0..<count).map { index in
                        with(MetadataResponse.MetadataResponsePartition()) {
                            $0.partitionIndex = Int32(index)
                            $0.leaderID = 1
                        }
                    }
                }
            }
        }
    }

    private func produce(_ request: ProduceRequest) -> ProduceResponse? {
        for topic in request.topicData {
            for part in topic.partitionData {
                written.append(
                    Written(topic: topic.name, partition: part.index, bytes: part.records ?? ByteBuffer()))
            }
        }
        return answers ? produced(request, error) : nil
    }
}

/// A value with a few fields set.
func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var value = value
    change(&value)
    return value
}

/// The answer to a Produce: one error for all, or one for each partition.
func produced(
    _ request: ProduceRequest, _ error: ErrorCode = .none, only partitions: Set<Int32>? = nil
) -> ProduceResponse {
    with(ProduceResponse()) { response in
        response.responses = request.topicData.map { topic in
            with(ProduceResponse.TopicProduceResponse()) {
                $0.name = topic.name
                $0.topicID = topic.topicID
                $0.partitionResponses = topic.partitionData.map { part in
                    with(ProduceResponse.PartitionProduceResponse()) {
                        $0.index = part.index
                        $0.errorCode = partitions?.contains(part.index) ?? true ? error : .none
                    }
                }
            }
        }
    }
}

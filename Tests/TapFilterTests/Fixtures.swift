import FilterAPI
import Foundation
import KafkaMessages
import KafkaRecords
import KafkaWire
import Logging
import NIOCore
import Settings
import Sinks
import SluiceConfiguration
import Telemetry
import Testing
import TopicRewriteFilter

@testable import ProxyRuntime
@testable import TapFilter

/// Settings read from YAML.
func read(_ yaml: String) throws -> SettingsResult<TapConfiguration> {
    let document = YAMLDocument(yaml, file: "c.yaml", environment: .process)
    let root = try #require(document.root)
    return SettingType<TapConfiguration>.structure { TapConfiguration.read(&$0) }
        .decode(root, issues: document.issues)
}

/// Keeps what it is given. All of it on one event loop.
final class MemorySink: Sink, SinkPort, @unchecked Sendable {
    // Safety: a test uses it on its one thread.
    private(set) var records: [SinkRecord] = []
    private(set) var skipped = 0
    private(set) var refused = 0
    /// How many bytes there is room for.
    var room = Int.max
    private(set) var isShutDown = false
    var isOpen = true
    let form: SinkForm

    init(_ form: SinkForm) {
        self.form = form
    }

    var stream: (any FilterStream)? { nil }
    func port(on loop: any EventLoop, metrics: MetricsShard) -> any SinkPort { self }
    func reopenFiles() {}
    func shutDown() async { isShutDown = true }
    func skip() { skipped += 1 }
    func hasRoom(for bytes: Int) -> Bool { bytes <= room }
    func refuse(_ count: Int) { refused += count }

    func offer(_ record: SinkRecord) -> SinkOffer {
        records.append(record)
        return .accepted
    }

    func offerDurably(_ record: SinkRecord, within timeout: TimeAmount) -> EventLoopFuture<Void> {
        fatalError("a tap waits for nothing")
    }

    /// The values as text.
    var values: [String?] { records.map { $0.value.map { String(buffer: $0) } } }

    /// What a header of each record says; nil where there is none.
    func header(_ name: String) -> [String?] {
        records.map { record in
            record.writtenHeaders.last { $0.name == name }?.value.map { String(buffer: $0) }
        }
    }
}

extension SinkRecord {
    /// The headers, read from how they are written.
    var writtenHeaders: [Header] {
        guard var bytes = encodedHeaders else { return headers }
        func varint() -> Int {
            var bits: UInt64 = 0
            var shift: UInt64 = 0
            while let byte = bytes.readInteger(as: UInt8.self) {
                bits |= UInt64(byte & 0x7f) << shift
                shift += 7
                if byte < 0x80 { break }
            }
            return Int(bits >> 1) ^ -Int(bits & 1)
        }
        func text() -> ByteBuffer? {
            let length = varint()
            return length < 0 ? nil : bytes.readSlice(length: length)
        }
        let all = (0..<varint()).map { _ in Header(text().map { String(buffer: $0) } ?? "?", text()) }
        #expect(bytes.readableBytes == 0)
        return all
    }
}

/// One client behind a tap, and the broker.
final class Tapped {
    let connections: Connections
    let sink: MemorySink
    let sinkTopics: SinkTopics
    let filter: TapFilter
    let metrics = MetricsRegistry()
    private var nextID: Int32 = 1

    init(
        _ configuration: TapConfiguration = TapConfiguration(sink: .admin), form: SinkForm = .records,
        when: WhenCondition? = nil, before: [FilterChain.Entry] = [], behind: [FilterChain.Entry] = [],
        sinkTopics: SinkTopics = SinkTopics(), settings: Connections.Settings = Connections.Settings()
    ) throws {
        let cluster = ClusterState(
            name: "main", bootstrapServers: [("broker.example", 9092)], connectTimeout: .seconds(5),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let context = FilterContext(
            name: "tap", listener: "apps", metrics: metrics,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, isDryRun: false, when: when,
            cluster: cluster)
        sink = MemorySink(form)
        self.sinkTopics = sinkTopics
        filter = TapFilter(
            configuration, context: context,
            sink: SharedSink(sink, configuration.sink, context: context, topics: sinkTopics), sinkTopics: sinkTopics)
        let entry = FilterChain.Entry(name: "tap", type: "tap", filter: filter, isDryRun: false, when: when)
        connections = try Connections(before + [entry] + behind, settings: settings)
        connections.downstream.context.principal = "User:alice"
    }

    /// The client sends a request.
    func send(_ message: any RequestMessage, version: Int16) throws {
        try connections.clientSends(message, version: version, id: nextID)
        nextID += 1
    }

    /// The broker answers the oldest request that it got.
    func answer(_ message: any ResponseMessage) throws {
        let frame = try #require(try connections.brokerGot().first)
        try connections.brokerAnswers(frame, message)
        #expect(try connections.clientGot().count == 1)
    }

    /// What the tap has counted.
    var counters: TapMetrics.Counters {
        get throws { try #require(filter.part(of: connections.loop)).counters }
    }

    /// Matched, sampled out, and dropped for any reason, once everything that matched is accounted for.
    func counts() throws -> [Int] {
        let counters = try counters
        let dropped = TapDropReason.allCases.reduce(0) { $0 + Int(counters.dropped($1)) }
        let counts = [Int(counters.matched.value), Int(counters.sampledOut.value), dropped]
        #expect(counts[0] == counts[1] + counts[2] + sink.records.count + sink.skipped + sink.refused)
        #expect(counters.pendingBytes.value == 0)
        return counts
    }
}

/// A record to be written.
struct Written {
    var key: String?
    var value: String?
    var headers: [(String, String?)] = []
    var timestamp: Int64 = 1_700_000_000_000

    init(_ key: String?, _ value: String?, headers: [(String, String?)] = []) {
        self.key = key
        self.value = value
        self.headers = headers
    }
}

/// A batch of the current format.
func batch(
    _ records: [Written], codec: CompressionCodec = .none, baseOffset: Int64 = 0,
    producer: (id: Int64, epoch: Int16)? = nil, isControl: Bool = false
) throws -> ByteBuffer {
    var header = RecordBatchHeader()
    header.baseOffset = baseOffset
    header.attributes = RecordBatchAttributes(codec: codec, isTransactional: producer != nil, isControl: isControl)
    if let producer {
        header.producerID = producer.id
        header.producerEpoch = producer.epoch
        header.baseSequence = 0
    }
    var builder = RecordBatchBuilder(header: header)
    for record in records {
        try builder.append(
            key: record.key.map { ByteBuffer(string: $0) }, value: record.value.map { ByteBuffer(string: $0) },
            headers: record.headers.map { RecordHeader($0.0, $0.1) }, timestamp: record.timestamp)
    }
    return try builder.finish(with: CompressionContexts())
}

/// Batches one after another.
func joined(_ batches: ByteBuffer...) -> ByteBuffer {
    batches.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
}

/// A value with a few fields set.
func with<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
    var value = value
    change(&value)
    return value
}

/// A Produce request.
func produce(
    _ topics: [(String, [(Int32, ByteBuffer?)])], acks: Int16 = -1, transactionalID: String? = nil,
    id: KafkaUUID = .zero
) -> ProduceRequest {
    with(ProduceRequest()) {
        $0.acks = acks
        $0.transactionalID = transactionalID
        $0.timeoutMs = 1000
        $0.topicData = topics.map { name, partitions in
            with(ProduceRequest.TopicProduceData()) {
                $0.name = name
                $0.topicID = id
                $0.partitionData = partitions.map { index, records in
                    with(ProduceRequest.PartitionProduceData()) {
                        $0.index = index
                        $0.records = records
                    }
                }
            }
        }
    }
}

/// The answer to it.
func produced(_ topics: [(String, [(Int32, ErrorCode, Int64)])], id: KafkaUUID = .zero) -> ProduceResponse {
    with(ProduceResponse()) {
        $0.responses = topics.map { name, partitions in
            with(ProduceResponse.TopicProduceResponse()) {
                $0.name = name
                $0.topicID = id
                $0.partitionResponses = partitions.map { index, error, offset in
                    with(ProduceResponse.PartitionProduceResponse()) {
                        $0.index = index
                        $0.errorCode = error
                        $0.baseOffset = offset
                    }
                }
            }
        }
    }
}

/// A Fetch response.
func fetched(_ name: String, _ partition: Int32, _ records: ByteBuffer?, id: KafkaUUID = .zero) -> FetchResponse {
    with(FetchResponse()) {
        $0.responses = [
            with(FetchResponse.FetchableTopicResponse()) {
                $0.topic = name
                $0.topicID = id
                $0.partitions = [
                    with(FetchResponse.PartitionData()) {
                        $0.partitionIndex = partition
                        $0.highWatermark = 100
                        $0.records = records
                    }
                ]
            }
        ]
    }
}

/// Settings of a topic rewrite, read from YAML.
func readRewrite(_ yaml: String) throws -> TopicRewriteConfiguration? {
    let document = YAMLDocument(yaml, file: "c.yaml", environment: .process)
    let root = try #require(document.root)
    return SettingType<TopicRewriteConfiguration>.structure { TopicRewriteConfiguration.read(&$0) }
        .decode(root, issues: document.issues).value
}

import FilterAPI
import KafkaMessages
import KafkaRecords
import KafkaWire
import Logging
import NIOCore
import NIOEmbedded
import Settings
import SluiceConfiguration
import Telemetry
import Testing

@testable import ProxyRuntime
@testable import ShadowFilter

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Settings read from YAML.
func read(_ yaml: String) throws -> SettingsResult<ShadowConfiguration> {
    let document = YAMLDocument(yaml, file: "c.yaml", environment: .process)
    let root = try #require(document.root)
    return SettingType<ShadowConfiguration>.structure { ShadowConfiguration.read(&$0) }
        .decode(root, issues: document.issues)
}

/// One client behind a shadow, its broker, and the cluster that copies go to.
final class Shadowed {
    let connections: Connections
    let green: ScriptedCluster
    let filter: ShadowFilter
    private let bench: Bench
    private var nextID: Int32 = 1

    init(
        _ configuration: ShadowConfiguration = Shadowed.orders(), isDryRun: Bool = false, when: WhenCondition? = nil,
        behind others: [FilterChain.Entry] = [], settings: Connections.Settings = Connections.Settings()
    ) throws {
        // Connections have a loop of their own, on which everything is.
        let bench = Bench()
        self.bench = bench
        green = bench.green
        filter = try bench.filter(configuration, isDryRun: isDryRun, when: when)
        let entry = FilterChain.Entry(name: "shadow", type: "shadow", filter: filter, isDryRun: isDryRun, when: when)
        connections = try Connections([entry] + others, settings: settings)
        let shard = SharedShard(shard: connections.downstream.context.metrics)
        bench.metrics.attach { visit in shard.shard.perform(visit) }
    }

    /// A shadow of one topic on another cluster.
    static func orders(_ change: (inout ShadowConfiguration) -> Void = { _ in }) -> ShadowConfiguration {
        with(ShadowConfiguration(cluster: "green", rules: [.topic("orders", to: "orders.shadow")]), change)
    }

    /// The client sends a request.
    func send(_ message: any RequestMessage, version: Int16 = 9, clientID: String = "client") throws {
        try connections.clientSends(message, version: version, id: nextID, clientID: clientID)
        nextID += 1
    }

    /// The client sends a request, and the broker answers it.
    func exchange(
        _ request: ProduceRequest, version: Int16 = 9, _ error: ErrorCode = .none, only partitions: Set<Int32>? = nil
    ) throws {
        try send(request, version: version)
        try answer(produced(request, error, only: partitions))
    }

    /// The broker answers the one request that it got.
    func answer(_ message: any ResponseMessage) throws {
        let frame = try #require(try connections.brokerGot().first)
        try connections.brokerAnswers(frame, message)
    }

    /// Lets copies go to their cluster.
    func pass(_ time: TimeAmount = .milliseconds(10)) throws {
        // The producer knows its topics before their copies come.
        bench.loop.run()
        connections.loop.advanceTime(by: time)
        bench.loop.advanceTime(by: time)
        try green.run()
    }

    /// What became of batches: the result with its count, of those that are not 0.
    func results() async -> [String: Int] { await bench.values("batches_total") }
    /// Why batches were dropped.
    func drops() async -> [String: Int] { await bench.values("dropped_total") }
    /// In what the clusters differ.
    func differences() async -> [String: Int] { await bench.values("differences_total") }
    /// A family without further labels.
    func value(_ name: String) async -> Int { await bench.values(name)["", default: 0] }
}

/// What filters are made with.
final class Bench {
    let loop = EmbeddedEventLoop()
    let metrics = MetricsRegistry()
    let green: ScriptedCluster
    let primary = ClusterState(
        name: "main", bootstrapServers: [("broker.example", 9092)], connectTimeout: .seconds(5), logger: quiet)

    init() {
        green = ScriptedCluster(loop)
        green.topics = ["orders.shadow": 4]
    }

    func filter(
        _ configuration: ShadowConfiguration, isDryRun: Bool = false, when: WhenCondition? = nil,
        replacing former: ShadowFilter? = nil, clusters: [String: any ClusterAccess]? = nil
    ) throws -> ShadowFilter {
        let context = FilterContext(
            name: "shadow", listener: "apps", metrics: metrics, logger: quiet, isDryRun: isDryRun, when: when,
            cluster: primary, clusters: clusters ?? ["green": green, "main": primary], predecessor: former)
        return try ShadowFilter(configuration, context: context, eventLoop: loop)
    }

    /// The series of a family of the filter by their last label, those that are not 0.
    func values(_ name: String) async -> [String: Int] {
        let families = await metrics.gather().families
        let series = families.first { $0.family.name == "sluice_shadow_\(name)" }?.series ?? []
        var values: [String: Int] = [:]
        for one in series {
            let value: Int
            switch one.value {
            case .counter(let count): value = Int(clamping: count)
            case .gauge(let amount): value = Int(amount)
            default: continue
            }
            if value != 0 { values[one.labelValues.dropFirst(2).first ?? ""] = value }
        }
        return values
    }
}

/// Hands a shard to the registry.
private struct SharedShard: @unchecked Sendable {
    // Safety: a test reads it when nothing else goes on.
    let shard: MetricsShard
}

/// A batch as clients write them.
func batch(
    _ values: [String?], codec: CompressionCodec = .none, producer: Int64 = -1, isTransactional: Bool = false,
    isControl: Bool = false
) throws -> ByteBuffer {
    var header = RecordBatchHeader()
    header.attributes.isTransactional = isTransactional
    header.attributes.isControl = isControl
    header.producerID = producer
    header.producerEpoch = producer < 0 ? -1 : 3
    header.baseSequence = producer < 0 ? -1 : 40
    var builder = RecordBatchBuilder(header: header, codec: codec)
    for (index, value) in values.enumerated() {
        try builder.append(
            key: ByteBuffer(string: "k\(index)"), value: value.map { ByteBuffer(string: $0) },
            headers: [RecordHeader("trace", "x"), RecordHeader("none", nil)], timestamp: 1_000 + Int64(index))
    }
    return try builder.finish(with: CompressionContexts())
}

/// A Produce of batches by partition.
func produce(
    _ batches: [Int32: ByteBuffer], to topic: String = "orders", id: KafkaUUID = .zero, acks: Int16 = -1
) -> ProduceRequest {
    with(ProduceRequest()) {
        $0.acks = acks
        $0.timeoutMs = 1_000
        $0.topicData = [
            with(ProduceRequest.TopicProduceData()) {
                $0.name = id == .zero ? topic : ""
                $0.topicID = id
                $0.partitionData = batches.sorted { $0.key < $1.key }.map { index, records in
                    with(ProduceRequest.PartitionProduceData()) {
                        $0.index = index
                        $0.records = records
                    }
                }
            }
        ]
    }
}

/// The records of a batch, as text.
func records(_ bytes: ByteBuffer) throws -> [String] {
    var batches = RecordBatches(bytes)
    let batch = try #require(try batches.next())
    let contents = try batch.open(with: CompressionContexts(), limits: DecompressionLimits())
    var found: [String] = []
    var cursor = contents.records
    while let record = try cursor.next() {
        let key = contents.key(of: record).map { String(buffer: $0) } ?? "-"
        let value = contents.value(of: record).map { String(buffer: $0) } ?? "-"
        found.append("\(key)=\(value)@\(record.timestamp)+\(record.headerCount)")
    }
    return found
}

import FilterAPI
import KafkaMessages
import KafkaRecords
import KafkaWire
import Logging
import NIOCore
import Schemas
import Settings
import SluiceConfiguration
import Telemetry
import Testing

@testable import ProxyRuntime
@testable import SchemaValidationFilter

/// Settings read from YAML.
func read(_ yaml: String) throws -> SettingsResult<SchemaValidationConfiguration> {
    let document = YAMLDocument(yaml, file: "c.yaml", environment: .process)
    let root = try #require(document.root)
    return SettingType<SchemaValidationConfiguration>.structure { SchemaValidationConfiguration.read(&$0) }
        .decode(root, issues: document.issues)
}

/// Settings from YAML without a fault.
func configuration(_ yaml: String) throws -> SchemaValidationConfiguration {
    let result = try read(yaml)
    #expect(result.issues == [])
    return try #require(result.value)
}

/// The time of the tests: milliseconds since 1970.
let now: Int64 = 1_700_000_000_000

/// One client behind a schema validation, and the broker.
final class Validated {
    let connections: Connections
    let filter: SchemaValidationFilter
    let metrics: MetricsRegistry
    private var nextID: Int32 = 1

    init(
        _ yaml: String, isDryRun: Bool = false, when: WhenCondition? = nil, others: [FilterChain.Entry] = [],
        limits: LimitsConfiguration = LimitsConfiguration(), transport: (any RegistryTransport)? = nil
    ) throws {
        let cluster = ClusterState(
            name: "main", bootstrapServers: [("broker.example", 9092)], connectTimeout: .seconds(5),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        metrics = MetricsRegistry()
        let context = FilterContext(
            name: "contracts", listener: "apps", metrics: metrics,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, isDryRun: isDryRun, when: when,
            cluster: cluster)
        filter = try SchemaValidationFilter(
            try configuration(yaml), context: context, transport: transport.map { transport in { _ in transport } },
            clock: { now })
        var settings = Connections.Settings()
        settings.limits = limits
        connections = try Connections(
            [
                FilterChain.Entry(
                    name: "contracts", type: "schema_validation", filter: filter, isDryRun: isDryRun, when: when)
            ] + others, settings: settings)
    }

    /// The client sends a request.
    func send(_ message: any RequestMessage, version: Int16) throws {
        try connections.clientSends(message, version: version, id: nextID)
        nextID += 1
    }

    /// The one Produce request that the broker got.
    func got() throws -> (frame: ByteBuffer, body: ProduceRequest) {
        let frames = try connections.brokerGot()
        #expect(frames.count == 1)
        let frame = try #require(frames.first)
        return (frame, try #require(try KafkaFrame.decodeRequest(frame).body as? ProduceRequest))
    }

    /// The one answer that the client got.
    func answer(version: Int16) throws -> ProduceResponse {
        let frames = try connections.clientGot()
        #expect(frames.count == 1)
        let frame = try #require(frames.first)
        let body = try KafkaFrame.decodeResponse(frame, apiKey: .produce, apiVersion: version).body
        return try #require(body as? ProduceResponse)
    }

    /// What becomes of records of the topic `t`: nothing if they pass, else the answer's words.
    func rejection(_ records: [TestRecord]) throws -> String? {
        try rejection(batch: try batch(records))
    }

    /// What becomes of the bytes of a partition of the topic `t`: nothing if they pass, else the answer's words.
    func rejection(batch: ByteBuffer?) throws -> String? {
        try send(produce([("t", 0, batch)]), version: 9)
        let frames = try connections.brokerGot()
        guard frames.isEmpty else {
            let body = try #require(try KafkaFrame.decodeRequest(frames[0]).body as? ProduceRequest)
            #expect(body.topicData.first?.partitionData.first?.records == batch)
            try connections.brokerAnswers(frames[0], ProduceResponse())
            _ = try connections.clientGot()
            return nil
        }
        let answer = try answer(version: 9)
        let partition = try #require(answer.responses.first?.partitionResponses.first)
        #expect(partition.errorCode == .invalidRecord)
        return partition.errorMessage
    }

    /// The value of a counter with these labels behind the listener's and the filter's.
    func count(_ name: String, _ labels: String...) -> UInt64 {
        let family =
            name == "records"
            ? ValidationFamilies(metrics).records : ValidationFamilies(metrics).rejections
        return connections.downstream.context.metrics.counter(family, ["apps", "contracts"] + labels).value
    }

    /// Names of topics that are known by their IDs.
    func learn(_ names: String...) {
        connections.cluster.learn(topics: names.enumerated().map { SeenTopic(name: $1, id: id($0 + 1)) })
    }
}

/// The ID of a topic by its number.
func id(_ number: Int) -> KafkaUUID { KafkaUUID(high: 0, low: UInt64(number)) }

/// A record of a test.
struct TestRecord {
    var key: ByteBuffer?
    var value: ByteBuffer?
    var headers: [RecordHeader] = []
    var timestamp = now

    init(_ value: String?, key: String? = "k", headers: KeyValuePairs<String, String?> = [:], timestamp: Int64 = now) {
        self.key = key.map { ByteBuffer(string: $0) }
        self.value = value.map { ByteBuffer(string: $0) }
        self.headers = headers.map {
            RecordHeader(key: ByteBuffer(string: $0), value: $1.map { ByteBuffer(string: $0) })
        }
        self.timestamp = timestamp
    }

    init(bytes: [UInt8]) {
        value = ByteBuffer(bytes: bytes)
    }
}

/// A batch.
func batch(
    _ records: [TestRecord], codec: CompressionCodec = .none, _ change: (inout RecordBatchHeader) -> Void = { _ in }
) throws -> ByteBuffer {
    var header = RecordBatchHeader()
    change(&header)
    var builder = RecordBatchBuilder(header: header, codec: codec)
    for record in records {
        try builder.append(
            key: record.key, value: record.value, headers: record.headers, timestamp: record.timestamp)
    }
    return try builder.finish(with: CompressionContexts())
}

/// A Produce request of partitions with their records.
func produce(
    _ partitions: [(topic: String, index: Int32, records: ByteBuffer?)], acks: Int16 = -1,
    transactionalID: String? = nil
) -> ProduceRequest {
    var request = ProduceRequest()
    request.acks = acks
    request.timeoutMs = 1000
    request.transactionalID = transactionalID
    for (topic, index, records) in partitions {
        if request.topicData.last?.name != topic {
            var data = ProduceRequest.TopicProduceData()
            data.name = topic
            request.topicData.append(data)
        }
        var partition = ProduceRequest.PartitionProduceData()
        partition.index = index
        partition.records = records
        request.topicData[request.topicData.count - 1].partitionData.append(partition)
    }
    return request
}

/// An answer to partitions that were written.
func written(_ partitions: [(topic: String, index: Int32)]) -> ProduceResponse {
    var response = ProduceResponse()
    for (topic, index) in partitions {
        if response.responses.last?.name != topic {
            var data = ProduceResponse.TopicProduceResponse()
            data.name = topic
            response.responses.append(data)
        }
        var partition = ProduceResponse.PartitionProduceResponse()
        partition.index = index
        partition.baseOffset = 42
        response.responses[response.responses.count - 1].partitionResponses.append(partition)
    }
    return response
}

extension ProduceResponse {
    /// Each partition as `topic/index error`.
    var lines: [String] {
        responses.flatMap { topic in
            topic.partitionResponses.map { "\(topic.name)/\($0.index) \($0.errorCode)" }
        }
    }
}

import KafkaMessages
import KafkaWire
import NIOCore

/// The messages that the codec is measured with.
enum SampleMessages {
    /// One topic, one partition, 150 bytes of records.
    static var produceRequest: ProduceRequest {
        var partition = ProduceRequest.PartitionProduceData()
        partition.index = 3
        partition.records = ByteBuffer(repeating: 7, count: 150)
        var topic = ProduceRequest.TopicProduceData()
        topic.name = "orders"
        topic.partitionData = [partition]
        var request = ProduceRequest()
        request.acks = -1
        request.timeoutMs = 30_000
        request.topicData = [topic]
        return request
    }

    /// Three brokers, 1,000 topics of 6 partitions: 288 KB.
    static var metadataResponse: MetadataResponse {
        var response = MetadataResponse()
        response.clusterID = "MkU3OEVBNTcwNTJENDM2Qk"
        response.brokers = (Int32(0)..<3).map { id in
            var broker = MetadataResponse.MetadataResponseBroker()
            broker.nodeID = id
            broker.host = "broker-\(id).example.com"
            broker.port = 9092
            return broker
        }
        response.topics = (0..<1_000).map { number in
            var topic = MetadataResponse.MetadataResponseTopic()
            topic.name = "topic-\(number)"
            topic.topicID = KafkaUUID(high: 1, low: UInt64(number))
            topic.partitions = (Int32(0)..<6).map { index in
                var partition = MetadataResponse.MetadataResponsePartition()
                partition.partitionIndex = index
                partition.leaderID = index % 3
                partition.replicaNodes = [0, 1, 2]
                partition.isrNodes = [0, 1, 2]
                return partition
            }
            return topic
        }
        return response
    }

    /// A message's bytes at a version.
    static func encoded(_ message: some KafkaMessage, version: Int16) throws -> ByteBuffer {
        var writer = WireWriter()
        try message.encode(into: &writer, version: version)
        return writer.finish()
    }
}

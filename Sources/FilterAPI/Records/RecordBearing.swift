import KafkaMessages
import KafkaWire
import NIOCore

/// A message that holds record batches of partitions.
protocol RecordBearing: KafkaMessage {
    /// The record fields, in the order of the message; those that are null or empty are left out.
    var recordFields: [RecordField] { get }

    /// Puts other batches into a record field.
    mutating func setRecords(_ records: ByteBuffer, at place: RecordField.Place)
}

/// Where a message holds the batches of one partition.
struct RecordField {
    /// Its topic and its partition, by their places in the message.
    struct Place: Equatable {
        var topic: Int
        var partition: Int
    }

    let place: Place
    let topic: TopicReference
    let partition: Int32
    let bytes: ByteBuffer

    init?(_ topic: Int, _ partition: Int, _ reference: TopicReference, _ index: Int32, _ bytes: ByteBuffer?) {
        guard let bytes, bytes.readableBytes > 0 else { return nil }
        place = Place(topic: topic, partition: partition)
        self.topic = reference
        self.partition = index
        self.bytes = bytes
    }
}

extension ProduceRequest: RecordBearing {
    var recordFields: [RecordField] {
        topicData.enumerated().flatMap { place, topic in
            let reference = TopicReference(topic.name, topic.topicID)
            return topic.partitionData.enumerated().compactMap {
                RecordField(place, $0, reference, $1.index, $1.records)
            }
        }
    }

    mutating func setRecords(_ records: ByteBuffer, at place: RecordField.Place) {
        topicData[place.topic].partitionData[place.partition].records = records
    }
}

extension FetchResponse: RecordBearing {
    var recordFields: [RecordField] {
        responses.enumerated().flatMap { place, topic in
            let reference = TopicReference(topic.topic, topic.topicID)
            return topic.partitions.enumerated().compactMap {
                RecordField(place, $0, reference, $1.partitionIndex, $1.records)
            }
        }
    }

    mutating func setRecords(_ records: ByteBuffer, at place: RecordField.Place) {
        responses[place.topic].partitions[place.partition].records = records
    }
}

extension ShareFetchResponse: RecordBearing {
    var recordFields: [RecordField] {
        responses.enumerated().flatMap { place, topic in
            let reference = TopicReference(id: topic.topicID)
            return topic.partitions.enumerated().compactMap {
                RecordField(place, $0, reference, $1.partitionIndex, $1.records)
            }
        }
    }

    mutating func setRecords(_ records: ByteBuffer, at place: RecordField.Place) {
        responses[place.topic].partitions[place.partition].records = records
    }
}

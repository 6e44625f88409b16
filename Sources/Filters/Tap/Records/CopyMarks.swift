import KafkaWire
import NIOCore
import Sinks

/// The headers that say where a copy comes from. What most copies share with the one before is made once.
struct CopyMarks {
    private let listener: ByteBuffer
    private var place: (topic: TappedTopic, partition: Int32, headers: [SinkRecord.Header])?
    private var source: (source: CopySource, headers: [SinkRecord.Header])?

    private static let produce = ByteBuffer(string: "produce")
    private static let fetch = ByteBuffer(string: "fetch")

    init(listener: String) {
        self.listener = ByteBuffer(string: listener)
    }

    /// Puts the headers behind others.
    mutating func add(_ origin: CopyOrigin, to headers: inout [SinkRecord.Header]) {
        if let place, place.topic === origin.topic, place.partition == origin.partition {
            headers += place.headers
        } else {
            let own = [
                SinkRecord.Header(CopyWriter.mark, ByteBuffer(string: origin.topic.name)),
                SinkRecord.Header("sluice.partition", ByteBuffer(string: String(origin.partition))),
            ]
            place = (origin.topic, origin.partition, own)
            headers += own
        }
        if let source, source.source === origin.source {
            headers += source.headers
        } else {
            let own = [
                SinkRecord.Header("sluice.client_id", origin.source.clientID.map { ByteBuffer(string: $0) }),
                SinkRecord.Header("sluice.principal", ByteBuffer(string: origin.source.principal)),
                SinkRecord.Header(
                    "sluice.direction", origin.source.direction == .request ? Self.produce : Self.fetch),
                SinkRecord.Header("sluice.listener", listener),
            ]
            source = (origin.source, own)
            headers += own
        }
    }
}

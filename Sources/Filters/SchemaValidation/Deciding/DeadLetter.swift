import KafkaRecords
import NIOCore
import Sinks

/// A copy of a bad record.
struct DeadLetter: Equatable {
    let key: ByteBuffer?
    let value: ByteBuffer?
    let headers: [RecordHeader]
    let timestamp: Int64
    /// Its place among the records of the partition in the request.
    let index: Int
    let fault: RecordFault

    /// Copies a record.
    init(_ record: borrowing VisitedRecord, index: Int, _ fault: RecordFault) throws(RecordsError) {
        key = record.key
        value = record.value
        headers = try record.headers()
        timestamp = record.timestamp
        self.index = index
        self.fault = fault
    }

    /// The record for the sink, with headers that say where from and why. Those that it had come first; of these none is
    /// called as one of the others, as producers must not speak for Sluice.
    func record(_ origin: [(name: String, value: String)]) -> SinkRecord {
        let own = headers.filter { !$0.name.hasPrefix(Self.prefix) }.map { SinkRecord.Header($0.name, $0.value) }
        let said = [("record", String(index)), ("reason", fault.reason.rawValue), ("message", fault.words)]
        let added = (origin + said).map { SinkRecord.Header(Self.prefix + $0.0, ByteBuffer(string: $0.1)) }
        return SinkRecord(key: key, value: value, headers: own + added, timestamp: timestamp)
    }

    private static let prefix = "sluice."
}

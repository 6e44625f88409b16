import CCrypto
import FilterAPI
import Foundation
import KafkaRecords
import KafkaWire
import NIOCore
import Schemas
import Settings
import Sinks
import Telemetry

/// Where a copied record comes from.
struct CopyOrigin {
    let topic: String
    let partition: Int32
    /// `request`: it was produced, `response`: it was fetched.
    let direction: Direction
    let clientID: String?
    let transactionalID: String?
}

/// A copied record, redacted.
struct CopiedRecord {
    var key: ByteBuffer?
    var value: ByteBuffer?
    var headers: [SinkRecord.Header] = []
    var timestamp: Int64 = -1
    var offset: Int64?
    /// The producer of a transactional batch.
    var producer: (id: Int64, epoch: Int16)?
    /// True if the value was left out since nothing can be hidden in it.
    var isValueDropped = false
}

/// Takes out what is not to leave the process, and offers copies to the sink.
final class CopyWriter {
    private let filter: TapFilter
    private let connection: ConnectionContext
    private let loop: TapLoop
    private let redaction: Redaction

    private let listener: ByteBuffer
    // What mostly is as it was for the copy before.
    private var topic = LatestText<ExactText>()
    private var partition = LatestText<Int32>()
    private var clientID = LatestText<ExactText>()
    private var principal = LatestText<ExactText>()

    /// The header that tells a copy.
    static let mark = "sluice.topic"
    private static let produce = ByteBuffer(string: "produce")
    private static let fetch = ByteBuffer(string: "fetch")

    init(_ filter: TapFilter, _ connection: ConnectionContext, _ loop: TapLoop) {
        self.filter = filter
        self.connection = connection
        self.loop = loop
        redaction = filter.configuration.redaction
        listener = ByteBuffer(string: filter.listener)
    }

    /// Offers a copy.
    ///
    /// - Parameters:
    ///   - copy: the record.
    ///   - origin: where it comes from.
    ///   - offset: of one that was produced; nil if it is not known, or the record knows it.
    func write(_ copy: Copy, from origin: CopyOrigin, offset: Int64?) {
        let copied: CopiedRecord
        do throws(RecordsError) {
            guard let read = try read(copy.contents, origin) else { return loop.counters.drop(.loop) }
            copied = read
        } catch {
            return loop.counters.drop(.unreadable)
        }
        guard filter.copies.take() else { return loop.counters.drop(.maxPerSecond) }
        guard loop.port.isOpen else { return loop.port.skip() }
        var record = redacted(copied)
        if origin.direction == .request { record.offset = offset }
        switch filter.form {
        case .records: _ = loop.port.offer(sinkRecord(record, origin))
        case .documents:
            let document = RecordDocument.document(
                record, origin, connection: connection, filter: filter.name, time: loop.time(),
                hasSchema: filter.configuration.hasConnectSchema)
            _ = loop.port.offer(SinkRecord(value: document))
        }
    }

    /// Reads a record; nil if it is a copy itself.
    private func read(_ contents: BatchContents, _ origin: CopyOrigin) throws(RecordsError) -> CopiedRecord? {
        var cursor = contents.records
        guard let record = try cursor.next() else { throw RecordsError(.truncated) }
        var copied = CopiedRecord()
        copied.key = contents.key(of: record)
        copied.value = contents.value(of: record)
        copied.timestamp = record.timestamp
        copied.offset = record.offset
        if contents.batch.isCurrentFormat, contents.batch.attributes.isTransactional {
            copied.producer = (contents.batch.producerID, contents.batch.producerEpoch)
        }
        var headers = contents.headers(of: record)
        while let header = try headers.next() {
            let name = contents.bytes(header.key).map { String(buffer: $0) } ?? ""
            if name == Self.mark { return nil }
            copied.headers.append(SinkRecord.Header(name, contents.bytes(header.value)))
        }
        return copied
    }

    // MARK: - Redaction

    private func redacted(_ record: CopiedRecord) -> CopiedRecord {
        var record = record
        if !redaction.headers.isEmpty {
            record.headers.removeAll { header in redaction.headers.contains { $0.matches(header.name) } }
        }
        switch redaction.key {
        case nil: break
        case .drop: record.key = nil
        case .hash: record.key = record.key.map { hashed($0) }
        }
        switch redaction.value {
        case .keep: break
        case .drop:
            record.isValueDropped = record.value != nil
            record.value = nil
        case .mask(let mask):
            guard let value = record.value else { break }
            do throws(SchemaViolation) {
                record.value = ByteBuffer(bytes: try mask.masked(value.readableBytesSpan, scratch: loop.scratch))
            } catch {
                record.value = nil
                record.isValueDropped = true
                loop.counters.valuesDropped.increment()
            }
        }
        return record
    }

    private func hashed(_ key: ByteBuffer) -> ByteBuffer {
        var digest = [UInt8](repeating: 0, count: 32)
        let isDone = key.withUnsafeReadableBytes { bytes in
            redaction.secret.withUnsafeBufferPointer { secret in
                sluice_hmac(
                    256, secret.baseAddress, secret.count, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count,
                    &digest)
            }
        }
        // Rather none than the key itself.
        guard isDone == 1 else { return ByteBuffer() }
        let digits = Array("0123456789abcdef".utf8)
        return ByteBuffer(bytes: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    // MARK: - Records for a topic

    private func sinkRecord(_ record: CopiedRecord, _ origin: CopyOrigin) -> SinkRecord {
        var headers = record.headers
        headers.reserveCapacity(headers.count + 12)
        func add(_ name: String, _ value: String) {
            headers.append(SinkRecord.Header(name, ByteBuffer(string: value)))
        }
        headers.append(SinkRecord.Header(Self.mark, topic.buffer(of: ExactText(description: origin.topic))))
        headers.append(SinkRecord.Header("sluice.partition", partition.buffer(of: origin.partition)))
        if let offset = record.offset { add("sluice.offset", String(offset)) }
        headers.append(
            SinkRecord.Header(
                "sluice.client_id", origin.clientID.map { clientID.buffer(of: ExactText(description: $0)) }))
        headers.append(
            SinkRecord.Header("sluice.principal", principal.buffer(of: ExactText(description: connection.principal))))
        headers.append(
            SinkRecord.Header("sluice.direction", origin.direction == .request ? Self.produce : Self.fetch))
        headers.append(SinkRecord.Header("sluice.listener", listener))
        add("sluice.time", loop.time())
        if let producer = record.producer {
            if let transactionalID = origin.transactionalID { add("sluice.transactional_id", transactionalID) }
            add("sluice.producer_id", String(producer.id))
            add("sluice.producer_epoch", String(producer.epoch))
        }
        if record.isValueDropped { add("sluice.redacted", "value") }
        return SinkRecord(
            key: record.key, value: record.value, headers: headers,
            timestamp: record.timestamp >= 0 ? record.timestamp : nil)
    }
}

/// The text of a value, made once for as long as the value stays the same.
private struct LatestText<Value: Equatable & CustomStringConvertible> {
    private var latest: (value: Value, buffer: ByteBuffer)?

    mutating func buffer(of value: Value) -> ByteBuffer {
        if let latest, latest.value == value { return latest.buffer }
        let buffer = ByteBuffer(string: value.description)
        latest = (value, buffer)
        return buffer
    }
}

/// Text whose bytes count: texts that are equal in Unicode's eyes may have others.
private struct ExactText: Equatable, CustomStringConvertible {
    let description: String

    static func == (left: ExactText, right: ExactText) -> Bool {
        left.description.utf8.elementsEqual(right.description.utf8)
    }
}

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

/// A copied record, redacted.
struct CopiedRecord {
    struct Producer: Equatable {
        let id: Int64
        let epoch: Int16
    }

    var key: ByteBuffer?
    var value: ByteBuffer?
    var headers: [SinkRecord.Header] = []
    var timestamp: Int64 = -1
    var offset: Int64?
    /// The producer of a transactional batch.
    var producer: Producer?
    /// True if the value was left out since nothing can be hidden in it.
    var isValueDropped = false
}

/// Takes out what is not to leave the process, and offers copies to the sink.
final class CopyWriter {
    private let filter: TapFilter
    private let loop: TapLoop
    private let redaction: Redaction

    private var documents: RecordDocumentWriter
    private var marks: CopyMarks

    /// The header that tells a copy.
    static let mark = "sluice.topic"

    init(_ filter: TapFilter, _ loop: TapLoop) {
        self.filter = filter
        self.loop = loop
        documents = RecordDocumentWriter(
            listener: filter.listener, filter: filter.name, hasSchema: filter.configuration.hasConnectSchema)
        redaction = filter.configuration.redaction
        marks = CopyMarks(listener: filter.listener)
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
        if origin.source.direction == .request { record.offset = offset }
        switch filter.form {
        case .records: _ = loop.port.offer(sinkRecord(record, origin))
        case .documents:
            let time = loop.time()
            _ = loop.port.offerLine { documents.write(record, origin, time: time, to: &$0) }
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
            copied.producer = CopiedRecord.Producer(
                id: contents.batch.producerID, epoch: contents.batch.producerEpoch)
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
        marks.add(origin, to: &headers)
        func add(_ name: String, _ value: String) {
            headers.append(SinkRecord.Header(name, ByteBuffer(string: value)))
        }
        if let offset = record.offset { add("sluice.offset", String(offset)) }
        add("sluice.time", loop.time())
        if let producer = record.producer {
            if let transactionalID = origin.source.transactionalID { add("sluice.transactional_id", transactionalID) }
            add("sluice.producer_id", String(producer.id))
            add("sluice.producer_epoch", String(producer.epoch))
        }
        if record.isValueDropped { add("sluice.redacted", "value") }
        return SinkRecord(
            key: record.key, value: record.value, headers: headers,
            timestamp: record.timestamp >= 0 ? record.timestamp : nil)
    }
}

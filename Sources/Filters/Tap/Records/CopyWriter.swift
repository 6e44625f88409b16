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
    private let redactsAnything: Bool

    private var documents: RecordDocumentWriter
    private var marks: CopyMarks

    /// The header that tells a copy.
    static let mark: StaticString = "sluice.topic"
    private static let markText = mark.description

    init(_ filter: TapFilter, _ loop: TapLoop) {
        self.filter = filter
        self.loop = loop
        documents = RecordDocumentWriter(
            listener: filter.listener, filter: filter.name, hasSchema: filter.configuration.hasConnectSchema)
        redaction = filter.configuration.redaction
        redactsAnything = redaction.redactsAnything
        marks = CopyMarks(listener: filter.listener)
    }

    /// Offers a copy.
    ///
    /// - Parameters:
    ///   - copy: the record.
    ///   - origin: where it comes from.
    ///   - offset: of one that was produced; nil if it is not known, or the record knows it.
    func write(_ copy: Copy, from origin: CopyOrigin, offset: Int64?) {
        var record = CopiedRecord()
        do throws(RecordsError) {
            guard try read(copy.contents, to: &record) else { return loop.counters.drop(.loop) }
        } catch {
            return loop.counters.drop(.unreadable)
        }
        guard filter.copies.take() else { return loop.counters.drop(.maxPerSecond) }
        guard loop.port.isOpen else { return loop.port.skip() }
        if redactsAnything { redact(&record) }
        guard loop.port.hasRoom(for: (record.key?.readableBytes ?? 0) + (record.value?.readableBytes ?? 0)) else {
            return loop.port.refuse(1)
        }
        if origin.source.direction == .request { record.offset = offset }
        let time = loop.time()
        switch filter.form {
        case .records:
            _ = loop.port.offer(
                SinkRecord(
                    key: record.key, value: record.value,
                    encodedHeaders: marks.headers(of: record, origin, time: time),
                    timestamp: record.timestamp >= 0 ? record.timestamp : nil))
        case .documents:
            _ = loop.port.offerLine { documents.write(record, origin, time: time, to: &$0) }
        }
    }

    /// Reads a record; false if it is a copy itself.
    private func read(_ contents: BatchContents, to copied: inout CopiedRecord) throws(RecordsError) -> Bool {
        var cursor = contents.records
        guard let record = try cursor.next() else { throw RecordsError(.truncated) }
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
            if name == Self.markText { return false }
            copied.headers.append(SinkRecord.Header(name, contents.bytes(header.value)))
        }
        return true
    }

    // MARK: - Redaction

    private func redact(_ record: inout CopiedRecord) {
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
}

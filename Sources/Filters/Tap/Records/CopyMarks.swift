import KafkaWire
import NIOCore
import Sinks

/// Writes the headers of copies as the wire has them within a record: those of the record, and those that say where it comes
/// from. What most copies share with the one before is made once, and all is written into one piece of memory: every copy has
/// them.
struct CopyMarks {
    private let listener: String
    private var places = PlaceBytes()
    private var latest: (source: CopySource, headers: ByteBuffer)?

    /// As much memory is kept, in bytes.
    private static let mostMemory = 16 << 10

    /// How many headers there always are.
    private static let least = 7

    init(listener: String) {
        self.listener = listener
    }

    /// Memory that is used again once nobody has the headers any more.
    private var memory = ByteBuffer()

    /// The headers of a copy, with their count before them.
    mutating func headers(of record: CopiedRecord, _ origin: CopyOrigin, time: String) -> ByteBuffer {
        let place = places.bytes(of: origin) { Self.headers(ofPlace: origin) }
        let source = headers(of: origin.source)
        let transactionalID = record.producer == nil ? nil : origin.source.transactionalID
        var count = record.headers.count + Self.least
        if record.offset != nil { count += 1 }
        if record.producer != nil { count += 2 }
        if transactionalID != nil { count += 1 }
        if record.isValueDropped { count += 1 }
        var bytes = ByteBuffer()
        swap(&bytes, &memory)
        bytes.clear()
        bytes.reserveCapacity(place.readableBytes + source.readableBytes + 128 + record.headers.count * 64)
        bytes.writeVarint(count)
        for header in record.headers {
            bytes.writeVarint(header.name.utf8.count)
            bytes.writeString(header.name)
            bytes.writeVarint(header.value?.readableBytes ?? -1)
            if let value = header.value { bytes.writeImmutableBuffer(value) }
        }
        bytes.writeImmutableBuffer(place)
        bytes.writeImmutableBuffer(source)
        if let offset = record.offset { bytes.writeHeader("sluice.offset", offset) }
        bytes.writeHeader("sluice.time", time)
        if let transactionalID { bytes.writeHeader("sluice.transactional_id", transactionalID) }
        if let producer = record.producer {
            bytes.writeHeader("sluice.producer_id", producer.id)
            bytes.writeHeader("sluice.producer_epoch", Int64(producer.epoch))
        }
        if record.isValueDropped { bytes.writeHeader("sluice.redacted", "value") }
        if bytes.capacity <= Self.mostMemory { memory = bytes }
        return bytes
    }

    private static func headers(ofPlace origin: CopyOrigin) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeHeader(CopyWriter.mark, origin.topic.name)
        bytes.writeHeader("sluice.partition", Int64(origin.partition))
        return bytes
    }

    private mutating func headers(of source: CopySource) -> ByteBuffer {
        if let latest, latest.source === source { return latest.headers }
        var bytes = ByteBuffer()
        bytes.writeHeader("sluice.client_id", source.clientID)
        bytes.writeHeader("sluice.principal", source.principal)
        bytes.writeHeader("sluice.direction", source.direction == .request ? "produce" : "fetch")
        bytes.writeHeader("sluice.listener", listener)
        latest = (source, bytes)
        return bytes
    }
}

extension ByteBuffer {
    /// Writes a header of a record; nil is null.
    fileprivate mutating func writeHeader(_ name: StaticString, _ text: String?) {
        writeVarint(name.utf8CodeUnitCount)
        writeStaticString(name)
        guard let text else { return writeVarint(-1) }
        writeVarint(text.utf8.count)
        writeString(text)
    }

    /// Writes a header of a record whose value is a number.
    fileprivate mutating func writeHeader(_ name: StaticString, _ number: Int64) {
        writeVarint(name.utf8CodeUnitCount)
        writeStaticString(name)
        writeVarint(Self.digits(of: number.magnitude) + (number < 0 ? 1 : 0))
        writeDecimal(number)
    }
}

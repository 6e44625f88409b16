import KafkaMessages
import KafkaWire
import NIOCore

/// Bodies with random values, written by the layouts of the messages. Names and numbers come from small pools, so that
/// the same topic, partition, group or ID appears several times in one message.
struct RandomBody {
    private var state: UInt64
    private var writer = ByteBuffer()

    init(seed: UInt64) {
        state = seed
    }

    /// A random request or response.
    static func message<Message: APIMessage>(
        _ type: Message.Type, version: Int16, seed: UInt64
    ) throws -> Message {
        var random = RandomBody(seed: seed &* 0x9E37_79B9 &+ UInt64(version) &* 31 &+ UInt64(Message.apiKey.rawValue))
        guard let layout = MessageLayout.layout(Message.apiKey, Message.direction) else {
            throw WireError(.unknownAPI, at: 0)
        }
        random.structure(layout.fields, version, isFlexible: version >= layout.firstFlexibleVersion)
        var reader = WireReader(random.writer)
        let message = try Message.decode(from: &reader, version: version)
        guard reader.remaining == 0 else { throw WireError(.truncated, at: 0, actual: reader.remaining) }
        return message
    }

    private mutating func next(_ bound: UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return (value ^ (value >> 31)) % bound
    }

    private mutating func structure(_ fields: [FieldLayout], _ version: Int16, isFlexible: Bool) {
        for field in fields where field.versions.contains(version) {
            if field.taggedVersions?.contains(version) ?? false { continue }
            value(field.type, field, version, isFlexible)
        }
        // No tagged fields: their values are not what is refused.
        if isFlexible { writer.writeInteger(UInt8(0)) }
    }

    private mutating func value(_ type: FieldType, _ field: FieldLayout, _ version: Int16, _ isFlexible: Bool) {
        let isNull = field.nullableVersions?.contains(version) ?? false && next(4) == 0
        switch type {
        case .array(let element):
            let count = Int(next(5))
            length(isNull ? nil : count, isFlexible, short: false)
            guard !isNull else { return }
            for _ in 0..<count { self.element(element, field, version, isFlexible) }
        case .structure:
            if field.nullableVersions?.contains(version) ?? false { writer.writeInteger(Int8(isNull ? -1 : 1)) }
            if !isNull { element(type, field, version, isFlexible) }
        case .string where isNull: length(nil, isFlexible, short: true)
        case .bytes where isNull, .records where isNull: length(nil, isFlexible, short: false)
        default: element(type, field, version, isFlexible)
        }
    }

    private mutating func element(_ type: FieldType, _ field: FieldLayout, _ version: Int16, _ isFlexible: Bool) {
        switch type {
        case .bool: writer.writeInteger(UInt8(next(2)))
        case .int8: writer.writeInteger(Int8(next(4)))
        case .int16, .uint16: writer.writeInteger(Int16(next(4)) - 1)
        case .int32, .uint32: writer.writeInteger(Int32(next(4)) - 1)
        case .int64, .float64: writer.writeInteger(Int64(next(4)) - 1)
        case .uuid:
            writer.writeInteger(UInt64(0))
            writer.writeInteger(next(5))
        case .string:
            let text = ["", "a", "b", "c", "d", "a:AAAAAAAAAAAAAAAAAAAAAQ:1"][Int(next(6))]
            length(text.utf8.count, isFlexible, short: true)
            writer.writeString(text)
        case .bytes, .records:
            let count = Int(next(3))
            length(count, isFlexible, short: false)
            writer.writeRepeatingByte(7, count: count)
        case .structure(let fields): structure(fields, version, isFlexible: isFlexible)
        case .array(let inner): element(inner, field, version, isFlexible)
        }
    }

    /// Lengths and counts here are below 127, so that a compact one is one byte.
    private mutating func length(_ count: Int?, _ isFlexible: Bool, short: Bool) {
        if isFlexible {
            writer.writeInteger(UInt8((count ?? -1) + 1))
        } else if short {
            writer.writeInteger(Int16(count ?? -1))
        } else {
            writer.writeInteger(Int32(count ?? -1))
        }
    }
}

extension KafkaMessage {
    /// Writes the message at a version and reads it again.
    func reread(_ version: Int16) throws -> Self {
        var writer = WireWriter()
        try encode(into: &writer, version: version)
        let bytes = writer.finish()
        var reader = WireReader(bytes)
        let message = try Self.decode(from: &reader, version: version)
        guard reader.remaining == 0 else { throw WireError(.truncated, at: 0, actual: reader.remaining) }
        return message
    }
}

import KafkaMessages
import KafkaWire
import NIOCore

/// A decoded frame as one line of JSON, for people and `jq`.
///
/// Fields have Kafka's names in lower camel case, in the order of the wire, and only those that the version has. Bytes
/// and records are hex; an error code that is not 0 has its name beside it.
struct FrameJSON {
    private var json = JSONText()
    private let version: Int16

    /// The JSON of a frame.
    static func text(_ frame: KafkaFrame) -> String {
        var writer = FrameJSON(version: frame.apiVersion)
        writer.add(frame)
        return writer.json.text
    }

    private init(version: Int16) {
        self.version = version
    }

    private mutating func add(_ frame: KafkaFrame) {
        let direction = type(of: frame.body).direction
        json.open()
        json.add("direction", string: "\(direction)")
        json.add("api_key", number: frame.apiKey.rawValue)
        json.add("api_version", number: frame.apiVersion)
        json.add("api", string: "\(frame.apiKey)")
        switch frame.header {
        case .request(let header):
            json.add("correlation_id", number: header.correlationID)
            if let client = header.clientID { json.add("client_id", string: client) }
            json.addUnknown("header_tagged_fields", header.unknownTaggedFields)
        case .response(let header):
            json.add("correlation_id", number: header.correlationID)
            json.addUnknown("header_tagged_fields", header.unknownTaggedFields)
        }
        json.key("body")
        add(structure: frame.body, MessageLayout.layout(frame.apiKey, direction)?.fields ?? [])
        if frame.trailing.readableBytes > 0 { json.add("trailing", string: frame.trailing.hex) }
        json.close()
    }

    private mutating func add(structure: Any, _ layout: [FieldLayout]) {
        // Properties have the layout's names but for the case of some letters.
        let values = Dictionary(
            Mirror(reflecting: structure).children.compactMap { child in
                child.label.map { ($0.lowercased(), child.value) }
            }, uniquingKeysWith: { first, _ in first })
        json.open()
        for field in layout where field.versions.contains(version) {
            guard let value = values[field.name.lowercased()] else { continue }
            let name = field.name.prefix(1).lowercased() + field.name.dropFirst()
            json.key(name)
            add(value: value, field.type)
            if let code = value as? ErrorCode, code != .none { json.add(name + "Name", string: "\(code)") }
        }
        if let unknown = values["unknowntaggedfields"] as? [UnknownTaggedField] {
            json.addUnknown("unknownTaggedFields", unknown)
        }
        json.close()
    }

    private mutating func add(value: Any, _ type: FieldType) {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional {
            if let child = mirror.children.first {
                add(value: child.value, type)
            } else {
                json.literal("null")
            }
            return
        }
        switch type {
        case .array(let element):
            json.openArray()
            for child in mirror.children { add(value: child.value, element) }
            json.closeArray()
        case .structure(let fields): add(structure: value, fields)
        case .bytes, .records: json.string((value as? ByteBuffer)?.hex ?? "")
        case .string: json.string(value as? String ?? "")
        case .uuid: json.string((value as? KafkaUUID)?.description ?? "")
        case .float64:
            let number = value as? Double ?? 0
            // JSON has no infinities and no NaN.
            if number.isFinite { json.literal("\(number)") } else { json.string("\(number)") }
        case .int16: json.literal("\((value as? ErrorCode)?.rawValue ?? value as? Int16 ?? 0)")
        case .bool, .int8, .uint16, .int32, .uint32, .int64: json.literal("\(value)")
        }
    }
}

extension JSONText {
    /// Writes tagged fields whose tags are unknown, if there are any.
    mutating func addUnknown(_ key: String, _ fields: [UnknownTaggedField]) {
        guard !fields.isEmpty else { return }
        self.key(key)
        openArray()
        for field in fields {
            open()
            add("tag", number: field.tag)
            add("value", string: field.value.hex)
            close()
        }
        closeArray()
    }
}

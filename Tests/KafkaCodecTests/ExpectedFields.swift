import KafkaMessages
import KafkaWire
import NIOCore

/// What a walk over a message has to report, worked out from the typed message by the message's layout.
///
/// The properties of a message stand in the order of its layout.
struct ExpectedFields {
    /// A run of fields; one of a tagged field is missing from the wire where the field has its default.
    struct Group {
        var fields: [FieldTrace.Field] = []
        let isOptional: Bool
    }

    private(set) var groups: [Group] = [Group(isOptional: false)]
    private let version: Int16
    private let flexible: Bool

    init(_ message: any APIMessage, version: Int16) {
        self.version = version
        let type = type(of: message)
        flexible = version >= type.firstFlexibleVersion
        guard let layout = MessageLayout.layout(type.apiKey, type.direction) else { return }
        add(structure: message, layout.fields)
    }

    /// True if what a walk reported is this: all fields of all groups, tagged ones as far as they were written.
    func match(_ fields: [FieldTrace.Field]) -> Bool {
        var left = fields[...]
        for group in groups {
            if left.starts(with: group.fields) {
                left = left.dropFirst(group.fields.count)
            } else if !group.isOptional {
                return false
            }
        }
        return left.isEmpty
    }

    private mutating func add(structure: Any, _ fields: [FieldLayout]) {
        let values = Mirror(reflecting: structure).children.map(\.value)
        let present = zip(fields, values).filter { $0.0.versions.contains(version) }
        for (field, value) in present where !isTagged(field) { add(value, field.type, field) }
        guard flexible else { return }
        for (field, value) in present.filter({ isTagged($0.0) }).sorted(by: { $0.0.tag ?? 0 < $1.0.tag ?? 0 }) {
            groups.append(Group(isOptional: true))
            add(value, field.type, field)
            groups.append(Group(isOptional: false))
        }
    }

    private func isTagged(_ field: FieldLayout) -> Bool {
        field.taggedVersions?.contains(version) ?? false
    }

    private mutating func add(_ value: Any, _ type: FieldType, _ field: FieldLayout) {
        let mirror = Mirror(reflecting: value)
        if mirror.displayStyle == .optional {
            guard let inner = mirror.children.first?.value else { return addNull(type, field) }
            return add(inner, type, field)
        }
        switch type {
        case .structure(let fields): add(structure: value, fields)
        case .array(let element):
            for child in mirror.children { add(child.value, element, field) }
        default:
            guard field.role != .none else { return }
            let bytes = Self.bytes(value)
            if case .records = type, bytes.isEmpty { return }
            groups[groups.count - 1].fields.append(FieldTrace.Field(role: field.role, value: bytes))
        }
    }

    private mutating func addNull(_ type: FieldType, _ field: FieldLayout) {
        switch type {
        case .string, .bytes:
            guard field.role != .none else { return }
            groups[groups.count - 1].fields.append(FieldTrace.Field(role: field.role, value: nil))
        default: break
        }
    }

    private static func bytes(_ value: Any) -> [UInt8] {
        switch value {
        case let text as String: Array(text.utf8)
        case let bytes as ByteBuffer: Array(bytes.readableBytesView)
        case let id as KafkaUUID: bigEndian(id.high) + bigEndian(id.low)
        case let error as ErrorCode: bigEndian(error.rawValue)
        case let flag as Bool: [flag ? 1 : 0]
        case let number as any FixedWidthInteger: bigEndian(number)
        default: Array("\(value)?".utf8)
        }
    }

    private static func bigEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}

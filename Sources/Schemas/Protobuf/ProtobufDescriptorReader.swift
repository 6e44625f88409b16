import SwiftProtobuf

/// Turns descriptors into message types: first all names, then what is said of them.
struct ProtobufDescriptorReader {
    var messages: [String: ProtobufMessage] = [:]
    var enums: [String: ProtobufEnum] = [:]
    private var fields = 0

    /// Takes the names in a file.
    mutating func declare(_ file: Google_Protobuf_FileDescriptorProto) throws(SchemaError) {
        let features = ProtobufFeatures(file: file).merging(file.options.features)
        for type in file.enumType { try declare(type, in: file.package, features) }
        for type in file.messageType { try declare(type, in: file.package, features, depth: 0) }
    }

    /// Takes Google's well-known types that no file has declared.
    mutating func declareWellKnown() {
        for message in WellKnownProtobufTypes.messages where messages[message.name] == nil {
            messages[message.name] = message
        }
        let null = ProtobufEnum(values: [0], isClosed: false)
        if enums[WellKnownProtobufTypes.nullValue] == nil { enums[WellKnownProtobufTypes.nullValue] = null }
    }

    /// Reads the fields of the messages in a file, and its extensions of messages.
    mutating func define(_ file: Google_Protobuf_FileDescriptorProto) throws(SchemaError) {
        let features = ProtobufFeatures(file: file).merging(file.options.features)
        for type in file.messageType { try define(type, in: file.package, features) }
        for field in file.extension { try extend(field, in: file.package, features) }
    }

    private static func join(_ scope: String, _ name: String) -> String { scope.isEmpty ? name : "\(scope).\(name)" }

    private mutating func declare(
        _ type: Google_Protobuf_EnumDescriptorProto, in scope: String, _ features: ProtobufFeatures
    ) throws(SchemaError) {
        let name = Self.join(scope, type.name)
        let isClosed = features.merging(type.options.features).hasClosedEnums
        let values = Set(type.value.map(\.number)).sorted()
        guard enums.updateValue(ProtobufEnum(values: values, isClosed: isClosed), forKey: name) == nil else {
            throw SchemaError("the enum \(name) is declared twice")
        }
    }

    private mutating func declare(
        _ type: Google_Protobuf_DescriptorProto, in scope: String, _ features: ProtobufFeatures, depth: Int
    ) throws(SchemaError) {
        guard depth < ProtobufSchema.Limit.nesting else {
            throw SchemaError("messages are declared more than \(ProtobufSchema.Limit.nesting) levels deep")
        }
        let name = Self.join(scope, type.name)
        guard !type.name.isEmpty, messages[name] == nil else {
            throw SchemaError("the message \(name) is declared twice, or has no name")
        }
        let features = features.merging(type.options.features)
        var message = ProtobufMessage(name: name, fields: [], isMapEntry: type.options.mapEntry)
        message.nested = type.nestedType.map { Self.join(name, $0.name) }
        messages[name] = message
        for type in type.enumType { try declare(type, in: name, features) }
        for type in type.nestedType { try declare(type, in: name, features, depth: depth + 1) }
    }

    private mutating func define(
        _ type: Google_Protobuf_DescriptorProto, in scope: String, _ features: ProtobufFeatures
    ) throws(SchemaError) {
        let name = Self.join(scope, type.name)
        let features = features.merging(type.options.features)
        for descriptor in type.field {
            var features = features
            if descriptor.hasOneofIndex, type.oneofDecl.indices.contains(Int(descriptor.oneofIndex)) {
                features = features.merging(type.oneofDecl[Int(descriptor.oneofIndex)].options.features)
            }
            try add(try field(descriptor, in: name, features), to: name)
        }
        for type in type.nestedType { try define(type, in: name, features) }
        for descriptor in type.extension { try extend(descriptor, in: name, features) }
    }

    private mutating func extend(
        _ descriptor: Google_Protobuf_FieldDescriptorProto, in scope: String, _ features: ProtobufFeatures
    ) throws(SchemaError) {
        // An extension of a message that is not here (of options, mostly) says nothing about messages that are.
        guard let extended = resolve(descriptor.extendee, in: scope, { messages[$0] != nil }) else { return }
        try add(try field(descriptor, in: scope, features), to: extended)
    }

    private mutating func add(_ field: ProtobufField, to name: String) throws(SchemaError) {
        fields += 1
        guard fields <= ProtobufSchema.Limit.fields else { throw SchemaError("there are too many fields") }
        messages[name]?.fields.append(field)
    }

    /// The full name behind a name in a scope: the innermost that exists.
    private func resolve(_ name: String, in scope: String, _ exists: (String) -> Bool) -> String? {
        if name.hasPrefix(".") {
            let full = String(name.dropFirst())
            return exists(full) ? full : nil
        }
        var scope = scope[...]
        while true {
            let candidate = Self.join(String(scope), name)
            if exists(candidate) { return candidate }
            guard !scope.isEmpty else { return nil }
            scope = scope.lastIndex(of: ".").map { scope[..<$0] } ?? ""
        }
    }

    private func field(
        _ descriptor: Google_Protobuf_FieldDescriptorProto, in scope: String, _ features: ProtobufFeatures
    ) throws(SchemaError) -> ProtobufField {
        let place = Self.join(scope, descriptor.name)
        guard (1...536_870_911).contains(descriptor.number) else {
            throw SchemaError("the field \(place) has number \(descriptor.number)")
        }
        let features = features.merging(descriptor.options.features)
        let isRepeated = descriptor.label == .repeated
        let isRequired = !isRepeated && (descriptor.label == .required || features.isRequired)
        var kind = try kind(of: descriptor, in: scope, features, place: place)
        var typeName = ""
        if kind == .message || kind == .group {
            guard let full = resolve(descriptor.typeName, in: scope, { messages[$0] != nil }) else {
                throw SchemaError("the field \(place) has the type \(descriptor.typeName), which is not there")
            }
            typeName = full
            // The entries of maps are never delimited.
            if messages[full]?.isMapEntry == true { kind = .message }
        } else if kind == .enumeration {
            guard let full = resolve(descriptor.typeName, in: scope, { enums[$0] != nil }) else {
                throw SchemaError("the field \(place) has the type \(descriptor.typeName), which is not there")
            }
            typeName = full
        }
        return ProtobufField(
            name: descriptor.name, number: descriptor.number, kind: kind, typeName: typeName, isRepeated: isRepeated,
            isRequired: isRequired)
    }

    private func kind(
        of descriptor: Google_Protobuf_FieldDescriptorProto, in scope: String, _ features: ProtobufFeatures,
        place: String
    ) throws(SchemaError) -> ProtobufField.Kind {
        // A type name may stand without a type: then it says itself what it is.
        if !descriptor.hasType {
            let name = resolve(descriptor.typeName, in: scope) { messages[$0] != nil || enums[$0] != nil }
            guard let name else {
                throw SchemaError("the field \(place) has the type \(descriptor.typeName), which is not there")
            }
            return messages[name] == nil ? .enumeration : features.isDelimited ? .group : .message
        }
        switch descriptor.type {
        case .int32, .int64, .uint32, .uint64, .sint32, .sint64, .bool: return .varint
        case .fixed64, .sfixed64, .double: return .fixed64
        case .fixed32, .sfixed32, .float: return .fixed32
        case .bytes: return .bytes
        case .string: return features.checksUTF8 ? .text : .bytes
        case .enum: return .enumeration
        case .group: return .group
        case .message: return features.isDelimited ? .group : .message
        }
    }
}

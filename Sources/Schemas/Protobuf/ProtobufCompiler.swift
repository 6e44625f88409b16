/// Turns message types into tables, as far as a message can be reached from the one that records hold.
struct ProtobufCompiler {
    /// Field numbers up to here have a place in the table each, whatever the number of fields.
    private static let denseNumbers = 64

    private let schema: ProtobufSchema
    private var program = ProtobufProgram()
    private var messages: [String: Int32] = [:]
    private var enumerations: [String: Int32] = [:]
    private var pending: [String] = []

    /// Compiles a message type.
    ///
    /// - Throws: ``SchemaError`` if there is no such message, or two of its fields have one number.
    static func compile(
        _ schema: ProtobufSchema, message: String, options: ProtobufOptions
    ) throws(SchemaError) -> ProtobufProgram {
        guard schema.hasMessage(message) else { throw SchemaError("there is no message \(message)") }
        var compiler = ProtobufCompiler(schema: schema)
        compiler.program.messages = [.init()]
        compiler.program.maxDepth = options.maxDepth
        compiler.program.allowsUnknownValues = options.unknownEnumValues == .allow
        _ = compiler.place(of: message)
        var next = 0
        while next < compiler.pending.count {
            let name = compiler.pending[next]
            next += 1
            try compiler.compile(name, allowsUnknown: options.unknownFields == .allow)
        }
        return compiler.program
    }

    private init(schema: ProtobufSchema) {
        self.schema = schema
    }

    private mutating func place(of message: String) -> Int32 {
        if let known = messages[message] { return known }
        let place = Int32(program.messages.count)
        program.messages.append(.init())
        messages[message] = place
        pending.append(message)
        return place
    }

    private mutating func compile(_ name: String, allowsUnknown: Bool) throws(SchemaError) {
        guard let place = messages[name], let type = schema.messages[name] else { return }
        var message = ProtobufProgram.Message()
        message.allowsUnknown = allowsUnknown
        var numbers: Set<Int32> = []
        let fields = type.fields.sorted { $0.number < $1.number }
        let required = fields.filter(\.isRequired)
        if required.count > 64 {
            message.hasMoreRequired = true
            program.moreRequired[place] = required.map { UInt32($0.number) }
        }
        let dense = fields.last { Int($0.number) < max(Self.denseNumbers, 4 * fields.count) }
        message.lookup = Int32(program.lookup.count)
        message.lookupCount = dense.map { UInt32($0.number) + 1 } ?? 0
        program.lookup.append(contentsOf: repeatElement(-1, count: Int(message.lookupCount)))
        var bit: UInt64 = 1
        for field in fields {
            guard numbers.insert(field.number).inserted else {
                throw SchemaError("the message \(name) has two fields of the number \(field.number)")
            }
            var requiredBit: UInt64 = 0
            if field.isRequired, !message.hasMoreRequired {
                requiredBit = bit
                message.required |= bit
                bit <<= 1
            }
            if UInt32(field.number) < message.lookupCount {
                program.lookup[Int(message.lookup) + Int(field.number)] = Int32(program.fields.count)
            } else {
                if message.sparseCount == 0 { message.sparse = Int32(program.fields.count) }
                message.sparseCount += 1
            }
            append(field, requiredBit: requiredBit)
        }
        program.messages[Int(place)] = message
    }

    private mutating func append(_ field: ProtobufField, requiredBit: UInt64) {
        var kind = field.kind
        var target: Int32 = -1
        switch field.kind {
        case .message, .group: target = place(of: field.typeName)
        case .enumeration:
            if let known = closedEnumeration(field.typeName) { target = known } else { kind = .varint }
        default: break
        }
        let wireType: UInt8 =
            switch kind {
            case .varint, .enumeration: 0
            case .fixed64: 1
            case .bytes, .text, .message: 2
            case .group: 3
            case .fixed32: 5
            }
        let isPackable = field.isRepeated && (wireType == 0 || wireType == 1 || wireType == 5)
        program.fields.append(
            .init(
                kind: kind, wireType: wireType, isPackable: isPackable, requiredBit: requiredBit,
                number: UInt32(field.number), target: target))
        program.names.append(field.name)
    }

    /// The place of an enum; nil if it takes any value.
    private mutating func closedEnumeration(_ name: String) -> Int32? {
        guard !program.allowsUnknownValues, let type = schema.enums[name], type.isClosed else { return nil }
        if let known = enumerations[name] { return known }
        let place = Int32(program.enumerations.count)
        let start = Int32(program.values.count)
        let first = type.values.first ?? 0
        let last = type.values.last ?? -1
        if Int64(last) - Int64(first) + 1 != Int64(type.values.count) { program.values += type.values }
        program.enumerations.append(
            .init(first: first, last: last, values: start..<Int32(program.values.count)))
        enumerations[name] = place
        return place
    }
}

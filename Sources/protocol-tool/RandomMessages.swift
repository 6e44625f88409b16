/// `random`: messages with random values, one for every API, version and direction, as the lines of JSON that
/// `sluice decode --frames` reads.
///
/// They are written from the definitions alone, by other code than the generated one, so that each checks the other.
struct RandomMessages {
    /// Whether tagged fields are added whose tags nobody knows.
    let unknownTags: Bool
    private var generator: SplitMix64
    private var bytes: [UInt8] = []

    init(seed: UInt64, unknownTags: Bool) {
        self.unknownTags = unknownTags
        generator = SplitMix64(state: seed)
    }

    mutating func lines(_ definitions: [Definition]) throws(ToolError) -> [String] {
        let headers = definitions.flatMap(\.messages).filter { $0.kind == .header }
        var lines: [String] = []
        for definition in definitions.sorted(by: { ($0.apiKey ?? 0) < ($1.apiKey ?? 0) }) {
            guard let key = definition.apiKey else { continue }
            for message in definition.messages {
                for version in message.versions.low...message.versions.high {
                    bytes = []
                    try addHeader(headers, message, key, version)
                    add(structure: message.fields, message, version)
                    let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                    lines.append(
                        "{\"direction\":\"\(message.kind.rawValue)\",\"api_key\":\(key),\"api_version\":\(version),"
                            + "\"frame\":\"\(hex)\"}")
                }
            }
        }
        return lines
    }

    private mutating func addHeader(
        _ headers: [Message], _ message: Message, _ key: Int, _ version: Int
    ) throws(ToolError) {
        let isRequest = message.kind == .request
        guard let header = headers.first(where: { $0.name == (isRequest ? "RequestHeader" : "ResponseHeader") }) else {
            throw ToolError("no header")
        }
        var headerVersion = (message.isFlexible(version) ? 1 : 0) + (isRequest ? 1 : 0)
        if isRequest, key == 7, version == 0 { headerVersion = 0 }
        if !isRequest, key == 18 { headerVersion = 0 }
        add(structure: header.fields, header, headerVersion)
        if isRequest {
            // The header says what follows.
            bytes.replaceSubrange(0..<4, with: [0, UInt8(key), 0, UInt8(version)])
        }
    }

    private mutating func add(structure fields: [Field], _ message: Message, _ version: Int) {
        for field in fields where field.versions.contains(version) {
            if field.tagged?.contains(version) ?? false { continue }
            add(field, message, version, notDefault: false)
        }
        guard message.isFlexible(version) else { return }
        let tagged = fields.filter { field in
            field.versions.contains(version) && field.tagged?.contains(version) ?? false
        }.filter { _ in generator.next(below: 3) > 0 }
        let unknown = unknownTags ? Int(generator.next(below: 3)) : 0
        addVarint(tagged.count + unknown)
        for field in tagged.sorted(by: { ($0.tag ?? 0) < ($1.tag ?? 0) }) {
            let outer = bytes
            bytes = []
            add(field, message, version, notDefault: true)
            let content = bytes
            bytes = outer
            addVarint(field.tag ?? 0)
            addVarint(content.count)
            bytes += content
        }
        for index in 0..<unknown {
            let size = Int(generator.next(below: 300))
            addVarint(100 + index * 1000)
            addVarint(size)
            addRandom(size)
        }
    }

    private mutating func add(_ field: Field, _ message: Message, _ version: Int, notDefault: Bool) {
        let compact = message.isFlexible(version) && !field.neverFlexible
        let isNullable = field.nullable?.contains(version) ?? false
        if isNullable, !notDefault, generator.next(below: 4) == 0 {
            addNull(field, compact)
            return
        }
        if field.isArray {
            let count = Int(generator.next(below: 4)) + (notDefault ? 1 : 0)
            if compact { addVarint(count + 1) } else { addInteger(count, 4) }
            for _ in 0..<count { addElement(field, message, version, compact, notDefault: false) }
        } else {
            if field.isStructure, isNullable { addInteger(1, 1) }
            addElement(field, message, version, compact, notDefault: notDefault)
        }
    }

    private mutating func addNull(_ field: Field, _ compact: Bool) {
        if field.isStructure, !field.isArray {
            addInteger(-1, 1)
        } else if compact {
            addVarint(0)
        } else {
            addInteger(-1, field.type == "string" ? 2 : 4)
        }
    }

    private mutating func addElement(
        _ field: Field, _ message: Message, _ version: Int, _ compact: Bool, notDefault: Bool
    ) {
        switch field.elementType {
        case "bool": addInteger(notDefault ? (field.defaultValue == "true" ? 0 : 1) : Int(generator.next(below: 2)), 1)
        // Never the defaults in use: −1, 0, 1, 3, 16, the highest and the lowest.
        case "int8": addInteger(20 + Int(generator.next(below: 100)), 1)
        case "int16", "uint16": addInteger(200 + Int(generator.next(below: 32_000)), 2)
        case "int32", "uint32": addInteger(100_000 + Int(generator.next(below: 2_000_000_000)), 4)
        case "int64": addInteger(Int(generator.next() >> 2) + 2, 8)
        case "float64": addInteger(Int(bitPattern: UInt((Double(generator.next() >> 20) / 64).bitPattern)), 8)
        case "uuid": addRandom(16)
        case "string":
            let text = randomText(notDefault: notDefault)
            if compact { addVarint(text.count + 1) } else { addInteger(text.count, 2) }
            bytes += text
        case "bytes", "records":
            let count = Int(generator.next(below: 200)) + (notDefault ? 1 : 0)
            if compact { addVarint(count + 1) } else { addInteger(count, 4) }
            addRandom(count)
        default: add(structure: message.children(of: field), message, version)
        }
    }

    private mutating func randomText(notDefault: Bool) -> [UInt8] {
        let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789-._äß€漢😀\"\\\n")
        let count = Int(generator.next(below: 24)) + (notDefault ? 1 : 0)
        return Array(String((0..<count).map { _ in letters[Int(generator.next(below: UInt64(letters.count)))] }).utf8)
    }

    private mutating func addInteger(_ value: Int, _ size: Int) {
        for index in (0..<size).reversed() { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }

    private mutating func addVarint(_ value: Int) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private mutating func addRandom(_ count: Int) {
        for _ in 0..<count { bytes.append(UInt8(truncatingIfNeeded: generator.next())) }
    }
}

/// A small generator that gives the same numbers for the same seed everywhere.
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    mutating func next(below bound: UInt64) -> UInt64 {
        next() % bound
    }
}

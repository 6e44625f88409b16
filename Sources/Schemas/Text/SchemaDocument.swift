package import Settings

/// Reads the JSON (RFC 8259) of schemas and of registries' answers into values: bounded in depth, and strict.
package enum SchemaDocument {
    /// How deep arrays and objects may be nested.
    package static let deepest = 128

    /// Reads a document.
    ///
    /// - Throws: ``SchemaError`` if it is not JSON, is nested too deeply, or has an object with a key twice.
    package static func parse(_ text: some Collection<UInt8>) throws(SchemaError) -> JSONValue {
        let bytes = Array(text)
        var parser = DocumentParser(bytes: bytes)
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.position == bytes.count else { throw parser.invalid }
        return value
    }
}

private struct DocumentParser {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    var invalid: SchemaError { SchemaError("is not valid JSON at byte \(position)") }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    /// Steps over `byte`, and white space before it, if it is next.
    mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        position += 1
        return true
    }

    mutating func value(depth: Int) throws(SchemaError) -> JSONValue {
        guard depth <= SchemaDocument.deepest else {
            throw SchemaError("is nested more than \(SchemaDocument.deepest) levels deep")
        }
        skipSpace()
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(SchemaError) -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw invalid }
        position += word.utf8.count
        return value
    }

    private mutating func object(depth: Int) throws(SchemaError) -> JSONValue {
        position += 1
        var members: [JSONValue.Member] = []
        var keys: Set<[UInt8]> = []
        if take(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw invalid }
            let key = try string()
            guard keys.insert(Array(key.utf8)).inserted else { throw SchemaError("has the key “\(key)” twice") }
            guard take(UInt8(ascii: ":")) else { throw invalid }
            members.append(.init(key, try value(depth: depth + 1)))
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw invalid }
        }
    }

    private mutating func array(depth: Int) throws(SchemaError) -> JSONValue {
        position += 1
        var values: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return .array([]) }
        while true {
            values.append(try value(depth: depth + 1))
            if take(UInt8(ascii: "]")) { return .array(values) }
            guard take(UInt8(ascii: ",")) else { throw invalid }
        }
    }

    private mutating func string() throws(SchemaError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: text, as: UTF8.self) else { throw invalid }
                return text
            case UInt8(ascii: "\\"): text += String(try escape()).utf8
            case 0..<0x20: throw invalid
            default: text.append(byte)
            }
        }
        throw invalid
    }

    private mutating func escape() throws(SchemaError) -> Unicode.Scalar {
        guard let byte = next else { throw invalid }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try unit()
            guard (0xD800...0xDBFF).contains(unit) else {
                guard let scalar = Unicode.Scalar(unit) else { throw invalid }
                return scalar
            }
            guard bytes[position...].starts(with: "\\u".utf8) else { throw invalid }
            position += 2
            let low = try self.unit()
            guard (0xDC00...0xDFFF).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
            else { throw invalid }
            return scalar
        default: throw invalid
        }
    }

    /// The four hexadecimal digits of an escape.
    private mutating func unit() throws(SchemaError) -> UInt32 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
            let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw invalid }
        position += 4
        return unit
    }

    private mutating func number() throws(SchemaError) -> JSONValue {
        let text = bytes[position...].prefix {
            switch $0 {
            case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
                UInt8(ascii: "E"):
                true
            default: false
            }
        }
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        let isLed = digits.count > 1 && digits.first == 0x30 && (0x30...0x39).contains(digits.dropFirst().first ?? 0)
        guard (1...64).contains(text.count), (0x30...0x39).contains(digits.first ?? 0), !isLed else { throw invalid }
        let written = String(decoding: text, as: UTF8.self)
        if let whole = Int(written) {
            position += text.count
            return .integer(whole)
        }
        guard let number = Double(written), number.isFinite else { throw invalid }
        position += text.count
        return .number(number)
    }
}

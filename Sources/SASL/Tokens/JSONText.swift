package import Settings

/// Reads JSON (RFC 8259) that others have written: bounded in size and depth, and without a second meaning.
package enum JSONText {
    /// How deep arrays and objects may be nested.
    package static let deepest = 16

    /// Reads a document.
    ///
    /// - Throws: ``SASLFailure`` if it is not JSON, is nested too deeply, or has a key twice: what one reader takes
    /// from such
    ///   an object another does not.
    package static func parse(_ bytes: some Collection<UInt8>) throws(SASLFailure) -> JSONValue {
        var parser = JSONParser(rest: Array(bytes)[...])
        let value = try parser.value(depth: 0)
        parser.skipSpace()
        guard parser.rest.isEmpty else { throw JSONParser.invalid }
        return value
    }
}

private struct JSONParser {
    var rest: ArraySlice<UInt8>

    static var invalid: SASLFailure { .malformed("it is not valid JSON") }

    mutating func skipSpace() {
        rest = rest.drop { $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }
    }

    mutating func value(depth: Int) throws(SASLFailure) -> JSONValue {
        guard depth <= JSONText.deepest else { throw .malformed("JSON is nested too deeply") }
        skipSpace()
        switch rest.first {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(SASLFailure) -> JSONValue {
        guard rest.starts(with: word.utf8) else { throw Self.invalid }
        rest = rest.dropFirst(word.utf8.count)
        return value
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func object(depth: Int) throws(SASLFailure) -> JSONValue {
        rest.removeFirst()
        var members: [JSONValue.Member] = []
        var keys: Set<[UInt8]> = []
        if take(UInt8(ascii: "}")) { return .object([]) }
        while true {
            skipSpace()
            guard rest.first == UInt8(ascii: "\"") else { throw Self.invalid }
            let key = try string()
            guard keys.insert(Array(key.utf8)).inserted else { throw .malformed("JSON has a key twice") }
            guard take(UInt8(ascii: ":")) else { throw Self.invalid }
            members.append(.init(key, try value(depth: depth + 1)))
            if take(UInt8(ascii: "}")) { return .object(members) }
            guard take(UInt8(ascii: ",")) else { throw Self.invalid }
        }
    }

    private mutating func array(depth: Int) throws(SASLFailure) -> JSONValue {
        rest.removeFirst()
        var values: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return .array([]) }
        while true {
            values.append(try value(depth: depth + 1))
            if take(UInt8(ascii: "]")) { return .array(values) }
            guard take(UInt8(ascii: ",")) else { throw Self.invalid }
        }
    }

    private mutating func string() throws(SASLFailure) -> String {
        rest.removeFirst()
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: bytes, as: UTF8.self) else { throw Self.invalid }
                return text
            case UInt8(ascii: "\\"): bytes += try escape()
            case 0..<0x20: throw Self.invalid
            default: bytes.append(byte)
            }
        }
        throw Self.invalid
    }

    private mutating func escape() throws(SASLFailure) -> [UInt8] {
        switch rest.popFirst() {
        case UInt8(ascii: "\""): return [UInt8(ascii: "\"")]
        case UInt8(ascii: "\\"): return [UInt8(ascii: "\\")]
        case UInt8(ascii: "/"): return [UInt8(ascii: "/")]
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"):
            var code = UInt32(try unit())
            if (0xD800...0xDBFF).contains(code) {
                guard rest.popFirst() == UInt8(ascii: "\\"), rest.popFirst() == UInt8(ascii: "u") else {
                    throw Self.invalid
                }
                let low = UInt32(try unit())
                guard (0xDC00...0xDFFF).contains(low) else { throw Self.invalid }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw Self.invalid }
            return Array(String(scalar).utf8)
        default: throw Self.invalid
        }
    }

    private mutating func unit() throws(SASLFailure) -> UInt16 {
        let digits = rest.prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
            let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw Self.invalid }
        rest = rest.dropFirst(4)
        return unit
    }

    private mutating func number() throws(SASLFailure) -> JSONValue {
        let text = rest.prefix {
            switch $0 {
            case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "e"),
                UInt8(ascii: "E"):
                true
            default: false
            }
        }
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        let isLed = digits.count > 1 && digits.first == 0x30 && (0x30...0x39).contains(digits.dropFirst().first ?? 0)
        guard (1...64).contains(text.count), (0x30...0x39).contains(digits.first ?? 0), !isLed else {
            throw Self.invalid
        }
        rest = rest.dropFirst(text.count)
        let written = String(decoding: text, as: UTF8.self)
        if let whole = Int(written) { return .integer(whole) }
        guard let number = Double(written), number.isFinite else { throw Self.invalid }
        return .number(number)
    }
}

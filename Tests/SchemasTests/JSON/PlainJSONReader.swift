/// A second reader of JSON, one character after the other as RFC 8259 has it, to compare with.
struct PlainJSONReader {
    private let bytes: [UInt8]
    private var at = 0
    private let maxDepth: Int

    /// Whether the bytes are one document.
    static func isDocument(_ bytes: [UInt8], maxDepth: Int) -> Bool {
        guard String(validating: bytes, as: UTF8.self) != nil else { return false }
        var reader = PlainJSONReader(bytes: bytes, maxDepth: maxDepth)
        reader.skipSpace()
        guard reader.value(1) else { return false }
        reader.skipSpace()
        return reader.at == bytes.count
    }

    private init(bytes: [UInt8], maxDepth: Int) {
        self.bytes = bytes
        self.maxDepth = maxDepth
    }

    private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func take(_ wanted: String) -> Bool {
        guard bytes[at...].starts(with: wanted.utf8) else { return false }
        at += wanted.utf8.count
        return true
    }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { at += 1 }
    }

    private mutating func value(_ depth: Int) -> Bool {
        switch current {
        case UInt8(ascii: "{"): list(depth, end: "}", isObject: true)
        case UInt8(ascii: "["): list(depth, end: "]", isObject: false)
        case UInt8(ascii: "\""): string()
        case UInt8(ascii: "t"): take("true")
        case UInt8(ascii: "f"): take("false")
        case UInt8(ascii: "n"): take("null")
        default: number()
        }
    }

    private mutating func list(_ depth: Int, end: String, isObject: Bool) -> Bool {
        guard depth <= maxDepth else { return false }
        at += 1
        skipSpace()
        if take(end) { return true }
        repeat {
            skipSpace()
            if isObject {
                guard string() else { return false }
                skipSpace()
                guard take(":") else { return false }
                skipSpace()
            }
            guard value(depth + 1) else { return false }
            skipSpace()
        } while take(",")
        return take(end)
    }

    private mutating func string() -> Bool {
        guard take("\"") else { return false }
        while let byte = current, byte >= 0x20 {
            at += 1
            if byte == UInt8(ascii: "\"") { return true }
            guard byte == UInt8(ascii: "\\") else { continue }
            if take("u") {
                for _ in 0..<4 {
                    guard let digit = current, Character(Unicode.Scalar(digit)).hexDigitValue != nil else {
                        return false
                    }
                    at += 1
                }
            } else {
                guard let escape = current, "\"\\/bfnrt".utf8.contains(escape) else { return false }
                at += 1
            }
        }
        return false
    }

    private mutating func digits() -> Bool {
        let start = at
        while let byte = current, (0x30...0x39).contains(byte) { at += 1 }
        return at > start
    }

    private mutating func number() -> Bool {
        _ = take("-")
        guard take("0") || digits() else { return false }
        if take("."), !digits() { return false }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            return digits()
        }
        return true
    }
}

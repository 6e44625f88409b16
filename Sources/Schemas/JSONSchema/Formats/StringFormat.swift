/// The formats of strings that are checked if that is asked for. All others say only what is meant.
enum StringFormat: UInt8, Sendable, CaseIterable {
    case dateTime = 1
    case date, time, duration, email, idnEmail, hostname, ipv4, ipv6, uri, uriReference, iri, iriReference, uuid
    case jsonPointer, relativeJSONPointer, regex

    /// The format of a name in JSON Schema.
    init?(name: String) {
        guard let format = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = format
    }

    /// The name in JSON Schema.
    var name: String {
        switch self {
        case .dateTime: "date-time"
        case .date: "date"
        case .time: "time"
        case .duration: "duration"
        case .email: "email"
        case .idnEmail: "idn-email"
        case .hostname: "hostname"
        case .ipv4: "ipv4"
        case .ipv6: "ipv6"
        case .uri: "uri"
        case .uriReference: "uri-reference"
        case .iri: "iri"
        case .iriReference: "iri-reference"
        case .uuid: "uuid"
        case .jsonPointer: "json-pointer"
        case .relativeJSONPointer: "relative-json-pointer"
        case .regex: "regex"
        }
    }

    /// Whether a text in UTF-8 has the format. Takes a time that grows with its length.
    func describes(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var scanner = FormatScanner(text)
        switch self {
        case .dateTime: return scanner.date() && (scanner.take("T") || scanner.take("t")) && scanner.time()
        case .date: return scanner.date() && scanner.isAtEnd
        case .time: return scanner.time()
        case .duration: return scanner.duration()
        case .email: return Self.isEmail(text, isInternational: false)
        case .idnEmail: return Self.isEmail(text, isInternational: true)
        case .hostname: return Self.isHostname(text)
        case .ipv4: return scanner.ipv4() && scanner.isAtEnd
        case .ipv6: return Self.isIPv6(text)
        case .uri: return URISyntax(isInternational: false).isURI(text, isReference: false)
        case .uriReference: return URISyntax(isInternational: false).isURI(text, isReference: true)
        case .iri: return URISyntax(isInternational: true).isURI(text, isReference: false)
        case .iriReference: return URISyntax(isInternational: true).isURI(text, isReference: true)
        case .uuid: return scanner.uuid()
        case .jsonPointer: return text.isEmpty || scanner.jsonPointer()
        case .relativeJSONPointer: return scanner.relativeJSONPointer()
        case .regex:
            // Patterns that are longer than any that people write are not taken apart.
            guard text.count <= Self.maxPatternBytes, let pattern = String(validating: text, as: UTF8.self) else {
                return false
            }
            return SchemaPattern.isPattern(pattern)
        }
    }

    private static let maxPatternBytes = 10_000

    /// A mailbox of RFC 5321, section 4.1.2; or of RFC 6531, if that is wanted.
    private static func isEmail(_ text: UnsafeBufferPointer<UInt8>, isInternational: Bool) -> Bool {
        guard let at = text.lastIndex(of: UInt8(ascii: "@")), at > 0, at <= 64, at + 1 < text.count else {
            return false
        }
        let local = text[..<at]
        let domain = UnsafeBufferPointer(rebasing: text[(at + 1)...])
        if local.first == UInt8(ascii: "\"") {
            guard local.count > 2, local.last == UInt8(ascii: "\"") else { return false }
            var isEscaped = false
            for byte in local.dropFirst().dropLast() {
                guard byte >= 0x20, byte != 0x7F, isInternational || byte < 0x80 else { return false }
                if !isEscaped, byte == UInt8(ascii: "\"") { return false }
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            }
            if isEscaped { return false }
        } else {
            var previous = UInt8(ascii: ".")
            for byte in local {
                if byte == UInt8(ascii: "."), previous == byte { return false }
                guard byte == UInt8(ascii: ".") || isAtomText(byte) || isInternational && byte >= 0x80 else {
                    return false
                }
                previous = byte
            }
            if previous == UInt8(ascii: ".") { return false }
        }
        if domain.first == UInt8(ascii: "["), domain.last == UInt8(ascii: "]"), domain.count > 2 {
            let literal = UnsafeBufferPointer(rebasing: domain[1..<domain.count - 1])
            if literal.starts(with: "IPv6:".utf8) { return isIPv6(UnsafeBufferPointer(rebasing: literal[5...])) }
            var scanner = FormatScanner(literal)
            return scanner.ipv4() && scanner.isAtEnd
        }
        return isInternational ? domain.allSatisfy { $0 > 0x20 && $0 != 0x7F } : isHostname(domain)
    }

    /// `atext` of RFC 5322.
    private static func isAtomText(_ byte: UInt8) -> Bool {
        FormatScanner.isLetter(byte) || FormatScanner.isDigit(byte) || "!#$%&'*+-/=?^_`{|}~".utf8.contains(byte)
    }

    /// A host's name (RFC 1123, section 2.1). Labels that are A-labels (`xn--`) are not decoded.
    private static func isHostname(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !text.isEmpty, text.count <= 253 else { return false }
        var length = 0
        var previous: UInt8 = 0
        var start = 0
        for (at, byte) in text.enumerated() {
            if byte == UInt8(ascii: ".") {
                guard length > 0, previous != UInt8(ascii: "-") else { return false }
                length = 0
                start = at + 1
            } else {
                guard FormatScanner.isLetter(byte) || FormatScanner.isDigit(byte) || byte == UInt8(ascii: "-"),
                    length > 0 || byte != UInt8(ascii: "-")
                else { return false }
                length += 1
                guard length <= 63 else { return false }
                // "--" in the third and fourth place is kept for encodings, of which xn is the only one.
                if length == 4, byte == UInt8(ascii: "-"), previous == byte {
                    guard text[start] | 0x20 == UInt8(ascii: "x"), text[start + 1] | 0x20 == UInt8(ascii: "n") else {
                        return false
                    }
                }
            }
            previous = byte
        }
        return length > 0 && previous != UInt8(ascii: "-")
    }

    /// An IPv6 address (RFC 4291, section 2.2).
    static func isIPv6(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var scanner = FormatScanner(text)
        var groups = 0
        var isCut = false
        if scanner.take("::") {
            isCut = true
            if scanner.isAtEnd { return true }
        }
        while true {
            var attempt = scanner
            if attempt.ipv4() {
                guard attempt.isAtEnd else { return false }
                groups += 2
                break
            }
            guard scanner.hexadecimal(1...4) else { return false }
            groups += 1
            if scanner.isAtEnd { break }
            if scanner.take("::") {
                guard !isCut else { return false }
                isCut = true
                if scanner.isAtEnd { break }
            } else if !scanner.take(":") {
                return false
            }
        }
        return isCut ? groups <= 7 : groups == 8
    }
}

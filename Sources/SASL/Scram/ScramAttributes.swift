/// The texts of SCRAM messages: attributes with commas between them (RFC 5802 §5).
enum ScramAttributes {
    /// Splits a message into attributes, each a name, `=` and a value. The RFC's names have one letter; those of
    /// Kafka's extensions have more.
    ///
    /// - Throws: ``SASLFailure`` if it is too long, is not UTF-8, has a NUL in it, or anything but attributes.
    static func read(_ message: ArraySlice<UInt8>) throws(SASLFailure) -> [(name: String, value: ArraySlice<UInt8>)] {
        guard message.count <= longestMessage else { throw .malformed("a SCRAM message is too long") }
        guard !message.contains(0), String(validating: message, as: UTF8.self) != nil else {
            throw .malformed("a SCRAM message is not text")
        }
        var attributes: [(name: String, value: ArraySlice<UInt8>)] = []
        for part in message.split(separator: comma, omittingEmptySubsequences: false) {
            let name = part.prefix { isLetter($0) }
            guard !name.isEmpty, part.dropFirst(name.count).first == equals else {
                throw .malformed("a SCRAM message has something in it that is no attribute")
            }
            attributes.append((String(decoding: name, as: UTF8.self), part.dropFirst(name.count + 1)))
        }
        return attributes
    }

    /// The largest message, in bytes: names of 1,020, a nonce and a few extensions.
    static let longestMessage = 8192
    /// The longest nonce of the other side, in bytes.
    static let longestNonce = 1024

    static let comma = UInt8(ascii: ",")
    static let equals = UInt8(ascii: "=")

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        default: false
        }
    }

    /// True if the bytes can be a nonce: printable, without a comma, not empty.
    static func isNonce(_ bytes: ArraySlice<UInt8>) -> Bool {
        (1...longestNonce).contains(bytes.count) && bytes.allSatisfy { (0x21...0x7E).contains($0) && $0 != comma }
    }

    /// A name with `,` and `=` written as `=2C` and `=3D`.
    static func escaped(_ name: String) -> [UInt8] {
        name.utf8.flatMap { byte -> [UInt8] in
            switch byte {
            case comma: Array("=2C".utf8)
            case equals: Array("=3D".utf8)
            default: [byte]
            }
        }
    }

    /// Reads a name; nil if it is empty, too long, or has an `=` in it that begins neither `=2C` nor `=3D`.
    static func name(_ value: ArraySlice<UInt8>) -> String? {
        guard !value.isEmpty, value.count <= PlainMessage.longestName * 3 else { return nil }
        var bytes: [UInt8] = []
        var rest = value
        while let byte = rest.popFirst() {
            guard byte == equals else {
                bytes.append(byte)
                continue
            }
            if rest.starts(with: "2C".utf8) {
                bytes.append(comma)
            } else if rest.starts(with: "3D".utf8) {
                bytes.append(equals)
            } else {
                return nil
            }
            rest = rest.dropFirst(2)
        }
        guard bytes.count <= PlainMessage.longestName else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}

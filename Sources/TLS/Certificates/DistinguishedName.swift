import COpenSSL

/// The name of a subject or an issuer, in the form of RFC 2253 as Java's `X500Principal.getName()` writes it.
struct DistinguishedName {
    /// One attribute, such as `CN=app`.
    struct Attribute {
        /// The object identifier, in digits with dots.
        var identifier: String
        /// The tag of the value's type in ASN.1.
        var tag: Int
        /// The value, without tag and length.
        var value: [UInt8]
        /// The value with both; only read when it is written so.
        var encoded: [UInt8]
        /// The number of the relative name it belongs to.
        var set: Int
    }

    /// The attributes, as they are in the certificate: the most general first.
    private(set) var attributes: [Attribute]

    init(_ attributes: [Attribute]) {
        self.attributes = attributes
    }

    init(reading certificate: OpaquePointer, isIssuer: Bool) {
        attributes = []
        let issuer: Int32 = isIssuer ? 1 : 0
        var attribute = sluice_name_attribute()
        var index: Int32 = 0
        while sluice_certificate_name(certificate, issuer, index, 0, &attribute) == 1 {
            let identifier = withUnsafeBytes(of: &attribute.identifier) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            var read = Attribute(
                identifier: identifier, tag: Int(attribute.tag),
                value: Array(UnsafeBufferPointer(start: attribute.value, count: attribute.value_count)),
                encoded: [], set: Int(attribute.set))
            if !read.hasText, sluice_certificate_name(certificate, issuer, index, 1, &attribute) == 1 {
                read.encoded = Array(UnsafeBufferPointer(start: attribute.der, count: attribute.der_count))
                sluice_tls_free(attribute.der)
            }
            attributes.append(read)
            index += 1
        }
    }

    /// The last common name.
    var commonName: String? {
        attributes.last { $0.identifier == "2.5.4.3" }.flatMap { String(validating: $0.value, as: UTF8.self) }
    }

    /// The name: relative names from the last to the first with `,` between them, attributes of one with `+`.
    var text: String {
        var names: [String] = []
        var set: Int?
        for attribute in attributes {
            if attribute.set == set, !names.isEmpty {
                names[names.count - 1] += "+\(attribute.text)"
            } else {
                names.append(attribute.text)
            }
            set = attribute.set
        }
        return names.reversed().joined(separator: ",")
    }
}

extension DistinguishedName.Attribute {
    /// The keywords of RFC 2253. Of all others, Java writes the object identifier.
    private static let keywords = [
        "2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "STREET", "2.5.4.10": "O",
        "2.5.4.11": "OU", "0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC",
    ]

    /// The tags of types that are text: UTF8, Printable, T61, IA5, General, Universal and BMP strings.
    private static let textTags: Set<Int> = [12, 19, 20, 22, 27, 28, 30]

    /// Whether the value is written as text, and not as its encoding in hexadecimal digits.
    var hasText: Bool {
        Self.keywords[identifier] != nil && Self.textTags.contains(tag)
    }

    var text: String {
        guard hasText, let keyword = Self.keywords[identifier] else {
            return "\(Self.keywords[identifier] ?? identifier)=#\(encoded.hexadecimal)"
        }
        return "\(keyword)=\(escaped)"
    }

    private var escaped: String {
        // Java takes the bytes of every type of text for UTF-8.
        let scalars = Array(String(decoding: value, as: UTF8.self).unicodeScalars)
        let isBlank: (Unicode.Scalar) -> Bool = { $0 == " " || $0 == "\r" }
        let begin = scalars.firstIndex { !isBlank($0) } ?? scalars.count
        let end = scalars.lastIndex { !isBlank($0) } ?? -1
        var result = String.UnicodeScalarView()
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case ",", "=", "+", "<", ">", "#", ";", "\"", "\\":
                result.append("\\")
                result.append(scalar)
            case "\0": result.append(contentsOf: "\\00".unicodeScalars)
            default:
                if index < begin || index > end { result.append("\\") }
                result.append(scalar)
            }
        }
        return String(result)
    }
}

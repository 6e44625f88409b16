/// The syntax of URIs (RFC 3986) and IRIs (RFC 3987).
struct URISyntax {
    /// Whether characters beyond ASCII are allowed.
    let isInternational: Bool

    private typealias Text = Slice<UnsafeBufferPointer<UInt8>>

    /// Whether a text is a URI, or a reference, which may be relative.
    func isURI(_ text: UnsafeBufferPointer<UInt8>, isReference: Bool) -> Bool {
        var rest = text[...]
        if let hash = rest.firstIndex(of: UInt8(ascii: "#")) {
            guard consists(rest[(hash + 1)...], of: ":@/?") else { return false }
            rest = rest[..<hash]
        }
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
            guard consists(rest[(mark + 1)...], of: ":@/?") else { return false }
            rest = rest[..<mark]
        }
        let segmentEnd = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        if let colon = rest[..<segmentEnd].firstIndex(of: UInt8(ascii: ":")) {
            // A relative reference has no colon in its first part.
            guard isScheme(rest[..<colon]) else { return false }
            rest = rest[(colon + 1)...]
        } else if !isReference {
            return false
        }
        if rest.starts(with: "//".utf8) {
            rest = rest.dropFirst(2)
            let end = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
            guard isAuthority(rest[..<end]) else { return false }
            rest = rest[end...]
        }
        return consists(rest, of: ":@/")
    }

    private func isScheme(_ text: Text) -> Bool {
        guard let first = text.first, FormatScanner.isLetter(first) else { return false }
        return text.allSatisfy {
            FormatScanner.isLetter($0) || FormatScanner.isDigit($0) || "+-.".utf8.contains($0)
        }
    }

    private func isAuthority(_ text: Text) -> Bool {
        var host = text
        if let at = host.lastIndex(of: UInt8(ascii: "@")) {
            guard consists(host[..<at], of: ":") else { return false }
            host = host[(at + 1)...]
        }
        if host.first == UInt8(ascii: "[") {
            guard let close = host.firstIndex(of: UInt8(ascii: "]")) else { return false }
            let literal = UnsafeBufferPointer(rebasing: host[(host.startIndex + 1)..<close])
            let isFuture =
                (literal.first ?? 0) | 0x20 == UInt8(ascii: "v") && consists(literal[...], of: ":")
                && literal.contains(UInt8(ascii: "."))
            guard isFuture || StringFormat.isIPv6(literal) else { return false }
            let port = host[(close + 1)...]
            return port.isEmpty || port.first == UInt8(ascii: ":") && port.dropFirst().allSatisfy(FormatScanner.isDigit)
        }
        if let colon = host.lastIndex(of: UInt8(ascii: ":")) {
            guard host[(colon + 1)...].allSatisfy(FormatScanner.isDigit) else { return false }
            host = host[..<colon]
        }
        return consists(host, of: "")
    }

    /// Whether there are only unreserved characters, sub-delimiters, percent-encoded ones, and some others.
    private func consists(_ text: Text, of others: StaticString) -> Bool {
        var at = text.startIndex
        while at < text.endIndex {
            let byte = text[at]
            if byte == UInt8(ascii: "%") {
                guard text.endIndex - at >= 3, FormatScanner.isHexadecimal(text[at + 1]),
                    FormatScanner.isHexadecimal(text[at + 2])
                else { return false }
                at += 3
                continue
            }
            let isAllowed =
                FormatScanner.isLetter(byte) || FormatScanner.isDigit(byte) || "-._~!$&'()*+,;=".utf8.contains(byte)
                || isInternational && byte >= 0x80
                || UnsafeBufferPointer(start: others.utf8Start, count: others.utf8CodeUnitCount).contains(byte)
            guard isAllowed else { return false }
            at += 1
        }
        return true
    }
}

/// A path with names in it that whoever asks chooses: `/filters/{filter}/rules/{rule}`.
struct PathPattern: Sendable {
    /// What came of holding a path against the pattern.
    enum Match: Equatable {
        /// It is another path.
        case none
        /// It is such a path, but a name in it is not text, or too long: why.
        case malformed(String)
        /// The names, by what the pattern calls them.
        case parameters([String: String])
    }

    /// The longest name, in bytes: topics have at most 249.
    static let longestName = 512

    private enum Segment {
        case literal(Substring)
        case parameter(String)
    }

    private let segments: [Segment]

    /// Reads a pattern; nil if there are no names in it.
    init?(_ path: String) {
        guard path.contains("{") else { return nil }
        segments = path.split(separator: "/", omittingEmptySubsequences: false).map { segment in
            segment.hasPrefix("{") && segment.hasSuffix("}")
                ? .parameter(String(segment.dropFirst().dropLast())) : .literal(segment)
        }
    }

    /// Holds a path, as it stands in the request, against the pattern.
    func match(_ path: String) -> Match {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == segments.count else { return .none }
        var parameters: [String: String] = [:]
        var problem: String?
        for (segment, part) in zip(segments, parts) {
            switch segment {
            case .literal(let literal): guard literal == part else { return .none }
            case .parameter(let name):
                guard part.utf8.count <= 3 * Self.longestName, let text = PercentEncoding.decode(part),
                    (1...Self.longestName).contains(text.utf8.count),
                    !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f })
                else {
                    problem = "\(name): a name of 1 to \(Self.longestName) bytes, percent-encoded where it must be"
                    continue
                }
                parameters[name] = text
            }
        }
        return problem.map { .malformed($0) } ?? .parameters(parameters)
    }
}

/// Percent-encoding in URLs.
enum PercentEncoding {
    /// The text with escapes resolved; nil if an escape is not one, or what comes of them is not UTF-8.
    static func decode(_ text: some StringProtocol) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

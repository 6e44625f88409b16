/// A path into JSON documents: the part of JSONPath (RFC 9535) that names places.
///
/// `$` is the document; `.name`, `['name']` and `["name"]` are members, `[0]` elements, `.*` and `[*]` all of either, and
/// `..name` the members of that name at any depth, which a path may have once.
package struct JSONPath: Sendable, Hashable, CustomStringConvertible {
    enum Segment: Sendable, Hashable {
        case name([UInt8])
        case element(Int)
        case all
        /// Members of a name, here or deeper.
        case anywhere([UInt8])
    }

    /// The path as it was written.
    package let description: String
    let segments: [Segment]

    /// The most segments of a path.
    package static let maxSegments = 64

    /// Reads a path.
    ///
    /// - Throws: What is wrong with it, in words, and at which character.
    package init(parsing text: String) throws(JSONPathError) {
        var reader = Reader(text: text, rest: text[...])
        description = text
        segments = try reader.read()
    }

    private struct Reader {
        let text: String
        var rest: Substring

        func error(_ reason: String) -> JSONPathError {
            let position = text.distance(from: text.startIndex, to: rest.startIndex) + 1
            return JSONPathError(description: "not a JSON path: \(reason), at character \(position)")
        }

        mutating func take(_ wanted: String) -> Bool {
            guard rest.hasPrefix(wanted) else { return false }
            rest = rest.dropFirst(wanted.count)
            return true
        }

        mutating func read() throws(JSONPathError) -> [Segment] {
            guard take("$") else { throw error("it must begin with '$'") }
            var segments: [Segment] = []
            var isAnywhere = false
            while !rest.isEmpty {
                guard segments.count < JSONPath.maxSegments else {
                    throw error("it has more than \(JSONPath.maxSegments) segments")
                }
                if take("..") {
                    // Twice, a document could make what has to be visited many times its own size.
                    if isAnywhere { throw error("'..' may be there once only") }
                    isAnywhere = true
                    segments.append(.anywhere(try name()))
                } else if take(".*") || take("[*]") {
                    segments.append(.all)
                } else if take(".") {
                    segments.append(.name(try name()))
                } else if take("[") {
                    segments.append(try bracket())
                    guard take("]") else { throw error("expected ']'") }
                } else {
                    throw error("expected '.' or '['")
                }
            }
            return segments
        }

        /// A name without quotes: letters, digits, `_`, `-` and all beyond ASCII.
        private mutating func name() throws(JSONPathError) -> [UInt8] {
            let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "-" || !$0.isASCII }
            guard !name.isEmpty else { throw error("expected a name") }
            rest = rest.dropFirst(name.count)
            return Array(name.utf8)
        }

        private mutating func bracket() throws(JSONPathError) -> Segment {
            if let quote = rest.first, quote == "'" || quote == "\"" {
                rest.removeFirst()
                var name = ""
                while let character = rest.popFirst(), character != quote || rest.first == nil {
                    if character == quote { throw error("expected ']'") }
                    if character == "\\" {
                        guard let escaped = rest.popFirst(), escaped == quote || escaped == "\\" else {
                            throw error("only the quote and '\\' may be escaped")
                        }
                        name.append(escaped)
                    } else {
                        name.append(character)
                    }
                }
                return .name(Array(name.utf8))
            }
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            guard !digits.isEmpty, digits.count <= 9, let element = Int(digits) else {
                throw error("expected a name in quotes, a number from 0 on, or '*'")
            }
            rest = rest.dropFirst(digits.count)
            return .element(element)
        }
    }
}

/// Why a text is not a path.
package struct JSONPathError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, and where.
    package let description: String
}

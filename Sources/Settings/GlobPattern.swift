/// A form that strings may have: `*` stands for any number of characters, `?` for one, `\` takes the next as it is.
///
/// Matching takes no more than the product of both lengths, however many stars there are.
public struct GlobPattern: Sendable, Hashable {
    private enum Part: Sendable, Hashable {
        case scalar(Unicode.Scalar)
        case one
        case many
    }

    /// The pattern as it was written.
    public let text: String
    private let parts: [Part]

    /// Reads a pattern.
    ///
    /// - Throws: A problem when it ends in a lone `\`.
    public init(parsing text: String) throws(SettingProblem) {
        var parts: [Part] = []
        var isEscaped = false
        for scalar in text.unicodeScalars {
            switch scalar {
            case _ where isEscaped:
                parts.append(.scalar(scalar))
                isEscaped = false
            case "\\": isEscaped = true
            case "*": if parts.last != .many { parts.append(.many) }
            case "?": parts.append(.one)
            default: parts.append(.scalar(scalar))
            }
        }
        if isEscaped { throw SettingProblem("the glob ends in '\\', with nothing to take as it is") }
        self.text = text
        self.parts = parts
    }

    /// Whether the whole of `string` has this form.
    public func matches(_ string: String) -> Bool {
        let scalars = string.unicodeScalars
        var position = scalars.startIndex
        var part = 0
        // Where to go on when what follows the last star does not fit: one character more for the star.
        var retry: (part: Int, position: String.Index)?
        while true {
            if part < parts.count, parts[part] == .many {
                part += 1
                retry = (part, position)
                continue
            }
            if position == scalars.endIndex, part == parts.count { return true }
            if position < scalars.endIndex, part < parts.count, fits(parts[part], scalars[position]) {
                part += 1
                position = scalars.index(after: position)
                continue
            }
            guard let last = retry, last.position < scalars.endIndex else { return false }
            let next = scalars.index(after: last.position)
            retry = (last.part, next)
            part = last.part
            position = next
        }
    }

    private func fits(_ part: Part, _ scalar: Unicode.Scalar) -> Bool {
        switch part {
        case .scalar(let wanted): wanted == scalar
        case .one: true
        case .many: false
        }
    }
}

extension SettingType where Value == GlobPattern {
    /// A glob: `*` for any characters, `?` for one, `\` to take the next as it is.
    public static var glob: SettingType {
        scalar(
            expected: "a glob such as orders-*",
            schema: ["type": "string", "minLength": 1],
            parse: { text throws(SettingProblem) in text.isEmpty ? nil : try GlobPattern(parsing: text) },
            render: { .string($0.text) }
        )
    }
}

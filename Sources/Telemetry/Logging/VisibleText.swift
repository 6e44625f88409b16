/// Text of unknown origin made fit to be shown on one line of a terminal.
package enum VisibleText {
    /// The text with control characters and line separators written as escapes.
    ///
    /// - Parameter text: the text.
    /// - Returns: the same text if it has none of them.
    package static func escaped(_ text: String) -> String {
        var escaped = ""
        append(text, to: &escaped)
        return escaped
    }

    static func append(_ string: String, to text: inout String) {
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{2028}"..."\u{202e}", "\u{2066}"..."\u{2069}":
                text += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}

/// Writes JSON by hand: metrics and log lines have few shapes and many rows.
package enum JSONText {
    /// Appends a string in quotes, with everything escaped that is not allowed or would break a line.
    ///
    /// - Parameters:
    ///   - value: the string.
    ///   - text: where to append.
    package static func append(_ value: some StringProtocol, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{2028}", "\u{2029}":
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }

    /// A number; what JSON has no word for becomes `null`.
    ///
    /// - Parameter value: the number.
    /// - Returns: its text.
    package static func number(_ value: Double) -> String {
        value.isFinite ? PrometheusText.number(value) : "null"
    }
}

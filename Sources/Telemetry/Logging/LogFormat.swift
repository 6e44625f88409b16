import Logging

/// How a log line looks.
public enum LogFormat: String, Sendable, CaseIterable {
    /// For people: `2026-01-31T12:00:00.000Z INFO  sluice.listener: opened address=127.0.0.1:9092`.
    case text
    /// For machines: one JSON object a line, with `time`, `level`, `logger`, `message`, and the metadata as further strings under `metadata`.
    case json
}

/// One event on its way to becoming a line.
struct LogRecord {
    var time: LogTime
    var level: Logger.Level
    var label: String
    var message: String
    var metadata: [(key: String, value: Logger.MetadataValue)]

    /// The line, newline included; it holds no other line break or control character, whatever a peer put into a value.
    func line(as format: LogFormat) -> String {
        switch format {
        case .text: textLine
        case .json: jsonLine
        }
    }

    private var textLine: String {
        var text = time.description
        let name = level.rawValue.uppercased()
        text += " \(name)" + String(repeating: " ", count: max(0, 8 - name.count)) + " "
        VisibleText.append(label, to: &text)
        text += ": "
        VisibleText.append(message, to: &text)
        for (key, value) in metadata {
            text += " "
            VisibleText.append(key, to: &text)
            text += "="
            Self.appendValue(value, to: &text)
        }
        return text + "\n"
    }

    private var jsonLine: String {
        var text = "{\"time\":\"\(time)\",\"level\":\"\(level.rawValue)\",\"logger\":"
        JSONText.append(label, to: &text)
        text += ",\"message\":"
        JSONText.append(message, to: &text)
        if !metadata.isEmpty {
            text += ",\"metadata\":{"
            for (index, (key, value)) in metadata.enumerated() {
                if index > 0 { text += "," }
                JSONText.append(key, to: &text)
                text += ":"
                Self.appendJSON(value, to: &text)
            }
            text += "}"
        }
        return text + "}\n"
    }

    private static func appendJSON(_ value: Logger.MetadataValue, to text: inout String) {
        switch value {
        case .string(let string): JSONText.append(string, to: &text)
        case .stringConvertible(let convertible): JSONText.append(convertible.description, to: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                appendJSON(value, to: &text)
            }
            text += "]"
        case .dictionary(let values):
            text += "{"
            for (index, (key, value)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { text += "," }
                JSONText.append(key, to: &text)
                text += ":"
                appendJSON(value, to: &text)
            }
            text += "}"
        }
    }

    /// A value of a text line: as it is if it is one plain word, else in quotes.
    private static func appendValue(_ value: Logger.MetadataValue, to text: inout String) {
        let string = value.description
        let isPlain =
            !string.isEmpty && string.unicodeScalars.allSatisfy { $0 > " " && $0 < "\u{7f}" && $0 != "\"" && $0 != "=" }
        if isPlain {
            text += string
        } else {
            JSONText.append(string, to: &text)
        }
    }
}

package import Settings

/// The settings of an access log.
package struct AccessLogConfiguration: Sendable, Hashable {
    /// How lines look.
    package enum Format: Sendable, Hashable {
        /// A JSON object with these fields.
        case json([AccessLogField])
        /// Text with fields in it.
        case template(AccessLogTemplate)
    }

    /// The file; nil for standard output.
    package var path: String?
    /// How lines look.
    package var format: Format
    /// Whether requests are left out that were answered without an error; see ``slowerThan``.
    package var onlyErrors: Bool
    /// Whether requests are left out that took no longer; with ``onlyErrors``, one reason is enough for a line.
    package var slowerThan: Duration?
    /// How long a line may wait to be written, at most a second.
    package var flushInterval: Duration
    /// How much may wait to be written.
    package var maxBuffered: ByteSize

    /// Makes settings.
    package init(
        path: String? = nil, format: Format = .json(AccessLogField.allCases), onlyErrors: Bool = false,
        slowerThan: Duration? = nil, flushInterval: Duration = .milliseconds(200),
        maxBuffered: ByteSize = .mebibytes(8)
    ) {
        self.path = path
        self.format = format
        self.onlyErrors = onlyErrors
        self.slowerThan = slowerThan
        self.flushInterval = flushInterval
        self.maxBuffered = maxBuffered
    }

    private enum FormatWord: String, CaseIterable {
        case json
        case template
    }

    /// Reads the settings.
    package static func read(_ reader: inout SettingsReader) -> AccessLogConfiguration? {
        var configuration = AccessLogConfiguration()
        configuration.path = reader.optional(
            "path", .file(mustExist: false),
            "The file that lines are appended to, reopened on SIGUSR1. By default standard output.")
        let word = reader.value(
            "format", .choice(), default: FormatWord.json,
            "How lines look: 'json' for one object a line, 'template' for text with fields in it.")
        let template = reader.optional(
            "template",
            .string(1...8192).checked { text in
                do throws(SettingProblem) {
                    _ = try AccessLogTemplate(text)
                    return nil
                } catch {
                    return error
                }
            },
            "The text of a line with fields in it, as '%{time} %{client_id} %{api}'; '%%' is a percent sign.")
        let fields = reader.optional(
            "fields", .list(of: .choice(), count: 1...AccessLogField.allCases.count).checked(Self.repetition),
            "The fields of a JSON line, in this order. By default all.")
        configuration.onlyErrors = reader.value(
            "only_errors", .boolean, default: false,
            "Write lines only of requests that ended with an error code or a closed connection.")
        configuration.slowerThan = reader.optional(
            "slower_than", .duration(.microseconds(1)...(.seconds(3600))),
            "Write lines only of requests that took longer. With only_errors, of those and of errors.")
        configuration.flushInterval = reader.value(
            "flush_interval", .duration(.milliseconds(1)...(.seconds(1))), default: configuration.flushInterval,
            "How long a line waits at most before it is handed to the file.")
        configuration.maxBuffered = reader.value(
            "max_buffered", .byteSize(.kibibytes(256)...(.gibibytes(1))), default: configuration.maxBuffered,
            "How much may wait for a file that is slow. What is over it is dropped and counted.")

        switch word {
        case .json:
            if reader.contains("template") {
                reader.report("is used with 'format: template' only", at: "template")
            }
            configuration.format = .json(fields ?? AccessLogField.allCases)
        case .template:
            if reader.contains("fields") {
                reader.report("is used with 'format: json' only: a template names its fields", at: "fields")
            }
            guard let template else {
                if !reader.contains("template") {
                    reader.report("missing: 'format: template' needs the text of a line", at: "template")
                }
                return nil
            }
            guard let read = try? AccessLogTemplate(template) else { return nil }
            configuration.format = .template(read)
        }
        return configuration
    }

    private static func repetition(in fields: [AccessLogField]) -> SettingProblem? {
        var seen: Set<AccessLogField> = []
        guard let twice = fields.first(where: { !seen.insert($0).inserted }) else { return nil }
        return SettingProblem("'\(twice.rawValue)' is listed twice")
    }
}

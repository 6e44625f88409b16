/// How a line is written: literal text and fields in turn, made once from the settings.
struct LineProgram: Sendable {
    /// How values look.
    enum Style: Sendable {
        /// Strings in quotes, `null` for what is not there, topics as a list.
        case json
        /// Strings bare, `-` for what is not there, topics with commas between them.
        case text
    }

    /// A piece of literal text, and the field after it.
    ///
    /// Of integers only, so that walking the steps touches no reference count.
    struct Step: Sendable {
        /// Where in ``literals`` the text begins.
        var start: Int
        /// Where it ends.
        var end: Int
        /// The field; nil after the last text.
        var field: AccessLogField?
    }

    let style: Style
    private(set) var literals: [UInt8] = []
    private(set) var steps: [Step] = []
    private var pending: [UInt8] = []

    /// True if the line holds the names of topics.
    var needsTopics: Bool { steps.contains { $0.field == .topics } }

    private init(style: Style) {
        self.style = style
    }

    /// A JSON object with these fields, in this order.
    static func json(_ fields: [AccessLogField]) -> LineProgram {
        var program = LineProgram(style: .json)
        var separator = "{"
        for field in fields {
            program.append("\(separator)\"\(field.rawValue)\":")
            program.append(field)
            separator = ","
        }
        program.append("}\n")
        program.finish()
        return program
    }

    /// A template: text with fields in it, as `%{client_id}`; `%%` is a percent sign.
    init(template: AccessLogTemplate) {
        self.init(style: .text)
        for piece in template.pieces {
            switch piece {
            case .literal(let text): append(text)
            case .field(let field): append(field)
            }
        }
        append("\n")
        finish()
    }

    private mutating func append(_ text: String) {
        pending += text.utf8
    }

    private mutating func append(_ field: AccessLogField) {
        addStep(field)
    }

    private mutating func finish() {
        addStep(nil)
    }

    private mutating func addStep(_ field: AccessLogField?) {
        steps.append(Step(start: literals.count, end: literals.count + pending.count, field: field))
        literals += pending
        pending = []
    }
}

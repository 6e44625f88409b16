/// How a line is written: literal text and values in turn, made once from the settings.
///
/// Fields that stay the same for all requests of a connection, and stand next to each other, are one *run*: it is
/// written once a connection, and copied from then on.
struct LineProgram: Sendable {
    /// How values look.
    enum Style: Sendable {
        /// Strings in quotes, `null` for what is not there, topics as a list.
        case json
        /// Strings bare, `-` for what is not there, topics with commas between them.
        case text
    }

    /// A piece of literal text, and what comes after it.
    ///
    /// Of integers only, so that walking the steps touches no reference count.
    struct Step: Sendable {
        /// What comes after the text.
        enum Value: Sendable {
            case field(AccessLogField)
            /// The run at this place in ``LineProgram/runs``.
            case run(Int)
            /// Nothing: the line ends.
            case end
        }

        /// Where in ``LineProgram/literals`` the text begins.
        var start: Int
        /// Where it ends.
        var end: Int
        var value: Value
    }

    let style: Style
    private(set) var literals: [UInt8] = []
    private(set) var steps: [Step] = []
    /// The steps of each run.
    private(set) var runs: [[Step]] = []
    /// True if the line holds the names of topics.
    let needsTopics: Bool

    /// A JSON object with these fields, in this order.
    static func json(_ fields: [AccessLogField]) -> LineProgram {
        var pieces: [AccessLogTemplate.Piece] = []
        var separator = "{"
        for field in fields {
            pieces.append(.literal("\(separator)\"\(field.rawValue)\":"))
            pieces.append(.field(field))
            separator = ","
        }
        pieces.append(.literal("}"))
        return LineProgram(.json, pieces)
    }

    /// Text with fields in it.
    init(template: AccessLogTemplate) {
        self.init(.text, template.pieces)
    }

    private init(_ style: Style, _ pieces: [AccessLogTemplate.Piece]) {
        self.style = style
        needsTopics = pieces.contains(.field(.topics))
        var text = ""
        var run: [Step] = []
        for piece in pieces {
            switch piece {
            case .literal(let literal): text += literal
            case .field(let field):
                let step = step(after: &text, .field(field))
                if field.isOfConnection {
                    run.append(step)
                } else {
                    end(&run)
                    steps.append(step)
                }
            }
        }
        end(&run)
        text += "\n"
        steps.append(step(after: &text, .end))
    }

    private mutating func step(after text: inout String, _ value: Step.Value) -> Step {
        let start = literals.count
        literals += text.utf8
        text = ""
        return Step(start: start, end: literals.count, value: value)
    }

    private mutating func end(_ run: inout [Step]) {
        guard let first = run.first else { return }
        steps.append(Step(start: first.start, end: first.start, value: .run(runs.count)))
        runs.append(run)
        run = []
    }
}

extension AccessLogField {
    /// True for what rarely changes from one request of a connection to the next.
    var isOfConnection: Bool {
        switch self {
        case .listener, .connection, .clientAddress, .clientPort, .principal, .clientID, .softwareName,
            .softwareVersion:
            true
        default: false
        }
    }
}

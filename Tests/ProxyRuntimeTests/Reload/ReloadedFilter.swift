import FilterAPI
import KafkaWire
import NIOCore
import Settings
import Synchronization

/// A filter that writes down its life: when it is made, what it sees, when it ends.
final class ReloadedFilter: Filter {
    /// Where filters write, and what they do when they are controlled: those of the test that makes them.
    @TaskLocal static var journal = Journal()
    @TaskLocal static var controls = ScriptedControls()

    let name: String
    let tag: String
    private let journal: Journal
    private let scripted: ScriptedControls
    private let listener: String

    init(_ settings: ReloadedFilterFactory.Settings, _ context: FilterContext) {
        name = context.name
        tag = settings.tag
        listener = context.listener
        journal = Self.journal
        scripted = Self.controls
        let before = (context.predecessor as? ReloadedFilter).map { " after \($0.tag)" } ?? ""
        journal.note("\(context.name) \(settings.tag) made\(before)")
    }

    var interests: [Interest] { [Interest(nil, .request, depth: .header)] }

    var control: (any FilterControl)? {
        tag == "uncontrolled" ? nil : ScriptedControl(listener: listener, tag: tag, controls: scripted)
    }

    func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter { Part(self) }

    func reopenFiles() { journal.note("\(name) \(tag) reopened") }

    func shutDown() async { journal.note("\(name) \(tag) ended") }

    private final class Part: ConnectionFilter {
        private let filter: ReloadedFilter

        init(_ filter: ReloadedFilter) {
            self.filter = filter
        }

        func request(_ request: FilteredRequest) -> RequestAction {
            filter.journal.note("\(filter.name) \(filter.tag) saw \(request.record.correlationID)")
            return .forward
        }
    }
}

/// Makes them; `fails: true` cannot be made.
enum ReloadedFilterFactory: FilterFactory {
    struct Settings: Sendable {
        var tag: String
        var fails: Bool
    }

    struct Failure: Error, CustomStringConvertible {
        var description: String { "was told to fail" }
    }

    static let type = "scripted"
    static let summary = "Writes down its life."

    static func read(_ reader: inout SettingsReader) -> Settings? {
        Settings(
            tag: reader.value("tag", .string(0...100), default: "", "What tells it from others."),
            fails: reader.value("fails", .boolean, default: false, "Whether it cannot be made."))
    }

    static func make(_ configuration: Settings, context: FilterContext) throws -> any Filter {
        if configuration.fails { throw Failure() }
        return ReloadedFilter(configuration, context)
    }
}

/// What filters say when they are asked to change a rule, by listener.
final class ScriptedControls: Sendable {
    private let answers = Mutex<[String: FilterControlError]>([:])
    private let applied = Mutex<[String]>([])
    private let whenAsked = Mutex<(@Sendable () async -> Void)?>(nil)

    /// Makes the filter of a listener disagree.
    func refuse(on listener: String, _ error: FilterControlError) {
        answers.withLock { $0[listener] = error }
    }

    /// Does something while a change is being checked.
    func meanwhile(_ body: @escaping @Sendable () async -> Void) {
        whenAsked.withLock { $0 = body }
    }

    /// What was changed, in order.
    var changes: [String] { applied.withLock { $0 } }

    fileprivate func prepare(
        _ listener: String, _ tag: String, _ rule: String, _ settings: [FilterSetting]
    ) async throws(FilterControlError) -> FilterChange {
        if let meanwhile = whenAsked.withLock({ $0 }) { await meanwhile() }
        if let error = answers.withLock({ $0[listener] }) { throw error }
        let asked = settings.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
        return FilterChange(summary: "\(rule) \(asked)") { [self] in
            applied.withLock { $0.append("\(listener) \(tag) \(rule) \(asked)") }
        }
    }
}

private struct ScriptedControl: FilterControl {
    let listener: String
    let tag: String
    let controls: ScriptedControls

    func status() async -> JSONValue { ["tag": .string(tag)] }

    func prepare(rule: String, settings: [FilterSetting]) async throws(FilterControlError) -> FilterChange {
        try await controls.prepare(listener, tag, rule, settings)
    }
}

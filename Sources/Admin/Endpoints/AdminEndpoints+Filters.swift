import HTTPTypes
import Logging
import Settings
import Telemetry

/// Filters: what they do, and how they are told otherwise.
extension AdminEndpoints {
    /// The family in which the proxy counts what filters do, by listener, filter and action.
    private static let actionsFamily = "sluice_filter_actions_total"
    /// Parameters that are not for the filter.
    private static let ownParameters: Set<String> = ["listener", "format"]

    /// How many settings one request may change.
    private static let mostSettings = 100

    @Sendable func filters(_ request: AdminRequest) async -> AdminResponse {
        let filters = await inspection.filters()
        let actions = await actions()
        return page(request, usually: .text) {
            let page: JSONValue = .array(filters.map { Self.json(of: $0, actions) })
            return .json(text: page.prettyPrinted + "\n")
        } text: {
            guard !filters.isEmpty else { return .text("no filters\n") }
            var table = TextTable("LISTENER", "FILTER", "TYPE", "DRY RUN", "WHEN", "ACTIONS")
            for filter in filters {
                let counted = (actions[[filter.listener, filter.name]] ?? []).map { "\($0.name) \($0.count)" }
                table.add(
                    filter.listener, filter.name, filter.type, filter.dryRun ? "yes" : "no",
                    filter.when?.description, counted.isEmpty ? nil : counted.joined(separator: ", "))
            }
            return .text(table.text + filters.compactMap(Self.statusText).joined())
        }
    }

    /// What filters have done so far, by listener and filter.
    private func actions() async -> [[String]: [(name: String, count: UInt64)]] {
        let counted = await registry.gather().filtered { $0 == Self.actionsFamily }
        var actions: [[String]: [(name: String, count: UInt64)]] = [:]
        for series in counted.families.flatMap(\.series) {
            guard case .counter(let count) = series.value, series.labelValues.count == 3 else { continue }
            actions[[series.labelValues[0], series.labelValues[1]], default: []].append((series.labelValues[2], count))
        }
        return actions
    }

    private static func json(
        of filter: FilterInformation, _ actions: [[String]: [(name: String, count: UInt64)]]
    ) -> JSONValue {
        let counted = actions[[filter.listener, filter.name]] ?? []
        return [
            "listener": .string(filter.listener),
            "name": .string(filter.name),
            "type": .string(filter.type),
            "dry_run": .bool(filter.dryRun),
            "when": filter.when ?? .null,
            "actions": .object(counted.map { .init($0.name, .integer(Int(clamping: $0.count))) }),
            "status": filter.status ?? .null,
        ]
    }

    /// The status for people: a line for each member, and where that is a list of objects, for each of those.
    private static func statusText(_ filter: FilterInformation) -> String? {
        guard let status = filter.status, case .object(let members) = status, !members.isEmpty else { return nil }
        var text = "\n\(VisibleText.escaped("\(filter.listener)/\(filter.name)")):\n"
        for member in members {
            let key = VisibleText.escaped(member.key)
            if case .array(let elements) = member.value, elements.contains(where: \.isObject) {
                text += "  \(key):\n" + elements.map { "    \(line(of: $0))\n" }.joined()
            } else {
                text += "  \(key): \(line(of: member.value))\n"
            }
        }
        return text
    }

    private static func line(of value: JSONValue) -> String {
        switch value {
        case .string(let text): return VisibleText.escaped(text)
        case .object(let members):
            let words = members.map { member in
                let isWord = !member.value.isObject && !member.value.isArray
                return "\(member.key)=\(isWord ? line(of: member.value) : member.value.description)"
            }
            return VisibleText.escaped(words.joined(separator: "  "))
        default: return VisibleText.escaped(value.description)
        }
    }

    // MARK: Changes

    @Sendable func changeRule(_ request: AdminRequest) async -> AdminResponse {
        guard let filter = request.pathParameters["filter"], let rule = request.pathParameters["rule"] else {
            return .text("no such rule\n", status: .notFound)
        }
        guard request.format(.text) != nil else {
            return .text("unknown format; there are json and text\n", status: .badRequest)
        }
        let settings = request.allParameters.filter { !Self.ownParameters.contains($0.name) }
        guard (1...Self.mostSettings).contains(settings.count) else {
            return .text(
                "say what is to be changed, as ?NAME=VALUE; at most \(Self.mostSettings) of them\n",
                status: .badRequest)
        }
        let change = RuleChange(
            filter: filter, rule: rule, listener: request.parameters["listener"], settings: settings)
        let result = await inspection.changeRule(change)
        log(change, result)
        switch result {
        case .changed(let replies): return answer(request, replies, status: .ok)
        case .unknownFilter(let why): return answer(request, [.init(listener: "", text: why)], status: .notFound)
        case .unknownRule(let replies): return answer(request, replies, status: .notFound)
        case .invalid(let replies): return answer(request, replies, status: .badRequest)
        case .refused(let replies): return answer(request, replies, status: .conflict)
        }
    }

    private func log(_ change: RuleChange, _ result: RuleChangeResult) {
        let asked = change.settings.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        var metadata: Logger.Metadata = [
            "filter": "\(change.filter)", "rule": "\(change.rule)", "settings": "\(asked)",
        ]
        metadata["listener"] = change.listener.map { "\($0)" }
        let outcome: String
        switch result {
        case .changed: return report("rule of a filter changed", metadata)
        case .unknownFilter: outcome = "there is no such filter"
        case .unknownRule: outcome = "there is no such rule"
        case .invalid(let replies), .refused(let replies):
            outcome = replies.map { "\($0.listener): \($0.text)" }.joined(separator: "; ")
        }
        metadata["reason"] = "\(outcome)"
        report("rule of a filter not changed", metadata)
    }

    private func answer(
        _ request: AdminRequest, _ replies: [RuleChangeResult.Reply], status: HTTPResponse.Status
    ) -> AdminResponse {
        page(request, usually: .text) {
            let page: JSONValue = [
                "changed": .bool(status == .ok),
                "listeners": .array(
                    replies.map { ["listener": .string($0.listener), "message": .string($0.text)] }),
            ]
            return .json(text: page.prettyPrinted + "\n", status: status)
        } text: {
            let lines = replies.map { reply in
                let line = reply.listener.isEmpty ? reply.text : "\(reply.listener): \(reply.text)"
                return VisibleText.escaped(line) + "\n"
            }
            return .text(lines.joined(), status: status)
        }
    }
}

extension JSONValue {
    fileprivate var isObject: Bool {
        if case .object = self { return true }
        return false
    }

    fileprivate var isArray: Bool {
        if case .array = self { return true }
        return false
    }
}

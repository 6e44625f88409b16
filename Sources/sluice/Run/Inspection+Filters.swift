import Admin
import FilterAPI
import ProxyRuntime
import Settings
import SluiceConfiguration

/// What the admin server sees of filters, and how it has them changed.
extension Inspection {
    func filters() async -> [FilterInformation] {
        let outline = proxy.loaded.outline
        var all: [FilterInformation] = []
        for listener in proxy.listeners {
            let configured = outline.listener(listener.name)?.filters ?? []
            for entry in listener.chain.entries {
                all.append(
                    FilterInformation(
                        listener: listener.name, type: entry.type, name: entry.name, dryRun: entry.isDryRun,
                        when: configured.first { $0.name == entry.name }?.settings["when"],
                        status: await entry.filter.control?.status()))
            }
        }
        return all
    }

    func changeRule(_ change: RuleChange) async -> RuleChangeResult {
        let outcome = await proxy.change(
            rule: change.rule, ofFilter: change.filter, on: change.listener,
            to: change.settings.map { FilterSetting(name: $0.name, value: $0.value) })
        switch outcome {
        case .changed(let replies): return .changed(replies.map { .init(listener: $0.listener, text: $0.summary) })
        case .unknownFilter(let names): return .unknownFilter(Self.words("filter", change.filter, names))
        case .unknownListener(let names):
            return .unknownFilter(Self.words("listener", change.listener ?? "", names))
        case .failed(let problems): return Self.result(of: problems, change)
        }
    }

    func watch(filter: String, listener: String?, limit: Int?) async -> WatchResult {
        let streams = proxy.streams(ofFilter: filter, on: listener)
        guard let first = streams.first else {
            let listeners = proxy.listeners.filter { listener == nil || $0.name == listener }
            let names = Set(listeners.flatMap { $0.chain.entries.map(\.name) })
            return .unknown(Self.words("filter", filter, names.sorted()))
        }
        guard streams.count == 1 else {
            let names = streams.map(\.listener).joined(separator: ", ")
            return .unknown("several listeners have a filter '\(filter)'; say which as ?listener=: \(names)")
        }
        guard let stream = first.stream else {
            return .unavailable("the filter '\(filter)' shows nothing live: that takes 'sink: { admin: true }'")
        }
        return .lines(stream.watch(limit: limit))
    }

    /// Of several problems the one that is most wrong decides: a rule that is not there, before what makes no sense,
    /// before what must not be done now.
    private static func result(of problems: [RuleChangeOutcome.Problem], _ change: RuleChange) -> RuleChangeResult {
        var unknown: [RuleChangeResult.Reply] = []
        var invalid: [RuleChangeResult.Reply] = []
        var refused: [RuleChangeResult.Reply] = []
        for problem in problems {
            switch problem.error {
            case .unknownRule(let names):
                unknown.append(.init(listener: problem.listener, text: words("rule", change.rule, names)))
            case .invalid(let why): invalid.append(.init(listener: problem.listener, text: why))
            case .refused(let why): refused.append(.init(listener: problem.listener, text: why))
            }
        }
        if !unknown.isEmpty { return .unknownRule(unknown) }
        if !invalid.isEmpty { return .invalid(invalid) }
        return .refused(refused)
    }

    private static func words(_ what: String, _ name: String, _ names: [String]) -> String {
        let there = names.isEmpty ? "there is none" : "there are \(names.joined(separator: ", "))"
        return "there is no \(what) '\(name)'; \(there)"
    }
}

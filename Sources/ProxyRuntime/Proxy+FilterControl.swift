package import FilterAPI
import SluiceConfiguration
import Telemetry

/// What became of a change of a rule.
package enum RuleChangeOutcome: Sendable, Equatable {
    /// What the filter of one listener says.
    package struct Reply: Sendable, Equatable {
        package let listener: String
        /// One line that says what becomes of it.
        package let summary: String
    }

    /// Why the filter of one listener does not agree.
    package struct Problem: Sendable, Equatable {
        package let listener: String
        package let error: FilterControlError
    }

    /// It is made, on all listeners.
    case changed([Reply])
    /// There is no such filter. The names of those that there are.
    case unknownFilter([String])
    /// There is no such listener. The names of those that there are.
    case unknownListener([String])
    /// At least one filter does not agree; nothing is changed.
    case failed([Problem])
}

/// Filters that are told by the operator.
extension Proxy {
    /// Changes a rule of a filter on all listeners that have a filter of that name, or on none.
    ///
    /// - Parameters:
    ///   - rule: the rule's name.
    ///   - name: the filter's name.
    ///   - listener: the only listener that is meant; nil for all.
    ///   - settings: what is asked for, in the order given.
    /// - Returns: what became of it.
    package func change(
        rule: String, ofFilter name: String, on listener: String?, to settings: [FilterSetting]
    ) async -> RuleChangeOutcome {
        let listeners = state.running.listeners
        let meant = listeners.filter { listener == nil || $0.name == listener }
        guard !meant.isEmpty else { return .unknownListener(listeners.map(\.name)) }
        let targets = meant.compactMap { listener in
            listener.chain.entries.first { $0.name == name }.map { (listener: listener.name, entry: $0) }
        }
        guard !targets.isEmpty else {
            let names = Set(meant.flatMap { $0.chain.entries.map(\.name) })
            return .unknownFilter(names.sorted())
        }
        var changes: [(listener: String, change: FilterChange)] = []
        var problems: [RuleChangeOutcome.Problem] = []
        for target in targets {
            do throws(FilterControlError) {
                // A filter without control has no rules.
                guard let control = target.entry.filter.control else { throw .unknownRule([]) }
                changes.append((target.listener, try await control.prepare(rule: rule, settings: settings)))
            } catch {
                problems.append(.init(listener: target.listener, error: error))
            }
        }
        guard problems.isEmpty else {
            count(problems.map(\.listener), name, "refused")
            return .failed(problems)
        }
        // What was asked may have taken its time. A reload that comes between would leave the change to a filter that
        // is no more.
        return await turns.take {
            let current = state.running
            let gone = targets.filter { target in
                current.listener(target.listener)?.chain.entries.contains { $0.instance == target.entry.instance }
                    != true
            }
            guard gone.isEmpty else {
                count(targets.map(\.listener), name, "refused")
                return .failed(
                    gone.map {
                        .init(
                            listener: $0.listener,
                            error: .refused("the configuration was reloaded meanwhile; ask again"))
                    })
            }
            for (_, change) in changes { change.apply() }
            count(targets.map(\.listener), name, "changed")
            return .changed(changes.map { .init(listener: $0.listener, summary: $0.change.summary) })
        }
    }

    private func count(_ listeners: [String], _ filter: String, _ result: String) {
        for listener in listeners {
            registry.shared.increment(metrics.filterRuleChangesTotal, [listener, filter, result])
        }
    }
}

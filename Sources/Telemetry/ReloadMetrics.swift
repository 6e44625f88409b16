import Foundation

/// What is counted of reloads.
package struct ReloadMetrics: Sendable {
    /// What became of a reload.
    package enum Result: String, CaseIterable {
        /// The configuration was taken up.
        case applied
        /// It is the one that runs already.
        case unchanged
        /// It has errors, or something that it asks for cannot be had; what ran before goes on.
        case refused
    }

    private let registry: MetricsRegistry
    private let reloads: CounterFamily
    private let lastSuccess: GaugeFamily
    private let lastResult: GaugeFamily

    /// Declares the families. The start counts as a success.
    package init(registry: MetricsRegistry) {
        self.registry = registry
        reloads = registry.counter(
            "sluice_reloads_total", help: "Reloads of the configuration, by result: applied, unchanged or refused.",
            labels: ["result"])
        lastSuccess = registry.gauge(
            "sluice_reload_last_success_timestamp_seconds",
            help: "When the configuration was last read without errors, the start included, since the Unix epoch.")
        lastResult = registry.gauge(
            "sluice_reload_last_successful", help: "1 if the latest reload found no errors, else 0.")
        for result in Result.allCases { registry.shared.increment(reloads, [result.rawValue], by: 0) }
        succeeded()
    }

    /// Counts one.
    package func count(_ result: Result) {
        registry.shared.increment(reloads, [result.rawValue])
        switch result {
        case .applied, .unchanged: succeeded()
        case .refused: registry.shared.set(lastResult, to: 0)
        }
    }

    private func succeeded() {
        registry.shared.set(lastSuccess, to: Int64(Date().timeIntervalSince1970))
        registry.shared.set(lastResult, to: 1)
    }
}

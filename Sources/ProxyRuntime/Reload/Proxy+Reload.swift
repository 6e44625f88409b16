import NIOCore
import Settings
package import SluiceConfiguration
import Telemetry

/// How another configuration is taken up while the proxy runs.
extension Proxy {
    /// Says what taking up a configuration would change, without doing anything.
    package func preview(_ next: LoadedConfiguration) async -> ReloadReport {
        ReloadReport(
            ConfigurationDiff(from: state.running.loaded.outline, to: next.outline),
            connections: await connectionsInForce(), tense: .would)
    }

    /// Takes up a configuration: all of it, or nothing.
    ///
    /// Filters are made and addresses opened first, while what runs goes on as it is. Then each event loop takes the
    /// new listeners and chains, between two frames of any connection.
    ///
    /// - Parameter file: the configuration.
    /// - Returns: what has changed.
    /// - Throws: ``ReloadError``; what ran before goes on then, and nothing of the new configuration is left.
    package func reload(_ file: LoadedConfiguration) async throws(ReloadError) -> ReloadReport {
        try await turns.take { () async throws(ReloadError) -> ReloadReport in
            guard !state.isEnding else { throw .draining }
            let running = state.running
            let diff = ConfigurationDiff(from: running.loaded.outline, to: file.outline)
            let report = ReloadReport(diff, connections: await connectionsInForce(), tense: .done)
            guard !diff.isEmpty else { return report }
            let next = file.keepingAdmin(of: running.loaded)
            let failures = await take(next, after: running, by: diff)
            guard failures.isEmpty else {
                // Filters that were made for nothing end with the plan, which is gone by now.
                await filters.waitForEnding()
                throw .refused(failures)
            }
            return report
        }
    }

    /// How many connections each listener has under the settings in force: others are drained already.
    private func connectionsInForce() async -> [String: Int] {
        await connectionsByListener().mapValues(\.current)
    }

    /// Takes a configuration up.
    ///
    /// - Returns: why it could not be, a line each.
    private func take(
        _ loaded: LoadedConfiguration, after running: RunningConfiguration, by diff: ConfigurationDiff
    ) async -> [String] {
        let plan = ConfigurationPlan(
            loaded, after: running, by: diff, chains: chains, budget: budget,
            counts: TLSCounts(metrics.tls, in: registry), logger: logger)
        // With errors already, addresses are tried all the same, so that everything that is wrong is told at once.
        let addresses = await bind(for: plan.next.listeners, mayClose: plan.errors.isEmpty)
        let errors = plan.errors + addresses.errors
        guard errors.isEmpty else {
            await undo(addresses)
            return errors
        }
        await put(plan)
        await confirm(addresses)
        return []
    }

    /// Puts a plan in force: from here on nothing can fail.
    private func put(_ plan: ConfigurationPlan) async {
        let configuration = plan.next.loaded.configuration
        for (cluster, settings) in zip(plan.next.clusters, configuration.clusters) {
            cluster.connectTimeout = TimeAmount(settings.connectTimeout)
        }
        budget.limit = Int(clamping: configuration.limits.bufferedBytes.bytes)
        let listeners = plan.next.listeners
        let replaced = plan.replaced
        let drainTimeout = TimeAmount(configuration.limits.drainTimeout)
        let metrics = metrics
        for loop in loops {
            await loop.perform { state in
                state.take(listeners, replacing: replaced, drainTimeout: drainTimeout, metrics: metrics)
            }
        }
        state.running = plan.next
        exchangeWatch(plan.next)
    }
}

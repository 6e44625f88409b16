package import Logging

/// How the admin server sees the proxy and acts on it.
///
/// Everything is asked for while the proxy is under load: an answer is a copy that was made on the loops that own the state, and nothing here may
/// block one.
package protocol ProxyInspection: Sendable {
    /// What is running, and since when.
    func server() async -> ServerInformation
    /// Whether traffic should be sent here.
    func readiness() async -> Readiness
    /// All listeners, in the order of the configuration.
    func listeners() async -> [ListenerInformation]
    /// All clusters, in the order of the configuration.
    func clusters() async -> [ClusterInformation]
    /// The connections of clients.
    ///
    /// - Parameter limit: how many to describe at most; ``ConnectionList/total`` counts all.
    /// - Returns: those that were accepted first, up to the limit.
    func connections(limit: Int) async -> ConnectionList
    /// The certificates of all listeners and clusters that speak TLS.
    func certificates() async -> [CertificateInformation]
    /// The configuration that is running as one JSON text, secrets redacted.
    func configurationDump() async -> String
    /// What memory is used for.
    func memory() async -> MemoryInformation

    /// The level of all loggers that have none of their own.
    func logLevel() async -> Logger.Level
    /// Changes that level.
    func setLogLevel(_ level: Logger.Level) async
    /// Makes ``readiness()`` say no until ``okHealthcheck()``, so that traffic goes elsewhere.
    func failHealthcheck() async
    /// Takes ``failHealthcheck()`` back.
    func okHealthcheck() async
    /// Stops accepting connections and drains those that are open; the process goes on.
    func drainListeners() async
    /// Reads the configuration again and takes it up, all of it or nothing.
    ///
    /// - Parameter dryRun: true to say only what would change.
    /// - Returns: what changes.
    func reload(dryRun: Bool) async -> ReloadResult
    /// The filters of all listeners, in the order of the configuration.
    func filters() async -> [FilterInformation]
    /// Changes a rule of a filter on all listeners that have it, or on none.
    func changeRule(_ change: RuleChange) async -> RuleChangeResult
    /// Begins to watch what a filter shows live.
    ///
    /// - Parameters:
    ///   - filter: the filter's name.
    ///   - listener: its listener; nil if there is but one with such a filter.
    ///   - limit: after how many lines the stream ends; nil for never.
    /// - Returns: the lines, or why there are none.
    func watch(filter: String, listener: String?, limit: Int?) async -> WatchResult
    /// Begins to drain and end the process, as SIGTERM does; returns before that is done.
    func quit() async
}

/// Whether traffic should be sent to this proxy.
package struct Readiness: Sendable, Encodable, Equatable {
    /// Whether it should.
    package var ready: Bool
    /// Why not; empty if ready.
    package var reasons: [String]

    /// Ready if there is no reason against it.
    package init(reasons: [String] = []) {
        ready = reasons.isEmpty
        self.reasons = reasons
    }
}

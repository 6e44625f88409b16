import FilterAPI
import Settings
import Synchronization
import Telemetry

/// The connections that a listener's filter has let in: goes on over a reload, so that none is forgotten.
final class ConnectionCounts: Sendable {
    struct State {
        /// Connections that are open.
        var open = 0
        /// Those of each address that has any.
        var byAddress: [String: Int] = [:]
        /// New connections.
        var new = TokenBucket()
    }

    let state = Mutex(State())
}

/// Decides on connections when they are accepted.
final class ConnectionLimiter: ConnectionGate {
    /// Why a connection was refused; the raw value is what metrics and logs say.
    enum Reason: String, CaseIterable {
        case connections
        case connectionsPerAddress = "connections_per_address"
        case connectionRate = "connection_rate"
    }

    /// What is counted.
    enum Event {
        case opened
        case closed
        /// It was refused, or would be.
        case refused(Reason)
    }

    let counts: ConnectionCounts
    private let configuration: ConnectionLimitConfiguration
    private let rate: TokenRate?
    private let isDryRun: Bool
    private let clock: RateLimitClock
    private let count: @Sendable (Event) -> Void

    /// - Parameters:
    ///   - configuration: what connections there may be.
    ///   - counts: those that there are.
    ///   - isDryRun: true to let all in.
    ///   - clock: the time.
    ///   - count: called for each event.
    init(
        _ configuration: ConnectionLimitConfiguration, _ counts: ConnectionCounts, isDryRun: Bool,
        clock: @escaping RateLimitClock, count: @escaping @Sendable (Event) -> Void
    ) {
        self.configuration = configuration
        self.counts = counts
        self.isDryRun = isDryRun
        self.clock = clock
        self.count = count
        rate = configuration.newPerSecond.map { TokenRate(perSecond: $0, capacity: configuration.burst) }
    }

    func admit(_ address: String) -> ConnectionAdmission {
        let key = Self.key(address)
        let now = TokenRate.time(nanoseconds: clock())
        let reason = counts.state.withLock { state -> Reason? in
            let reason = refusal(&state, key, at: now)
            guard reason == nil || isDryRun else { return reason }
            state.open += 1
            state.byAddress[key, default: 0] += 1
            return reason
        }
        if let reason { count(.refused(reason)) }
        if let reason, !isDryRun { return .refused(reason: reason.rawValue) }
        count(.opened)
        return .admitted
    }

    private func refusal(_ state: inout ConnectionCounts.State, _ key: String, at now: TokenRate.Time) -> Reason? {
        if let most = configuration.max, state.open >= most { return .connections }
        if let most = configuration.maxPerAddress, state.byAddress[key, default: 0] >= most {
            return .connectionsPerAddress
        }
        guard let rate else { return nil }
        state.new.settle(rate, at: now)
        guard state.new.lack(of: 1, rate, at: now) == 0 else { return .connectionRate }
        state.new.take(1, rate)
        return nil
    }

    func release(_ address: String) {
        let key = Self.key(address)
        counts.state.withLock { state in
            state.open -= 1
            guard let count = state.byAddress[key] else { return }
            state.byAddress[key] = count > 1 ? count - 1 : nil
        }
        self.count(.closed)
    }

    /// An address in one notation: what a dual-stack socket shows of an IPv4 client is the IPv4 address.
    private static func key(_ address: String) -> String {
        IPAddress(address).map(\.description) ?? address
    }
}

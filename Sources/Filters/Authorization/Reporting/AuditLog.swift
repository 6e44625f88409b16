import FilterAPI
import KafkaMessages
import Logging
import NIOCore
import Settings
import Synchronization

/// Writes decisions to the log, no more of them than `log_rate`.
final class AuditLog: Sendable {
    private let logger: Logger
    private let filter: String
    private let listener: String
    private let isDryRun: Bool
    private let allowance: LineAllowance
    private let account: DecisionAccount
    /// True if what is allowed is logged as well.
    let logsAllowances: Bool
    private let logsDenials: Bool

    init(_ configuration: AuthorizationConfiguration, context: FilterContext, account: DecisionAccount) {
        logger = context.logger
        filter = context.name
        listener = context.listener
        isDryRun = context.isDryRun
        self.account = account
        logsAllowances = configuration.log == .all
        logsDenials = configuration.log != .none
        allowance = LineAllowance(configuration.logRate)
    }

    /// Writes a line for a decision; names of clients and resources, never what they sent.
    ///
    /// - Parameters:
    ///   - isAllowed: what was decided.
    ///   - what: the operation and the resource; nil where an API was decided on as such.
    ///   - record: the request.
    ///   - rule: gives the name of the rule that decided; called if there is a line.
    func write(
        isAllowed: Bool, _ what: (operation: Operation, type: ResourceType, name: String)?, _ record: RequestRecord,
        rule: () -> String
    ) {
        guard isAllowed ? logsAllowances : logsDenials else { return }
        guard allowance.take(now: NIODeadline.now().uptimeNanoseconds) else { return account.countDropped() }
        var metadata: Logger.Metadata = [
            "filter": "\(filter)", "listener": "\(listener)", "principal": "\(record.connection.principal)",
            "host": "\(record.connection.clientAddress)", "client_id": "\(record.clientID ?? "")",
            "api": "\(record.apiKey)", "api_version": "\(record.apiVersion)", "rule": "\(rule())",
        ]
        if let what {
            metadata["operation"] = "\(what.operation.name)"
            metadata["resource"] = "\(what.type.name):\(what.name)"
        }
        if isDryRun { metadata["dry_run"] = "true" }
        logger.info("\(isAllowed ? "allowed" : isDryRun ? "would be denied" : "denied")", metadata: metadata)
    }
}

/// How many lines may be written: as many as a rate allows for a second, each second anew; of slower rates one for each of
/// their times.
final class LineAllowance: Sendable {
    private let lines: UInt64
    private let nanoseconds: UInt64
    /// The window, in its upper half by its number, and how many lines were written in it.
    private let state = Atomic<UInt64>(0)

    init(_ rate: Rate) {
        if rate.perSecond >= 1 {
            lines = UInt64(min(rate.perSecond, 1_000_000).rounded())
            nanoseconds = 1_000_000_000
        } else {
            lines = 1
            nanoseconds = UInt64(1_000_000_000 / max(rate.perSecond, 0.000_1))
        }
    }

    /// Takes a line out of the allowance.
    ///
    /// - Parameter now: the time, in nanoseconds from any beginning.
    /// - Returns: true if a line may be written now.
    func take(now: UInt64) -> Bool {
        let window = (now / nanoseconds) & 0xFFFF_FFFF
        var old = state.load(ordering: .relaxed)
        while true {
            let used = old >> 32 == window ? old & 0xFFFF_FFFF : 0
            guard used < lines else { return false }
            let (exchanged, current) = state.weakCompareExchange(
                expected: old, desired: window << 32 | (used + 1), ordering: .relaxed)
            if exchanged { return true }
            old = current
        }
    }
}

import Logging
import NIOPosix
import TLS

/// Has the files of a context looked at every second, away from the event loops, until it goes.
final class CertificateWatch<Context: TLSContext>: Sendable {
    private let turns = Repeating()

    /// How often files are looked at.
    private static var interval: Duration { .seconds(1) }

    init(_ source: TLSContextSource<Context>, owner: TLSCounts.Owner, counts: TLSCounts, logger: Logger) {
        var logger = logger
        logger[metadataKey: owner.kind] = "\(owner.name)"
        for warning in source.state.warnings { logger.warning("certificates: \(warning)") }
        counts.declareReloads(of: owner)
        turns.begin(every: Self.interval) { [weak source, logger] in
            guard let source else { return false }
            switch try? await NIOThreadPool.singleton.runIfActive({ source.refresh() }) {
            case .replaced:
                counts.reloaded(owner, "applied")
                logger.info("certificates read anew: new connections take them")
                for warning in source.state.warnings { logger.warning("certificates: \(warning)") }
            case .refused(let error):
                counts.reloaded(owner, "refused")
                logger.error(
                    "certificates cannot be read anew; the former ones stay in force",
                    metadata: ["error": "\(error)"])
            case .unchanged, nil: break
            }
            return true
        }
    }
}

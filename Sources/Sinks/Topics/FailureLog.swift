import KafkaClient
import Logging
import Synchronization

/// Logs that records are lost, once, and that they are written again.
final class FailureLog: Sendable {
    private let isFailing = Atomic(false)
    private let metadata: Logger.Metadata
    private let logger: Logger

    init(topic: String, cluster: String, logger: Logger) {
        metadata = ["topic": "\(topic)", "cluster": "\(cluster)"]
        self.logger = logger
    }

    /// Notes the end of records.
    func note(_ outcome: ProducerOutcome) {
        switch outcome.result {
        case .delivered:
            guard isFailing.exchange(false, ordering: .relaxed) else { return }
            logger.info("records are written again", metadata: metadata)
        case .failed(let failure):
            guard !isFailing.exchange(true, ordering: .relaxed) else { return }
            logger.error(
                "records cannot be written",
                metadata: metadata.merging(["reason": "\(failure)"], uniquingKeysWith: { first, _ in first }))
        }
    }
}

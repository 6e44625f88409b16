package import KafkaRecords

/// What opens record batches on one event loop: the codecs with their memory, and the bounds.
///
/// Belongs to that loop.
package final class RecordOpening {
    /// The codecs.
    let contexts: CompressionContexts
    /// How far the batches of a partition may grow.
    package var limits: DecompressionLimits
    /// What all opened batches take their memory from; nil for no bound over all of them.
    let budget: (any DecompressionBudget)?

    /// What opens batches.
    ///
    /// - Parameters:
    ///   - contexts: the codecs of the event loop.
    ///   - limits: how far the batches of a partition may grow.
    ///   - budget: what all opened batches take their memory from.
    package init(
        contexts: CompressionContexts = CompressionContexts(), limits: DecompressionLimits = DecompressionLimits(),
        budget: (any DecompressionBudget)? = nil
    ) {
        self.contexts = contexts
        self.limits = limits
        self.budget = budget
    }
}

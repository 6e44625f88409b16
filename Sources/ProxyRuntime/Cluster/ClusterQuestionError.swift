/// Why a cluster did not answer a question of Sluice's own.
package struct ClusterQuestionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The cluster's name in the configuration.
    package let cluster: String
    /// What happened at each address that was tried; empty if none could be.
    package let attempts: [String]

    /// Words for an operator.
    package var description: String {
        attempts.isEmpty
            ? "cluster '\(cluster)' cannot be asked before the proxy runs"
            : "cluster '\(cluster)' gives no answer: \(attempts.joined(separator: "; "))"
    }
}

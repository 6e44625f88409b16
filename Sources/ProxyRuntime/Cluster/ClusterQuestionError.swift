/// Why a cluster did not answer a question of Sluice's own.
package enum ClusterQuestionError: Error, Sendable {
    /// There is no connection to ask on.
    case unavailable
}

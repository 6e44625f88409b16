import Settings

/// How much switching remembers, and for how long.
package struct SwitchLimits: Sendable, Hashable {
    /// How many idempotent producers are known at once.
    package var producers = 100_000
    /// How many members of groups are known at once.
    package var members = 100_000
    /// How many partitions of one client are watched for positions of another topic.
    package var partitionsPerClient = 10_000
    /// For how long a producer is fenced after a switch: one that keeps its epoch for longer cannot change it.
    package var producerFence: Duration = .seconds(10)
    /// For how long a member counts as alive after its last heartbeat.
    package var memberTimeout: Duration = .seconds(60)
    /// For how long a consumer's fetches stay empty while a member of its group has not joined again.
    package var rejoinTimeout: Duration = .seconds(300)

    /// The defaults.
    package init() {}

    /// Reads the settings; what is not given keeps its default.
    static func read(_ reader: inout SettingsReader) -> SwitchLimits? {
        var limits = SwitchLimits()
        limits.producers = reader.value(
            "tracked_producers", .integer(100...10_000_000), default: limits.producers,
            "Idempotent producers of switched topics that are known at once; one that was forgotten is not fenced.")
        limits.members = reader.value(
            "tracked_members", .integer(100...10_000_000), default: limits.members,
            "Members of groups that read switched topics and are known at once; one that was forgotten is not fenced.")
        limits.producerFence = reader.value(
            "producer_fence", .duration(.milliseconds(100) ... .seconds(600)), default: limits.producerFence,
            "For how long a producer that keeps its epoch is fenced after a switch.")
        limits.memberTimeout = reader.value(
            "member_timeout", .duration(.seconds(1) ... .seconds(3600)), default: limits.memberTimeout,
            "For how long a member counts as alive after its last heartbeat.")
        limits.rejoinTimeout = reader.value(
            "rejoin_timeout", .duration(.seconds(1) ... .seconds(3600)), default: limits.rejoinTimeout,
            "For how long fetches stay empty after a switch while the client has not joined its group again.")
        return limits
    }
}

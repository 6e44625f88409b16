import NIOCore
import Synchronization

/// What switching remembers of clients: shared by all connections of a listener, and handed on when the configuration is
/// reloaded.
///
/// Nothing of it is looked at for each request: connections keep what they have seen, and look here for what is new to them
/// and after a switch.
final class SwitchMemory: Sendable {
    let limits: SwitchLimits
    /// Changes whenever some client may have other targets than before.
    private let latest = Atomic<UInt64>(1)
    let producers: Mutex<ProducerFences>
    let members: Mutex<GroupMembers>
    let positions: Mutex<ConsumerPositions>
    let census = Mutex(TargetCensus())

    init(_ limits: SwitchLimits) {
        self.limits = limits
        producers = Mutex(
            ProducerFences(capacity: limits.producers, fenceTime: TimeAmount(limits.producerFence)))
        members = Mutex(GroupMembers(capacity: limits.members))
        positions = Mutex(ConsumerPositions(partitionsPerClient: limits.partitionsPerClient))
    }

    /// The number of the latest change; read for each request.
    var generation: UInt64 { latest.load(ordering: .acquiring) }

    /// Some client may have other targets now.
    func changed() {
        latest.add(1, ordering: .acquiringAndReleasing)
    }
}

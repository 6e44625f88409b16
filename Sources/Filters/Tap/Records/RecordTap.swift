import FilterAPI
import KafkaWire

/// The part of a tap in one connection: copies records.
///
/// What is produced is copied out of the request, as far as it is drawn, and offered when the broker has acknowledged its
/// partition. What is fetched is offered as it passes.
final class RecordTap: ConnectionFilter {
    private let passed: PassedRecords
    private let requests: RecordWatch
    private let responses: RecordWatch

    init(_ filter: TapFilter, _ connection: ConnectionContext, _ loop: TapLoop) {
        passed = PassedRecords(filter, connection, loop)
        requests = RecordWatch(.request, passed, filter, loop)
        responses = RecordWatch(.response, passed, filter, loop)
    }

    func watcher(of direction: Direction) -> (any FrameWatcher)? {
        direction == .request ? requests : responses
    }

    func connectionClosed() {
        passed.reject(upTo: .max)
        requests.discard()
        responses.discard()
    }
}

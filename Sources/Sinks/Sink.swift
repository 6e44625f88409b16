package import FilterAPI
package import NIOCore
package import Telemetry

/// Where copies of the traffic go. It never makes anybody wait: what it cannot take is dropped and counted.
package protocol Sink: Sendable {
    /// What the sink wants to be given.
    var form: SinkForm { get }

    /// The sink as an event loop meets it; called on that loop, and always the same for a loop.
    ///
    /// - Parameters:
    ///   - loop: the event loop.
    ///   - metrics: the metrics of that loop.
    /// - Returns: where records are offered.
    func port(on loop: any EventLoop, metrics: MetricsShard) -> any SinkPort

    /// What a filter gives the admin server to be watched; nil unless this is a live stream.
    var stream: (any FilterStream)? { get }

    /// Opens files anew.
    func reopenFiles()

    /// Writes what is buffered, as far as that can be done in a few seconds. Nothing is offered any more.
    func shutDown() async
}

/// What a sink wants to be given.
package enum SinkForm: Sendable {
    /// JSON documents, one a record, without a line feed in them.
    case documents
    /// Records with key, value and headers.
    case records
}

/// A sink as one event loop meets it: all calls come on that loop.
package protocol SinkPort: AnyObject {
    /// False if what is offered now would go nowhere, so that it need not be made; ``skip()`` counts it.
    var isOpen: Bool { get }

    /// Counts a record that was not made since the port is not open.
    func skip()

    /// False if a record of so many bytes would be dropped now for want of room, so that it need not be made;
    /// ``refuse(_:)`` counts it.
    ///
    /// - Parameter bytes: the least that it will have.
    /// - Returns: true also for what is too large in any case, which an offer says.
    func hasRoom(for bytes: Int) -> Bool

    /// Counts records as dropped that were not made since there was no room.
    func refuse(_ count: Int)

    /// Hands over a copy. Returns at once.
    func offer(_ record: SinkRecord) -> SinkOffer

    /// Hands over a document as ``offer(_:)`` does, written where it goes.
    ///
    /// - Parameter write: writes the document behind what there is, on one line, without a line feed.
    /// - Returns: as there.
    func offerLine(_ write: (inout ByteBuffer) -> Void) -> SinkOffer

    /// Hands over a record that somebody waits for.
    ///
    /// - Parameters:
    ///   - record: the record.
    ///   - timeout: for it to become durable.
    /// - Returns: succeeds when it is durable: synced to the disk, or acknowledged by all in-sync replicas. Fails with
    ///   ``SinkError`` if it is not, at the latest after the timeout; it may become so all the same a little later.
    func offerDurably(_ record: SinkRecord, within timeout: TimeAmount) -> EventLoopFuture<Void>
}

extension SinkPort {
    /// Most have room, or tell when they are offered something.
    package func hasRoom(for bytes: Int) -> Bool { true }

    /// Has nothing to count.
    package func refuse(_ count: Int) {}

    /// Makes a record of it.
    package func offerLine(_ write: (inout ByteBuffer) -> Void) -> SinkOffer {
        var document = ByteBuffer()
        write(&document)
        return offer(SinkRecord(value: document))
    }
}

/// What became of an offer.
package enum SinkOffer: Sendable, Equatable {
    /// It will be written, or given up later and counted.
    case accepted
    /// It was not taken, and is counted.
    case dropped(SinkDropReason)
}

import FilterAPI
import KafkaWire

/// Who wrote or read a copied record: the same object for as long as it is the same.
final class CopySource {
    /// `request`: it was produced, `response`: it was fetched.
    let direction: Direction
    let clientID: String?
    let principal: String
    let transactionalID: String?
    private let identityVersion: UInt64

    init(_ direction: Direction, _ connection: ConnectionContext, transactionalID: String?) {
        self.direction = direction
        clientID = connection.clientID
        principal = connection.principal
        self.transactionalID = transactionalID
        identityVersion = connection.identityVersion
    }

    /// True if it is still the one.
    func isStill(_ connection: ConnectionContext, transactionalID: String?) -> Bool {
        identityVersion == connection.identityVersion && self.transactionalID == transactionalID
    }
}

/// Where a copied record comes from.
struct CopyOrigin {
    let topic: TappedTopic
    let partition: Int32
    let source: CopySource
}

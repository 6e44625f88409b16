import COpenSSL

/// The keys of session tickets. They outlive a context, so that sessions can be resumed after its files have changed.
final class TicketKeys: Sendable {
    /// After which time a new key is taken.
    let lifetime: Duration
    /// What the functions of the C module take.
    ///
    /// Safety: they have a lock of their own.
    nonisolated(unsafe) let pointer: OpaquePointer

    init(lifetime: Duration) throws(TLSError) {
        guard let pointer = sluice_ticket_keys_new(lifetime.components.seconds) else {
            throw .openSSL(.internalError, "OpenSSL gives no random numbers")
        }
        self.lifetime = lifetime
        self.pointer = pointer
    }

    deinit { sluice_ticket_keys_free(pointer) }

    /// Takes a new key now; tickets of the one before are still good, those of older ones are not.
    func rotate() { sluice_ticket_keys_rotate(pointer) }
}

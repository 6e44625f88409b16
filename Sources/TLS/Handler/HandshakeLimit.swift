import Settings
import Synchronization

/// How many handshakes may be under way at once, in all and for one address. They cost far more than what follows, so this
/// bounds what strangers can make a server compute; and nobody can take all the places there are.
///
/// It is shared by event loops. A lock is held for as long as it takes to count, once at each end of a handshake.
package final class HandshakeLimit: Sendable {
    /// The most at once.
    package let maximum: Int
    /// The most of one address at once; of IPv6, of a network of 64 bits, for whoever has one address has all of those.
    package let perAddress: Int

    private struct State {
        var count = 0
        var ofAddress: [[UInt8]: Int] = [:]
    }

    private let state = Mutex(State())

    /// The least share of an address by default.
    private static let leastShare = 16

    /// A place that was taken.
    struct Place {
        fileprivate let address: [UInt8]?
    }

    /// - Parameters:
    ///   - maximum: the most at once, at least 1.
    ///   - perAddress: the most of one address. By default a quarter of all, but 16 at least.
    package init(maximum: Int, perAddress: Int? = nil) {
        self.maximum = max(1, maximum)
        self.perAddress = min(max(1, perAddress ?? max(Self.leastShare, maximum / 4)), self.maximum)
    }

    /// How many are under way.
    package var current: Int { state.withLock { $0.count } }

    /// Takes a place.
    ///
    /// - Parameter address: the client's; nil if it is not known, which counts for none.
    /// - Returns: what to give back; nil when all are taken, or all that the address may have.
    func take(for address: String?) -> Place? {
        let key = address.map(Self.key)
        return state.withLock { state in
            guard state.count < maximum else { return nil }
            if let key {
                let count = state.ofAddress[key] ?? 0
                guard count < perAddress else { return nil }
                state.ofAddress[key] = count + 1
            }
            state.count += 1
            return Place(address: key)
        }
    }

    /// Gives a place back that was taken.
    func giveBack(_ place: Place) {
        state.withLock { state in
            state.count -= 1
            guard let key = place.address, let count = state.ofAddress[key] else { return }
            state.ofAddress[key] = count > 1 ? count - 1 : nil
        }
    }

    private static func key(_ address: String) -> [UInt8] {
        guard let bytes = IPAddress(address)?.bytes else { return Array(address.utf8) }
        return bytes.count == 16 ? Array(bytes[..<8]) : bytes
    }
}

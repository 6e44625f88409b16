import Glibc
import NIOCore

/// An address of the admin server cannot be listened on.
package struct AdminError: Error, CustomStringConvertible {
    /// The key of the configuration that asked for the address.
    package var key: String
    /// The address.
    package var address: AdminConfiguration.Address
    /// What the system said.
    package var cause: any Error

    /// One line for people: who asked for which address, and what is wrong with it.
    package var description: String {
        "\(key): cannot listen on \(address): \(reason)"
    }

    private var reason: String {
        guard let error = cause as? IOError, let text = strerror(error.errnoCode) else { return "\(cause)" }
        return String(cString: text).lowercased()
    }
}

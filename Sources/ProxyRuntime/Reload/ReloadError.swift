/// Why a configuration could not be taken up; what ran before goes on.
package enum ReloadError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Everything that is wrong, a line each.
    case refused([String])
    /// The proxy is draining: it takes up no other configuration.
    case draining

    package var description: String {
        switch self {
        case .refused(let errors): errors.joined(separator: "\n")
        case .draining: "the proxy is draining"
        }
    }
}

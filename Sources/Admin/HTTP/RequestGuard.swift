import HTTPTypes
import NIOCore

/// Keeps web pages of other sites, open in a browser on this machine, from reading and pressing the buttons of the admin server.
///
/// Two ways are closed: a name of the attacker's that resolves to a loopback address (DNS rebinding; the `Host` header gives it away), and
/// requests across origins (`Origin` and `Sec-Fetch-Site` give them away; programs send neither).
struct RequestGuard: Sendable {
    private let hosts: Set<String>

    /// Makes a guard.
    ///
    /// - Parameter hosts: the names, other than `localhost`, by which the server may be called.
    init(hosts: [String]) {
        self.hosts = Set(hosts.map { $0.lowercased() })
    }

    /// Why a request is refused, or `nil` if it is not.
    ///
    /// - Parameters:
    ///   - request: the request.
    ///   - isOpen: whether the page is one that anybody may read by any name, such as `/ready`.
    /// - Returns: the reason, for the person who asked.
    func refusal(of request: AdminRequest, isOpen: Bool) -> String? {
        if isOpen, request.method != .post { return nil }
        guard let authority = request.authority, let host = Self.host(of: authority) else {
            return "the Host header is missing or malformed"
        }
        guard isAllowed(host) else {
            return
                "the host name \(host) is not allowed here; use an IP address, localhost, or the host of admin.address"
        }
        guard request.method == .post else { return nil }
        if let origin = request.headers[.origin] {
            let ours = ["http://\(authority)", "https://\(authority)"].map { $0.lowercased() }
            guard ours.contains(origin.lowercased()) else { return "the request comes from another site" }
        }
        if let site = Self.fetchSite.flatMap({ request.headers[$0] }), site != "same-origin", site != "none" {
            return "the request comes from another site"
        }
        return nil
    }

    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")

    private func isAllowed(_ host: String) -> Bool {
        if host == "localhost" || host.hasSuffix(".localhost") || hosts.contains(host) { return true }
        // A rebinding attack needs a name; who calls by address knows where he is.
        return (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }

    /// The host of `host`, `host:port`, `[v6]` or `[v6]:port`, in lower case; `nil` if it is none of them.
    static func host(of authority: String) -> String? {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || isPort(rest) else { return nil }
            return authority[authority.index(after: authority.startIndex)..<end].lowercased()
        }
        guard let colon = authority.firstIndex(of: ":") else { return authority.isEmpty ? nil : authority.lowercased() }
        guard isPort(authority[colon...]), colon != authority.startIndex else { return nil }
        return authority[..<colon].lowercased()
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.first == ":" && UInt16(text.dropFirst()) != nil
    }
}

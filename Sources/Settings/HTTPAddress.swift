/// Where something is to be had by HTTP.
public struct HTTPAddress: Sendable, Hashable, CustomStringConvertible {
    /// True for `https`.
    public let isSecure: Bool
    /// A name or an IP address, without brackets.
    public let host: String
    /// The port; 80 or 443 unless it is written.
    public let port: Int
    /// Path and query.
    public let path: String

    /// Reads an address: `http` or `https`, a host, perhaps a port, a path. Nil for anything else, and for a user or a
    /// fragment in it.
    public init?(_ text: String) {
        let scheme: String
        if text.hasPrefix("https://") {
            scheme = "https://"
        } else if text.hasPrefix("http://") {
            scheme = "http://"
        } else {
            return nil
        }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains("#") else { return nil }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.contains("@"), !authority.isEmpty else { return nil }
        isSecure = scheme == "https://"
        let tail = rest.dropFirst(authority.count)
        path = tail.hasPrefix("/") ? String(tail) : "/\(tail)"
        let hasPort = authority.hasPrefix("[") ? authority.contains("]:") : authority.contains(":")
        let written = hasPort ? String(authority) : "\(authority):\(isSecure ? 443 : 80)"
        guard let address = try? NetworkAddress(parsing: written), address.port > 0 else { return nil }
        host = address.host
        port = address.port
    }

    /// As it is written, with the port.
    public var description: String {
        "\(isSecure ? "https" : "http")://\(NetworkAddress(host: host, port: port))\(path)"
    }
}

extension SettingType where Value == HTTPAddress {
    /// An address such as `http://127.0.0.1:8080/keys`.
    public static var httpAddress: SettingType {
        .scalar(
            expected: "an address such as http://127.0.0.1:8080/keys",
            schema: ["type": "string", "pattern": "^https?://"],
            parse: { text throws(SettingProblem) in
                HTTPAddress(text)
            },
            render: { .string($0.description) }
        )
    }
}

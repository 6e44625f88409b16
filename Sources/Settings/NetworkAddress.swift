/// A host and a port: `127.0.0.1:9092`, `broker.example.com:9092`, `[::1]:9092`.
public struct NetworkAddress: Sendable, Hashable {
    /// An IPv4 or IPv6 address (without brackets) or a host name.
    public var host: String
    /// The port, from 0 to 65535; 0 lets the system choose one when listening.
    public var port: Int

    /// Makes an address.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port`, an IPv6 address in brackets.
    ///
    /// - Throws: A problem that says what is wrong.
    public init(parsing text: some StringProtocol) throws(SettingProblem) {
        let text = Substring(text)
        let host: Substring
        let rest: Substring
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { throw SettingProblem("'[' without ']' in '\(text)'") }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
            guard IPAddress(host)?.isIPv6 == true else {
                throw SettingProblem("'\(host)' in brackets is not an IPv6 address")
            }
        } else {
            let end = text.lastIndex(of: ":") ?? text.endIndex
            host = text[..<end]
            rest = text[end...]
            if host.contains(":") {
                throw SettingProblem("an IPv6 address is written in brackets, as [::1]:9092")
            }
            try Self.checkHost(host)
        }
        guard rest.first == ":" else {
            throw SettingProblem("expected an address with a port, such as \(text):9092")
        }
        guard let port = Quantity.integer(rest.dropFirst()), (0...65_535).contains(port), rest.utf8.count > 1 else {
            throw SettingProblem("'\(rest.dropFirst())' is not a port from 0 to 65535")
        }
        self.init(host: String(host), port: port)
    }

    /// Refuses what is neither an IPv4 address nor a host name.
    static func checkHost(_ host: Substring) throws(SettingProblem) {
        guard !host.isEmpty else {
            throw SettingProblem("expected a host before the port, such as 127.0.0.1 or (for all addresses) 0.0.0.0")
        }
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        let isName =
            host.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count)
                    && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
                    && label.first != "-" && label.last != "-"
            }
        guard isName else { throw SettingProblem("'\(host)' is not a host name or IP address") }
        if labels.last?.utf8.allSatisfy(\.isDigit) == true, IPAddress(host) == nil {
            throw SettingProblem("'\(host)' is not an IP address")
        }
    }

    /// Whether the host stands for all addresses of the machine.
    public var isWildcard: Bool {
        IPAddress(host)?.bytes.allSatisfy { $0 == 0 } ?? false
    }

    /// Whether listening on both addresses is impossible: the same port, and hosts that overlap.
    ///
    /// `[::]` takes IPv4 too, as Linux has it by default. A port of 0 clashes with nothing.
    public func clashes(with other: NetworkAddress) -> Bool {
        port == other.port && port != 0 && Self.overlap(host, other.host)
    }

    /// Whether two hosts to listen on share an address.
    public static func overlap(_ left: String, _ right: String) -> Bool {
        if left.lowercased() == right.lowercased() { return true }
        let name = left == "localhost" ? "127.0.0.1" : left
        let otherName = right == "localhost" ? "127.0.0.1" : right
        guard let address = IPAddress(name), let other = IPAddress(otherName) else {
            // What a name resolves to is not known here; a wildcard holds it, whatever it is.
            return NetworkAddress(host: left, port: 0).isWildcard || NetworkAddress(host: right, port: 0).isWildcard
        }
        if address == other { return true }
        if address.isUnspecified { return address.isIPv6 || !other.isIPv6 }
        return other.isUnspecified && (other.isIPv6 || !address.isIPv6)
    }
}

extension NetworkAddress: CustomStringConvertible {
    /// The address as it is written, an IPv6 address in brackets.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension SettingType where Value == NetworkAddress {
    /// A host and a port, as `127.0.0.1:9092` or `[::1]:9092`.
    ///
    /// - Parameter ports: The ports that are accepted. 0 is for listeners: any free port.
    /// - Returns: The type of the setting.
    public static func address(ports: ClosedRange<Int> = 1...65_535) -> SettingType {
        scalar(
            expected: "an address such as 127.0.0.1:9092",
            schema: ["type": "string", "pattern": #"^(\[[0-9A-Fa-f:.%A-Za-z]+\]|[A-Za-z0-9_.-]+):[0-9]{1,5}$"#],
            parse: { text throws(SettingProblem) in
                let address = try NetworkAddress(parsing: text)
                guard ports.contains(address.port) else {
                    throw SettingProblem("the port must be between \(ports.lowerBound) and \(ports.upperBound)")
                }
                return address
            },
            render: { .string($0.description) }
        )
    }
}

extension SettingType where Value == String {
    /// A host name or an IP address, without a port; an IPv6 address without brackets.
    public static var host: SettingType {
        scalar(
            expected: "a host name or IP address",
            schema: ["type": "string", "minLength": 1],
            parse: { text throws(SettingProblem) in
                if IPAddress(text) == nil { try NetworkAddress.checkHost(Substring(text)) }
                return text
            },
            render: { .string($0) }
        )
    }
}

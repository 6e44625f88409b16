/// Which requests a filter, or a rule of one, is for: all that is named must match.
public struct WhenCondition: Sendable, Hashable {
    /// Client IDs, one of which must match; `nil` for all.
    public var clientID: [StringMatcher]?
    /// Principals, as `User:alice`, one of which must match; `nil` for all.
    public var principal: [StringMatcher]?
    /// Addresses of clients, one of which must match; `nil` for all.
    public var clientAddress: [AddressMatcher]?
    /// Names of APIs, as `Produce`, one of which must match; `nil` for all.
    public var api: [StringMatcher]?
    /// Topics inside a request, one of which must match; `nil` for all. The others select whole requests.
    public var topic: [StringMatcher]?

    /// Makes a condition.
    public init(
        clientID: [StringMatcher]? = nil,
        principal: [StringMatcher]? = nil,
        clientAddress: [AddressMatcher]? = nil,
        api: [StringMatcher]? = nil,
        topic: [StringMatcher]? = nil
    ) {
        self.clientID = clientID
        self.principal = principal
        self.clientAddress = clientAddress
        self.api = api
        self.topic = topic
    }
}

/// Selects addresses of clients.
public enum AddressMatcher: Sendable, Hashable {
    /// An address, or all addresses of a network.
    case network(NetworkPrefix)
    /// Addresses whose usual notation matches.
    case text(StringMatcher)

    /// Whether `address` is selected.
    public func matches(_ address: IPAddress) -> Bool {
        switch self {
        case .network(let network): network.contains(address)
        case .text(let matcher): matcher.matches(address.description)
        }
    }
}

// MARK: - Settings

extension SettingType where Value == AddressMatcher {
    /// An address, a network in CIDR notation, or `{ prefix: … }`, `{ glob: … }`, `{ regex: … }` of an address's text.
    public static var addressMatcher: SettingType {
        let network = SettingType<NetworkPrefix>.network.mapped { AddressMatcher.network($0) }
        let text = SettingType<StringMatcher>.matcher.mapped { AddressMatcher.text($0) }
        return SettingType.either(network, or: text)
    }
}

extension SettingType where Value == WhenCondition {
    /// The condition under `when:`.
    ///
    /// - Parameter apis: The names of the APIs that exist, so that a name with a slip in it is found; empty to take any.
    /// - Returns: The type of the setting.
    public static func when(apis: [String] = []) -> SettingType {
        let api = SettingType<StringMatcher>.matcher.checked { matcher in
            guard case .exact(let name) = matcher, !apis.isEmpty, !apis.contains(name) else { return nil }
            return SettingProblem("there is no API '\(name.shortened)'", suggestion: NearestName.of(name, among: apis))
        }
        return structure { reader in
            let condition = WhenCondition(
                clientID: reader.optional(
                    "client_id", .oneOrMore(of: .matcher), "The client ID in the request's header."),
                principal: reader.optional("principal", .oneOrMore(of: .matcher), "Who the client is, as User:alice."),
                clientAddress: reader.optional(
                    "client_address", .oneOrMore(of: .addressMatcher), "The client's address, or its network."),
                api: reader.optional("api", .oneOrMore(of: api), "The API's name, as Produce."),
                topic: reader.optional("topic", .oneOrMore(of: .matcher), "Topics inside the request.")
            )
            if reader.keysInFile.isEmpty { reader.report("names no condition") }
            return condition
        }.named("when")
    }
}

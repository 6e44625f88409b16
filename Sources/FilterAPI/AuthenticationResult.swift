/// How a client's attempt to sign in by SASL ended.
public struct AuthenticationResult: Sendable, Hashable {
    /// Who decided.
    public enum Authority: String, Sendable, Hashable {
        /// Sluice, in the broker's place.
        case proxy
        /// The broker; Sluice has watched.
        case broker
    }

    /// Who decided.
    public var authority: Authority
    /// The mechanism, as `SCRAM-SHA-256`; nil if the client named none that is known.
    public var mechanism: String?
    /// Who the client is from now on; nil if it failed, or if the name cannot be told.
    public var principal: String?
    /// Why it failed, a word of a small set; nil if it did not.
    public var failure: String?

    /// A result.
    public init(authority: Authority, mechanism: String?, principal: String?, failure: String?) {
        self.authority = authority
        self.mechanism = mechanism
        self.principal = principal
        self.failure = failure
    }
}

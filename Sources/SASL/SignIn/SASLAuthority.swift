/// What a listener checks its clients by: a snapshot for one exchange.
package struct SASLAuthority: Sendable {
    /// What is offered, in the order in which it is listed.
    package var mechanisms: [SASLMechanism]
    /// Who may sign in with a password.
    package var credentials: CredentialTable
    /// The keys of tokens.
    package var keys: JSONWebKeySet
    /// What tokens must say.
    package var tokenRules: TokenRules
    /// For how long a sign-in holds at most, in milliseconds; nil for as long as what was shown holds.
    package var longestSession: Int64?

    package init(
        mechanisms: [SASLMechanism], credentials: CredentialTable = .empty, keys: JSONWebKeySet = .empty,
        tokenRules: TokenRules = TokenRules(), longestSession: Int64? = nil
    ) {
        self.mechanisms = mechanisms
        self.credentials = credentials
        self.keys = keys
        self.tokenRules = tokenRules
        self.longestSession = longestSession
    }
}

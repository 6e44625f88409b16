package import NIOCore

/// What a registry is, and how much is asked of it.
package struct RegistryOptions: Sendable {
    /// Whose API a registry has.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// Confluent's Schema Registry, and what has its API.
        case confluent
        /// Apicurio Registry 3, under `/apis/registry/v3`.
        case apicurio
    }

    /// How the proxy shows who it is.
    package enum Authorization: Sendable, Hashable {
        /// It does not.
        case none
        /// With a name and a password (RFC 7617).
        case basic(username: String, password: String)
        /// With a token (RFC 6750).
        case bearer(String)
    }

    /// Whose API it has.
    package var kind: Kind
    /// How the proxy shows who it is; by default it does not.
    package var authorization = Authorization.none
    /// True if schemas' subjects are asked for: only ``SubjectStrategy/any`` does without. True by default.
    package var readsSubjects = true
    /// How many schemas are kept. 1,000 by default.
    package var maxSchemas = 1000
    /// How many failures are kept. 1,000 by default.
    package var maxFailures = 1000
    /// How many schemas are asked for at once. 16 by default.
    package var maxFetches = 16
    /// How many more schemas wait to be asked for. 256 by default.
    package var maxWaiting = 256
    /// How long it is remembered that there is no such schema, or no such subject. 30 seconds by default.
    package var failureLifetime = TimeAmount.seconds(30)
    /// How long it is remembered that the registry did not answer. 1 second by default.
    package var outageLifetime = TimeAmount.seconds(1)
    /// How often a question is asked until it is answered. 3 by default.
    package var attempts = 3
    /// How long to wait before the second attempt; twice as long before each further one. 100 ms by default.
    package var backoff = TimeAmount.milliseconds(100)
    /// How long it may take from the first question about a schema to the last answer, what it uses among it. 6 seconds by
    /// default.
    package var fetchTimeout = TimeAmount.seconds(6)
    /// How many schemas a schema may use, those that they use among them. 64 by default.
    package var maxReferences = 64
    /// The most bytes of a schema and those that it uses together. 4 MiB by default.
    package var maxSchemaBytes = 4 << 20

    /// Options with their defaults.
    package init(kind: Kind) {
        self.kind = kind
    }

    /// The headers of each question.
    var headers: [(name: String, value: String)] {
        let accept = kind == .confluent ? "application/vnd.schemaregistry.v1+json, application/json" : "*/*"
        var headers = [(name: "Accept", value: accept)]
        switch authorization {
        case .none: break
        case .basic(let username, let password):
            headers.append(("Authorization", "Basic \(Base64Text.encode("\(username):\(password)".utf8))"))
        case .bearer(let token): headers.append(("Authorization", "Bearer \(token)"))
        }
        return headers
    }
}

import SASL
import Settings
import Testing

@testable import SluiceConfiguration

@Suite("SASL in the configuration")
struct SASLSettingsTests {
    private static let users =
        CredentialsFile.line("alice", CredentialsFile.verifiers(password: [1], iterations: 4096)) + "\n"
    private static let keys = """
        {"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",\
        "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}
        """
    private static let files = ["users": users, "keys.json": keys, "secret": "hush\n", "broken": "alice nonsense"]

    private func yaml(listener: String = "", cluster: String = "") -> String {
        """
        listeners:
          - name: apps
            address: 127.0.0.1:9092
            cluster: main
            brokers: { mode: ports, ports: 9093-9192 }
            \(listener)
        clusters:
          - name: main
            bootstrap_servers: [127.0.0.1:19092]
            \(cluster)
        """
    }

    private func loaded(listener: String = "", cluster: String = "") throws -> LoadedConfiguration {
        try load(yaml(listener: listener, cluster: cluster), variables: ["TOKEN": "abc"], files: Self.files)
    }

    private func messages(listener: String = "", cluster: String = "") -> [String] {
        do throws(ConfigurationError) {
            _ = try load(yaml(listener: listener, cluster: cluster), variables: ["TOKEN": "abc"], files: Self.files)
            return []
        } catch {
            return error.issues.map { "\($0.path): \($0.message)" }
        }
    }

    @Test("by default what clients sign in with passes")
    func byDefault() throws {
        let configuration = try loaded().configuration
        #expect(configuration.listeners[0].sasl == .passThrough(principalClaim: "sub"))
        #expect(configuration.clusters[0].sasl == nil)
    }

    @Test("a listener that signs clients in itself")
    func terminate() throws {
        let listener = """
            sasl: { mode: terminate, mechanisms: [SCRAM-SHA-512, OAUTHBEARER], credentials_file: users, max_session: 1h, \
            failure_delay: 50ms, oauth: { jwks_file: keys.json, issuer: i, audience: kafka, required_scopes: [write], \
            clock_skew: 5s } }
            """
        let sasl = try loaded(listener: listener).configuration.listeners[0].sasl
        #expect(
            sasl
                == .terminate(
                    SASLTerminationConfiguration(
                        mechanisms: [.scramSHA512, .oauthBearer], credentialsFile: "users", keys: .file("keys.json"),
                        tokenRules: TokenRules(
                            issuer: "i", audiences: ["kafka"], requiredScopes: ["write"], clockSkew: 5000),
                        maxSession: .seconds(3600),
                        delays: FailureDelays.Settings(first: .milliseconds(50), longest: .seconds(10)))))
    }

    @Test("keys may be asked for")
    func keysByAddress() throws {
        let listener =
            "sasl: { mode: terminate, mechanisms: [OAUTHBEARER], oauth: { jwks_url: 'http://[::1]:81/k?a=b' } }"
        guard case .terminate(let sasl) = try loaded(listener: listener).configuration.listeners[0].sasl,
            case .url(let address, [], .seconds(300))? = sasl.keys
        else {
            Issue.record("no address")
            return
        }
        #expect(address.host == "::1")
        #expect(address.port == 81)
        #expect(address.path == "/k?a=b")
    }

    @Test(
        "a listener's mistakes are named",
        arguments: [
            ("{}", "sasl.mode: missing: expected one of pass_through, terminate"),
            ("{ mode: terminate }", "sasl.mechanisms: missing: expected a list"),
            (
                "{ mode: terminate, mechanisms: [GSSAPI], credentials_file: users }",
                "sasl.mechanisms[0]: expected one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, found 'GSSAPI'"
            ),
            (
                "{ mode: terminate, mechanisms: [PLAIN] }",
                "sasl.credentials_file: missing: PLAIN and SCRAM need a file of users"
            ),
            (
                "{ mode: terminate, mechanisms: [PLAIN, PLAIN], credentials_file: users }",
                "sasl.mechanisms: the same mechanism twice"
            ),
            (
                "{ mode: terminate, mechanisms: [PLAIN], credentials_file: nowhere }",
                "sasl.credentials_file: cannot read 'nowhere'"
            ),
            (
                "{ mode: terminate, mechanisms: [PLAIN], credentials_file: broken }",
                "sasl.credentials_file: 'broken' cannot be read: line 1: "
            ),
            ("{ mode: terminate, mechanisms: [OAUTHBEARER] }", "sasl.oauth: missing: OAUTHBEARER needs keys"),
            (
                "{ mode: terminate, mechanisms: [OAUTHBEARER], oauth: {} }",
                "sasl.oauth: expected one of jwks_file, jwks_url"
            ),
            (
                "{ mode: terminate, mechanisms: [OAUTHBEARER], oauth: { jwks_file: users } }",
                "sasl.oauth.jwks_file: 'users' cannot be read: it is not valid JSON"
            ),
            (
                "{ mode: terminate, mechanisms: [PLAIN], credentials_file: users, oauth: { jwks_file: keys.json } }",
                "sasl.oauth: has no meaning without OAUTHBEARER"
            ),
        ])
    func listenerMistakes(sasl: String, expected: String) {
        let found = messages(listener: "sasl: \(sasl)")
        #expect(found.contains { $0.hasPrefix("listeners[0].\(expected)") }, "\(found)")
    }

    @Test("a cluster that is signed in to", arguments: ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
    func initiate(mechanism: String) throws {
        let cluster = "sasl: { mechanism: \(mechanism), username: sluice, password: { file: secret } }"
        let loaded = try loaded(cluster: cluster)
        #expect(
            loaded.configuration.clusters[0].sasl
                == ClusterSASLConfiguration(
                    .password(
                        try #require(SASLMechanism(rawValue: mechanism)), username: "sluice",
                        password: .file("secret"), isDelegationToken: false)))
        #expect(!loaded.effective.description.contains("hush"))
    }

    @Test("another secret in the same file is no other configuration")
    func secretsAreWatched() throws {
        let cluster = yaml(cluster: "sasl: { mechanism: PLAIN, username: sluice, password: { file: secret } }")
        let first = try load(cluster, files: ["secret": "one"])
        let second = try load(cluster, files: ["secret": "two"])
        #expect(ConfigurationDiff(from: first.outline, to: second.outline).isEmpty)
    }

    @Test("tokens come from somewhere, or are asked for")
    func tokens() throws {
        let written = "sasl: { mechanism: OAUTHBEARER, token: { env: TOKEN }, extensions: { cluster: lkc } }"
        #expect(
            try loaded(cluster: written).configuration.clusters[0].sasl?.credentials
                == .token(.variable("TOKEN"), extensions: ["cluster": "lkc"]))
        let asked = """
            sasl: { mechanism: OAUTHBEARER, client_credentials: { token_endpoint: http://sts:8080/token, \
            client_id: me, client_secret: { file: secret }, scope: kafka } }
            """
        #expect(
            try loaded(cluster: asked).configuration.clusters[0].sasl?.credentials
                == .clientCredentials(
                    OAuthClientConfiguration(
                        endpoint: try #require(HTTPAddress("http://sts:8080/token")), clientID: "me",
                        clientSecret: .file("secret"), scope: "kafka"), extensions: [:]))
    }

    @Test(
        "a cluster's mistakes are named",
        arguments: [
            ("{ mechanism: PLAIN, username: a }", "sasl.password: missing: expected a secret"),
            ("{ mechanism: PLAIN, username: a, password: hush }", "sasl.password: expected a secret"),
            ("{ mechanism: OAUTHBEARER }", "sasl: expected one of token, client_credentials"),
            (
                "{ mechanism: OAUTHBEARER, token: { env: TOKEN }, extensions: { auth: x } }",
                "sasl.extensions: 'auth' is no name for an extension"
            ),
            ("{ mechanism: PLAIN, username: a, password: { env: NONE } }", "sasl.password: the environment has no"),
        ])
    func clusterMistakes(sasl: String, expected: String) {
        let found = messages(cluster: "sasl: \(sasl)")
        #expect(found.contains { $0.hasPrefix("clusters[0].\(expected)") }, "\(found)")
        #expect(!found.contains { $0.contains("hush") })
    }

    @Test("to pass through what Sluice does itself is an error")
    func contradiction() {
        let found = messages(
            listener: "sasl: { mode: pass_through }",
            cluster: "sasl: { mechanism: PLAIN, username: a, password: { file: secret } }")
        #expect(found.first?.hasPrefix("listeners[0].sasl: pass_through has no meaning") == true, "\(found)")
    }

    @Test(
        "what is no address of a web server is refused",
        arguments: [
            "ftp://a/b", "http://", "http://a:0/", "http://a:70000/", "http://u@a/", "http://a/#x", "http://a/ b",
            "a/b",
            "http:///x",
        ])
    func addresses(text: String) {
        #expect(HTTPAddress(text) == nil)
    }

    @Test("addresses have usual ports and a path")
    func usualPorts() throws {
        #expect(try #require(HTTPAddress("http://a")).description == "http://a:80/")
        #expect(try #require(HTTPAddress("https://a?b")).description == "https://a:443/?b")
    }
}

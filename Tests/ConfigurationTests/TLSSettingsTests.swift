import Settings
import TLS
import Testing

@testable import SluiceConfiguration

@Suite("TLS and names of brokers in the configuration")
struct TLSSettingsTests {
    private func messages(listener: String = "", cluster: String = "", files: [String: String] = [:]) -> [String] {
        let yaml = """
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
        do throws(ConfigurationError) {
            _ = try load(yaml, files: files)
            return []
        } catch {
            return error.issues.map { issue in
                "\(issue.path.split(separator: ".").dropFirst().joined(separator: ".")): \(issue.message)"
            }
        }
    }

    @Test(
        "a listener's mistakes are named",
        arguments: [
            ("client_ca: c", "tls.client_ca: has no meaning unless client_certificate is optional or required"),
            ("principal: {}", "tls.principal: has no meaning unless client_certificate is optional or required"),
            ("verify_depth: 3", "tls.verify_depth: has no meaning unless client_certificate is optional or required"),
            ("client_certificate: required", "tls.client_ca: missing: client_certificate: required needs the CA"),
            ("client_certificate: yes", "tls.client_certificate: expected one of none, optional, required"),
            ("min_version: TLSv1.1", "tls.min_version: expected one of TLSv1.2, TLSv1.3, found 'TLSv1.1'"),
            ("min_version: TLSv1.3, max_version: TLSv1.2", "tls.min_version: is newer than max_version"),
            ("ciphers: NONSENSE", "tls.ciphers: "),
            ("crl_check: chain", "tls.crl_check: has no meaning without crl"),
            ("handshake_timeout: 1ms", "tls.handshake_timeout: must be between 100ms and 5m"),
            ("certificates: [{}]", "tls.certificates[0].certificate: missing"),
            (
                "certificates: [{ certificate: c, private_key: c, server_names: ['a b'] }]",
                "tls.certificates[0].server_names[0]: expected a host name"
            ),
            ("crt: c", "tls.crt: unknown key"),
        ])
    func listenerMistakes(settings: String, expected: String) {
        let found = messages(
            listener: "tls: { certificate: c, private_key: c, \(settings) }", files: ["c": "no certificate"])
        #expect(found.contains { $0.hasPrefix(expected) }, "\(found)")
    }

    @Test(
        "a cluster's mistakes are named",
        arguments: [
            ("certificate: c", "tls.private_key: missing: the certificate needs its private key"),
            ("private_key: c", "tls.certificate: missing: the private key needs its certificate"),
            ("verify: none, ca: c", "tls.ca: has no meaning with verify: none"),
            ("verify: some", "tls.verify: expected one of full, ca_only, none, found 'some'"),
            ("server_name: 127.0.0.1", "tls.server_name: expected a host name"),
            ("cipher_suites: NONSENSE", "tls.cipher_suites: "),
            ("groups: NONSENSE", "tls.groups: "),
        ])
    func clusterMistakes(settings: String, expected: String) {
        let found = messages(cluster: "tls: { \(settings) }", files: ["c": "no certificate"])
        #expect(found.contains { $0.hasPrefix(expected) }, "\(found)")
    }

    @Test("TLS to brokers needs no settings")
    func clusterDefaults() throws {
        let loaded = try load(minimal(cluster: "    tls: {}"))
        let tls = try #require(loaded.configuration.clusters[0].tls)
        #expect(tls.settings == TLSClientSettings())
        #expect(tls.handshakeTimeout == .seconds(10))
        let shown = loaded.effective["clusters"]?.elements.first?["tls"]
        #expect(shown?["min_version"] == .string("TLSv1.2"))
        #expect(shown?["verify"] == .string("full"))
    }

    @Test("other settings of TLS are another cluster")
    func comparison() throws {
        let before = try load(minimal(cluster: "    tls: {}"))
        let after = try load(minimal(cluster: "    tls: { verify: ca_only }"))
        let diff = ConfigurationDiff(from: before.outline, to: after.outline)
        #expect(diff.clusters.map(\.isReplaced) == [true])
        #expect(diff.clusters.first?.settings.map(\.path) == ["tls.verify"])
        #expect(diff.listeners.map(\.drains) == [true])
    }
}

@Suite("Names of brokers")
struct BrokerNamesTests {
    @Test(
        "a pattern gives each broker a name, and finds the broker of a name",
        arguments: [
            ("broker-{id}.k.example.com", 7 as Int32, "broker-7.k.example.com"),
            ("{id}.k", 0, "0.k"),
            ("b{id}", .max, "b2147483647"),
            ("B-{id}.K", 12, "b-12.k"),
        ])
    func names(pattern: String, id: Int32, name: String) throws {
        let pattern = try BrokerHostPattern(parsing: pattern)
        #expect(pattern.host(ofBroker: id) == name)
        #expect(pattern.brokerID(in: name) == id)
        #expect(pattern.brokerID(in: name.uppercased()) == id)
    }

    @Test(
        "names that are no broker's",
        arguments: [
            "", "broker-.k", "broker-01.k", "broker-1.k2", "xbroker-1.k", "broker--1.k", "broker-+1.k",
            "broker-99999999999.k", "broker-1", "broker-1.k.", "broker-\u{661}.k",
        ])
    func others(name: String) throws {
        #expect(try BrokerHostPattern(parsing: "broker-{id}.k").brokerID(in: name) == nil)
    }

    @Test(
        "patterns that are none",
        arguments: [
            "", "broker.k", "{id}-{id}.k", "b1{id}.k", "{id}2.k", "a b{id}", "-{id}.k", "{id}", "a.{id}", "a..{id}.k",
        ])
    func invalid(pattern: String) {
        #expect(throws: SettingProblem.self) { try BrokerHostPattern(parsing: pattern) }
    }

    @Test("a name in any case, with the root's dot, tells whom a client wants")
    func wanted() throws {
        let names = BrokerNamesConfiguration(
            bootstrapHost: "Boot.k", brokerHost: try BrokerHostPattern(parsing: "b{id}.k"), advertisedPort: 1)
        #expect(names.wanted("boot.K") == .bootstrap)
        #expect(names.wanted("B3.k.") == .broker(3))
        #expect(names.wanted("boot.k.k") == nil)
    }

    @Test("names of brokers are read, the port that of the listener")
    func read() throws {
        let settings = "{ mode: sni, bootstrap_host: boot.k, broker_host: 'b{id}.k' }"
        #expect(
            issues(minimal(brokers: settings)) == [
                "c.yaml:5:22: listeners[0].brokers.mode: "
                    + "sni needs tls on the listener: brokers are told apart by the server name in its handshake"
            ])
        let clash = "{ mode: sni, bootstrap_host: b1.k, broker_host: 'b{id}.k' }"
        #expect(
            issues(minimal(brokers: clash)).contains {
                $0.contains("brokers.bootstrap_host: 'b1.k' is the name of a broker by broker_host")
            })
    }
}

import Settings
import SluiceConfiguration
import Testing

/// Tables of snippets and of the lines that must come out, all of them and no others.
@Suite struct ConfigurationIssueTests {
    @Test(arguments: [
        Mistake("an empty file", "", "c.yaml:1:1: is empty"),
        Mistake("a file of comments", "# nothing\n", "c.yaml:1:1: is empty"),
        Mistake("a file that is no mapping", "- a", "c.yaml:1:1: expected a mapping, found a list"),
        Mistake(
            "nothing of what is needed", "admin: {}",
            "c.yaml:1:1: clusters: missing: expected a list", "c.yaml:1:1: listeners: missing: expected a list"),
        Mistake(
            "lists without elements", "listeners: []\nclusters: []",
            "c.yaml:1:12: listeners: needs at least 1 of them, found 0",
            "c.yaml:2:11: clusters: needs at least 1 of them, found 0"),
        Mistake(
            "an unknown key at the top", minimal(after: "listener: x\nzzz: 1"),
            "c.yaml:1:1: listener: unknown key (did you mean 'listeners'?)", "c.yaml:2:1: zzz: unknown key"),
        Mistake("keys for anchors only", minimal(after: "x-anchors: { a: b }")),
        Mistake(
            "a wrong type", minimal(after: "admin: 127.0.0.1:9901\nlimits: [a]"),
            "c.yaml:1:8: admin: expected a mapping, found '127.0.0.1:9901'",
            "c.yaml:2:9: limits: expected a mapping, found a list"),
        Mistake(
            "admin addresses", minimal(after: "admin: { address: 127.0.0.1, public_adress: a }"),
            "c.yaml:1:19: admin.address: expected an address with a port, such as 127.0.0.1:9092",
            "c.yaml:1:30: admin.public_adress: unknown key (did you mean 'public_address'?)"),
    ])
    func theFileAsAWhole(mistake: Mistake) {
        #expect(issues(mistake.yaml) == mistake.issues)
    }

    @Test(arguments: [
        ("max_frame: 1023B", "must be between 1KiB and 2147483647B, not 1023B"),
        ("max_frame: 2GiB", "must be between 1KiB and 2147483647B, not 2GiB"),
        ("max_frame: 100", "expected a size such as 64KiB or 1MiB, found the number 100"),
        ("max_held_frame: 1B", "must be between 1KiB and 2147483647B, not 1B"),
        ("buffered_bytes: 63KiB", "must be between 64KiB and 1TiB, not 63KiB"),
        ("buffered_bytes: 2TiB", "must be between 64KiB and 1TiB, not 2TiB"),
        ("requests_in_flight: 0", "must be between 1 and 1000000"),
        ("requests_in_flight: 1000001", "must be between 1 and 1000000"),
        ("requests_in_flight: 1s", "expected a whole number, found '1s'"),
        ("frame_timeout: 99ms", "must be between 100ms and 1h, not 99ms"),
        ("frame_timeout: 61m", "must be between 100ms and 1h, not 61m"),
        ("frame_timeout: 60", "expected a duration such as 250ms or 5s, found the number 60"),
        ("drain_timeout: 2h", "must be between 0s and 1h, not 2h"),
        ("idle_timeout: 999ms", "must be between 1s and 7d, not 999ms"),
        ("idle_timeout: 8d", "must be between 1s and 7d, not 8d"),
    ])
    func limitsHaveRanges(line: String, problem: String) {
        let key = String(line.prefix { $0 != ":" })
        #expect(
            issues(minimal(after: "limits:\n  " + line)) == ["c.yaml:2:\(key.count + 5): limits.\(key): \(problem)"])
    }

    @Test(arguments: [
        "max_frame: 1KiB", "max_frame: 2147483647B", "requests_in_flight: 1", "requests_in_flight: 1000000",
        "frame_timeout: 100ms", "frame_timeout: 1h", "drain_timeout: 0s", "drain_timeout: 1h", "idle_timeout: 1s",
        "idle_timeout: 7d", "max_held_frame: 1KiB", "max_held_frame: 256MiB", "buffered_bytes: 1TiB",
        "buffered_bytes: 100MiB",
    ])
    func limitsTakeTheEndsOfTheirRanges(line: String) {
        #expect(issues(minimal(after: "limits:\n  " + line)) == [])
    }

    @Test(arguments: [
        Mistake(
            "a held frame larger than the budget",
            minimal(after: "limits:\n  max_held_frame: 2MiB\n  buffered_bytes: 1MiB"),
            "c.yaml:2:19: limits.max_held_frame: is larger than buffered_bytes (1MiB), "
                + "so that such a frame could never be held"),
        Mistake(
            "a held frame larger than the default budget", minimal(after: "limits:\n  max_held_frame: 257MiB"),
            "c.yaml:2:19: limits.max_held_frame: is larger than buffered_bytes (256MiB, the default), "
                + "so that such a frame could never be held"),
        Mistake(
            "a budget smaller than the default held frame", minimal(after: "limits:\n  buffered_bytes: 64MiB"),
            "c.yaml:2:19: limits.buffered_bytes: is smaller than max_held_frame (100MiB, the default), "
                + "so that such a frame could never be held"),
    ])
    func theBudgetHoldsTheLargestFrame(mistake: Mistake) {
        #expect(issues(mistake.yaml) == mistake.issues)
    }

    @Test(arguments: [
        Mistake(
            "what a listener needs", "listeners: [{}]\nclusters: [{ name: main, bootstrap_servers: a:1 }]",
            "c.yaml:1:13: listeners[0].address: missing: expected an address such as 127.0.0.1:9092",
            "c.yaml:1:13: listeners[0].brokers: missing: expected a mapping with the key mode",
            "c.yaml:1:13: listeners[0].cluster: missing: expected a name of letters, digits, '_', '.' and '-'",
            "c.yaml:1:13: listeners[0].name: missing: expected a name of letters, digits, '_', '.' and '-'"),
        Mistake(
            "a cluster that does not exist", minimal.replacingFirst("cluster: main", with: "cluster: mian"),
            "c.yaml:4:14: listeners[0].cluster: there is no cluster 'mian' (did you mean 'main'?)"),
        Mistake(
            "a name with a space", minimal.replacingFirst("name: apps", with: "name: my apps"),
            "c.yaml:2:11: listeners[0].name: expected a name of letters, digits, '_', '.' and '-', found 'my apps'"),
        Mistake(
            "an unknown choice", minimal(listener: "    on_unknown: drop"),
            "c.yaml:6:17: listeners[0].on_unknown: expected one of forward, close, found 'drop'"),
        Mistake(
            "TLS without a certificate", minimal(listener: "    tls: {}"),
            "c.yaml:6:10: listeners[0].tls.certificate: missing: expected the path of a file",
            "c.yaml:6:10: listeners[0].tls.private_key: missing: expected the path of a file"),
        Mistake(
            "trust without a header", minimal(listener: "    proxy_protocol_trusted: [10.0.0.0/8]"),
            "c.yaml:6:29: listeners[0].proxy_protocol_trusted: has no meaning unless proxy_protocol is true"),
        Mistake(
            "a header without trust", minimal(listener: "    proxy_protocol: true\n    proxy_protocol_trusted: []"),
            "c.yaml:7:29: listeners[0].proxy_protocol_trusted: must not be empty when proxy_protocol is true"),
        Mistake(
            "networks", minimal(listener: "    proxy_protocol: true\n    proxy_protocol_trusted: [10.0.0.1/8, x]"),
            "c.yaml:7:30: listeners[0].proxy_protocol_trusted[0]: '10.0.0.1/8' has bits set behind its first 8",
            "c.yaml:7:42: listeners[0].proxy_protocol_trusted[1]: 'x' is not an address or a network such as 10.0.0.0/8"
        ),
        Mistake(
            "two listeners of one name",
            minimal(
                listener:
                    "  - name: apps\n    address: 127.0.0.1:1\n    cluster: main\n    brokers: { mode: pass_through }"),
            "c.yaml:6:11: listeners[1].name: 'apps' is the name of another listener, on line 2"),
    ])
    func listeners(mistake: Mistake) {
        #expect(issues(mistake.yaml) == mistake.issues)
    }

    @Test(arguments: [
        Mistake(
            "no mode", minimal(brokers: "{ ports: 9093-9192 }"),
            "c.yaml:5:14: listeners[0].brokers.mode: missing: expected one of ports, pass_through, sni"),
        Mistake(
            "an unknown mode", minimal(brokers: "{ mode: port }"),
            "c.yaml:5:22: listeners[0].brokers.mode: expected one of ports, pass_through, sni, found 'port' "
                + "(did you mean 'ports'?)"),
        Mistake(
            "sni without names and without TLS", minimal(brokers: "{ mode: sni, domain: a.b }"),
            "c.yaml:5:14: listeners[0].brokers.bootstrap_host: missing: "
                + "expected a host name such as bootstrap.kafka.example.com",
            "c.yaml:5:14: listeners[0].brokers.broker_host: missing: "
                + "expected a host name with {id} in it, such as broker-{id}.kafka.example.com",
            "c.yaml:5:22: listeners[0].brokers.mode: "
                + "sni needs tls on the listener: brokers are told apart by the server name in its handshake",
            "c.yaml:5:27: listeners[0].brokers.domain: unknown key"),
        Mistake(
            "ports misspelt", minimal(brokers: "{ mode: ports, prots: 9093-9192 }"),
            "c.yaml:5:14: listeners[0].brokers.ports: missing: expected a range of ports such as 9093-9192, or a mapping",
            "c.yaml:5:29: listeners[0].brokers.prots: unknown key (did you mean 'ports'?)"),
        Mistake(
            "ports in the wrong order", minimal(brokers: "{ mode: ports, ports: 9192-9093 }"),
            "c.yaml:5:36: listeners[0].brokers.ports: the first port is behind the last"),
        Mistake(
            "a mapping with bad entries", minimal(brokers: "{ mode: ports, ports: { 0: 0, x: 9093, -1: 9094, 1: a } }"),
            "c.yaml:5:41: listeners[0].brokers.ports.0: must be between 1 and 65535",
            "c.yaml:5:44: listeners[0].brokers.ports.x: expected a whole number, found 'x'",
            "c.yaml:5:53: listeners[0].brokers.ports.-1: must be between 0 and 2147483647",
            "c.yaml:5:66: listeners[0].brokers.ports.1: expected a whole number, found 'a'"),
        Mistake(
            "a mapping without entries", minimal(brokers: "{ mode: ports, ports: {} }"),
            "c.yaml:5:36: listeners[0].brokers.ports: needs at least 1 keys, found 0"),
        Mistake(
            "a first ID with a mapping", minimal(brokers: "{ mode: ports, ports: { 0: 9093 }, first_broker_id: 1 }"),
            "c.yaml:5:66: listeners[0].brokers.first_broker_id: has no meaning where ports is a mapping"),
        Mistake(
            "a first ID out of range",
            minimal(brokers: "{ mode: ports, ports: 9093-9094, first_broker_id: 2147483648 }"),
            "c.yaml:5:64: listeners[0].brokers.first_broker_id: must be between 0 and 2147483647"),
        Mistake(
            "ports in pass_through", minimal(brokers: "{ mode: pass_through, ports: 9093-9192 }"),
            "c.yaml:5:36: listeners[0].brokers.ports: unknown key"),
        Mistake(
            "no host to advertise", minimal.replacingFirst("127.0.0.1:9092", with: "0.0.0.0:9092"),
            "c.yaml:5:14: listeners[0].brokers.advertised_host: missing: "
                + "clients cannot connect to 0.0.0.0, where the listener is"),
        Mistake(
            "a host with a port", minimal(brokers: "{ mode: ports, ports: 9093-9192, advertised_host: a:1 }"),
            "c.yaml:5:64: listeners[0].brokers.advertised_host: 'a:1' is not a host name or IP address"),
        Mistake(
            "pass_through to several servers",
            minimal(brokers: "{ mode: pass_through }").replacingFirst("[127.0.0.1:19092]", with: "[a:1, b:1]"),
            "c.yaml:5:22: listeners[0].brokers.mode: pass_through needs a cluster with exactly one bootstrap server; "
                + "'main' has 2 (c.yaml:8:24)"),
    ])
    func brokerPorts(mistake: Mistake) {
        #expect(issues(mistake.yaml) == mistake.issues)
    }

    @Test(arguments: [
        Mistake(
            "a listener and the admin", minimal(after: "admin: { address: 127.0.0.1:9092 }"),
            "c.yaml:4:14: listeners[0].address: port 9092 of 127.0.0.1 clashes with admin.address (c.yaml:1:19)"),
        Mistake(
            "a listener and the admin's default", minimal.replacingFirst("127.0.0.1:9092", with: "127.0.0.1:9901"),
            "c.yaml:3:14: listeners[0].address: port 9901 of 127.0.0.1 clashes with admin.address (c.yaml:1:1)"),
        Mistake(
            "both addresses of the admin",
            minimal(after: "admin: { address: 127.0.0.1:9901, public_address: 0.0.0.0:9901 }"),
            "c.yaml:1:51: admin.public_address: port 9901 of 0.0.0.0 (there 127.0.0.1) clashes with "
                + "admin.address (c.yaml:1:19)"),
        Mistake(
            "a listener and its own brokers", minimal(brokers: "{ mode: ports, ports: 9090-9099 }"),
            "c.yaml:5:36: listeners[0].brokers.ports: port 9092 of 127.0.0.1 clashes with "
                + "listeners[0].address (c.yaml:3:14)"),
        Mistake(
            "the brokers of two listeners",
            minimal(
                listener:
                    """
                      - name: b
                        address: 127.0.0.1:9000
                        cluster: main
                        brokers: { mode: ports, ports: 9190-9200 }
                    """),
            "c.yaml:9:36: listeners[1].brokers.ports: ports 9190-9192 of 127.0.0.1 clash with "
                + "listeners[0].brokers.ports (c.yaml:5:36)"),
        Mistake(
            "one port for two brokers", minimal(brokers: "{ mode: ports, ports: { 0: 9093, 1: 9093 } }"),
            "c.yaml:5:50: listeners[0].brokers.ports.1: port 9093 of 127.0.0.1 clashes with "
                + "listeners[0].brokers.ports.0 (c.yaml:5:41)"),
        Mistake("other hosts", minimal(brokers: "{ mode: ports, ports: 9092, bind_host: 127.0.0.2 }")),
        Mistake("port 0", minimal(after: "admin: { address: 127.0.0.1:0, public_address: 127.0.0.1:0 }")),
    ])
    func clashes(mistake: Mistake) {
        #expect(issues(mistake.yaml) == mistake.issues)
    }

    @Test(arguments: [
        Mistake(
            "what a cluster needs",
            minimal.replacingFirst("- name: main\n    bootstrap_servers: [127.0.0.1:19092]", with: "- {}"),
            "c.yaml:7:5: clusters[0].bootstrap_servers: missing: expected an address such as 127.0.0.1:9092, or a list of them",
            "c.yaml:7:5: clusters[0].name: missing: expected a name of letters, digits, '_', '.' and '-'"),
        Mistake(
            "no servers", minimal.replacingFirst("[127.0.0.1:19092]", with: "[]"),
            "c.yaml:8:24: clusters[0].bootstrap_servers: needs at least 1 of them, found 0"),
        Mistake(
            "bad servers", minimal.replacingFirst("[127.0.0.1:19092]", with: "[a, b:0, \"c:1,,d:2\"]"),
            "c.yaml:8:25: clusters[0].bootstrap_servers[0]: expected an address with a port, such as a:9092",
            "c.yaml:8:28: clusters[0].bootstrap_servers[1]: the port of a broker cannot be 0",
            "c.yaml:8:33: clusters[0].bootstrap_servers[2]: "
                + "expected a host before the port, such as 127.0.0.1 or (for all addresses) 0.0.0.0"),
        Mistake(
            "times out of range", minimal(cluster: "    connect_timeout: 0s\n    metadata_refresh: 2h"),
            "c.yaml:9:22: clusters[0].connect_timeout: must be between 1ms and 5m, not 0s",
            "c.yaml:10:23: clusters[0].metadata_refresh: must be between 1s and 1h, not 2h"),
        Mistake(
            "TLS", minimal(cluster: "    tls: { ca: a }"),
            "c.yaml:9:16: clusters[0].tls.ca: cannot read 'a'"),
        Mistake(
            "two clusters of one name", minimal(cluster: "  - { name: main, bootstrap_servers: a:1 }"),
            "c.yaml:9:13: clusters[1].name: 'main' is the name of another cluster, on line 7"),
    ])
    func clusters(mistake: Mistake) {
        #expect(issues(mistake.yaml) == mistake.issues)
    }

    @Test(arguments: [
        Mistake(
            "an unknown type", minimal(listener: "    filters: [{ type: acces_log, dry_run: x, path: 1 }]"),
            "c.yaml:6:23: listeners[0].filters[0].type: expected one of access_log, rate_limit, tap, found 'acces_log' "
                + "(did you mean 'access_log'?)",
            "c.yaml:6:43: listeners[0].filters[0].dry_run: expected true or false, found 'x'"),
        Mistake(
            "no type", minimal(listener: "    filters: [{ name: a }]"),
            "c.yaml:6:15: listeners[0].filters[0].type: missing: expected one of access_log, rate_limit, tap"),
        Mistake(
            "the filter's own keys", minimal(listener: "    filters: [{ type: access_log, pth: a, size: 2MiB }]"),
            "c.yaml:6:35: listeners[0].filters[0].pth: unknown key (did you mean 'path'?)",
            "c.yaml:6:49: listeners[0].filters[0].size: must be between 1B and 1MiB, not 2MiB"),
        Mistake(
            "two filters of one name",
            minimal(
                listener: "    filters: [{ type: access_log }, { type: rate_limit, requests: 1/s, name: access_log }]"),
            "c.yaml:6:78: listeners[0].filters[1].name: 'access_log' is the name of another filter of this listener, "
                + "on line 6"),
        Mistake(
            "a condition",
            minimal(
                listener: "    filters: [{ type: access_log, when: { api: Prodce, client_id: { regex: \"(\" } } }]"),
            "c.yaml:6:48: listeners[0].filters[0].when.api: there is no API 'Prodce' (did you mean 'Produce'?)",
            "c.yaml:6:76: listeners[0].filters[0].when.client_id.regex: "
                + "not a regular expression: '(' without ')', at character 2"),
        Mistake(
            "a condition without any", minimal(listener: "    filters: [{ type: access_log, when: {} }]"),
            "c.yaml:6:41: listeners[0].filters[0].when: names no condition"),
        Mistake(
            "a condition that was commented out",
            minimal(listener: "    filters:\n      - type: access_log\n        when:"),
            "c.yaml:8:9: listeners[0].filters[0].when: has no value: expected a mapping"),
        Mistake("filters that were commented out", minimal(listener: "    filters:")),
        Mistake(
            "a secret in the file", minimal(listener: "    filters: [{ type: tap, password: hunter2 }]"),
            "c.yaml:6:38: listeners[0].filters[0].password: expected a secret, as { file: PATH } or { env: NAME }, "
                + "and never the secret itself"),
    ])
    func filters(mistake: Mistake) {
        #expect(issues(mistake.yaml) == mistake.issues)
    }

    @Test func aFilterMustNameAClusterThatIsThere() {
        let yaml = minimal(listener: "    filters: [{ type: tap, password: { env: PW }, cluster: man }]")
        #expect(
            issues(yaml, variables: ["PW": "x"]) == [
                "c.yaml:6:60: listeners[0].filters[0].cluster: there is no cluster 'man' (did you mean 'main'?)"
            ])
    }

    @Test func theClustersThatAFilterNamesAreKnown() throws {
        let yaml = minimal(
            listener: "    filters: [{ type: tap, password: { env: PW }, cluster: main }, { type: access_log }]")
        let filters = try load(yaml, variables: ["PW": "x"]).configuration.listeners[0].filters
        #expect(filters.map(\.clusters) == [["main"], []])
    }

    @Test func mistakesInDifferentPlacesAreShownTogetherInOrder() {
        let yaml = """
            admin: { adress: x }
            listeners:
              - name: apps
                address: 127.0.0.1:9092
                cluster: other
                brokers: { mode: ports, ports: 9090-9099 }
                filters: [{ type: log }]
              - name: apps
                address: here
                cluster: third
                brokers: { mode: pass_through }
            clusters:
              - name: main
                bootstrap_servers: ${SERVERS}
                connect_timeout: 5
            """
        #expect(
            issues(yaml) == [
                "c.yaml:1:10: admin.adress: unknown key (did you mean 'address'?)",
                "c.yaml:5:14: listeners[0].cluster: there is no cluster 'other'",
                "c.yaml:6:36: listeners[0].brokers.ports: port 9092 of 127.0.0.1 clashes with "
                    + "listeners[0].address (c.yaml:4:14)",
                "c.yaml:7:23: listeners[0].filters[0].type: expected one of access_log, rate_limit, tap, found 'log'",
                "c.yaml:8:11: listeners[1].name: 'apps' is the name of another listener, on line 3",
                "c.yaml:9:14: listeners[1].address: expected an address with a port, such as here:9092",
                "c.yaml:10:14: listeners[1].cluster: there is no cluster 'third'",
                "c.yaml:14:24: clusters[0].bootstrap_servers: the environment has no variable 'SERVERS', "
                    + "and ${SERVERS} has no default",
                "c.yaml:15:22: clusters[0].connect_timeout: expected a duration such as 250ms or 5s, found the number 5",
            ]
        )
    }
}

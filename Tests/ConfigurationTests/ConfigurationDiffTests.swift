import Settings
import SluiceConfiguration
import Testing

@Suite("The difference between two configurations")
struct ConfigurationDiffTests {
    private static let base = """
        limits: { frame_timeout: 60s }
        listeners:
          - name: apps
            address: 127.0.0.1:9092
            cluster: main
            brokers: { mode: ports, ports: 9093-9099 }
            filters:
              - { type: access_log, name: log, path: a.log }
              - { type: rate_limit, name: limit, requests: 10/s }
              - { type: tap, name: copies, password: { env: PW } }
          - name: jobs
            address: 127.0.0.1:9192
            cluster: other
            brokers: { mode: ports, ports: 9193-9199 }
        clusters:
          - { name: main, bootstrap_servers: [a:1, b:2] }
          - { name: other, bootstrap_servers: c:3 }
        """

    private func diff(
        _ replacements: (String, String)..., password: String = "hunter2", from: String = base
    ) throws -> ConfigurationDiff {
        let old = try load(from, variables: ["PW": "hunter2"])
        let text = replacements.reduce(from) { $0.replacingFirst($1.0, with: $1.1) }
        let new = try load(text, variables: ["PW": password])
        return ConfigurationDiff(from: old.outline, to: new.outline)
    }

    @Test("The same configuration, written otherwise, changes nothing")
    func same() throws {
        let same = try diff(
            ("60s", "1m"), ("cluster: main\n    brokers", "on_unknown: forward\n    cluster: main\n    brokers"),
            ("[a:1, b:2]", "\"a:1, b:2\""),
            (
                "{ type: access_log, name: log, path: a.log }",
                "{ path: a.log, name: log, type: access_log, dry_run: false }"
            ))
        #expect(same.isEmpty)
        #expect(same.listeners.isEmpty && same.clusters.isEmpty && same.settings.isEmpty && same.needsRestart.isEmpty)
    }

    @Test("A filter's setting changes that filter and nothing else, and no connection is drained")
    func filterSetting() throws {
        let changed = try diff(("10/s", "20/s"))
        #expect(changed.clusters.isEmpty && changed.settings.isEmpty)
        let listener = try #require(changed.listeners.first)
        #expect(changed.listeners.count == 1)
        #expect(listener.name == "apps" && listener.kind == .changed && !listener.drains && listener.settings.isEmpty)
        #expect(listener.filters.map(\.name) == ["limit"])
        #expect(listener.filters.first?.kind == .changed)
        #expect(listener.filters.first?.settings.map(\.path) == ["requests"])
        #expect(listener.filters.first?.settings.first?.to == "20/s")
    }

    @Test(
        "What every filter has counts as its setting",
        arguments: [
            ("name: limit", "name: limit, dry_run: true"), ("name: limit", "name: limit, when: { api: Produce }"),
        ])
    func commonSettings(from: String, to: String) throws {
        #expect(try diff((from, to)).listeners.first?.filters.map(\.name) == ["limit"])
    }

    @Test("A secret that has another value changes its filter, and the value never shows")
    func secret() throws {
        let changed = try diff(password: "hunter3")
        let filter = try #require(changed.listeners.first?.filters.first)
        #expect(filter.name == "copies")
        #expect(filter.settings.map(\.path) == ["password"])
        #expect(filter.settings.first?.isContents == true)
        let report = ReloadReport(changed, connections: [:], tense: .would)
        #expect(report.text.contains("password: other contents"))
        #expect(!"\(changed) \(report) \(report.text) \(report.json)".contains("hunter"))
    }

    @Test("A filter of another type by the same name is another filter")
    func filterType() throws {
        let changed = try diff(
            ("{ type: rate_limit, name: limit, requests: 10/s }", "{ type: access_log, name: limit }"))
        let filters = try #require(changed.listeners.first?.filters)
        #expect(filters.map(\.kind) == [.added, .removed])
        #expect(filters.map(\.type) == ["access_log", "rate_limit"])
    }

    @Test("A filter without a name goes by its type")
    func unnamed() throws {
        let base = Self.base.replacingFirst("name: limit, ", with: "")
        #expect(try diff(("10/s", "20/s"), from: base).listeners.first?.filters.map(\.name) == ["rate_limit"])
        #expect(try diff(("requests: 10/s", "name: rate_limit, requests: 10/s"), from: base).isEmpty)
    }

    @Test("Filters that come, go and move are told apart; those that stay keep their place among the kept")
    func filterList() throws {
        let log = "      - { type: access_log, name: log, path: a.log }\n"
        let limit = "      - { type: rate_limit, name: limit, requests: 10/s }\n"
        let moved = try diff((log + limit, limit + log))
        #expect(moved.listeners.first?.filters.isEmpty == true)
        #expect(moved.listeners.first?.isReordered == true)
        #expect(moved.listeners.first?.drains == false)
        let removed = try diff((log, ""))
        #expect(removed.listeners.first?.filters.map(\.kind) == [.removed])
        #expect(removed.listeners.first?.isReordered == false)
        let added = try diff((log, "      - { type: access_log, name: first }\n" + log))
        #expect(added.listeners.first?.filters.map(\.name) == ["first"])
        #expect(added.listeners.first?.isReordered == false)
    }

    @Test(
        "A listener whose sockets, brokers or cluster change drains its connections",
        arguments: [
            ("127.0.0.1:9092", "127.0.0.1:9091"), ("9093-9099", "9093-9098"),
            ("cluster: main\n    brokers", "cluster: other\n    brokers"),
            ("cluster: main\n    brokers", "proxy_protocol: true\n    cluster: main\n    brokers"),
            ("9093-9099", "9093-9099, advertised_host: kafka.example"),
        ])
    func drains(from: String, to: String) throws {
        let changed = try diff((from, to))
        #expect(changed.listeners.map(\.name) == ["apps"])
        #expect(changed.listeners.first?.drains == true)
        #expect(changed.listeners.first?.filters.isEmpty == true)
    }

    @Test("on_unknown changes in place")
    func onUnknown() throws {
        let changed = try diff(("cluster: main\n    brokers", "on_unknown: close\n    cluster: main\n    brokers"))
        #expect(changed.listeners.first?.settings.map(\.path) == ["on_unknown"])
        #expect(changed.listeners.first?.drains == false)
    }

    @Test("A cluster at other addresses drains the listeners before it; one that is asked more often does not")
    func cluster() throws {
        let moved = try diff(("[a:1, b:2]", "[a:1, d:2]"))
        #expect(moved.clusters.map(\.name) == ["main"])
        #expect(moved.clusters.first?.settings.map(\.path) == ["bootstrap_servers[1]"])
        #expect(moved.listeners.map(\.name) == ["apps"])
        #expect(moved.listeners.first?.hasOtherCluster == true && moved.listeners.first?.drains == true)
        let asked = try diff(("name: other, ", "name: other, metadata_refresh: 5s, connect_timeout: 1s, "))
        #expect(asked.clusters.map(\.name) == ["other"])
        #expect(asked.clusters.first?.isReplaced == false)
        #expect(asked.listeners.isEmpty)
    }

    @Test("Listeners and clusters come and go by their names")
    func named() throws {
        let jobs = "  - name: jobs\n    address"
        let changed = try diff(
            (jobs, "  - name: batch\n    address"), ("name: other, boot", "name: third, boot"),
            ("cluster: other", "cluster: third"))
        #expect(changed.listeners.map(\.name) == ["batch", "jobs"])
        #expect(changed.listeners.map(\.kind) == [.added, .removed])
        #expect(changed.listeners.map(\.drains) == [false, true])
        #expect(changed.clusters.map(\.name) == ["third", "other"])
    }

    @Test("Limits and reload settings are taken up; the admin block is not")
    func sections() throws {
        let changed = try diff(
            (
                "limits: { frame_timeout: 60s }",
                "admin: { address: 127.0.0.1:9999 }\nreload: { watch: true }\nlimits: { frame_timeout: 30s }"
            ))
        #expect(changed.settings.map(\.path) == ["limits.frame_timeout", "reload.watch"])
        #expect(changed.needsRestart.map(\.path) == ["admin.address"])
        #expect(!changed.isEmpty)
        let admin = try diff(("limits: {", "admin: { address: 127.0.0.1:9999 }\nlimits: {"))
        #expect(admin.isEmpty && admin.needsRestart.count == 1)
    }

    @Test("The same is seen in what /config_dump shows, but for what does not show there")
    func dump() throws {
        let running = try load(Self.base, variables: ["PW": "hunter2"])
        let shown = ConfigurationOutline(effective: running.effective)
        let file = try load(Self.base.replacingFirst("10/s", with: "20/s"), variables: ["PW": "hunter3"])
        let changed = ConfigurationDiff(from: shown, to: ConfigurationOutline(effective: file.effective))
        #expect(changed.listeners.first?.filters.map(\.name) == ["limit"])
    }

    @Test("A report counts the connections that are drained, and says it in text and JSON")
    func report() throws {
        let changed = try diff(("127.0.0.1:9192", "127.0.0.1:9191"), ("10/s", "20/s"))
        let report = ReloadReport(changed, connections: ["apps": 3, "jobs": 2], tense: .would)
        #expect(report.drainedConnections == 2)
        #expect(
            report.text == """
                listeners:
                  ~ apps (3 open connections go on)
                      ~ filter limit (rate_limit)
                          requests: "10/s" -> "20/s"
                  ~ jobs (drains 2 open connections)
                      address: "127.0.0.1:9192" -> "127.0.0.1:9191"
                2 open connections would be drained

                """)
        #expect(report.json["drained_connections"] == 2)
        #expect(report.json["changes"] == true)
        #expect(report.json["applied"] == false)
        #expect(ReloadReport(try diff(), connections: [:], tense: .would).text == "nothing would change\n")
    }
}

@Suite("A setting that differs")
struct SettingChangeTests {
    private func changes(_ old: JSONValue, _ new: JSONValue) -> [String] {
        let before = ConfigurationOutline(effective: ["limits": old])
        let after = ConfigurationOutline(effective: ["limits": new])
        return ConfigurationDiff(from: before, to: after).settings.map {
            "\($0.path) \($0.from?.description ?? "-") \($0.to?.description ?? "-")"
        }
    }

    @Test("is told by its path, with both values")
    func paths() {
        #expect(changes(["a": ["b": 1]], ["a": ["b": 2]]) == ["limits.a.b 1 2"])
        #expect(changes(["a": 1], [:]) == ["limits.a 1 -"])
        #expect(changes([:], ["a": 1]) == ["limits.a - 1"])
        #expect(changes(["a": 1], ["a": [1]]) == ["limits.a 1 [1]"])
    }

    @Test("is not one for the order of keys, or the way a number is written")
    func same() {
        #expect(changes(["a": 1, "b": 2], ["b": 2, "a": 1]).isEmpty)
        #expect(changes(["a": 1], ["a": .number(1)]).isEmpty)
    }

    @Test("in a list is the element that came, went or differs, not all behind it")
    func lists() {
        #expect(changes(["a": ["x", "y", "z"]], ["a": ["x", "z"]]) == ["limits.a[1] \"y\" -"])
        #expect(changes(["a": ["x", "z"]], ["a": ["x", "y", "z"]]) == ["limits.a[1] - \"y\""])
        #expect(changes(["a": ["x", "y", "z"]], ["a": ["x", "w", "z"]]) == ["limits.a[1] \"y\" \"w\""])
        #expect(changes(["a": ["x"]], ["a": ["x", "x"]]) == ["limits.a[1] - \"x\""])
        #expect(changes(["a": []], ["a": []]).isEmpty)
    }
}

import FilterAPI
import Settings
import SluiceConfiguration
import Telemetry
import Testing

@testable import RateLimitFilter

@Suite("Settings of a rate limit")
struct RateLimitConfigurationTests {
    /// Reads the keys of a rate limit as a configuration file has them.
    private func load(_ settings: String) throws(ConfigurationError) -> RateLimitConfiguration? {
        let type = FilterType(name: RateLimitFilterFactory.type, summary: RateLimitFilterFactory.summary) {
            RateLimitFilterFactory.read(&$0)
        }
        let lines = settings.split(separator: "\n").map { "        \($0)" }.joined(separator: "\n")
        let yaml = """
            listeners:
              - name: apps
                address: 127.0.0.1:9092
                cluster: main
                brokers: { mode: ports, ports: 9093-9192 }
                filters:
                  - type: rate_limit
                    name: per-client
            \(lines)
            clusters:
              - name: main
                bootstrap_servers: [127.0.0.1:19092]
            """
        let loaded = try ConfigurationLoader(filterTypes: [type]).load(yaml, file: "c.yaml")
        return loaded.configuration.listeners.first?.filters.first?.configuration as? RateLimitConfiguration
    }

    private func problems(_ settings: String) -> [String] {
        do throws(ConfigurationError) {
            _ = try load(settings)
            return []
        } catch {
            return error.issues.map { issue in
                issue.message + (issue.suggestion.map { " (\($0))" } ?? "")
            }
        }
    }

    @Test("are read as the documentation writes them")
    func everyKey() throws {
        let configuration = try load(
            """
            connections: { max: 2000, max_per_address: 100, new_per_second: 50, burst: 100 }
            match: all
            max_throttle: 5s
            max_buckets: 1000
            limits:
              - per: [client_id]
                when: { client_id: { glob: "batch-*" } }
                requests: 1000/s
                produce_bytes: 20MiB/s
                fetch_bytes: 50MiB/s
                records: 10000/s
                burst: 2s
                action: throttle
              - name: administration
                when: { api: [CreateTopics, DeleteTopics] }
                requests: 10/m
                action: reject
            """)
        let expected = RateLimitConfiguration(
            limits: [
                LimitConfiguration(
                    name: "client_id", per: [.clientID],
                    when: WhenCondition(clientID: [.glob(try GlobPattern(parsing: "batch-*"))]), requests: Rate(1000),
                    produceBytes: ByteRate(.mebibytes(20)), fetchBytes: ByteRate(.mebibytes(50)),
                    records: Rate(10_000), burst: .seconds(2)),
                LimitConfiguration(
                    name: "administration", when: WhenCondition(api: [.exact("CreateTopics"), .exact("DeleteTopics")]),
                    requests: Rate(10, per: .minute), action: .reject),
            ],
            match: .all, maxThrottle: .seconds(5), maxBuckets: 1000,
            connections: ConnectionLimitConfiguration(max: 2000, maxPerAddress: 100, newPerSecond: 50, burst: 100))
        #expect(configuration == expected)
    }

    @Test("have defaults")
    func defaults() throws {
        let configuration = try #require(try load("limits: [{ requests: 1/s }]"))
        #expect(configuration.match == .first)
        #expect(configuration.maxThrottle == .seconds(10))
        #expect(configuration.maxBuckets == 100_000)
        #expect(configuration.connections == nil)
        #expect(configuration.limits == [LimitConfiguration(name: "all", requests: Rate(1), burst: .seconds(1))])
        #expect(try load("connections: { new_per_second: 50 }")?.connections?.burst == 50)
    }

    @Test("name limits that have no name by what they tell apart")
    func names() throws {
        let configuration = try load(
            """
            limits:
              - { requests: 1/s }
              - { requests: 1/s, per: [] }
              - { requests: 1/s, per: [client_id, api] }
              - { requests: 1/s, per: [client_id, api] }
              - { requests: 1/s, name: all-3 }
              - { requests: 1/s }
            """)
        #expect(
            configuration?.limits.map(\.name) == ["all", "all-2", "client_id-api", "client_id-api-2", "all-3", "all-4"])
    }

    @Test(
        "say what is wrong",
        arguments: [
            ("dry_run: false", "limits nothing: it needs 'limits', 'connections' or both"),
            (
                "limits: [{ per: [topic] }]",
                "limits nothing: it needs one of requests, produce_bytes, fetch_bytes, records"
            ),
            (
                "limits: [{ requests: 1/s, per: [client] }]",
                "expected one of client_id, principal, client_address, topic, group, api, listener, found 'client'"
            ),
            ("limits: [{ requests: 1/s, per: [api, api] }]", "'api' is listed twice"),
            (
                "limits: [{ fetch_bytes: 1MiB/s, per: [group] }]",
                "has no meaning with 'per: [group]': Produce and Fetch requests name no group"
            ),
            ("limits: [{ requests: 0/s }]", "must be between"),
            ("limits: [{ requests: 10 }]", "expected a rate such as 1000/s"),
            ("limits: [{ produce_bytes: 10/s }]", "expected a rate such as 20MiB/s"),
            ("limits: [{ requests: 1/s, burst: 2h }]", "must be between 1ms and 1h, not 2h"),
            ("limits: [{ requests: 1/s, action: deny }]", "expected one of throttle, reject, found 'deny'"),
            ("limits: [{ requests: 1/s, name: a }, { requests: 1/s, name: a }]", "two limits are called 'a'"),
            ("limits: [{ requests: 1/s, when: { api: Produces } }]", "there is no API 'Produces' (Produce)"),
            ("limits: [{ request: 1/s }]", "limits nothing"),
            ("limits: []", "needs at least 1 of them, found 0"),
            ("connections: {}", "limits nothing: it needs one of max, max_per_address, new_per_second"),
            ("connections: { max: 1, burst: 5 }", "is used with 'new_per_second' only"),
            ("connections: { max: 0 }", "must be between 1 and 10000000"),
            ("connections: { max: 1 }\nmatch: any", "expected one of first, all"),
            ("connections: { max: 1 }\nmax_throttle: 1us", "must be between 10ms and 1h, not 1us"),
        ])
    func mistakes(_ settings: String, _ message: String) {
        let problems = problems(settings)
        #expect(problems.contains { $0.hasPrefix(message) }, "\(problems)")
    }

    @Test("describe themselves in a schema")
    func schema() {
        let type = SettingType<RateLimitConfiguration>.structure { RateLimitFilterFactory.read(&$0) }
        let schema = type.jsonSchema(title: "rate_limit", description: "-")
        #expect(schema["properties"]?["max_throttle"]?["default"] == "10s")
        let limit = schema["properties"]?["limits"]?["items"]
        #expect(limit?.description.contains(#""enum":["throttle","reject"]"#) == true)
    }
}

@Suite("What a rate limit shows")
struct RateLimitStatusTests {
    @Test("is what it limits, how many buckets there are, and how many connections")
    func status() async throws {
        let bench = Bench(
            RateLimitConfiguration(
                limits: [
                    LimitConfiguration(
                        name: "clients", per: [.clientID], requests: Rate(10), produceBytes: ByteRate(.mebibytes(1)))
                ], connections: ConnectionLimitConfiguration(max: 5)))
        bench.client().send()
        _ = bench.filter.gate?.admit("10.0.0.1")
        let status = try #require(await bench.filter.control?.status())
        #expect(
            status.description
                == #"{"match":"first","max_throttle":"10s","connections":{"open":1,"addresses":1,"max":5},"#
                + #""limits":[{"name":"clients","per":["client_id"],"requests":"10/s","produce_bytes":"1MiB/s","#
                + #""burst":"1s","action":"throttle","buckets":1}]}"#)
    }

    @Test("cannot be changed while it runs, and it says so")
    func changes() async {
        let control = Bench(LimitConfiguration(requests: Rate(1))).filter.control
        await #expect(throws: FilterControlError.unknownRule(["limit0"])) {
            _ = try await control?.prepare(rule: "other", settings: [])
        }
        await #expect(throws: FilterControlError.invalid("limits are changed in the configuration, by a reload")) {
            _ = try await control?.prepare(rule: "limit0", settings: [])
        }
    }

    @Test("is counted by limit, with a histogram of the times")
    func metrics() async {
        let bench = Bench(LimitConfiguration(requests: Rate(1)))
        for _ in 0..<3 { bench.client().send() }
        let shard = bench.shard.snapshot()
        bench.metrics.attach { _ in shard }
        #expect(await bench.value("sluice_rate_limit_allowed_total", "limit0") == .counter(1))
        #expect(await bench.value("sluice_rate_limit_throttled_total", "limit0") == .counter(2))
        #expect(await bench.value("sluice_rate_limit_rejected_total", "limit0") == .counter(0))
        guard case .histogram(let buckets, let sum) = await bench.value("sluice_rate_limit_throttle_seconds", "limit0")
        else {
            Issue.record("no histogram")
            return
        }
        #expect(buckets.reduce(0, +) == 2)
        #expect(sum == 3_000_000_000)
    }
}

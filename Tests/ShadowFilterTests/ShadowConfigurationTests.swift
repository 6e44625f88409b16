import FilterAPI
import Settings
import Testing

@testable import ShadowFilter

@Suite("The settings of a shadow")
struct ShadowConfigurationTests {
    @Test func `all settings are read`() throws {
        let result = try read(
            """
            cluster: green
            percentage: 10%
            sticky_by: partition
            send: at_once
            max_buffered: 8MiB
            delivery_timeout: 5s
            topics:
              - { topic: orders, to: orders.shadow }
              - { topic: invoices }
              - { prefix: payments., to_prefix: shadow.payments. }
              - { prefix: logs. }
            """)
        #expect(result.issues.isEmpty)
        #expect(
            result.value
                == ShadowConfiguration(
                    cluster: "green",
                    rules: [
                        .topic("orders", to: "orders.shadow"), .topic("invoices", to: "invoices"),
                        .prefix("payments.", to: "shadow.payments."), .prefix("logs.", to: "logs."),
                    ],
                    percentage: Percentage(10), stickyBy: .partition, sending: .atOnce, maxBuffered: .mebibytes(8),
                    deliveryTimeout: .seconds(5)))
    }

    @Test func `the defaults are those of the manual`() throws {
        let configuration = try #require(try read("topics: [{ topic: orders, to: orders.shadow }]").value)
        #expect(configuration.cluster == nil)
        #expect(configuration.percentage == Percentage(100))
        #expect(configuration.stickyBy == nil)
        #expect(configuration.sending == .acknowledged)
        #expect(configuration.maxBuffered == .mebibytes(32))
        #expect(configuration.deliveryTimeout == .seconds(30))
    }

    @Test(
        arguments: [
            ("[]", "needs at least 1"),
            ("[{ to: a }]", "topic"),
            ("[{ topic: 'a b', to: c }]", "must be a topic's name"),
            ("[{ topic: a, to: __consumer_offsets }]", "is one of Kafka's own topics"),
            ("[{ prefix: 'a/', to_prefix: b }]", "must be the beginning of a topic's name"),
            ("[{ topic: a, to_prefix: b }]", "to_prefix"),
        ])
    func `mistakes are told`(topics: String, part: String) throws {
        let result = try read("cluster: green\ntopics: \(topics)")
        #expect(result.value == nil || !result.issues.isEmpty)
        #expect(result.issues.contains { $0.message.contains(part) || $0.path.contains(part) }, "\(result.issues)")
    }

    /// Rules whose copies would go to what is copied, and others.
    static let loops: [(String, Bool)] = [
        ("[{ topic: a, to: b }]", false),
        ("[{ topic: a }]", true),
        ("[{ topic: a, to: a }]", true),
        ("[{ topic: a, to: b }, { topic: b, to: c }]", true),
        ("[{ topic: a, to: b }, { topic: c, to: b }]", false),
        ("[{ topic: a, to: shadow.a }, { prefix: shadow., to_prefix: other. }]", true),
        ("[{ prefix: '', to_prefix: shadow. }]", true),
        ("[{ prefix: orders., to_prefix: shadow. }]", false),
        ("[{ prefix: orders., to_prefix: orders.shadow. }]", true),
        ("[{ prefix: orders.x., to_prefix: orders. }]", true),
        ("[{ prefix: orders., to_prefix: shadow. }, { topic: shadow.a, to: b }]", true),
        ("[{ prefix: orders. }]", true),
    ]

    @Test(arguments: loops)
    func `copies of copies on the same cluster are refused when the file is read`(topics: String, isLoop: Bool) throws {
        let result = try read("topics: \(topics)")
        #expect((result.value == nil) == isLoop)
        #expect(result.issues.contains { $0.message.contains("of the same cluster") && $0.line == 1 } == isLoop)
    }

    @Test(arguments: loops)
    func `copies of copies are refused when the cluster that is named is the listener's own`(
        topics: String, isLoop: Bool
    ) throws {
        let configuration = try #require(try read("cluster: main\ntopics: \(topics)").value)
        let bench = Bench()
        if isLoop {
            #expect(throws: ShadowError.self) { try bench.filter(configuration) }
        } else {
            _ = try bench.filter(configuration)
        }
    }

    @Test(arguments: loops)
    func `on another cluster the names may be the same`(topics: String, isLoop: Bool) throws {
        let configuration = try #require(try read("cluster: green\ntopics: \(topics)").value)
        _ = try Bench().filter(configuration)
    }

    @Test func `the first rule that covers a topic decides`() throws {
        let rules: [ShadowRule] = [
            .topic("payments.eu", to: "eu"), .prefix("payments.", to: "shadow."), .topic("payments.us", to: "us"),
        ]
        let filter = try Bench().filter(ShadowConfiguration(cluster: "green", rules: rules))
        #expect(filter.target(of: "payments.eu") == "eu")
        #expect(filter.target(of: "payments.us") == "shadow.us")
        #expect(filter.target(of: "payments.") == "shadow.")
        #expect(filter.target(of: "payment") == nil)
    }
}

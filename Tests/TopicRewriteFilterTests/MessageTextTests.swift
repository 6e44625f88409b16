import KafkaWire
import Testing

@testable import TopicRewriteFilter

@Suite("Texts for people")
struct MessageTextTests {
    private static let cluster = KnownCluster([
        KafkaUUID(high: 1, low: 1): "orders", KafkaUUID(high: 1, low: 2): "secret",
        KafkaUUID(high: 1, low: 3): "orders.canary",
    ])

    private func text(_ yaml: String, _ text: String, _ names: [(String, String)] = []) throws -> String {
        var pairs = NamePairs()
        for (client, broker) in names { pairs.note(client.utf8, at: broker.utf8) }
        return MessageText(try view(yaml), pairs: pairs, cluster: Self.cluster).clientText(text) ?? text
    }

    @Test(
        "Names of rules are replaced where a name begins and ends",
        arguments: [
            ("Topic 'orders.canary' does not exist", "Topic 'orders' does not exist"),
            ("orders.canary-12: not leader", "orders-12: not leader"),
            ("no such topic: orders.canary.", "no such topic: orders."),
            ("[orders.canary, x]", "[orders, x]"),
            ("orders.canary", "orders"),
            (
                "myorders.canary and orders.canary2 and orders.canary-x",
                "myorders.canary and orders.canary2 and orders.canary-x"
            ),
            ("nothing here", "nothing here"),
            ("", ""),
            ("órders.canary ünd orders.canary", "órders.canary ünd orders"),
        ])
    func exact(message: String, expected: String) throws {
        #expect(try text("rules: [{ topic: orders, to: orders.canary }]", message) == expected)
    }

    @Test(
        "Names behind a prefix are replaced, and those of others that are known are not told",
        arguments: [
            ("Topic 's.orders' already exists.", "Topic 'orders' already exists."),
            ("s.orders-3 and s.a.", "orders-3 and a."),
            ("Topic 'secret' and secret-1", "Topic '(another topic)' and (another topic)-1"),
            ("group g.app is empty", "group app is empty"),
            ("this is text", "this is text"),
        ])
    func prefix(message: String, expected: String) throws {
        let yaml = "rules: [{ prefix: \"\", to_prefix: \"s.\", hide_others: true }]\ngroups: { prefix: \"g.\" }"
        #expect(try text(yaml, message) == expected)
    }

    @Test("What the request named is replaced whatever it looks like, the longest first")
    func pairs() throws {
        let yaml = "rules: [{ prefix: \"x.\", to_prefix: \"\" }]"
        #expect(
            try text(yaml, "The group a b is gone, topic a-b too", [("x.a-b", "a-b"), ("G", "a b"), ("A", "a")])
                == "The group G is gone, topic x.a-b too")
    }
}

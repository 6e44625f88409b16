import NIOCore
import Schemas

/// The schemas of registries as one event loop knows them, by rule, part and topic.
final class LoopSchemas {
    private struct Key: Hashable {
        let rule: Int
        let isKey: Bool
        let topic: String
    }

    /// How many topics are known; beyond that it begins anew.
    private static let mostTopics = 10_000

    private let registries: Registries
    private let eventLoop: any EventLoop
    private var known: [Key: TopicSchemas] = [:]

    init(_ registries: Registries, on eventLoop: any EventLoop) {
        self.registries = registries
        self.eventLoop = eventLoop
    }

    /// The schemas that the keys or values of a topic may have.
    func schemas(
        of registry: Int, _ strategy: SubjectStrategy, _ topic: String, rule: Int, isKey: Bool
    ) -> TopicSchemas? {
        let key = Key(rule: rule, isKey: isKey, topic: topic)
        if let schemas = known[key] { return schemas }
        guard registries.entries.indices.contains(registry) else { return nil }
        let schemas = TopicSchemas(
            registry: registries.entries[registry].registry, strategy: strategy, topic: topic,
            part: isKey ? .key : .value, eventLoop: eventLoop)
        if known.count >= Self.mostTopics { known.removeAll() }
        known[key] = schemas
        return schemas
    }

    /// Notes how many schemas of each registry are known.
    func noteCounts() {
        for entry in registries.entries { entry.counts.note(schemas: entry.registry.count) }
    }
}

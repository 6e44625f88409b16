package import FilterAPI
import KafkaMessages
import KafkaWire
package import Settings

/// Refuses to create topics with reserved names; other topics of the same request are created.
package struct TopicGuardFilter: Filter {
    /// The settings.
    package struct Configuration: Sendable, Hashable {
        /// What names of topics are reserved.
        package var reserved: [StringMatcher]
    }

    let configuration: Configuration

    package var interests: [Interest] {
        [Interest([.createTopics], .request, depth: .body)]
    }

    package func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter {
        TopicGuardConnection(reserved: configuration.reserved)
    }
}

/// The guard's part in one connection.
final class TopicGuardConnection: ConnectionFilter {
    private let reserved: [StringMatcher]

    init(reserved: [StringMatcher]) {
        self.reserved = reserved
    }

    func request(_ request: FilteredRequest) -> RequestAction {
        // What cannot be read cannot be judged: that is a denial.
        guard let asked = try? request.frame.body(CreateTopicsRequest.self) else { return .close(reason: "unreadable") }
        return request.refuse(asked) { part in
            guard let name = part.topic?.name, reserved.contains(where: { $0.matches(name) }) else { return nil }
            return Refusal(.topicAuthorizationFailed, message: "the name is reserved")
        }
    }
}

/// Makes topic guards.
package enum TopicGuardFilterFactory: FilterFactory {
    package static let type = "topic_guard"
    package static let summary = "Refuses to create topics with reserved names."

    package static func read(_ reader: inout SettingsReader) -> TopicGuardFilter.Configuration? {
        guard let reserved = reader.required("reserved", .list(of: .matcher), "Names that no client may create.") else {
            return nil
        }
        return TopicGuardFilter.Configuration(reserved: reserved)
    }

    package static func make(
        _ configuration: TopicGuardFilter.Configuration, context: FilterContext
    ) throws -> any Filter {
        TopicGuardFilter(configuration: configuration)
    }
}

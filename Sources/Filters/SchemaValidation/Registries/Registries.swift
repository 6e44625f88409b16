import FilterAPI
import NIOCore
import Schemas
import Settings

/// The registries of a filter, for all event loops.
struct Registries: Sendable {
    /// One registry.
    struct Entry: Sendable {
        let registry: SchemaRegistry
        let counts: RegistryCounts
    }

    /// By their places in the configuration.
    let entries: [Entry]

    /// Registries.
    ///
    /// - Parameters:
    ///   - configuration: the settings.
    ///   - context: the filter's name and its metrics.
    ///   - transport: what asks a registry.
    /// - Throws: what `transport` throws.
    init(
        _ configuration: [RegistryConfiguration], context: FilterContext,
        transport: (RegistryConfiguration, RegistryCounts) throws -> any RegistryTransport
    ) throws {
        // A registry's schemas take documents as large as those that are here do.
        var compilation = RegisteredSchema.Options()
        compilation.json = FormatEngines.jsonOptions
        entries = try configuration.map { registry in
            let counts = RegistryCounts(context, registry: registry.name)
            return Entry(
                registry: SchemaRegistry(
                    options: registry.options, compilation: compilation,
                    transport: try transport(registry, counts)),
                counts: counts)
        }
    }
}

extension RegistryConfiguration {
    /// What the registry is, and how much is asked of it.
    var options: RegistryOptions {
        var options = RegistryOptions(kind: kind == .confluent ? .confluent : .apicurio)
        switch credentials {
        case nil: break
        case .basic(let user, let password):
            options.authorization = .basic(username: user, password: password.revealed)
        case .bearer(let token): options.authorization = .bearer(token.revealed)
        }
        options.maxSchemas = cache
        options.failureLifetime = .nanoseconds(negativeCache.nanoseconds)
        options.attempts = retries + 1
        // Each question may be asked so often, but all questions about a schema have the time of three, which a schema
        // takes that is not cached, and of one's repetitions.
        options.fetchTimeout = .nanoseconds(timeout.nanoseconds) * (retries + 3)
        return options
    }
}

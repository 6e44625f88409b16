import FilterAPI
import KafkaWire
import NIOCore
import Settings

@testable import ProxyRuntime

/// A filter that does what a test says, and writes down what it sees.
struct ScriptedFilter: Filter {
    typealias RequestScript = @Sendable (FilteredRequest) -> RequestAction
    typealias ResponseScript = @Sendable (FilteredResponse) -> ResponseAction

    let name: String
    let journal: Journal
    let interests: [Interest]
    let onRequest: RequestScript
    let onResponse: ResponseScript
    let concerned: @Sendable (ClientIdentity) -> Bool
    let gate: (any ConnectionGate)?

    init(
        _ name: String, _ journal: Journal, interests: [Interest]? = nil, gate: (any ConnectionGate)? = nil,
        request: @escaping RequestScript = { _ in .forward }, response: @escaping ResponseScript = { _ in .forward },
        concerns: @escaping @Sendable (ClientIdentity) -> Bool = { _ in true }
    ) {
        self.name = name
        self.journal = journal
        self.interests = interests ?? [Interest(nil, .request, depth: .body), Interest(nil, .response, depth: .body)]
        onRequest = request
        onResponse = response
        concerned = concerns
        self.gate = gate
    }

    func concerns(_ client: ClientIdentity) -> Bool { concerned(client) }

    func makeConnectionFilter(_ connection: ConnectionContext) -> any ConnectionFilter {
        Part(filter: self)
    }

    func makeConnectionFilter(
        _ connection: ConnectionContext, replacing old: any ConnectionFilter
    ) -> any ConnectionFilter {
        journal.note("\(name) replaces \((old as? Part)?.filter.name ?? "?")")
        return Part(filter: self)
    }

    /// The filter's part in one connection.
    private final class Part: ConnectionFilter {
        let filter: ScriptedFilter

        init(filter: ScriptedFilter) {
            self.filter = filter
        }

        func request(_ request: FilteredRequest) -> RequestAction {
            filter.journal.note("\(filter.name) request \(request.record.correlationID)")
            return filter.onRequest(request)
        }

        func response(_ response: FilteredResponse) -> ResponseAction {
            filter.journal.note("\(filter.name) response \(response.record.correlationID)")
            return filter.onResponse(response)
        }

        func completed(_ request: CompletedRequest) {
            filter.journal.note("\(filter.name) completed \(request.record.correlationID) \(request.result)")
        }

        func connectionClosed() {
            filter.journal.note("\(filter.name) closed")
        }
    }
}

extension FilterChain.Entry {
    /// A scripted filter in its place.
    static func scripted(
        _ filter: ScriptedFilter, isDryRun: Bool = false, when: WhenCondition? = nil
    ) -> FilterChain.Entry {
        FilterChain.Entry(
            name: filter.name, type: "scripted", filter: filter, isDryRun: isDryRun, when: when)
    }
}

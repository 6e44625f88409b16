import FilterAPI
import KafkaMessages
import NIOCore
import Settings
import Synchronization
import Testing

@testable import ProxyRuntime

/// A gate that lets in as many as it says.
private final class CountingGate: ConnectionGate {
    private let most: Int
    let open = Mutex<[String]>([])

    init(most: Int) {
        self.most = most
    }

    func admit(_ address: String) -> ConnectionAdmission {
        open.withLock { open in
            guard open.count < most else { return .refused(reason: "full") }
            open.append(address)
            return .admitted
        }
    }

    func release(_ address: String) {
        open.withLock { open in
            if let index = open.firstIndex(of: address) { open.remove(at: index) }
        }
    }
}

@Suite("Filters that decide on connections")
struct ConnectionGateTests {
    let journal = Journal()

    private func connections(_ gates: CountingGate..., when: WhenCondition? = nil) throws -> Connections {
        try Connections(
            gates.enumerated().map { .scripted(ScriptedFilter("gate\($0)", journal, gate: $1), when: when) })
    }

    @Test("A connection that is let in is let out once, when it closes")
    func admitted() throws {
        let gate = CountingGate(most: 1)
        let connections = try connections(gate)
        #expect(gate.open.withLock { $0 } == ["10.0.0.1"])
        try connections.clientSends(HeartbeatRequest(), version: 4, id: 1)
        #expect(try connections.brokerGot().count == 1)
        connections.downstream.close(reason: "client")
        connections.downstream.close(reason: "client")
        #expect(gate.open.withLock { $0 } == [])
    }

    @Test("A connection that is refused is closed before anything is read, and let out where it was let in")
    func refused() throws {
        let (first, second) = (CountingGate(most: 1), CountingGate(most: 0))
        let connections = try connections(first, second)
        #expect(connections.isClosed)
        #expect(first.open.withLock { $0 } == [])
        #expect(journal.entries.isEmpty)
    }

    @Test("A gate whose filter is for other addresses is not asked")
    func otherAddress() throws {
        let other = try #require(try? NetworkPrefix(parsing: "192.168.0.0/16"))
        let connections = try connections(
            CountingGate(most: 0), when: WhenCondition(clientAddress: [.network(other)]))
        #expect(!connections.isClosed)
    }
}

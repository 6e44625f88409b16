import KafkaWire
import NIOCore
import Settings
import Testing

@testable import ShadowFilter

@Suite("A shadow at a reload")
struct ReloadTests {
    @Test func `hands its producer on where the cluster and the bounds are the same`() async throws {
        let bench = Bench()
        let former = try bench.filter(Shadowed.orders())
        let next = try bench.filter(Shadowed.orders { $0.percentage = Percentage(10) }, replacing: former)
        #expect(next.output === former.output)
        let other = try bench.filter(Shadowed.orders { $0.maxBuffered = .mebibytes(1) }, replacing: next)
        #expect(other.output !== next.output)
    }

    @Test func `does not hand it on to another cluster of the same name`() throws {
        let bench = Bench()
        let former = try bench.filter(Shadowed.orders())
        let replaced = ScriptedCluster(bench.loop)
        let next = try bench.filter(Shadowed.orders(), replacing: former, clusters: ["green": replaced])
        #expect(next.output !== former.output)
    }

    @Test func `ends the producer with the last filter that has it`() async throws {
        let shadowed = try Shadowed()
        let output = try #require(shadowed.filter.output)
        #expect(output.retain())
        await shadowed.filter.shutDown()
        try shadowed.exchange(produce([0: try batch(["a"])]))
        try shadowed.pass()
        #expect(await shadowed.results() == ["delivered": 1])
        await shadowed.filter.shutDown(while: shadowed)
        #expect(!output.retain())
        try shadowed.exchange(produce([0: try batch(["b"])]))
        #expect(await shadowed.results() == ["delivered": 1, "dropped": 1])
        #expect(await shadowed.drops() == ["shut_down": 1])
    }
}

extension ShadowFilter {
    /// Ends, while time passes for the producer: it waits on an event loop that a test has in its hands.
    func shutDown(while shadowed: Shadowed) async {
        let ending = Task { await self.shutDown() }
        let isOver = Flag()
        Task {
            await ending.value
            isOver.value = true
        }
        while !isOver.value {
            try? shadowed.pass(.milliseconds(100))
            await Task.yield()
        }
    }
}

private final class Flag: @unchecked Sendable {
    // Safety: written once, by one task, and read until it is.
    var value = false
}

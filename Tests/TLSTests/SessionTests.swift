import Glibc
import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite struct SessionTests {
    /// Shakes hands, and reads the ticket that comes behind.
    private func meet(_ server: TLSServerContext, _ client: TLSClientContext) throws -> Pair {
        let pair = try Pair(server, client)
        try pair.carry()
        return pair
    }

    @Test(arguments: TLSVersion.allCases) func `sessions are resumed`(version: TLSVersion) throws {
        var scene = try Scene()
        scene.speak(version)
        let made = try scene.authority.issue("/CN=app", names: "DNS:app.example")
        try scene.askClients(.required, client: made)
        let (server, client) = (try scene.serverContext(), try scene.clientContext())
        for round in 0..<4 {
            let pair = try meet(server, client)
            let event = try #require(pair.server.above.completed.first)
            #expect(event.isResumed == (round > 0))
            #expect(event.peerCertificate?.subject == "CN=app")
            #expect(event.serverName == "broker.example")
            #expect(pair.client.above.completed.first?.isResumed == (round > 0))
            #expect(pair.client.above.completed.first?.peerCertificate?.subject == "CN=broker")
        }
    }

    @Test(arguments: TLSVersion.allCases) func `without tickets there are none`(version: TLSVersion) throws {
        var scene = try Scene()
        scene.speak(version)
        scene.server.sessionTickets = false
        let (server, client) = (try scene.serverContext(), try scene.clientContext())
        for _ in 0..<2 { #expect(try meet(server, client).server.above.completed.first?.isResumed == false) }
    }

    @Test func `a client may want none`() throws {
        var scene = try Scene()
        scene.client.sessionReuse = false
        let (server, client) = (try scene.serverContext(), try scene.clientContext())
        for _ in 0..<2 { #expect(try meet(server, client).server.above.completed.first?.isResumed == false) }
    }

    @Test(arguments: TLSVersion.allCases) func `keys change, and a ticket outlives one change`(
        version: TLSVersion
    ) throws {
        var scene = try Scene()
        scene.speak(version)
        let (server, client) = (try scene.serverContext(), try scene.clientContext())
        _ = try meet(server, client)
        server.ticketKeys?.rotate()
        #expect(try meet(server, client).server.above.completed.first?.isResumed == true)
        server.ticketKeys?.rotate()
        server.ticketKeys?.rotate()
        #expect(try meet(server, client).server.above.completed.first?.isResumed == false)
    }

    @Test func `sessions outlive a new certificate, but not new rules for clients`() throws {
        var scene = try Scene()
        let made = try scene.authority.issue("/CN=app")
        try scene.askClients(.required, client: made)
        let (server, client) = (try scene.serverContext(), try scene.clientContext())
        _ = try meet(server, client)
        _ = try scene.write(try scene.authority.issue("/CN=new", names: "DNS:broker.example"), "server")
        let second = try TLSServerContext(loading: scene.server, from: TLSFiles(), replacing: server)
        #expect(try meet(second, client).server.above.completed.first?.isResumed == true)
        scene.server.crlFiles = [try scene.folder.write(try scene.authority.revoke([made]), to: "crl.pem")]
        let third = try TLSServerContext(loading: scene.server, from: TLSFiles(), replacing: second)
        let refused = try meet(third, client)
        #expect(refused.serverError?.code == .revoked)
        #expect(refused.server.above.completed.isEmpty)
    }

    @Test func `a certificate that expires ends its session`() async throws {
        var scene = try Scene()
        let made = try scene.authority.issue("/CN=app", ends: 2)
        try scene.askClients(.required, client: made)
        let (server, client) = (try scene.serverContext(), try scene.clientContext())
        let notAfter = try #require(try meet(server, client).server.above.completed.first?.peerCertificate?.notAfter)
        while !CertificateDescription.isPast(notAfter) { try await Task.sleep(for: .milliseconds(50)) }
        let pair = try meet(server, client)
        #expect(pair.serverError?.code == .certificateExpired)
        #expect(pair.server.above.completed.isEmpty)
    }

    @Test func `sessions of one server are not offered to another`() throws {
        var scene = try Scene()
        scene.client.verification = .caOnly
        let (server, client) = (try scene.serverContext(), try scene.clientContext())
        _ = try meet(server, client)
        let other = try Pair(server, client, host: "other.example")
        try other.carry()
        #expect(other.server.above.completed.first?.isResumed == false)
    }

    @Test(arguments: TLSVersion.allCases) func `a client with a session of another name gets what it asks for`(
        version: TLSVersion
    ) throws {
        var scene = try Scene()
        scene.client.verification = .caOnly
        scene.speak(version)
        let (server, client) = (try scene.serverContext(), try scene.clientContext())
        _ = try meet(server, client)
        let session = try #require(client.sessions?.session(for: "broker.example:9093"))
        client.sessions?.keep(session, for: "other.example:9093")
        let other = try Pair(server, client, host: "other.example")
        try other.carry()
        let event = try #require(other.server.above.completed.first)
        #expect(event.serverName == "other.example")
        // Up to TLS 1.2 a session belongs to a name (RFC 6066, 3).
        #expect(event.isResumed == (version == .tls13))
    }

    @Test func `handshakes leave no memory behind`() async {
        // In a process of its own: other tests take memory beside this one. A connection that stayed would hold 20 KiB at
        // each side.
        await #expect(processExitsWith: .success) {
            var scene = try Scene()
            try scene.askClients(.required, client: try scene.authority.issue("/CN=app"))
            let (server, client) = (try scene.serverContext(), try scene.clientContext())
            for _ in 0..<300 { try Pair(server, client).carry() }
            let before = residentBytes()
            for _ in 0..<2000 { try Pair(server, client).carry() }
            let grown = residentBytes() - before
            if grown > 8 << 20 { exit(1) }
        }
    }
}

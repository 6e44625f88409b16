import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import Telemetry
import Testing

@testable import Admin

@Suite("The admin server", .timeLimit(.minutes(1)))
struct AdminServerTests {
    @Test("serves everything on its address, and only what is open on the public one")
    func servesTwoAddresses() async throws {
        try await withServer { proxy, addresses in
            let port = try #require(addresses["admin.address"])
            let publicPort = try #require(addresses["admin.public_address"])
            #expect(try await exchange(port, "GET /listeners HTTP/1.1\r\nHost: 127.0.0.1").hasPrefix("HTTP/1.1 200"))
            #expect(try await exchange(publicPort, "GET /listeners HTTP/1.1\r\nHost: a.b").hasPrefix("HTTP/1.1 404"))
            #expect(try await exchange(publicPort, "GET / HTTP/1.1\r\nHost: a.b").hasPrefix("HTTP/1.1 404"))
            #expect(
                try await exchange(publicPort, "POST /quitquitquit HTTP/1.1\r\nHost: a.b").hasPrefix("HTTP/1.1 404"))
            for path in ["/ready", "/livez", "/stats?format=json"] {
                let answer = try await exchange(publicPort, "GET \(path) HTTP/1.1\r\nHost: sluice.example")
                #expect(answer.hasPrefix("HTTP/1.1 200"))
            }
            #expect(proxy.actions == [])
        }
    }

    @Test("refuses names that are not its own, and other sites")
    func guards() async throws {
        try await withServer { proxy, addresses in
            let port = try #require(addresses["admin.address"])
            let rebound = try await exchange(port, "GET /config_dump HTTP/1.1\r\nHost: evil.example:\(port)")
            #expect(rebound.hasPrefix("HTTP/1.1 403"))
            let crossed = try await exchange(
                port, "POST /quitquitquit HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nOrigin: http://evil.example")
            #expect(crossed.hasPrefix("HTTP/1.1 403"))
            #expect(proxy.actions == [])
            let ours = try await exchange(
                port, "POST /quitquitquit HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nOrigin: http://127.0.0.1:\(port)")
            #expect(ours.hasPrefix("HTTP/1.1 200"))
            #expect(proxy.actions == ["quit"])
        }
    }

    @Test("streams what a filter shows, line by line, until it ends")
    func streams() async throws {
        try await withServer { _, addresses in
            let port = try #require(addresses["admin.address"])
            let answer = try await exchange(port, "GET /tap?filter=live&limit=2 HTTP/1.1\r\nHost: 127.0.0.1")
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.contains("application/jsonl"))
            #expect(answer.contains("{\"n\":0}\n") && answer.contains("{\"n\":1}\n"))
            #expect(!answer.contains("{\"n\":2}\n"))
        }
    }

    @Test("takes no more of a body than it needs")
    func boundsBodies() async throws {
        try await withServer { proxy, addresses in
            let port = try #require(addresses["admin.address"])
            let head = "POST /drain_listeners HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000"
            let answer = try await exchange(port, head, body: String(repeating: "x", count: 20_000))
            #expect(answer.hasPrefix("HTTP/1.1 413"))
            #expect(proxy.actions == [])
        }
    }

    @Test("reads the level from a form")
    func readsForms() async throws {
        try await withServer { proxy, addresses in
            let port = try #require(addresses["admin.address"])
            let head = """
                POST /logging HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r
                Content-Type: application/x-www-form-urlencoded
                """
            #expect(try await exchange(port, head, body: "level=debug").hasSuffix("level: debug\n"))
            #expect(proxy.state.withLock(\.level) == .debug)
        }
    }

    @Test("answers HEAD with the headers of GET")
    func answersHead() async throws {
        try await withServer { _, addresses in
            let port = try #require(addresses["admin.address"])
            let answer = try await exchange(port, "HEAD /ready HTTP/1.1\r\nHost: localhost")
            #expect(answer.lowercased().contains("content-length: 6\r\n"))
            #expect(answer.hasSuffix("\r\n\r\n"))
        }
    }

    @Test("says who asked for an address that is in use")
    func namesTheAddressInUse() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let occupant = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(occupant.localAddress?.port)
        for isPublic in [false, true] {
            let address = AdminConfiguration.Address(host: "127.0.0.1", port: port)
            let free = AdminConfiguration.Address(host: "127.0.0.1", port: 0)
            let server = makeServer(
                AdminConfiguration(address: isPublic ? free : address, publicAddress: isPublic ? address : nil))
            let error = await #expect(throws: AdminError.self) { try await server.run() }
            let key = isPublic ? "admin.public_address" : "admin.address"
            #expect(error?.description == "\(key): cannot listen on 127.0.0.1:\(port): address already in use")
        }
        try await occupant.close()
    }

    // MARK: A server and a client

    private func makeServer(
        _ configuration: AdminConfiguration, proxy: FakeProxy = FakeProxy(),
        onListening: @escaping @Sendable (String, SocketAddress?) async -> Void = { _, _ in }
    ) -> AdminServer {
        AdminServer(
            configuration: configuration, inspection: proxy, registry: MetricsRegistry(),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onListening: onListening)
    }

    /// Runs a server on two free ports, and shuts it down as the process would.
    private func withServer(_ body: (FakeProxy, [String: Int]) async throws -> Void) async throws {
        let proxy = FakeProxy()
        let (listening, report) = AsyncStream.makeStream(of: (String, Int).self)
        let free = AdminConfiguration.Address(host: "127.0.0.1", port: 0)
        let server = makeServer(AdminConfiguration(address: free, publicAddress: free), proxy: proxy) { key, address in
            report.yield((key, address?.port ?? 0))
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [server], logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            var addresses: [String: Int] = [:]
            for await (key, port) in listening {
                addresses[key] = port
                if addresses.count == 2 { break }
            }
            try await body(proxy, addresses)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Sends a request on a connection of its own and gives back all that is answered.
    private func exchange(_ port: Int, _ head: String, body: String = "") async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: head + "\r\nConnection: close\r\n\r\n" + body))
            var answer = ByteBuffer()
            for try await var part in inbound {
                answer.writeBuffer(&part)
            }
            return String(buffer: answer)
        }
    }
}

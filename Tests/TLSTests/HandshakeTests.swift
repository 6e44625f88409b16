import NIOCore
import NIOEmbedded
import Testing

@testable import TLS

@Suite struct HandshakeTests {
    @Test(arguments: TLSVersion.allCases) func `both sides agree upon a version`(version: TLSVersion) throws {
        var scene = try Scene()
        scene.speak(version)
        let pair = try scene.met()
        let event = try #require(pair.server.above.completed.first)
        #expect(event.version == version)
        #expect(event.serverName == "broker.example")
        #expect(!event.isResumed)
        #expect(event.peerCertificate == nil)
        #expect(event.group?.lowercased() == "x25519")
        #expect(event.cipher.contains("AES"))
        #expect(pair.server.above.completed.count == 1)
        #expect(pair.client.above.completed.first?.peerCertificate?.subject == "CN=broker")
        #expect(pair.server.above.errors.isEmpty && pair.client.above.errors.isEmpty)
    }

    @Test(arguments: TLSVersion.allCases) func `bytes that come one at a time are put together`(
        version: TLSVersion
    ) throws {
        var scene = try Scene()
        scene.speak(version)
        let pair = try scene.pair()
        try pair.carry(size: 1)
        _ = pair.client.send(Array("request".utf8))
        _ = pair.server.send(Array("response".utf8))
        try pair.carry(size: 1)
        #expect(pair.server.above.received == Array("request".utf8))
        #expect(pair.client.above.received == Array("response".utf8))
    }

    @Test func `writes before the handshake are kept`() throws {
        let pair = try Scene().pair()
        let early = pair.client.send(Array("early".utf8))
        _ = pair.server.send(Array("greeting".utf8))
        #expect(!early.isFulfilled(on: pair.loop))
        try pair.carry()
        try early.wait()
        #expect(pair.server.above.received == Array("early".utf8))
        #expect(pair.client.above.received == Array("greeting".utf8))
        #expect(pair.server.above.log == ["completed", "read"])
    }

    @Test func `a handshake that takes too long is given up`() throws {
        let pair = try Scene().pair()
        pair.loop.advanceTime(by: .seconds(9))
        #expect(pair.serverError == nil)
        pair.loop.advanceTime(by: .seconds(1))
        #expect(pair.serverError?.code == .handshakeTimeout)
        #expect(pair.clientError?.code == .handshakeTimeout)
        #expect(!pair.server.channel.isActive)
    }

    @Test func `no timer stays behind a handshake`() throws {
        let pair = try Scene().met()
        pair.loop.advanceTime(by: .seconds(60))
        #expect(pair.server.above.errors.isEmpty)
        #expect(pair.server.channel.isActive)
    }

    @Test func `more handshakes than may be are refused`() throws {
        let scene = try Scene()
        let limit = HandshakeLimit(maximum: 1)
        let first = try scene.pair(limit: limit)
        let second = try scene.pair(limit: limit)
        #expect(limit.current == 0)
        try first.server.receive(try first.client.takeSent())
        #expect(limit.current == 1)
        try second.server.receive(try second.client.takeSent())
        #expect(second.serverError?.code == .tooManyHandshakes)
        #expect(!second.server.channel.isActive)
        #expect(limit.current == 1)
        try first.carry()
        #expect(limit.current == 0)
        #expect(first.server.above.completed.count == 1)
    }

    @Test func `a place is taken by a whole ClientHello, and by nothing less`() throws {
        let limit = HandshakeLimit(maximum: 1)
        let scene = try Scene()
        let slow = try scene.pair(limit: limit)
        var hello = try slow.client.takeSent()
        let count = hello.readableBytes - 1
        for byte in hello.readBytes(length: count) ?? [] { try slow.server.receive(ByteBuffer(bytes: [byte])) }
        #expect(limit.current == 0)
        let other = try scene.pair(limit: limit)
        try other.carry()
        #expect(other.server.above.completed.count == 1)
        try slow.server.receive(hello)
        #expect(limit.current == 1)
        try slow.carry()
        #expect(slow.server.above.completed.count == 1)
    }

    @Test func `a record that is longer than records may be is not waited for`() throws {
        let limit = HandshakeLimit(maximum: 1)
        let pair = try Scene().pair(limit: limit)
        try pair.server.receive(ByteBuffer(bytes: [22, 3, 1, 0xFF, 0xFF, 1]))
        #expect(pair.serverError?.code == .protocolError)
        #expect(limit.current == 0)
    }

    @Test func `one address has its share of the places`() throws {
        let scene = try Scene()
        let limit = HandshakeLimit(maximum: 100, perAddress: 2)
        let pairs = try ["10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2"].map { address in
            let pair = try scene.pair(limit: limit, address: address)
            try pair.server.receive(try pair.client.takeSent())
            return pair
        }
        #expect(pairs.map { $0.serverError?.code } == [nil, nil, .tooManyHandshakes, nil])
        #expect(limit.current == 3)
        try pairs[0].carry()
        let next = try scene.pair(limit: limit, address: "10.0.0.1")
        try next.carry()
        #expect(next.server.above.completed.count == 1)
    }

    @Test func `a network of IPv6 is one address`() {
        let limit = HandshakeLimit(maximum: 100, perAddress: 1)
        #expect(limit.take(for: "2001:db8::1") != nil)
        #expect(limit.take(for: "2001:db8::2") == nil)
        #expect(limit.take(for: "2001:db8:0:1::1") != nil)
    }

    @Test(arguments: [(1, 1), (10, 10), (64, 16), (1000, 250)])
    func `by default an address has a quarter, and 16 at least`(maximum: Int, share: Int) {
        #expect(HandshakeLimit(maximum: maximum).perAddress == share)
    }

    @Test func `a handshake that fails gives its place back`() throws {
        var scene = try Scene()
        scene.client.protocols.maximumVersion = .tls12
        scene.server.protocols.minimumVersion = .tls13
        let limit = HandshakeLimit(maximum: 1)
        let pair = try scene.pair(limit: limit)
        try pair.carry()
        #expect(pair.serverError?.code == .unsupportedProtocol)
        #expect(limit.current == 0)
    }

    @Test func `a client that goes in the middle gives its place back`() throws {
        let limit = HandshakeLimit(maximum: 1)
        let pair = try Scene().pair(limit: limit)
        try pair.server.receive(try pair.client.takeSent())
        pair.server.receiveEnd()
        #expect(pair.serverError?.code == .closedInHandshake)
        #expect(limit.current == 0)
        #expect(!pair.server.channel.isActive)
    }

    @Test func `both sides know why versions do not match`() throws {
        var scene = try Scene()
        scene.client.protocols.maximumVersion = .tls12
        scene.server.protocols.minimumVersion = .tls13
        let pair = try scene.met()
        #expect(pair.serverError?.code == .unsupportedProtocol)
        #expect(pair.clientError?.code == .alert("protocol version"))
        #expect(pair.clientError?.reasons.contains { $0.contains("protocol version") } == true)
    }

    @Test(arguments: TLSVersion.allCases) func `both sides know that they share no cipher`(version: TLSVersion) throws {
        var scene = try Scene()
        scene.speak(version)
        scene.server.protocols.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"
        scene.client.protocols.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384"
        scene.server.protocols.cipherSuites = "TLS_AES_128_GCM_SHA256"
        scene.client.protocols.cipherSuites = "TLS_AES_256_GCM_SHA384"
        let pair = try scene.met()
        #expect(pair.serverError?.code == .noSharedCipher)
        #expect(pair.clientError?.code == .alert("handshake failure"))
    }

    @Test func `a cipher with DHE may be set`() throws {
        var scene = try Scene()
        let rsa = try scene.authority.issue("/CN=rsa", names: "DNS:broker.example", rsaBits: 2048)
        scene.server.certificates = [try scene.write(rsa, "rsa")]
        scene.speak(.tls12)
        scene.server.protocols.ciphers = "DHE-RSA-AES128-GCM-SHA256"
        scene.client.protocols.ciphers = "DHE-RSA-AES128-GCM-SHA256"
        #expect(try scene.met().server.above.completed.first?.cipher == "DHE-RSA-AES128-GCM-SHA256")
    }

    @Test func `a group that only one side has is no shared one`() throws {
        var scene = try Scene()
        scene.server.protocols.groups = "P-384"
        scene.client.protocols.groups = "X25519"
        #expect(try scene.met().serverError?.code == .noSharedCipher)
    }

    @Test(
        arguments: [
            ([0, 0, 0, 0x23, 0, 18, 0, 3], "Kafka request"), (Array("GET / HTTP/1.1".utf8), "HTTP request"),
            ([0x42], "must speak TLS"),
        ] as [([UInt8], String)])
    func `a client without TLS is told apart`(bytes: [UInt8], hint: String) throws {
        let pair = try Scene().pair()
        try pair.server.receive(ByteBuffer(bytes: bytes))
        #expect(pair.serverError?.code == .plaintext)
        #expect(pair.serverError?.message.contains(hint) == true)
        #expect(!pair.server.channel.isActive)
    }

    @Test func `a server without TLS is told apart`() throws {
        let pair = try Scene().pair()
        try pair.client.receive(ByteBuffer(string: "HTTP/1.1 400 Bad Request"))
        #expect(pair.clientError?.code == .plaintext)
        #expect(pair.clientError?.message.contains("speaks no TLS") == true)
    }

    @Test func `a server that hangs up may speak plain text`() throws {
        let pair = try Scene().pair()
        pair.client.receiveEnd()
        #expect(pair.clientError?.code == .closedInHandshake)
        #expect(pair.clientError?.message.contains("plain text") == true)
    }

    @Test func `bytes that are no handshake are a protocol error`() throws {
        let pair = try Scene().pair()
        try pair.server.receive(ByteBuffer(bytes: [22, 3, 1, 0, 4, 9, 9, 9, 9]))
        #expect(pair.serverError?.code == .protocolError)
        #expect(pair.serverError?.reasons.isEmpty == false)
        #expect(try pair.server.takeSent().getBytes(at: 0, length: 1) == [21])
    }

    @Test(
        arguments: [
            ("broker.example", "CN=broker"), ("other.example", "CN=other"), ("a.wild.example", "CN=wild"),
            ("OTHER.example", "CN=other"), ("a.b.wild.example", "CN=broker"), ("unknown.example", "CN=broker"),
            ("given.example", "CN=given"),
        ])
    func `the name asked for chooses the certificate`(name: String, subject: String) throws {
        var scene = try Scene()
        let issue = scene.authority.issue
        scene.server.certificates += [
            try scene.write(try issue("/CN=other", "DNS:other.example", -3600, 86_400, 0, nil), "other"),
            try scene.write(try issue("/CN=wild", "DNS:*.wild.example", -3600, 86_400, 0, nil), "wild"),
        ]
        var given = try scene.write(try issue("/CN=given", nil, -3600, 86_400, 0, nil), "given")
        given.serverNames = ["given.example"]
        scene.server.certificates.append(given)
        scene.client.verification = .caOnly
        let pair = try scene.met(host: name)
        #expect(pair.client.above.completed.first?.peerCertificate?.subject == subject)
        #expect(pair.server.above.completed.first?.serverName == name.lowercased())
    }

    @Test func `an address is not asked for by name`() throws {
        let scene = try Scene(names: "IP:127.0.0.1")
        let pair = try scene.met(host: "127.0.0.1")
        #expect(pair.server.above.completed.count == 1)
        #expect(pair.server.above.completed.first?.serverName == nil)
        #expect(pair.clientError == nil)
    }

    @Test func `certificates of two kinds of keys serve one name`() throws {
        var scene = try Scene()
        let rsa = try scene.authority.issue("/CN=rsa", names: "DNS:broker.example", rsaBits: 2048)
        scene.server.certificates.append(try scene.write(rsa, "rsa"))
        scene.speak(.tls12)
        scene.client.protocols.ciphers = "ECDHE-RSA-AES128-GCM-SHA256"
        #expect(try scene.met().client.above.completed.first?.peerCertificate?.subject == "CN=rsa")
        scene.client.protocols.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"
        #expect(try scene.met().client.above.completed.first?.peerCertificate?.subject == "CN=broker")
    }
}

extension EventLoopFuture where Value: Sendable {
    /// Whether it has a value or an error, for futures of a loop that runs when it is told to.
    func isFulfilled(on loop: EmbeddedEventLoop) -> Bool {
        var done = false
        assumeIsolated().whenComplete { _ in done = true }
        loop.run()
        return done
    }
}

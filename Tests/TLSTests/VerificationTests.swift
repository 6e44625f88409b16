import NIOCore
import Testing

@testable import TLS

@Suite struct VerificationTests {
    @Test(arguments: TLSVersion.allCases) func `a client shows who it is`(version: TLSVersion) throws {
        var scene = try Scene()
        scene.speak(version)
        let made = try scene.authority.issue(
            "/C=DE/O=Example/OU=Payments/CN=app", names: "DNS:app.example,URI:spiffe://x/y,email:a@b.c,IP:10.0.0.1")
        try scene.askClients(.required, client: made)
        let peer = try #require(try scene.met().server.above.completed.first?.peerCertificate)
        #expect(peer.subject == "CN=app,OU=Payments,O=Example,C=DE")
        #expect(peer.issuer == "CN=Test CA,O=Example")
        #expect(peer.alternativeNames == [.dns("app.example"), .uri("spiffe://x/y"), .email("a@b.c"), .ip("10.0.0.1")])
        let digits = String(made.serial, radix: 16)
        #expect(peer.serial.lowercased() == (digits.count % 2 == 0 ? digits : "0" + digits))
        #expect(peer.fingerprint.count == 64)
        #expect(peer.notAfter - peer.notBefore == 90_000)
        #expect(!peer.isCA)
    }

    @Test(arguments: TLSVersion.allCases) func `a certificate that is needed is missed`(version: TLSVersion) throws {
        var scene = try Scene()
        scene.speak(version)
        try scene.askClients(.required)
        let pair = try scene.met()
        #expect(pair.serverError?.code == .certificateRequired)
        #expect(
            pair.clientError?.code == .alert(version == .tls13 ? "certificate required" : "handshake failure"))
    }

    @Test func `a certificate that is welcome may be missing`() throws {
        var scene = try Scene()
        try scene.askClients(.optional)
        let pair = try scene.met()
        #expect(pair.server.above.completed.count == 1)
        #expect(pair.server.above.completed.first?.peerCertificate == nil)
    }

    @Test func `a certificate that is welcome must hold`() throws {
        var scene = try Scene()
        try scene.askClients(.optional, client: try Authority("/CN=Other CA").issue("/CN=app"))
        let pair = try scene.met()
        #expect(pair.serverError?.code == .unknownCA)
    }

    @Test func `a certificate that is not asked for is not shown`() throws {
        var scene = try Scene()
        try scene.askClients(.none, client: try scene.authority.issue("/CN=app"))
        #expect(try scene.met().server.above.completed.first?.peerCertificate == nil)
    }

    /// What is wrong with a client's certificate.
    enum Wrong: CaseIterable {
        case expired
        case notYetValid
        case unknownCA
        case selfSigned
        case revoked
    }

    @Test(arguments: Wrong.allCases, TLSVersion.allCases)
    func `what is wrong with a client's certificate has a name`(wrong: Wrong, version: TLSVersion) throws {
        var scene = try Scene()
        scene.speak(version)
        let made: MadeCertificate
        let code: TLSError.Code
        let alert: String
        switch wrong {
        case .expired:
            made = try scene.authority.issue("/CN=app", begins: -7200, ends: -3600)
            (code, alert) = (.certificateExpired, "certificate expired")
        case .notYetValid:
            made = try scene.authority.issue("/CN=app", begins: 3600)
            (code, alert) = (.certificateNotYetValid, "bad certificate")
        case .unknownCA:
            made = try Authority("/CN=Other CA").issue("/CN=app")
            (code, alert) = (.unknownCA, "unknown CA")
        case .selfSigned:
            made = try Authority.make("/CN=app")
            (code, alert) = (.selfSigned, "unknown CA")
        case .revoked:
            made = try scene.authority.issue("/CN=app")
            scene.server.crlFiles = [try scene.folder.write(try scene.authority.revoke([made]), to: "crl.pem")]
            (code, alert) = (.revoked, "certificate revoked")
        }
        try scene.askClients(.required, client: made)
        let pair = try scene.met()
        #expect(pair.serverError?.code == code)
        #expect(pair.serverError?.certificateSubject == "CN=app")
        #expect(pair.serverError?.verification?.isEmpty == false)
        #expect(pair.clientError?.code == .alert(alert))
        #expect(pair.server.above.completed.isEmpty)
    }

    @Test func `one that is not in the list is not revoked`() throws {
        var scene = try Scene()
        let other = try scene.authority.issue("/CN=other")
        scene.server.crlFiles = [try scene.folder.write(try scene.authority.revoke([other]), to: "crl.pem")]
        try scene.askClients(.required, client: try scene.authority.issue("/CN=app"))
        #expect(try scene.met().server.above.completed.count == 1)
    }

    @Test func `a CA without a list is missed once there are lists`() throws {
        var scene = try Scene()
        let other = try Authority("/CN=Other CA")
        scene.server.crlFiles = [try scene.folder.write(try other.revoke([]), to: "crl.pem")]
        try scene.askClients(.required, client: try scene.authority.issue("/CN=app"))
        #expect(try scene.met().serverError?.code == .noRevocationList)
    }

    @Test(arguments: [(0, false), (1, true)]) func `CAs in between are counted`(depth: Int, isGood: Bool) throws {
        var scene = try Scene()
        let middle = try Authority("/CN=Middle CA", signedBy: scene.authority)
        var made = try middle.issue("/CN=app")
        made.certificate += middle.made.certificate
        try scene.askClients(.required, client: made)
        scene.server.verifyDepth = depth
        let pair = try scene.met()
        #expect(pair.server.above.completed.count == (isGood ? 1 : 0))
        #expect(pair.serverError?.code == (isGood ? nil : .chainTooLong))
    }

    @Test func `a server for another name is refused`() throws {
        let pair = try Scene(names: "DNS:other.example").met()
        #expect(pair.clientError?.code == .nameMismatch)
        #expect(pair.clientError?.certificateSubject == "CN=broker")
        #expect(pair.serverError?.code == .alert("bad certificate"))
    }

    @Test func `a server for another address is refused`() throws {
        let pair = try Scene(names: "IP:10.0.0.1,DNS:10.0.0.2").met(host: "10.0.0.2")
        #expect(pair.clientError?.code == .nameMismatch)
    }

    @Test(
        arguments: [
            ("DNS:*.broker.example", "a.broker.example", true), ("DNS:*.broker.example", "a.b.broker.example", false),
            ("DNS:*.broker.example", "broker.example", false), ("DNS:*.example", "broker.example", false),
            ("DNS:br*.example", "broker.example", false), ("IP:10.0.0.1", "10.0.0.1", true),
            ("IP:fd00::1", "fd00::1", true), ("DNS:other.example", "broker", false),
        ])
    func `names are compared as RFC 6125 has it`(names: String, host: String, isGood: Bool) throws {
        let pair = try Scene(names: names).met(host: host)
        #expect(pair.clientError?.code == (isGood ? nil : .nameMismatch))
    }

    @Test func `another name may be asked for`() throws {
        var scene = try Scene()
        scene.client.serverName = "broker.example"
        let pair = try scene.met(host: "10.1.2.3")
        #expect(pair.clientError == nil)
        #expect(pair.server.above.completed.first?.serverName == "broker.example")
    }

    @Test func `any name will do if only the CA counts`() throws {
        var scene = try Scene()
        scene.client.verification = .caOnly
        #expect(try scene.met(host: "other.example").clientError == nil)
        scene.client.caFiles = [try scene.folder.write(try Authority("/CN=Other CA").made.certificate, to: "o.pem")]
        #expect(try scene.met(host: "other.example").clientError?.code == .unknownCA)
    }

    @Test func `anything will do if nothing counts`() throws {
        var scene = try Scene()
        scene.client.verification = .none
        scene.client.caFiles = []
        let pair = try scene.met(host: "other.example")
        #expect(pair.clientError == nil)
        #expect(pair.client.above.completed.first?.peerCertificate?.subject == "CN=broker")
    }

    @Test func `a server of another CA is refused`() throws {
        var scene = try Scene()
        scene.client.caFiles = [try scene.folder.write(try Authority("/CN=Other CA").made.certificate, to: "o.pem")]
        let pair = try scene.met()
        #expect(pair.clientError?.code == .unknownCA)
        #expect(pair.serverError?.code == .alert("unknown CA"))
    }

    @Test func `the CAs of the system know no test CA`() throws {
        var scene = try Scene()
        scene.client.caFiles = []
        #expect(try scene.met().clientError?.code == .unknownCA)
    }

    /// A CA in between stands in the trust file, without or with its root.
    private func scene(trusting trusted: [Authority], below middle: Authority) throws -> Scene {
        var scene = try Scene(authority: middle)
        let pem = trusted.map(\.made.certificate).joined()
        scene.client.caFiles = [try scene.folder.write(pem, to: "ca.pem")]
        try scene.askClients(.required, client: try middle.issue("/CN=app"))
        return scene
    }

    @Test(arguments: TLSVersion.allCases) func `a CA in between may be trusted without its root`(
        version: TLSVersion
    ) throws {
        let middle = try Authority("/CN=Middle CA", signedBy: try Authority())
        var scene = try scene(trusting: [middle], below: middle)
        scene.speak(version)
        let pair = try scene.met()
        #expect(pair.clientError == nil && pair.serverError == nil)
        #expect(pair.server.above.completed.count == 1)
    }

    @Test func `a CA in between that is trusted vouches for nobody else's`() throws {
        let root = try Authority()
        let middle = try Authority("/CN=Middle CA", signedBy: root)
        var scene = try scene(trusting: [middle], below: middle)
        scene.client.certificate = try scene.write(try root.issue("/CN=app"), "client")
        #expect(try scene.met().serverError?.code == .unknownCA)
    }

    @Test(arguments: [false, true], [false, true]) func `lists of a CA in between hold without its root`(
        wholeChain: Bool, isRevoked: Bool
    ) throws {
        let middle = try Authority("/CN=Middle CA", signedBy: try Authority())
        var scene = try scene(trusting: [middle], below: middle)
        let made = try middle.issue("/CN=app")
        scene.client.certificate = try scene.write(made, "client")
        scene.server.crlFiles = [
            try scene.folder.write(try middle.revoke(isRevoked ? [made] : []), to: "crl.pem")
        ]
        scene.server.checksRevocationOfChain = wholeChain
        let pair = try scene.met()
        #expect(pair.serverError?.code == (isRevoked ? .revoked : nil))
    }

    @Test(arguments: [false, true]) func `a CA in between that is revoked is found where its root is trusted too`(
        isRevoked: Bool
    ) throws {
        let root = try Authority()
        let middle = try Authority("/CN=Middle CA", signedBy: root)
        var scene = try scene(trusting: [root, middle], below: middle)
        scene.server.crlFiles = [
            try scene.folder.write(
                try middle.revoke([]) + root.revoke(isRevoked ? [middle.made] : []), to: "crl.pem")
        ]
        scene.server.checksRevocationOfChain = true
        let pair = try scene.met()
        #expect(pair.serverError?.code == (isRevoked ? .revoked : nil))
    }

    @Test func `a certificate that nobody checks is not to blame for what fails behind it`() throws {
        var scene = try Scene()
        scene.speak(.tls12)
        scene.client.verification = .none
        scene.client.caFiles = [try scene.folder.write(try Authority("/CN=Other CA").made.certificate, to: "o.pem")]
        let pair = try scene.pair()
        try pair.server.receive(try pair.client.takeSent())
        var flight = try pair.server.takeSent()
        // The end of the signature over the exchange of keys; ServerHelloDone is behind it.
        let index = flight.writerIndex - 10
        let byte = try #require(flight.getInteger(at: index, as: UInt8.self))
        flight.setInteger(byte ^ 0xFF, at: index)
        try pair.client.receive(flight)
        let error = try #require(pair.clientError)
        #expect(error.code == .protocolError)
        #expect(error.verification == nil && error.certificateSubject == nil)
    }

    @Test func `a subject without end is cut in messages`() {
        let long = "CN=" + String(repeating: "ä", count: 40_000)
        let error = TLSError(.unknownCA, "no", certificateSubject: long)
        #expect(error.description.utf8.count < 400)
        #expect(error.description.contains("CN=ää"))
        #expect(!error.description.contains("\u{FFFD}"))
    }
}

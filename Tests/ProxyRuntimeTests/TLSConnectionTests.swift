import CTestCertificates
import FilterAPI
import Foundation
import KafkaMessages
import Logging
import NIOCore
import NIOEmbedded
import Settings
import SluiceConfiguration
import TLS
import Telemetry
import Testing

@testable import ProxyRuntime

/// A certificate that is its own CA, in a folder of its own, and what is made of it.
private final class Certificates {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-\(UUID().uuidString)").path

    init(names: String = "DNS:*.example.com,URI:spiffe://x/app") throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var request = test_certificate_request()
        var certificate: UnsafeMutablePointer<CChar>?
        var key: UnsafeMutablePointer<CChar>?
        request.begins = -60
        request.ends = 3600
        request.serial = 7
        request.is_ca = 1
        let made = "/O=Example/CN=app".withCString { subject in
            names.withCString { names in
                request.subject = subject
                request.alternative_names = names
                return test_certificate_make(&request, &certificate, &key)
            }
        }
        defer {
            test_certificate_free(certificate)
            test_certificate_free(key)
        }
        try #require(made == 1)
        let texts = [("one.pem", try #require(certificate)), ("one.key", try #require(key))]
        for (name, text) in texts {
            try Data(String(cString: text).utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private var pair: TLSCertificateFiles {
        TLSCertificateFiles(certificateFile: "\(folder)/one.pem", privateKeyFile: "\(folder)/one.key")
    }

    func listener(
        _ mode: TLSServerSettings.ClientCertificate = .none, principal: CertificatePrincipal = CertificatePrincipal(),
        most: Int = 1000
    ) throws -> ListenerTLS {
        let registry = MetricsRegistry()
        return try ListenerTLS(
            ListenerTLSConfiguration(
                settings: TLSServerSettings(
                    certificates: [pair], clientCAFiles: mode == .none ? [] : ["\(folder)/one.pem"],
                    clientCertificate: mode),
                maxHandshakes: most, principal: principal),
            listener: "apps", counts: TLSCounts(TLSMetrics(registry: registry), in: registry),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    func client(withCertificate: Bool) throws -> TLSClientContext {
        try TLSClientSource(
            TLSClientSettings(
                caFiles: ["\(folder)/one.pem"], certificate: withCertificate ? pair : nil, verification: .caOnly)
        ).current
    }
}

/// A client with TLS before a connection of Sluice's, both without sockets.
private final class SecuredClient {
    let connections: Connections
    let channel: EmbeddedChannel

    init(_ certificates: Certificates, _ settings: Connections.Settings, host: String, withCertificate: Bool = false)
        throws
    {
        connections = try Connections([], settings: settings)
        channel = EmbeddedChannel(loop: connections.loop)
        try channel.pipeline.syncOperations.addHandler(
            TLSHandler(client: certificates.client(withCertificate: withCertificate), host: host, port: 1))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 3)).wait()
    }

    /// Carries bytes to and fro until there are none; `chunk` at a time.
    func exchange(chunk: Int = .max) throws {
        var moved = true
        while moved {
            moved = false
            while var bytes = try channel.readOutbound(as: ByteBuffer.self) {
                moved = true
                while let part = bytes.readSlice(length: min(chunk, max(1, bytes.readableBytes))) {
                    if connections.isClosed { break }
                    try connections.client.writeInbound(part)
                }
            }
            while let bytes = try connections.client.readOutbound(as: ByteBuffer.self) {
                moved = true
                if channel.isActive { _ = try? channel.writeInbound(bytes) }
            }
        }
        connections.loop.run()
    }

    /// What came of the handshake at the client.
    var isSecured: Bool {
        (try? channel.pipeline.syncOperations.handler(type: TLSHandler.self).completed) ?? nil != nil
    }

    deinit { _ = try? channel.finish(acceptAlreadyClosed: true) }
}

@Suite("TLS, on a connection")
struct TLSConnectionTests {
    private func settings(_ tls: ListenerTLS, byName: Bool = false) throws -> Connections.Settings {
        var settings = Connections.Settings()
        settings.tls = tls
        if byName {
            settings.names = BrokerNamesConfiguration(
                bootstrapHost: "boot.example.com", brokerHost: try BrokerHostPattern(parsing: "b{id}.example.com"),
                advertisedPort: 9092)
            settings.target = .unnamed
        }
        return settings
    }

    @Test("the server name tells the broker", arguments: [1, 7, 1000])
    func brokers(chunk: Int) throws {
        let certificates = try Certificates()
        let client = try SecuredClient(
            certificates, settings(certificates.listener(), byName: true), host: "B3.example.com")
        try client.exchange(chunk: chunk)
        #expect(client.isSecured)
        #expect(client.connections.downstream.target == .broker(3))
        #expect(!client.connections.isClosed)
    }

    @Test("the bootstrap name leads to any broker")
    func bootstrap() throws {
        let certificates = try Certificates()
        let client = try SecuredClient(
            certificates, settings(certificates.listener(), byName: true), host: "boot.example.com")
        try client.exchange()
        #expect(client.connections.downstream.target == .bootstrap)
    }

    @Test(
        "a name that is none of these, or none at all, ends the connection", arguments: ["x.example.com", "127.0.0.1"])
    func unknownNames(host: String) throws {
        let certificates = try Certificates()
        let client = try SecuredClient(certificates, settings(certificates.listener(), byName: true), host: host)
        try client.exchange()
        #expect(client.connections.isClosed)
    }

    @Test("a certificate says who the client is, before its first request")
    func principal() throws {
        let certificates = try Certificates()
        for (principal, name) in [
            (CertificatePrincipal(), "User:CN=app,O=Example"),
            (CertificatePrincipal(source: .uri), "User:spiffe://x/app"),
            (
                CertificatePrincipal(rules: try PrincipalMappingRules(parsing: "RULE:^CN=([^,]+),.*$/$1/U")), "User:APP"
            ),
        ] {
            let client = try SecuredClient(
                certificates, settings(certificates.listener(.required, principal: principal)), host: "a.example.com",
                withCertificate: true)
            try client.exchange()
            #expect(client.connections.downstream.context.principal == name)
        }
    }

    @Test("who shows no certificate where that may be is nobody")
    func anonymous() throws {
        let certificates = try Certificates()
        let client = try SecuredClient(
            certificates, settings(certificates.listener(.optional)), host: "a.example.com")
        try client.exchange()
        #expect(client.isSecured && !client.connections.isClosed)
        #expect(client.connections.downstream.context.principal == "User:ANONYMOUS")
    }

    @Test("a certificate without a name that is asked for ends the connection")
    func noPrincipal() throws {
        let certificates = try Certificates()
        let tls = try certificates.listener(.required, principal: CertificatePrincipal(source: .email))
        let client = try SecuredClient(certificates, settings(tls), host: "a.example.com", withCertificate: true)
        try client.exchange()
        #expect(client.connections.isClosed)
        #expect(client.connections.downstream.context.principal == "User:ANONYMOUS")
    }

    @Test("requests and answers pass inside of TLS, a byte at a time or at once", arguments: [1, 1000])
    func requests(chunk: Int) throws {
        let certificates = try Certificates()
        let client = try SecuredClient(certificates, settings(certificates.listener()), host: "a.example.com")
        try client.exchange(chunk: chunk)
        try client.channel.writeOutbound(Connections.request(ApiVersionsRequest(), version: 0, id: 5))
        try client.exchange(chunk: chunk)
        let request = try #require(try client.connections.brokerGot().first)
        try client.connections.brokerAnswers(request, ApiVersionsResponse())
        try client.exchange()
        let answer = try #require(try client.channel.readInbound(as: ByteBuffer.self))
        #expect(answer.getInteger(at: answer.readerIndex + 4, as: Int32.self) == 5)
    }

    @Test("what a client without TLS sends goes to no broker, and its connection is over")
    func plaintext() throws {
        let certificates = try Certificates()
        let connections = try Connections([], settings: settings(certificates.listener()))
        try connections.clientSends(Connections.request(ApiVersionsRequest(), version: 0, id: 1))
        #expect(connections.isClosed)
        #expect(try connections.brokerGot().isEmpty)
    }
}

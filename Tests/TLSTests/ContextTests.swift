import Glibc
import Settings
import Testing

@testable import TLS

@Suite struct ContextTests {
    /// What is wrong with files.
    struct Wrong: CustomTestStringConvertible {
        var name: String
        var code: TLSError.Code
        var file: String?
        var hint: String
        var change: @Sendable (inout Scene) throws -> Void
        var testDescription: String { name }
    }

    static let wrongs = [
        Wrong(name: "no file", code: .unreadableFile, file: "none.pem", hint: "No such file") {
            $0.server.certificates[0].certificateFile = "\($0.folder.path)/none.pem"
        },
        Wrong(name: "a folder", code: .unreadableFile, file: "", hint: "directory") {
            $0.server.certificates[0].certificateFile = $0.folder.path
        },
        Wrong(name: "no certificate", code: .invalidFile, file: "server.pem", hint: "no certificate in PEM") {
            try $0.folder.write("nothing", to: "server.pem")
        },
        Wrong(name: "half of a certificate", code: .invalidFile, file: "server.pem", hint: "OpenSSL does not take") {
            let made = try $0.authority.issue("/CN=x").certificate
            try $0.folder.write(String(made.prefix(200)), to: "server.pem")
        },
        Wrong(name: "a damaged chain", code: .invalidFile, file: "server.pem", hint: "OpenSSL does not take") {
            let made = try $0.authority.issue("/CN=broker").certificate
            try $0.folder.write(
                made + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", to: "server.pem")
        },
        Wrong(name: "no key", code: .invalidFile, file: "server.key", hint: "no private key") {
            try $0.folder.write(try $0.authority.issue("/CN=x").certificate, to: "server.key")
        },
        Wrong(name: "a damaged key", code: .invalidFile, file: "server.key", hint: "cannot be read") {
            try $0.folder.write(
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", to: "server.key")
        },
        Wrong(name: "another key", code: .keyMismatch, file: "server.key", hint: "another certificate") {
            try $0.folder.write(try $0.authority.issue("/CN=x").key, to: "server.key")
        },
        Wrong(name: "a key of another kind", code: .keyMismatch, file: "server.key", hint: "another certificate") {
            try $0.folder.write(try $0.authority.issue("/CN=x", rsaBits: 2048).key, to: "server.key")
        },
        Wrong(name: "no passphrase", code: .badPassphrase, file: "server.key", hint: "needs a passphrase") {
            let made = try $0.authority.issue("/CN=x", passphrase: "secret")
            $0.server.certificates = [try $0.write(made, "server")]
        },
        Wrong(name: "another passphrase", code: .badPassphrase, file: "server.key", hint: "not the one") {
            let made = try $0.authority.issue("/CN=x", passphrase: "secret")
            $0.server.certificates = [try $0.write(made, "server")]
            $0.server.certificates[0].passphrase = .file(try $0.folder.write("other", to: "passphrase"))
        },
        Wrong(name: "no passphrase file", code: .badPassphrase, file: nil, hint: "passphrase cannot be read") {
            $0.server.certificates[0].passphrase = .variable("NO_SUCH_VARIABLE_OF_OURS")
        },
        Wrong(name: "no CA", code: .invalidFile, file: "ca.pem", hint: "no CA certificate") {
            try $0.askClients(.required)
            try $0.folder.write("# none\n", to: "ca.pem")
        },
        Wrong(name: "no list", code: .invalidFile, file: "crl.pem", hint: "no revocation list") {
            $0.server.crlFiles = [try $0.folder.write("# none\n", to: "crl.pem")]
        },
        Wrong(name: "CA left out", code: .invalidSetting, file: nil, hint: "need a CA") {
            $0.server.clientCertificate = .required
        },
        Wrong(name: "no certificates", code: .invalidSetting, file: nil, hint: "needs a certificate") {
            $0.server.certificates = []
        },
        Wrong(name: "unknown cipher", code: .invalidSetting, file: nil, hint: "no cipher") {
            $0.server.protocols.ciphers = "ROT13"
        },
        Wrong(name: "unknown suite", code: .invalidSetting, file: nil, hint: "cipher suites of 'TLS_ROT13'") {
            $0.server.protocols.cipherSuites = "TLS_ROT13"
        },
        Wrong(name: "unknown group", code: .invalidSetting, file: nil, hint: "groups of 'X1'") {
            $0.server.protocols.groups = "X1"
        },
        Wrong(name: "versions upside down", code: .invalidSetting, file: nil, hint: "TLSv1.3 to TLSv1.2") {
            $0.server.protocols.minimumVersion = .tls13
            $0.server.protocols.maximumVersion = .tls12
        },
    ]

    @Test(arguments: wrongs) func `what cannot be loaded is said with its file`(wrong: Wrong) throws {
        var scene = try Scene()
        try wrong.change(&scene)
        let error = try #require(throws: TLSError.self) { try scene.serverContext() }
        #expect(error.code == wrong.code)
        #expect(error.file == wrong.file.map { $0.isEmpty ? scene.folder.path : "\(scene.folder.path)/\($0)" })
        #expect(error.description.contains(wrong.hint))
    }

    @Test func `a key may be encrypted`() throws {
        var scene = try Scene()
        let made = try scene.authority.issue("/CN=x", names: "DNS:broker.example", passphrase: "secret")
        scene.server.certificates = [try scene.write(made, "server")]
        scene.server.certificates[0].passphrase = .file(try scene.folder.write("secret\n", to: "passphrase"))
        #expect(try scene.met().clientError == nil)
    }

    @Test func `one file may hold certificate, chain and key`() throws {
        var scene = try Scene()
        let middle = try Authority("/CN=Middle CA", signedBy: scene.authority)
        let made = try middle.issue("/CN=x", names: "DNS:broker.example")
        let path = try scene.folder.write(made.key + made.certificate + middle.made.certificate, to: "all.pem")
        scene.server.certificates = [TLSCertificateFiles(certificateFile: path, privateKeyFile: path)]
        #expect(try scene.met().clientError == nil)
        #expect(try scene.serverContext().certificates.map(\.role) == [.certificate, .chain])
    }

    @Test func `what is in use can be listed`() throws {
        var scene = try Scene()
        try scene.askClients(.required, client: try scene.authority.issue("/CN=app"))
        let server = try scene.serverContext().certificates
        #expect(server.map(\.role) == [.certificate, .ca])
        #expect(server.map(\.description.subject) == ["CN=broker", "CN=Test CA,O=Example"])
        #expect(server.first?.serverNames == ["broker.example"])
        #expect(server.last?.description.isCA == true)
        #expect(server.last?.file == scene.client.caFiles.first)
        #expect(try scene.clientContext().certificates.map(\.role) == [.certificate, .ca])
    }

    @Test func `what has expired is said and used`() throws {
        var scene = try Scene()
        let made = try scene.authority.issue("/CN=old", names: "DNS:broker.example", begins: -7200, ends: -3600)
        scene.server.certificates = [try scene.write(made, "server")]
        let warnings = try scene.serverContext().warnings
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("CN=old has expired at 20") == true)
        #expect(try scene.met().clientError?.code == .certificateExpired)
    }
}

@Suite struct RefreshTests {
    private func subject(_ source: TLSServerSource) -> String? { source.state.certificates.first?.description.subject }

    private func make(_ scene: Scene, _ subject: String) throws -> MadeCertificate {
        try scene.authority.issue(subject, names: "DNS:broker.example")
    }

    @Test func `nothing new is nothing`() throws {
        let scene = try Scene()
        let source = try TLSServerSource(scene.server)
        let context = source.current
        #expect(source.refresh() == .unchanged)
        try scene.folder.write(try String(contentsOf: scene.server.certificates[0].certificateFile), to: "server.pem")
        #expect(source.refresh() == .unchanged)
        #expect(source.current === context)
        #expect(source.state.reloadsSucceeded == 0)
    }

    @Test func `files written in place are taken`() throws {
        let scene = try Scene()
        let source = try TLSServerSource(scene.server)
        _ = try scene.write(try make(scene, "/CN=new"), "server")
        #expect(source.refresh() == .replaced)
        #expect(subject(source) == "CN=new")
        #expect(source.state.reloadsSucceeded == 1)
        #expect(try Pair(source.current, scene.clientContext()).clientSubject() == "CN=new")
    }

    @Test func `files renamed into place are taken, and half of a pair is not`() throws {
        let scene = try Scene()
        let source = try TLSServerSource(scene.server)
        _ = try scene.write(try make(scene, "/CN=new"), "next")
        rename("\(scene.folder.path)/next.pem", "\(scene.folder.path)/server.pem")
        guard case .refused(let error) = source.refresh() else {
            Issue.record("half of a pair was taken")
            return
        }
        #expect(error.code == .keyMismatch)
        #expect(source.refresh() == .unchanged)
        #expect(subject(source) == "CN=broker")
        #expect(source.state.lastError?.code == .keyMismatch)
        #expect(source.state.reloadsFailed == 1)
        #expect(try Pair(source.current, scene.clientContext()).clientSubject() == "CN=broker")
        rename("\(scene.folder.path)/next.key", "\(scene.folder.path)/server.key")
        #expect(source.refresh() == .replaced)
        #expect(subject(source) == "CN=new")
        #expect(source.state.lastError == nil)
    }

    @Test func `a link to another folder is followed, as Kubernetes has it`() throws {
        var scene = try Scene()
        let path = scene.folder.path
        for (name, subject) in [("one", "/CN=one"), ("two", "/CN=two")] {
            mkdir("\(path)/\(name)", 0o755)
            let made = try make(scene, subject)
            try scene.folder.write(made.certificate, to: "\(name)/tls.crt")
            try scene.folder.write(made.key, to: "\(name)/tls.key")
        }
        symlink("one", "\(path)/..data")
        symlink("..data/tls.crt", "\(path)/tls.crt")
        symlink("..data/tls.key", "\(path)/tls.key")
        scene.server.certificates = [
            TLSCertificateFiles(certificateFile: "\(path)/tls.crt", privateKeyFile: "\(path)/tls.key")
        ]
        let source = try TLSServerSource(scene.server)
        #expect(subject(source) == "CN=one")
        symlink("two", "\(path)/..data_tmp")
        rename("\(path)/..data_tmp", "\(path)/..data")
        #expect(source.refresh() == .replaced)
        #expect(subject(source) == "CN=two")
    }

    @Test func `files that vanish leave what was`() throws {
        let scene = try Scene()
        let source = try TLSServerSource(scene.server)
        unlink(scene.server.certificates[0].privateKeyFile)
        guard case .refused(let error) = source.refresh() else {
            Issue.record("a missing file was taken")
            return
        }
        #expect(error.code == .unreadableFile)
        #expect(subject(source) == "CN=broker")
    }

    @Test func `other CAs and lists are taken`() throws {
        var scene = try Scene()
        let made = try scene.authority.issue("/CN=app")
        try scene.askClients(.required, client: made)
        scene.server.crlFiles = [try scene.folder.write(try scene.authority.revoke([]), to: "crl.pem")]
        let source = try TLSServerSource(scene.server)
        let client = try scene.clientContext()
        #expect(try Pair(source.current, client).clientSubject() == "CN=broker")
        try scene.folder.write(try scene.authority.revoke([made]), to: "crl.pem")
        #expect(source.refresh() == .replaced)
        let pair = try Pair(source.current, client)
        try pair.carry()
        #expect(pair.serverError?.code == .revoked)
    }

    @Test func `connections keep the certificate they began with`() throws {
        let scene = try Scene()
        let source = try TLSServerSource(scene.server)
        let pair = try Pair(source.current, scene.clientContext())
        _ = try scene.write(try make(scene, "/CN=new"), "server")
        #expect(source.refresh() == .replaced)
        #expect(try pair.clientSubject() == "CN=broker")
        _ = pair.client.send([1, 2, 3])
        try pair.carry()
        #expect(pair.server.above.received == [1, 2, 3])
    }

    @Test func `clients' files are followed too`() throws {
        var scene = try Scene()
        try scene.askClients(.required, client: try scene.authority.issue("/CN=app"))
        let source = try TLSClientSource(scene.client)
        _ = try scene.write(try scene.authority.issue("/CN=next"), "client")
        #expect(source.refresh() == .replaced)
        let pair = try Pair(scene.serverContext(), source.current)
        try pair.carry()
        #expect(pair.server.above.completed.first?.peerCertificate?.subject == "CN=next")
        #expect(source.state.earliestExpiry == source.state.certificates.first?.description.notAfter)
    }
}

extension Pair {
    /// Shakes hands, and says whose certificate the client was shown.
    func clientSubject() throws -> String? {
        try carry()
        return client.above.completed.first?.peerCertificate?.subject
    }
}

extension String {
    /// What a file holds.
    fileprivate init(contentsOf path: String) throws {
        self.init(decoding: try TLSFiles().contents(of: path), as: UTF8.self)
    }
}

import Settings
import TLS

/// What was read of a certificate with its private key.
struct TLSKeyPairSettings: Sendable {
    var files: TLSCertificateFiles
    /// Where it stands, to say what is wrong with it.
    var mark: SettingsMark
    var path: String

    /// One of `certificates:`.
    static var settingType: SettingType<TLSKeyPairSettings> { .structure { read(&$0, isFirst: true, isListed: true) } }

    /// Reads a certificate's keys.
    ///
    /// - Parameters:
    ///   - reader: of the mapping they stand in.
    ///   - isFirst: whether there has to be one.
    ///   - isListed: whether it is one of several, chosen by a name.
    /// - Returns: the pair; nil if there is none, or something is wrong with it.
    static func read(
        _ reader: inout SettingsReader, isFirst: Bool, isListed: Bool = false
    ) -> TLSKeyPairSettings? {
        let whose = isFirst ? "to show to clients" : "to show to brokers that ask for one"
        let certificateText = "The certificate \(whose), and those that lead from it towards its CA: a PEM file."
        let keyText = "Its private key: a PEM file."
        let certificate =
            isFirst
            ? reader.required("certificate", .tlsFile, certificateText)
            : reader.optional("certificate", .tlsFile, certificateText)
        let key =
            isFirst
            ? reader.required("private_key", .tlsFile, keyText) : reader.optional("private_key", .tlsFile, keyText)
        let passphrase = reader.optional(
            "private_key_passphrase", .secretSource, "What the private key is encrypted with.")
        var names: [String] = []
        if isListed {
            names = reader.value(
                "server_names", .list(of: .serverNamePattern, count: 0...1000), default: [],
                "The names that it is shown for. By default those in the certificate.")
        }
        if !isFirst {
            if reader.contains("certificate"), !reader.contains("private_key") {
                reader.report("missing: the certificate needs its private key", at: "private_key")
            } else if reader.contains("private_key"), !reader.contains("certificate") {
                reader.report("missing: the private key needs its certificate", at: "certificate")
            }
        }
        guard let certificate, let key else { return nil }
        return TLSKeyPairSettings(
            files: TLSCertificateFiles(
                certificateFile: certificate, privateKeyFile: key, passphrase: passphrase, serverNames: names),
            mark: reader.mark(), path: reader.path())
    }
}

/// Which key of a block names which file, to say where something is wrong.
struct TLSFileKeys {
    private var keys: [String: String] = [:]

    init(_ pair: TLSKeyPairSettings?) {
        guard let pair else { return }
        keys[pair.files.privateKeyFile] = "private_key"
        keys[pair.files.certificateFile] = "certificate"
    }

    func merging(_ files: [String], _ key: String) -> TLSFileKeys {
        var merged = self
        for file in files where merged.keys[file] == nil { merged.keys[file] = key }
        return merged
    }

    /// The key of the file that an error is about.
    func key(of error: TLSError) -> String? {
        switch error.code {
        case .badPassphrase where keys.values.contains("private_key"): "private_key_passphrase"
        case .keyMismatch where keys.values.contains("private_key"): "private_key"
        default: error.file.flatMap { keys[$0] }
        }
    }
}

extension SettingsReader {
    /// Loads what the settings of a block name, as the proxy will, and records what is wrong with it at its key.
    ///
    /// - Parameters:
    ///   - keys: which key names which file.
    ///   - pairs: further certificates of the block.
    ///   - load: loads the files.
    mutating func check(
        _ keys: TLSFileKeys, _ pairs: [TLSKeyPairSettings] = [], load: () throws(TLSError) -> Void
    ) {
        // With something wrong already, loading would only say so in other words.
        guard isSound else { return }
        do throws(TLSError) {
            try load()
        } catch {
            let pair = pairs.first {
                error.file == $0.files.certificateFile || error.file == $0.files.privateKeyFile
            }
            if let pair, keys.key(of: error) == nil {
                report(SettingsIssue(at: pair.mark, path: pair.path, message: error.description))
            } else {
                report(error.description, at: keys.key(of: error))
            }
        }
    }
}

extension SettingsReader {
    /// Loads the CAs for an address, and records what is wrong with them at their key.
    mutating func checkAuthorities(_ files: [String], for address: HTTPAddress, at key: String) {
        guard address.isSecure else {
            if contains(key) { report("has no meaning without https", at: key) }
            return
        }
        guard isSound, !files.isEmpty else { return }
        do throws(TLSError) {
            _ = try TLSClientSource(TLSClientSettings(caFiles: files))
        } catch {
            report(error.description, at: key)
        }
    }
}

extension SettingsReader {
    /// Has OpenSSL read algorithms, and records what it does not know.
    fileprivate mutating func tryOut(_ protocols: TLSProtocolSettings, at key: String) {
        guard contains(key) else { return }
        do throws(TLSError) {
            _ = try TLSClientSource(TLSClientSettings(verification: .none, protocols: protocols))
        } catch {
            report(error.description, at: key)
        }
    }
}

extension TLSProtocolSettings {
    /// Reads the keys that listeners and clusters have in common.
    static func read(_ reader: inout SettingsReader) -> TLSProtocolSettings {
        let minimum = reader.value(
            "min_version", .choice(), default: TLSVersion.tls12, "The oldest version of TLS that is accepted.")
        let maximum = reader.value(
            "max_version", .choice(), default: TLSVersion.tls13, "The newest version of TLS that is accepted.")
        let ciphers = reader.value(
            "ciphers", .string(1...4000), default: defaultCiphers,
            "The ciphers of TLS 1.2, as OpenSSL names them, with colons between them.")
        let suites = reader.optional(
            "cipher_suites", .string(1...4000),
            "The cipher suites of TLS 1.3, as OpenSSL names them, with colons between them. By default OpenSSL's.")
        let groups = reader.optional(
            "groups", .string(1...4000),
            "The groups for key exchange, as OpenSSL names them, with colons between them. By default OpenSSL's.")
        if minimum > maximum { reader.report("is newer than max_version", at: "min_version") }
        // One by one, so that it can be said which of them OpenSSL does not know.
        reader.tryOut(TLSProtocolSettings(ciphers: ciphers), at: "ciphers")
        reader.tryOut(TLSProtocolSettings(cipherSuites: suites), at: "cipher_suites")
        reader.tryOut(TLSProtocolSettings(groups: groups), at: "groups")
        return TLSProtocolSettings(
            minimumVersion: minimum, maximumVersion: maximum, ciphers: ciphers, cipherSuites: suites, groups: groups)
    }
}

extension SettingType where Value == String {
    /// The path of a PEM file, which is read anew when it changes.
    static var tlsFile: SettingType { .watchedFile(maxBytes: 4 << 20) { _, _ in nil } }

    /// A host name, perhaps with `*` in the place of its first part.
    static var serverNamePattern: SettingType {
        .scalar(
            expected: "a host name such as kafka.example.com or *.kafka.example.com",
            schema: ["type": "string", "minLength": 1, "maxLength": 253],
            parse: { text throws(SettingProblem) in
                let name = text.hasPrefix("*.") ? String(text.dropFirst(2)) : text
                return HostName.isValid(name) ? text.lowercased() : nil
            },
            render: { .string($0) }
        )
    }
}

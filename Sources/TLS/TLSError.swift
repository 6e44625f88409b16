/// Why there is no TLS connection, or no longer one; or why a certificate or a key cannot be used.
package struct TLSError: Error, Sendable, Hashable {
    /// The kind of an error: a value of the label `code` in metrics. There are few of them, and no peer makes up more.
    package struct Code: RawRepresentable, Sendable, Hashable {
        package let rawValue: String
        package init(rawValue: String) { self.rawValue = rawValue }
    }

    /// The kind.
    package let code: Code
    /// What happened and, where it can be said, what to do about it: for the log.
    package let message: String
    /// The reasons that OpenSSL has given, the first cause first.
    package let reasons: [String]
    /// What is wrong with a certificate, in OpenSSL's words.
    package let verification: String?
    /// Whose certificate it is about: its subject, as ``CertificateDescription/subject``, at most
    /// ``longestSubject`` bytes of it.
    package let certificateSubject: String?
    /// The file it is about.
    package let file: String?

    /// A certificate may hold far more than a line in the log should: 256 bytes.
    package static let longestSubject = 256

    package init(
        _ code: Code, _ message: String, reasons: [String] = [], verification: String? = nil,
        certificateSubject: String? = nil, file: String? = nil
    ) {
        self.code = code
        self.message = message
        self.reasons = reasons
        self.verification = verification
        self.certificateSubject = certificateSubject.map(Self.cut)
        self.file = file
    }
}

extension TLSError {
    /// As much of a subject as goes into a message.
    package static func cut(_ subject: String) -> String {
        guard subject.utf8.count > longestSubject else { return subject }
        var result = ""
        var count = 0
        for scalar in subject.unicodeScalars {
            count += UTF8.width(scalar)
            guard count <= longestSubject else { break }
            result.unicodeScalars.append(scalar)
        }
        return result + "…"
    }
}

extension TLSError: CustomStringConvertible {
    /// The message, what it is about, OpenSSL's reasons and the code, in one line.
    package var description: String {
        var text = file.map { "'\($0)': \(message)" } ?? message
        if let verification { text += ": \(verification)" }
        if let certificateSubject { text += " (certificate of \(certificateSubject))" }
        if !reasons.isEmpty { text += " [\(reasons.joined(separator: "; "))]" }
        return "\(text) (\(code.rawValue))"
    }
}

extension TLSError.Code {
    // What is on the wire.

    /// The peer does not speak TLS: what it has sent is no TLS record.
    package static let plaintext = Self(rawValue: "plaintext")
    /// The handshake has taken too long.
    package static let handshakeTimeout = Self(rawValue: "handshake_timeout")
    /// More handshakes are under way than may be.
    package static let tooManyHandshakes = Self(rawValue: "too_many_handshakes")
    /// The peer has closed the connection before the handshake was over.
    package static let closedInHandshake = Self(rawValue: "closed_in_handshake")
    /// The connection has ended without the message that says so (`close_notify`): what came may not be all.
    package static let truncated = Self(rawValue: "truncated")
    /// The peer has asked for a new handshake (TLS 1.2), which is refused.
    package static let renegotiation = Self(rawValue: "renegotiation")
    /// The peer sends one message after the other that carries no data.
    package static let flood = Self(rawValue: "flood")
    /// The two sides have no cipher in common, or no group or signature algorithm.
    package static let noSharedCipher = Self(rawValue: "no_shared_cipher")
    /// The two sides have no version in common.
    package static let unsupportedProtocol = Self(rawValue: "unsupported_protocol")
    /// The peer has sent what the protocol does not allow.
    package static let protocolError = Self(rawValue: "protocol_error")

    // The peer's certificate.

    /// It has none, and needs one.
    package static let certificateRequired = Self(rawValue: "certificate_required")
    /// It, or one above it, has expired.
    package static let certificateExpired = Self(rawValue: "certificate_expired")
    /// It, or one above it, is not valid yet.
    package static let certificateNotYetValid = Self(rawValue: "certificate_not_yet_valid")
    /// It comes from a CA that is not trusted.
    package static let unknownCA = Self(rawValue: "unknown_ca")
    /// It is signed by itself and not trusted.
    package static let selfSigned = Self(rawValue: "self_signed")
    /// It, or one above it, was revoked.
    package static let revoked = Self(rawValue: "revoked")
    /// There is no valid list of what its CA has revoked.
    package static let noRevocationList = Self(rawValue: "no_revocation_list")
    /// There are too many CAs above it.
    package static let chainTooLong = Self(rawValue: "chain_too_long")
    /// It is for another name or address.
    package static let nameMismatch = Self(rawValue: "name_mismatch")
    /// Something else is wrong with it.
    package static let badCertificate = Self(rawValue: "bad_certificate")

    // Files.

    /// A file cannot be read.
    package static let unreadableFile = Self(rawValue: "unreadable_file")
    /// A file does not hold what it should, as PEM.
    package static let invalidFile = Self(rawValue: "invalid_file")
    /// A private key does not belong to its certificate.
    package static let keyMismatch = Self(rawValue: "key_mismatch")
    /// A private key is encrypted, and there is no passphrase or another one.
    package static let badPassphrase = Self(rawValue: "bad_passphrase")
    /// A setting is none that OpenSSL takes.
    package static let invalidSetting = Self(rawValue: "invalid_setting")
    /// OpenSSL has failed at something that should not fail.
    package static let internalError = Self(rawValue: "internal_error")

    /// The peer has given up with an alert; `alert_` and its name: `alert_certificate_required`, `alert_unknown_ca`.
    package static func alert(_ name: String) -> Self {
        Self(rawValue: "alert_" + name.lowercased().replacing(" ", with: "_"))
    }
}

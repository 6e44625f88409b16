import COpenSSL
import Settings

extension CertificateDescription {
    /// Reads what a certificate says.
    ///
    /// - Parameter certificate: OpenSSL's; it must live as long as the call.
    init(reading certificate: OpaquePointer) {
        let subject = DistinguishedName(reading: certificate, isIssuer: false)
        self.subject = subject.text
        issuer = DistinguishedName(reading: certificate, isIssuer: true).text
        alternativeNames = Self.alternativeNames(of: certificate)
        var begin: Int64 = 0
        var end: Int64 = 0
        sluice_certificate_validity(certificate, &begin, &end)
        notBefore = begin
        notAfter = end
        var digits = [CChar](repeating: 0, count: 256)
        sluice_certificate_serial(certificate, &digits, digits.count)
        serial = digits.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        var hash = [UInt8](repeating: 0, count: 32)
        sluice_certificate_fingerprint(certificate, &hash)
        fingerprint = hash.hexadecimal
        isCA = sluice_certificate_is_ca(certificate) == 1
        let hosts: [String] = alternativeNames.compactMap { name in
            if case .dns(let host) = name { host.lowercased() } else { nil }
        }
        hostNames = hosts.isEmpty ? subject.commonName.map { [$0.lowercased()] } ?? [] : hosts
    }

    /// The certificates of a PEM file; `nil` when one of them cannot be read.
    static func all(in pem: [UInt8]) -> [CertificateDescription]? {
        var found: [CertificateDescription] = []
        let count = withUnsafeMutablePointer(to: &found) { found in
            sluice_certificates_read(pem, pem.count, found) { owner, certificate in
                guard let owner, let certificate else { return }
                // Safety: the owner is the array above, which outlives the call.
                owner.assumingMemoryBound(to: [CertificateDescription].self).pointee
                    .append(CertificateDescription(reading: certificate))
            }
        }
        return count < 0 ? nil : found
    }

    private static func alternativeNames(of certificate: OpaquePointer) -> [AlternativeName] {
        var names: [AlternativeName] = []
        withUnsafeMutablePointer(to: &names) { names in
            sluice_certificate_alternative_names(certificate, names) { owner, kind, bytes, count in
                guard let owner else { return }
                let value = UnsafeBufferPointer(start: bytes, count: bytes == nil ? 0 : count)
                guard let name = AlternativeName(kind: Int(kind), value: value) else { return }
                // Safety: the owner is the array above, which outlives the call.
                owner.assumingMemoryBound(to: [AlternativeName].self).pointee.append(name)
            }
        }
        return names
    }
}

extension CertificateDescription.AlternativeName {
    /// Reads a name by its tag in RFC 5280; `nil` for those of other kinds, and for what is no name.
    fileprivate init?(kind: Int, value: UnsafeBufferPointer<UInt8>) {
        if kind == 7 {
            guard let address = IPAddress(bytes: Array(value)) else { return nil }
            self = .ip(address.description)
            return
        }
        // A zero within a name has fooled who reads up to it.
        guard !value.contains(0), let text = String(validating: value, as: UTF8.self) else { return nil }
        switch kind {
        case 1: self = .email(text)
        case 2: self = .dns(text)
        case 6: self = .uri(text)
        default: return nil
        }
    }
}

extension Sequence<UInt8> {
    /// Two digits a byte.
    var hexadecimal: String {
        var text = ""
        for byte in self {
            text += byte < 16 ? "0" : ""
            text += String(byte, radix: 16)
        }
        return text
    }
}

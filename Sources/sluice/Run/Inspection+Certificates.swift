import Admin
import Foundation
import ProxyRuntime
import TLS

extension Inspection {
    func certificates() async -> [CertificateInformation] {
        proxy.certificatesInUse().map { use in
            CertificateInformation(
                listener: use.listener, cluster: use.cluster,
                certificates: use.certificates.map(CertificateInformation.Certificate.init),
                lastError: use.lastError)
        }
    }
}

extension CertificateInformation.Certificate {
    init(_ loaded: LoadedCertificate) {
        let description = loaded.description
        let left = Double(description.notAfter) - Date().timeIntervalSince1970
        self.init(
            role: loaded.role.rawValue, file: loaded.file, subject: description.subject,
            alternativeNames: description.alternativeNames.map(\.text), issuer: description.issuer,
            serial: description.serial, fingerprint: description.fingerprint,
            notBefore: Self.time(description.notBefore), notAfter: Self.time(description.notAfter),
            daysLeft: Int((left / 86_400).rounded(.down)), serverNames: loaded.serverNames)
    }

    private static func time(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}

extension CertificateDescription.AlternativeName {
    /// With its kind before it.
    fileprivate var text: String {
        switch self {
        case .dns(let name): "dns:\(name)"
        case .uri(let uri): "uri:\(uri)"
        case .email(let address): "email:\(address)"
        case .ip(let address): "ip:\(address)"
        }
    }
}

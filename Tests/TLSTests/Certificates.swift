import CTestCertificates
import Glibc

/// A certificate and its key, as PEM.
struct MadeCertificate {
    var certificate: String
    var key: String
    var serial: Int64
}

/// A certificate that signs others, for tests.
struct Authority {
    let made: MadeCertificate

    init(_ subject: String = "/O=Example/CN=Test CA", signedBy issuer: Authority? = nil) throws {
        made = try Self.make(subject, isCA: true, issuer: issuer?.made)
    }

    func issue(
        _ subject: String, names: String? = nil, begins: Int64 = -3600, ends: Int64 = 86_400, rsaBits: Int32 = 0,
        passphrase: String? = nil
    ) throws -> MadeCertificate {
        try Self.make(
            subject, names: names, begins: begins, ends: ends, rsaBits: rsaBits, passphrase: passphrase, issuer: made)
    }

    func revoke(_ certificates: [MadeCertificate]) throws -> String {
        var text: UnsafeMutablePointer<CChar>?
        let serials = certificates.map(\.serial)
        guard test_revocation_list_make(made.certificate, made.key, serials, Int32(serials.count), &text) == 1,
            let text
        else { throw Failed() }
        defer { test_certificate_free(text) }
        return String(cString: text)
    }

    struct Failed: Error {}

    static func make(
        _ subject: String, names: String? = nil, begins: Int64 = -3600, ends: Int64 = 86_400, isCA: Bool = false,
        rsaBits: Int32 = 0, passphrase: String? = nil, issuer: MadeCertificate? = nil
    ) throws -> MadeCertificate {
        let serial = Int64.random(in: 1...Int64.max)
        var copies: [UnsafeMutablePointer<CChar>?] = []
        defer { for copy in copies { free(copy) } }
        func kept(_ text: String?) -> UnsafePointer<CChar>? {
            guard let text else { return nil }
            copies.append(strdup(text))
            return copies.last.flatMap { $0 }.map { UnsafePointer($0) }
        }
        var request = test_certificate_request()
        request.subject = kept(subject)
        request.alternative_names = kept(names)
        request.begins = begins
        request.ends = ends
        request.serial = serial
        request.is_ca = isCA ? 1 : 0
        request.rsa_bits = rsaBits
        request.issuer_certificate = kept(issuer?.certificate)
        request.issuer_key = kept(issuer?.key)
        request.passphrase = kept(passphrase)
        var certificate: UnsafeMutablePointer<CChar>?
        var key: UnsafeMutablePointer<CChar>?
        guard test_certificate_make(&request, &certificate, &key) == 1, let certificate, let key else {
            throw Failed()
        }
        defer {
            test_certificate_free(certificate)
            test_certificate_free(key)
        }
        return MadeCertificate(
            certificate: String(cString: certificate), key: String(cString: key), serial: serial)
    }
}

/// A folder of files that goes with the last who uses it.
final class Folder {
    let path: String

    init() throws {
        var template = Array("/tmp/tls-tests-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { text -> String? in
            guard let start = text.baseAddress, mkdtemp(start) != nil else { return nil }
            return String(cString: start)
        }
        guard let made else { throw Authority.Failed() }
        path = made
    }

    deinit {
        for folder in [path, "\(path)/one", "\(path)/two"] {
            guard let directory = opendir(folder) else { continue }
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                }
                unlink("\(folder)/\(name)")
            }
            closedir(directory)
        }
        rmdir("\(path)/one")
        rmdir("\(path)/two")
        rmdir(path)
    }

    /// Writes a file in place, and says where it is.
    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        guard let file = fopen("\(path)/\(name)", "w") else { throw Authority.Failed() }
        fputs(text, file)
        fclose(file)
        return "\(path)/\(name)"
    }
}

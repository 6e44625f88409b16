import Glibc

@testable import TLS

/// How much memory this process holds.
func residentBytes() -> Int {
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, 128, file) != nil else { return 0 }
    let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return (Int(text.split(separator: " ").dropFirst().first ?? "") ?? 0) * 4096
}

extension CertificateDescription {
    /// Whether a time, in seconds since 1970, has gone by.
    static func isPast(_ time: Int64) -> Bool { Int64(Glibc.time(nil)) > time }
}

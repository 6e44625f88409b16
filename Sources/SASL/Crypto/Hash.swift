import CCrypto

/// A hash of the SHA-2 family, and what is made of it.
package enum Hash: Int, Sendable, CaseIterable {
    case sha256 = 256
    case sha384 = 384
    case sha512 = 512

    /// How long what it makes is, in bytes.
    package var byteCount: Int { rawValue / 8 }

    /// The hash of some bytes.
    package func digest(_ bytes: [UInt8]) -> [UInt8] {
        output { sluice_digest(Int32(rawValue), bytes, bytes.count, $0) }
    }

    /// HMAC (RFC 2104).
    package func hmac(key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        output { sluice_hmac(Int32(rawValue), key, key.count, bytes, bytes.count, $0) }
    }

    /// PBKDF2 with HMAC, one block long: `Hi` of RFC 5802. A thousand iterations take about half a millisecond, so
    /// never on an event loop.
    ///
    /// - Parameters:
    ///   - password: what the user knows.
    ///   - salt: what makes the result different for users with the same password.
    ///   - iterations: at least 1.
    /// - Returns: as many bytes as the hash has.
    package func stretched(_ password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
        output {
            sluice_pbkdf2(
                Int32(rawValue), password, password.count, salt, salt.count, Int32(clamping: iterations), $0)
        }
    }

    /// - Precondition: the library does it, which fails only where there is no memory or no SHA-2.
    private func output(_ body: (UnsafeMutablePointer<UInt8>?) -> Int32) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            let isDone = body(buffer.baseAddress) == 1
            precondition(isDone, "libcrypto cannot make SHA-\(rawValue)")
            count = byteCount
        }
    }
}

/// Bytes that nobody can guess.
package enum RandomBytes {
    /// - Precondition: the library has a source of randomness: nothing could be trusted without one.
    package static func make(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let isDone = sluice_random(buffer.baseAddress, count) == 1
            precondition(isDone, "libcrypto has no random bytes")
            initialized = count
        }
    }

    /// Text for a nonce: 24 random bytes in base64, which has no comma.
    package static func nonce() -> [UInt8] {
        Array(Base64.encode(make(24)).utf8)
    }
}

extension [UInt8] {
    /// Compares with secret bytes, in a time that does not tell where the first difference is.
    package func isEqualInConstantTime(to other: [UInt8]) -> Bool {
        count == other.count && sluice_equal(self, other, count) == 1
    }

    /// Each byte exclusive-or the other's; as long as the shorter.
    func xor(_ other: [UInt8]) -> [UInt8] {
        zip(self, other).map { $0 ^ $1 }
    }
}

/// A UUID as Kafka uses it for topics, log directories and client instances.
///
/// Its text is Kafka's: base64url of the 16 bytes without padding, 22 characters.
public struct KafkaUUID: Hashable, Sendable {
    /// The first 8 bytes, as a big-endian integer.
    public var high: UInt64
    /// The last 8 bytes, as a big-endian integer.
    public var low: UInt64

    /// All bits 0: "none" in the protocol.
    public static let zero = KafkaUUID(high: 0, low: 0)

    /// Creates a UUID of its two halves.
    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

extension KafkaUUID: LosslessStringConvertible, CustomStringConvertible {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// Kafka's text form: 22 characters of base64url.
    public var description: String {
        // 128 bits are 21 sextets and 2 bits; those 2 bits stand first in the last character.
        String(unsafeUninitializedCapacity: 22) { text in
            for index in 0..<22 {
                text[index] = Self.alphabet[sextet(index)]
            }
            return 22
        }
    }

    /// Reads Kafka's text form.
    ///
    /// Nil for anything but 22 characters of base64url whose last four bits are 0.
    ///
    /// - Parameter description: the text.
    public init?(_ description: String) {
        let text = Array(description.utf8)
        guard text.count == 22 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        for (index, character) in text.enumerated() {
            guard let position = Self.alphabet.firstIndex(of: character) else { return nil }
            let sextet = UInt64(position)
            if index == 21 {
                guard sextet & 0x0F == 0 else { return nil }
                high = (high << 2) | (low >> 62)
                low = (low << 2) | (sextet >> 4)
            } else {
                high = (high << 6) | (low >> 58)
                low = (low << 6) | sextet
            }
        }
        self.init(high: high, low: low)
    }

    private func sextet(_ index: Int) -> Int {
        let shift = 122 - 6 * index
        if shift >= 64 { return Int((high >> UInt64(shift - 64)) & 0x3F) }
        if shift < 0 { return Int((low << UInt64(-shift)) & 0x3F) }
        let below = low >> UInt64(shift)
        let above = shift == 0 ? 0 : high << UInt64(64 - shift)
        return Int((below | above) & 0x3F)
    }
}

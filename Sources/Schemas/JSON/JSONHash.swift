/// A hash of JSON values that nobody outside can aim at: its seed is the process's own.
struct JSONHash {
    private var state: UInt64

    private static let seed = UInt64.random(in: .min ... .max)
    private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

    init(_ kind: JSONKind) {
        state = Self.seed ^ UInt64(kind.rawValue)
    }

    @inline(__always)
    mutating func add(_ value: UInt64) {
        let product = (state ^ value).multipliedFullWidth(by: Self.factor ^ Self.seed << 1)
        state = product.high ^ product.low &+ Self.seed
    }

    mutating func add(_ bytes: UnsafeBufferPointer<UInt8>) {
        add(UInt64(truncatingIfNeeded: bytes.count))
        let raw = UnsafeRawBufferPointer(bytes)
        var at = 0
        while at + 8 <= raw.count {
            add(raw.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            at += 8
        }
        var last: UInt64 = 0
        while at < raw.count {
            last = last << 8 | UInt64(raw[at])
            at += 1
        }
        add(last)
    }

    var value: UInt64 { state }
}

/// Text in UTF-8 (RFC 3629).
enum UTF8Text {
    /// True if the bytes are UTF-8, without overlong forms and surrogates.
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            // Mostly ASCII, or nothing near it.
            while index + 16 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: index, as: SIMD2<UInt64>.self)
                guard (word[0] | word[1]) & 0x8080_8080_8080_8080 == 0 else { break }
                index += 16
            }
            guard index < bytes.count else { break }
            let length = lengthOfCharacter(bytes, index)
            guard length > 0 else { return false }
            index += length
        }
        return true
    }

    /// The bytes of the character at a place; 0 if there is none.
    private static func lengthOfCharacter(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Int {
        let first = bytes[index]
        switch first {
        case ..<0x80: return 1
        case 0xc2...0xdf:
            return continues(bytes, index + 1, count: 1) ? 2 : 0
        case 0xe0...0xef:
            guard continues(bytes, index + 1, count: 2) else { return 0 }
            let second = bytes[index + 1]
            if first == 0xe0, second < 0xa0 { return 0 }
            if first == 0xed, second > 0x9f { return 0 }
            return 3
        case 0xf0...0xf4:
            guard continues(bytes, index + 1, count: 3) else { return 0 }
            let second = bytes[index + 1]
            if first == 0xf0, second < 0x90 { return 0 }
            if first == 0xf4, second > 0x8f { return 0 }
            return 4
        default: return 0
        }
    }

    private static func continues(_ bytes: UnsafeRawBufferPointer, _ start: Int, count: Int) -> Bool {
        guard start + count <= bytes.count else { return false }
        for index in start..<start + count where bytes[index] & 0xc0 != 0x80 { return false }
        return true
    }
}

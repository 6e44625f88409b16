/// A JSON number, exactly: digits and a power of ten, whatever their sizes.
///
/// Safety: `digits` is a part of the text that the number was read from.
struct JSONNumber {
    let isNegative: Bool
    /// From the first digit that is not 0; may have a point and zeros at its end.
    private let digits: UnsafeBufferPointer<UInt8>
    /// How many digits there are from the first to the last that is not 0; none in zero.
    let digitCount: Int
    /// The digits as a number, if there are at most 18 of them.
    let mantissa: UInt64
    /// The power of ten that the last digit stands for.
    let exponent: Int

    static let maxShortDigits = 18

    private static let powers: [UInt64] = (0...18).map { power in
        (0..<power).reduce(1 as UInt64) { value, _ in value * 10 }
    }

    /// Reads the text of a number, which the parser has checked.
    init(_ text: UnsafeBufferPointer<UInt8>) {
        isNegative = text.first == UInt8(ascii: "-")
        var at = isNegative ? 1 : 0
        var first = at
        var count = 0
        var zeros = 0
        var value: UInt64 = 0
        var fraction = 0
        var isFraction = false
        scan: while at < text.count {
            let byte = text[at]
            switch byte {
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "0"):
                if isFraction { fraction += 1 }
                if count > 0 { zeros += 1 }
            case UInt8(ascii: "1")...UInt8(ascii: "9"):
                if isFraction { fraction += 1 }
                if count == 0 { first = at }
                count += zeros + 1
                if count <= Self.maxShortDigits {
                    for _ in 0...zeros { value &*= 10 }
                    value &+= UInt64(byte &- 0x30)
                }
                zeros = 0
            default: break scan
            }
            at += 1
        }
        digits = UnsafeBufferPointer(rebasing: text[first..<at])
        digitCount = count
        mantissa = value
        exponent = Self.power(text, from: at) - fraction + zeros
    }

    /// The power behind an `e`, no farther from 0 than 10^17.
    private static func power(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        var at = start + 1
        guard at < text.count else { return 0 }
        let isNegative = text[at] == UInt8(ascii: "-")
        if isNegative || text[at] == UInt8(ascii: "+") { at += 1 }
        var value = 0
        while at < text.count {
            value = min(value * 10 + Int(text[at] &- 0x30), 100_000_000_000_000_000)
            at += 1
        }
        return isNegative ? -value : value
    }

    var isZero: Bool { digitCount == 0 }

    /// Whether it is a whole number, however it is written.
    var isInteger: Bool { isZero || exponent >= 0 }

    /// Below 0, 0 or above 0, as `self` is less than, equal to or greater than `other`.
    func compare(_ other: JSONNumber) -> Int {
        if isZero || other.isZero {
            if isZero, other.isZero { return 0 }
            return isZero ? (other.isNegative ? 1 : -1) : (isNegative ? -1 : 1)
        }
        if isNegative != other.isNegative { return isNegative ? -1 : 1 }
        let magnitude = compareMagnitude(other)
        return isNegative ? -magnitude : magnitude
    }

    private func compareMagnitude(_ other: JSONNumber) -> Int {
        let top = digitCount + exponent
        let otherTop = other.digitCount + other.exponent
        if top != otherTop { return top < otherTop ? -1 : 1 }
        if digitCount <= Self.maxShortDigits, other.digitCount <= Self.maxShortDigits {
            // Both begin at the same power of ten, so the shorter is continued by zeros.
            let count = max(digitCount, other.digitCount)
            let left = mantissa &* Self.powers[count - digitCount]
            let right = other.mantissa &* Self.powers[count - other.digitCount]
            return left < right ? -1 : left > right ? 1 : 0
        }
        var left = Digits(self)
        var right = Digits(other)
        while true {
            switch (left.next(), right.next()) {
            case (nil, nil): return 0
            case (nil, _): return -1
            case (_, nil): return 1
            case (let one?, let two?): if one != two { return one < two ? -1 : 1 }
            }
        }
    }

    /// Whether the number is `divisor` times a whole number. The divisor has at most 18 digits and is not 0.
    func isMultiple(ofMantissa divisor: UInt64, exponent divisorExponent: Int) -> Bool {
        if isZero { return true }
        // The digits do not end with 0, so they cannot be divided by a power of ten.
        guard exponent >= divisorExponent, divisor > 0 else { return false }
        var rest: UInt64 = 0
        if digitCount <= Self.maxShortDigits {
            rest = mantissa % divisor
        } else {
            var digits = Digits(self)
            while let digit = digits.next() {
                rest = Self.product(rest, 10, divisor)
                // Both are less than 10^18, so the sum fits.
                rest = (rest + UInt64(digit)) % divisor
            }
        }
        var power = exponent - divisorExponent
        var factor = 10 % divisor
        while power > 0, rest != 0 {
            if power & 1 == 1 { rest = Self.product(rest, factor, divisor) }
            factor = Self.product(factor, factor, divisor)
            power >>= 1
        }
        return rest == 0
    }

    /// `left` times `right` modulo `divisor`; `left` is less than it.
    private static func product(_ left: UInt64, _ right: UInt64, _ divisor: UInt64) -> UInt64 {
        let full = left.multipliedFullWidth(by: right % divisor)
        return divisor.dividingFullWidth((full.high, full.low)).remainder
    }

    /// Adds the number to a hash, the same however it is written.
    func hash(into hash: inout JSONHash) {
        hash.add(isZero ? 0 : UInt64(truncatingIfNeeded: exponent) << 1 | (isNegative ? 1 : 0))
        if digitCount <= Self.maxShortDigits {
            hash.add(mantissa)
        } else {
            var digits = Digits(self)
            while let digit = digits.next() { hash.add(UInt64(digit)) }
        }
    }

    /// The digits from the first to the last that is not 0.
    private struct Digits {
        private let digits: UnsafeBufferPointer<UInt8>
        private var at = 0
        private var left: Int

        init(_ number: JSONNumber) {
            digits = number.digits
            left = number.digitCount
        }

        mutating func next() -> UInt8? {
            guard left > 0, at < digits.count else { return nil }
            if digits[at] == UInt8(ascii: ".") { at += 1 }
            guard at < digits.count else { return nil }
            defer {
                at += 1
                left -= 1
            }
            return digits[at] &- 0x30
        }
    }
}

/// Reads the parts of formats from a text's front.
struct FormatScanner {
    private let text: UnsafeBufferPointer<UInt8>
    private var at = 0

    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
    }

    var isAtEnd: Bool { at == text.count }
    private var current: UInt8? { at < text.count ? text[at] : nil }

    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
    static func isHexadecimal(_ byte: UInt8) -> Bool { isDigit(byte) || (byte | 0x20) &- 0x61 < 6 }

    mutating func take(_ wanted: StaticString) -> Bool {
        let count = wanted.utf8CodeUnitCount
        guard text.count - at >= count else { return false }
        for offset in 0..<count where text[at + offset] != wanted.utf8Start[offset] { return false }
        at += count
        return true
    }

    /// Digits, as a number that stops to grow at a million.
    private mutating func number(_ digits: ClosedRange<Int>) -> Int? {
        let start = at
        var value = 0
        while let byte = current, Self.isDigit(byte), at - start < digits.upperBound {
            value = min(value * 10 + Int(byte - 0x30), 1_000_000)
            at += 1
        }
        return digits.contains(at - start) ? value : nil
    }

    mutating func hexadecimal(_ digits: ClosedRange<Int>) -> Bool {
        let start = at
        while let byte = current, Self.isHexadecimal(byte), at - start < digits.upperBound { at += 1 }
        return digits.contains(at - start)
    }

    /// `full-date` of RFC 3339, section 5.6.
    mutating func date() -> Bool {
        guard let year = number(4...4), take("-"), let month = number(2...2), take("-"), let day = number(2...2),
            (1...12).contains(month)
        else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return (1...days[month - 1]).contains(day)
    }

    /// `full-time` of RFC 3339, section 5.6, up to the end. A leap second is at 23:59:60 UTC.
    mutating func time() -> Bool {
        guard let hour = number(2...2), take(":"), let minute = number(2...2), take(":"),
            let second = number(2...2), hour <= 23, minute <= 59, second <= 60
        else { return false }
        if take("."), number(1...Int.max) == nil { return false }
        var offset = 0
        if !take("Z"), !take("z") {
            let sign = take("+") ? 1 : take("-") ? -1 : 0
            guard sign != 0, let hours = number(2...2), take(":"), let minutes = number(2...2), hours <= 23,
                minutes <= 59
            else { return false }
            offset = sign * (hours * 60 + minutes)
        }
        let minuteOfDay = (hour * 60 + minute - offset + 2 * 1440) % 1440
        return isAtEnd && (second < 60 || minuteOfDay == 1439)
    }

    /// `duration` of RFC 3339, appendix A.
    mutating func duration() -> Bool {
        guard take("P") else { return false }
        var weeks = self
        if weeks.number(1...Int.max) != nil, weeks.take("W") { return weeks.isAtEnd }
        guard let hasDate = units("YMD") else { return false }
        guard take("T") else { return hasDate && isAtEnd }
        return units("HMS") == true && isAtEnd
    }

    /// Numbers with units, each the next one of those there are; whether there are any, nil if they are wrong.
    private mutating func units(_ units: String) -> Bool? {
        let units = Array(units.utf8)
        var last: Int?
        while let byte = current, Self.isDigit(byte) {
            guard number(1...Int.max) != nil, let unit = current, let place = units.firstIndex(of: unit),
                last == nil || last == place - 1
            else { return nil }
            at += 1
            last = place
        }
        return last != nil
    }

    /// Four numbers from 0 to 255 without zeros in front.
    mutating func ipv4() -> Bool {
        for part in 0..<4 {
            if part > 0, !take(".") { return false }
            let start = at
            guard let value = number(1...3), value <= 255, at - start == 1 || text[start] != 0x30 else {
                return false
            }
        }
        return true
    }

    /// RFC 4122, section 3.
    mutating func uuid() -> Bool {
        hexadecimal(8...8) && take("-") && hexadecimal(4...4) && take("-") && hexadecimal(4...4) && take("-")
            && hexadecimal(4...4) && take("-") && hexadecimal(12...12) && isAtEnd
    }

    /// RFC 6901, section 3, from a slash on.
    mutating func jsonPointer() -> Bool {
        guard current == UInt8(ascii: "/") else { return false }
        while let byte = current {
            at += 1
            if byte == UInt8(ascii: "~") {
                guard current == 0x30 || current == 0x31 else { return false }
            }
        }
        return true
    }

    /// A number of levels, and a pointer or `#`.
    mutating func relativeJSONPointer() -> Bool {
        let start = at
        guard number(1...Int.max) != nil, at - start == 1 || text[start] != 0x30 else { return false }
        if isAtEnd { return true }
        if take("#") { return isAtEnd }
        return jsonPointer()
    }
}

import Glibc

/// A moment in UTC as RFC 3339 writes it, to the millisecond. The text up to the second is kept from one line to the
/// next, as most lines share theirs.
struct LineTime {
    /// Seconds since the Unix epoch, and milliseconds.
    typealias Moment = (seconds: Int, milliseconds: UInt)

    private var second: Int?
    /// `2026-11-23T22:32:52.`
    private var text: [UInt8] = []

    /// The system's time.
    static var now: Moment {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return (time.tv_sec, UInt(clamping: time.tv_nsec / 1_000_000))
    }

    /// Writes a moment.
    @inline(__always)
    mutating func write(_ moment: Moment, to cursor: inout LineCursor) {
        if second != moment.seconds {
            text = Self.text(ofSecond: moment.seconds)
            second = moment.seconds
        }
        text.withUnsafeBytes { cursor.write($0) }
        cursor.write(moment.milliseconds, digits: 3)
        cursor.write(byte: UInt8(ascii: "Z"))
    }

    private static func text(ofSecond second: Int) -> [UInt8] {
        var time = time_t(second)
        var parts = tm()
        gmtime_r(&time, &parts)
        var text: [UInt8] = []
        append(Int(parts.tm_year) + 1900, digits: 4, then: "-", to: &text)
        append(Int(parts.tm_mon) + 1, digits: 2, then: "-", to: &text)
        append(Int(parts.tm_mday), digits: 2, then: "T", to: &text)
        append(Int(parts.tm_hour), digits: 2, then: ":", to: &text)
        append(Int(parts.tm_min), digits: 2, then: ":", to: &text)
        append(Int(parts.tm_sec), digits: 2, then: ".", to: &text)
        return text
    }

    private static func append(_ value: Int, digits: Int, then mark: Character, to text: inout [UInt8]) {
        let number = String(value)
        text += [UInt8](repeating: UInt8(ascii: "0"), count: max(0, digits - number.utf8.count))
        text += number.utf8
        text += String(mark).utf8
    }
}

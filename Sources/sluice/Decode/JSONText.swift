/// Writes JSON with its keys in the order they are added.
struct JSONText {
    private(set) var text = ""
    /// Whether a comma is due before the next key or element.
    private var needsComma = false

    /// Begins an object.
    mutating func open() { begin("{") }

    /// Begins an array.
    mutating func openArray() { begin("[") }

    /// Ends an object.
    mutating func close() { end("}") }

    /// Ends an array.
    mutating func closeArray() { end("]") }

    /// Writes a key; its value comes next.
    mutating func key(_ key: String) {
        separate()
        quote(key)
        text += ":"
        needsComma = false
    }

    /// Writes a string as a value.
    mutating func string(_ value: some StringProtocol) {
        separate()
        quote(value)
    }

    /// Writes something that is JSON as it is: a number, `true`, `null`.
    mutating func literal(_ value: String) {
        separate()
        text += value
    }

    /// Writes a key and a string.
    mutating func add(_ key: String, string: String) {
        self.key(key)
        self.string(string)
    }

    /// Writes a key and a number.
    mutating func add(_ key: String, number: some BinaryInteger) {
        self.key(key)
        literal("\(number)")
    }

    private mutating func begin(_ bracket: String) {
        separate()
        text += bracket
        needsComma = false
    }

    private mutating func end(_ bracket: String) {
        text += bracket
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { text += "," }
        needsComma = true
    }

    private mutating func quote(_ value: some StringProtocol) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

/// Reads numbers with units: `250ms`, `64KiB`, `20MiB/s`.
enum Quantity {
    /// The digits at the front of `text` and the unit behind them; `nil` when it does not begin with a digit.
    static func split(_ text: Substring) -> (digits: Substring, unit: Substring)? {
        let unit = text.drop { $0.isASCII && ($0.isNumber || $0 == ".") }
        let digits = text[..<unit.startIndex]
        return digits.isEmpty ? nil : (digits, unit)
    }

    /// The whole number in `digits`; `nil` when it has a fraction or does not fit.
    static func integer(_ digits: Substring) -> Int? {
        digits.utf8.allSatisfy(\.isDigit) ? Int(digits) : nil
    }

    /// The number in `digits`, with or without a fraction (`0.5`); `nil` when it is neither.
    static func decimal(_ digits: Substring) -> Double? {
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isDigit) }) else { return nil }
        return Double(digits)
    }

    /// `number` without the fraction that whole numbers do not have.
    static func text(_ number: Double) -> String {
        Int(exactly: number).map(String.init) ?? String(number)
    }
}

import Testing

@testable import Schemas

@Suite("Exact numbers")
struct JSONNumberTests {
    private func with<Result>(_ text: String, _ body: (JSONNumber) -> Result) -> Result {
        Array(text.utf8).withUnsafeBufferPointer { body(JSONNumber($0)) }
    }

    @Test(
        "Numbers compare by what they are worth",
        arguments: [
            ("1", "1.0", 0), ("1", "1e0", 0), ("10", "1e1", 0), ("0", "-0", 0), ("0", "0e5", 0), ("0.0", "1", -1),
            ("100", "1E2", 0), ("1.50", "15e-1", 0), ("1", "2", -1), ("-1", "-2", 1), ("-1", "1", -1), ("0", "-1", 1),
            ("0.1", "0.10000000000000000000000000001", -1), ("9007199254740993", "9007199254740992", 1),
            ("123456789012345678901234567890", "123456789012345678901234567891", -1),
            ("123456789012345678901234567890", "1.2345678901234567890123456789e29", 0), ("1e400", "1e401", -1),
            ("-1e400", "1e-400", -1), ("1e-400", "0", 1), ("999999999999999999", "1e18", -1),
            ("0.00012", "12e-5", 0), ("1e99999999999999999999", "2", 1), ("100000000000000000000000", "1e23", 0),
            ("100000000000000000000001", "1e23", 1), ("1.0000000000000000000000", "1", 0),
        ])
    func comparison(left: String, right: String, expected: Int) {
        #expect(with(left) { left in with(right) { left.compare($0) } } == expected)
        #expect(with(right) { right in with(left) { right.compare($0) } } == -expected)
    }

    @Test(
        "Multiples are exact",
        arguments: [
            ("0", "3", true), ("9", "3", true), ("10", "3", false), ("0.3", "0.1", true), ("1.1", "0.01", true),
            ("4.35", "0.01", true), ("4.355", "0.01", false), ("0.0075", "0.0001", true), ("1e308", "0.5", true),
            ("123456789012345678901234567890", "10", true), ("123456789012345678901234567891", "10", false),
            ("123456789012345678901234567890", "7", true), ("123456789012345678901234567890", "11", false),
            ("1e1000000", "7", false), ("7e1000000", "7", true),
            ("-6", "2", true), ("1", "2", false), ("5e-1", "0.25", true), ("100", "1e3", false), ("3000", "1e3", true),
        ])
    func multiples(value: String, divisor: String, expected: Bool) {
        let result = with(value) { value in
            with(divisor) { value.isMultiple(ofMantissa: $0.mantissa, exponent: $0.exponent) }
        }
        #expect(result == expected)
    }

    @Test(
        "Whole numbers are whole however they are written",
        arguments: [("1", true), ("1.0", true), ("1.5", false), ("15e-1", false), ("150e-1", true), ("0.0", true)])
    func integers(text: String, expected: Bool) {
        #expect(with(text) { $0.isInteger } == expected)
    }
}

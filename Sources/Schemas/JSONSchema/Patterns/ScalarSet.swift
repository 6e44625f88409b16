/// A set of Unicode scalars, as ranges that go up and do not touch.
struct ScalarSet: Sendable, Equatable {
    private(set) var ranges: [ClosedRange<UInt32>]

    /// The union of ranges in any order.
    init(_ ranges: [ClosedRange<UInt32>]) {
        var result: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, range.lowerBound <= last.upperBound &+ 1 {
                result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        self.ranges = result
    }

    init(_ scalar: UInt32) { ranges = [scalar...scalar] }

    /// All scalars that are not in the set.
    var complement: ScalarSet {
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges {
            if range.lowerBound > next { result.append(next...range.lowerBound - 1) }
            next = range.upperBound + 1
        }
        if next <= 0x10FFFF { result.append(next...0x10FFFF) }
        return ScalarSet(result)
    }

    func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

    static let digits = ScalarSet([0x30...0x39])
    static let word = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    /// WhiteSpace and LineTerminator of ECMA-262.
    static let space = ScalarSet([
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ])
    static let lineTerminators = ScalarSet([0x0A...0x0A, 0x0D...0x0D, 0x2028...0x2029])

    /// The scalars that have a property, by what stands in `\p{…}`; nil if the property is not known.
    static func property(_ text: String) -> ScalarSet? {
        var name = Substring(text)
        for prefix in ["General_Category=", "gc="] where name.hasPrefix(prefix) { name = name.dropFirst(prefix.count) }
        switch name {
        case "Any": return ScalarSet([0...0x10FFFF])
        case "ASCII": return ScalarSet([0...0x7F])
        case "Alphabetic", "Alpha": return scalars { $0.properties.isAlphabetic }
        case "Lowercase", "Lower": return scalars { $0.properties.isLowercase }
        case "Uppercase", "Upper": return scalars { $0.properties.isUppercase }
        case "White_Space", "space": return scalars { $0.properties.isWhitespace }
        case "Emoji": return scalars { $0.properties.isEmoji }
        case "ID_Start", "IDS": return scalars { $0.properties.isIDStart }
        case "ID_Continue", "IDC": return scalars { $0.properties.isIDContinue }
        default:
            guard let wanted = categories[String(name)] else { return nil }
            return ScalarSet(wanted.flatMap { rangesOfCategory[$0] ?? [] })
        }
    }

    private static func scalars(where isMember: (Unicode.Scalar) -> Bool) -> ScalarSet {
        var ranges: [ClosedRange<UInt32>] = []
        var first: UInt32?
        for value: UInt32 in 0...0x110000 {
            let isIn = Unicode.Scalar(value).map(isMember) ?? false
            if isIn, first == nil { first = value }
            if !isIn, let start = first {
                ranges.append(start...value - 1)
                first = nil
            }
        }
        return ScalarSet(ranges)
    }

    /// The scalars of each general category, which are found once.
    private static let rangesOfCategory: [Unicode.GeneralCategory: [ClosedRange<UInt32>]] = {
        var result: [Unicode.GeneralCategory: [ClosedRange<UInt32>]] = [:]
        var first: UInt32 = 0
        var category = Unicode.GeneralCategory.control
        for value: UInt32 in 1...0x110000 {
            let next = Unicode.Scalar(value)?.properties.generalCategory ?? .surrogate
            guard next != category || value == 0x110000 else { continue }
            result[category, default: []].append(first...value - 1)
            (first, category) = (value, next)
        }
        return result
    }()

    /// The general categories and their groups, by all their names in the Unicode Character Database.
    private static let categories: [String: Set<Unicode.GeneralCategory>] = {
        let single: [(names: [String], category: Unicode.GeneralCategory)] = [
            (["Lu", "Uppercase_Letter"], .uppercaseLetter), (["Ll", "Lowercase_Letter"], .lowercaseLetter),
            (["Lt", "Titlecase_Letter"], .titlecaseLetter), (["Lm", "Modifier_Letter"], .modifierLetter),
            (["Lo", "Other_Letter"], .otherLetter), (["Mn", "Nonspacing_Mark"], .nonspacingMark),
            (["Mc", "Spacing_Mark"], .spacingMark), (["Me", "Enclosing_Mark"], .enclosingMark),
            (["Nd", "Decimal_Number", "digit"], .decimalNumber), (["Nl", "Letter_Number"], .letterNumber),
            (["No", "Other_Number"], .otherNumber), (["Pc", "Connector_Punctuation"], .connectorPunctuation),
            (["Pd", "Dash_Punctuation"], .dashPunctuation), (["Ps", "Open_Punctuation"], .openPunctuation),
            (["Pe", "Close_Punctuation"], .closePunctuation), (["Pi", "Initial_Punctuation"], .initialPunctuation),
            (["Pf", "Final_Punctuation"], .finalPunctuation), (["Po", "Other_Punctuation"], .otherPunctuation),
            (["Sm", "Math_Symbol"], .mathSymbol), (["Sc", "Currency_Symbol"], .currencySymbol),
            (["Sk", "Modifier_Symbol"], .modifierSymbol), (["So", "Other_Symbol"], .otherSymbol),
            (["Zs", "Space_Separator"], .spaceSeparator), (["Zl", "Line_Separator"], .lineSeparator),
            (["Zp", "Paragraph_Separator"], .paragraphSeparator), (["Cc", "Control", "cntrl"], .control),
            (["Cf", "Format"], .format), (["Cs", "Surrogate"], .surrogate), (["Co", "Private_Use"], .privateUse),
            (["Cn", "Unassigned"], .unassigned),
        ]
        let groups: [(names: [String], first: Character)] = [
            (["L", "Letter"], "L"), (["M", "Mark", "Combining_Mark"], "M"), (["N", "Number"], "N"),
            (["P", "Punctuation", "punct"], "P"), (["S", "Symbol"], "S"), (["Z", "Separator"], "Z"),
            (["C", "Other"], "C"),
        ]
        var result: [String: Set<Unicode.GeneralCategory>] = [:]
        for entry in single {
            for name in entry.names { result[name] = [entry.category] }
        }
        for group in groups {
            let members = single.filter { $0.names[0].first == group.first }.map(\.category)
            for name in group.names { result[name] = Set(members) }
        }
        for name in ["LC", "Cased_Letter"] { result[name] = [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter] }
        return result
    }()
}

import Settings

/// How many of what matches is copied.
package struct Sampling: Sendable, Hashable {
    /// What is drawn.
    package enum Unit: String, Sendable, Hashable, CaseIterable {
        /// Each record by itself.
        case record
        /// Each key: all records of a key are copied, or none. Records without a key are drawn by themselves.
        case key
    }

    /// The share, from 0 to 1. Default 1.
    package var rate: Double
    /// What is drawn. Default: each record.
    package var unit: Unit

    /// Makes a sampling.
    package init(rate: Double = 1, by unit: Unit = .record) {
        self.rate = rate
        self.unit = unit
    }

    /// `1%`, or `{ rate: 1%, by: key }`.
    static var settingType: SettingType<Sampling> {
        let share = SettingType<Percentage>.percentage.mapped { Sampling(rate: $0.fraction) }
        let long = SettingType<Sampling>.structure { reader in
            let rate = reader.required("rate", .percentage, "The share of what matches that is copied.")
            let unit = reader.value(
                "by", .choice(), default: Unit.record,
                "What is drawn: each record, or each key, so that all records of a key are copied or none.")
            return rate.map { Sampling(rate: $0.fraction, by: unit) }
        }
        return SettingType.either(share, or: long).named("sampling")
    }
}

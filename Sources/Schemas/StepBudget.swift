/// How many steps checking the records of one request may take: one record, and all of them.
///
/// A step is what ``JSONSchemaOptions/maxSteps`` says. All records together may take ten times what one may, and one step
/// more for each of their bytes: that is enough for large requests of ordinary records, and no more than that for requests
/// in which each record takes as long as it can.
package struct StepBudget: Sendable, Hashable {
    /// How many times as many steps as one record all of them may take.
    private static let recordsWorth = 10

    private let perRecord: Int
    /// What is left for all records.
    private var left: Int

    /// A budget for one request.
    ///
    /// - Parameter perRecord: The most steps for one record, at least 1.
    package init(perRecord: Int) {
        self.perRecord = max(1, perRecord)
        let (all, overflows) = self.perRecord.multipliedReportingOverflow(by: Self.recordsWorth)
        left = overflows ? .max : all
    }

    /// Begins a record of so many bytes.
    ///
    /// - Returns: how many steps it may take.
    mutating func begin(bytes: Int) -> Int {
        let (sum, overflows) = left.addingReportingOverflow(bytes)
        left = overflows ? .max : sum
        return min(perRecord, left)
    }

    /// Notes how many steps a record has taken.
    mutating func take(_ steps: Int) {
        left -= min(max(0, steps), left)
    }
}

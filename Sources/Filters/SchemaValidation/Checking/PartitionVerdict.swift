/// What came of checking the batches of one partition.
struct PartitionVerdict: Equatable {
    /// Why they are rejected; nil if they are not.
    var rejection: Rejection?
    /// Records that were looked at, as far as they could be read.
    var records = 0
    /// Records of these that are bad.
    var invalid = 0
    /// Records of these that passed without a check since a registry did not answer.
    var unchecked = 0
    /// Copies of the bad records, if the rule asks for them.
    var deadLetters: [DeadLetter] = []
}

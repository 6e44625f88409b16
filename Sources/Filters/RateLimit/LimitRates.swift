/// The rates of one limit; nil for what it does not limit.
struct LimitRates: Sendable, Hashable {
    var requests: TokenRate?
    var produceBytes: TokenRate?
    var fetchBytes: TokenRate?
    var records: TokenRate?
}

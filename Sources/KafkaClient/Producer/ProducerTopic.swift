/// A topic that a producer produces to: made once, then given with each record.
package struct ProducerTopic: Sendable, Hashable {
    /// Its name.
    package let name: String
    /// Its place among the producer's topics.
    let place: Int32
}

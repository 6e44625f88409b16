/// What a topic in a request has to do with the rules that have targets to choose from.
enum SwitchedTopic: Equatable {
    /// Nothing.
    case other
    /// The rule of this index leads the topic of this name to a target.
    case led(rule: Int, topic: String, target: String)
    /// The request gives the ID of a target that the topic of this name does not lead to, or no longer.
    case former(rule: Int, topic: String, target: String)
}

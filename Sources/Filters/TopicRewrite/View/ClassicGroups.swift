/// What is known of the classic groups of clients.
enum ClassicGroups {
    /// The protocol type of consumers, whose bytes are subscriptions and assignments.
    static let consumer = "consumer"
}

/// A reload that would switch a rule to a target that cannot take its clients.
struct SwitchRefused: Error, CustomStringConvertible {
    /// Why, for people.
    let description: String
}

/// Memory that several share, of which decompressed records take their part.
package protocol DecompressionBudget: AnyObject {
    /// Takes bytes, at once or not at all.
    ///
    /// - Parameter bytes: 0 or more.
    /// - Returns: false if there are not that many left.
    func reserve(_ bytes: Int) -> Bool

    /// Gives back what was taken.
    func release(_ bytes: Int)
}

/// The server's first message: `r=nonce,s=salt,i=iterations` (RFC 5802 §7).
struct ScramServerFirst: Sendable {
    let bytes: [UInt8]
    /// The client's nonce with the server's behind it.
    let nonce: [UInt8]
    let salt: [UInt8]
    let iterations: Int

    init(nonce: [UInt8], salt: [UInt8], iterations: Int) {
        self.nonce = nonce
        self.salt = salt
        self.iterations = iterations
        bytes =
            Array("r=".utf8) + nonce + Array(",s=\(Base64.encode(salt)),i=\(iterations)".utf8)
    }

    /// Reads a message.
    ///
    /// - Throws: ``SASLFailure`` if it is malformed, or asks for fewer or more iterations than are accepted: fewer
    ///   would let whoever pretends to be the broker guess the password cheaply, more would stop the client.
    init(reading token: [UInt8]) throws(SASLFailure) {
        let attributes = try ScramAttributes.read(token[...])
        if attributes.first?.name == "e" {
            throw SASLFailure(.rejected, "the broker refuses the first SCRAM message")
        }
        guard attributes.count >= 3, attributes[0].name == "r", attributes[1].name == "s",
            attributes[2].name == "i"
        else { throw .malformed("the broker's first SCRAM message does not have r=, s= and i= in it") }
        guard ScramAttributes.isNonce(attributes[0].value) else { throw .malformed("a SCRAM nonce is not valid") }
        guard let salt = Base64.decode(attributes[1].value), (1...ScramVerifier.longestSalt).contains(salt.count) else {
            throw .malformed("the broker's salt is not valid")
        }
        let digits = attributes[2].value
        guard (1...9).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }), digits.first != 0x30
        else { throw .malformed("the broker's number of iterations is not valid") }
        let iterations = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        guard ScramVerifier.iterationRange.contains(iterations) else {
            let range = ScramVerifier.iterationRange
            throw SASLFailure(
                .serverNotTrusted,
                "the broker asks for \(iterations) iterations; \(range.lowerBound) to \(range.upperBound) are accepted")
        }
        bytes = token
        nonce = Array(attributes[0].value)
        self.salt = salt
        self.iterations = iterations
    }
}
